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

# The figure itself is in the table above; here it is again in a sentence, from the file.
mean_precision=$(sed -n 's/.*"mAP_0.3_0.9": *\([0-9.]*\).*/\1/p' "$folder/evaluation.json" | head -n 1)
printf '\nOn the 8 images that it did not learn from, the mean average precision (IoU 0.3 to 0.9) is %s.\n' \
  "$mean_precision"
printf 'Report with all pictures: %s\n' "$(cd "$folder" && pwd)/out/report.html"
