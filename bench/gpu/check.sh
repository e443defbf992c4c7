#!/bin/sh
# Shows in less than ten minutes that the program works on a GPU, and how fast: builds it, runs the operators' tests, trains,
# segments, compares with the processor, and prints a table.
#
# usage: check.sh [--program PROGRAM --ops-tests TEST_OPS] [--device cuda] [--out FOLDER] [--small]
#
#   --program, --ops-tests  what was built elsewhere and brought along: apps/priorseg/priorseg-program and tests/test_ops of a
#                           build folder. Without them both are built here, with CMake and ninja against the LibTorch of
#                           `python3 -c 'import torch'`; other libraries than LibTorch are taken from where CMake finds
#                           them, DEPENDENCIES=FOLDER names a prefix more.
#   --device                cpu: a dry run of everything but the GPU
#   --small                 networks that hardly learn, for a dry run in a minute
#   --out                   for images, results and the build (default: gpu-check)
# It needs no network and writes nothing outside --out. THREADS=N: processor threads.
set -eu
program= tests= device=cuda out=gpu-check small=
while [ $# -gt 0 ]; do
  case $1 in
    --program) program=$2; shift 2 ;;
    --ops-tests) tests=$2; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --small) small=yes; shift ;;
    *) echo "check.sh: '$1' is not known; see the head of the script" >&2; exit 2 ;;
  esac
done
source=$(cd "$(dirname "$0")/../.." && pwd)
threads=${THREADS:-0}
mkdir -p "$out"
rm -rf "$out/found_cpu" "$out/many"

say() { printf '\n== %s\n' "$*"; }
now() { date +%s.%N; }
passed() { echo "$1 $2" | awk '{printf "%.1f", $2 - $1}'; }

# PyTorch's own libraries, and those of CUDA that lie beside it.
if torch=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))' 2>/dev/null); then
  folders=$torch/lib
  for folder in "$(dirname "$torch")"/nvidia/*/lib; do
    [ -d "$folder" ] && folders=$folders:$folder
  done
  # A program that was linked with the system's LibTorch finds that by itself.
  [ "$device" = cpu ] || export LD_LIBRARY_PATH="$folders${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi

if [ -z "$program" ]; then
  say "build against ${torch:-no PyTorch: python3 cannot import torch}"
  start=$(now)
  cmake -S "$source" -B "$out/build" -G Ninja -D CMAKE_BUILD_TYPE=Release -D CMAKE_UNITY_BUILD=ON -D CMAKE_UNITY_BUILD_BATCH_SIZE=0 \
    -D PRIORSEG_BUILD_TESTS=ON -D PRIORSEG_STUDIO=OFF -D CMAKE_PREFIX_PATH="$torch/share/cmake;${DEPENDENCIES:-}" \
    >"$out/cmake.log" 2>&1 || { tail -n 20 "$out/cmake.log"; exit 1; }
  cmake --build "$out/build" --target priorseg_program test_ops >"$out/build.log" 2>&1 || { tail -n 30 "$out/build.log"; exit 1; }
  program=$out/build/apps/priorseg/priorseg-program tests=$out/build/tests/test_ops
  echo "built in $(passed "$start" "$(now)") s"
fi

say "machine"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo "no nvidia-smi"
"$program" --version

say "operators"
if [ -n "$tests" ]; then
  "$tests" --gtest_brief=1 | tail -n 15
  "$tests" --gtest_filter='*OnGpu*' | grep -E '^\[ +(OK|SKIPPED|FAILED)'
else
  echo "not run: no --ops-tests"
fi

# Exit code 3 is a verdict, not a failure.
run() { "$program" --threads "$threads" -q "$@" >>"$out/program.log" 2>&1 || [ $? -eq 3 ] || { tail -n 5 "$out/program.log"; exit 1; }; }

say "images"
run simulate --preset nuclei -n 16 --seed 1 -o "$out/train"
run simulate --preset nuclei -n 8 --seed 2 -o "$out/heldout"
run simulate --preset nuclei -n 1 --seed 3 --image-size 2048x2048 -o "$out/large"
mkdir -p "$out/many"
copies=8
[ -z "$small" ] || copies=2
for i in $(seq "$copies"); do cp "$out/large/images/sim_000.tif" "$out/many/copy$i.tif"; done

settings="--size 18:56"
[ -z "$small" ] || settings="$settings --set prior_masks=64 --set prior.steps=20 --set detector.training.steps=20
 --set detector.self_training.steps=0 --set detector.localizer.channels=[8,8,16] --set detector.localizer.reduction=1
 --set detector.inference.presence=0.1"
table="$out/table.md"
printf '| device | run, 16 images of 520 x 696 px, s | segment, %d images of 2048 x 2048 px, s | megapixels/s, start included |\n|---|---|---|---|\n' "$copies" >"$table"
for where in cpu "$device"; do
  place=$where name=$where
  [ "$device" = cpu ] && [ -d "$out/found_cpu" ] && name=cpu_again
  say "run and segment on $place"
  rm -rf "$out/model_$name" "$out/found_$name" "$out/large_$name"
  start=$(now)
  # shellcheck disable=SC2086
  run --device "$place" run "$out/train/images" $settings -o "$out/model_$name"
  trained=$(now)
  run --device "$place" segment "$out/many" --model "$out/model_cpu/model.safetensors" -o "$out/large_$name"
  segmented=$(now)
  run --device "$place" segment "$out/heldout/images" --model "$out/model_$name/model.safetensors" -o "$out/found_$name"
  seconds=$(passed "$trained" "$segmented")
  speed=$(echo "$seconds" | awk -v n="$copies" '{printf "%.1f", n * 2048 * 2048 / 1e6 / $1}')
  echo "| $name | $(passed "$start" "$trained") | $seconds | $speed |" >>"$table"
done
second=$device
[ "$device" = cpu ] && second=cpu_again

say "agreement"
score() { "$program" evaluate "$1" "$2" -q 2>>"$out/program.log" | grep -E 'mAP|F1|PQ' | head -n 3; }
echo "trained and segmented on the processor, against the truth:"; score "$out/found_cpu" "$out/heldout/labels"
echo "trained and segmented on $device, against the truth:"; score "$out/found_$second" "$out/heldout/labels"
echo "one model, $device against the processor, 2048 x 2048 px:"; score "$out/large_$second" "$out/large_cpu/labels"

say "table"
cat "$table"
