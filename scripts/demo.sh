#!/bin/sh
# The whole way on generated images: simulate, learn, segment images that were not learned from, compare with the truth.
# usage: scripts/demo.sh PROGRAM FOLDER
set -eu
program=$1
folder=$2

rm -rf "$folder"
mkdir -p "$folder"
step() {
  printf '\n$ priorseg %s\n' "$*"
  "$program" "$@"
}

step simulate --preset nuclei -n 24 --seed 1 -o "$folder/train"
step simulate --preset nuclei -n 8 --seed 2 -o "$folder/heldout"
step run "$folder/train/images" --size 18:56 -o "$folder/out"
step segment "$folder/heldout/images" --model "$folder/out/model.safetensors" -o "$folder/heldout-out"
step evaluate "$folder/heldout-out" "$folder/heldout/labels" --json "$folder/evaluation.json"
