#!/bin/sh
# How long `run` takes on the 100 training images of BBBC039, and how good its model is on the validation images, by number
# of training steps. Prints a Markdown table. The time is that of the whole command: prior, training, segmentation of the
# 100 images, report.
# usage: bench/accuracy/time_to_accuracy.sh PROGRAM OUTPUT_FOLDER [STEPS ...]
# Needs PRIORSEG_TEST_DATA, the folder of the data sets. THREADS limits the processor threads (default 2), SEED is the seed
# (default 1), SELF the number of steps of the second stage (default 400), SET holds further settings as --set takes them.
set -eu

program=$1
# Exit code 3 says that the result is not to be trusted: it is measured all the same.
done_or_distrusted() { "$@" || [ $? -eq 3 ]; }
output=$2
shift 2
nuclei=${PRIORSEG_TEST_DATA:?name the folder of the data sets in PRIORSEG_TEST_DATA}/bbbc039
threads=${THREADS:-2}
seed=${SEED:-1}
[ $# -gt 0 ] || set -- 50 100 200 400 1000 1600

mkdir -p "$output"
echo "| steps | seconds of \`run\` | mAP (0.3 to 0.9) on val |"
echo "|---|---|---|"
for steps in "$@"; do
  folder=$output/$steps-$seed
  rm -rf "$folder" "$folder-val"
  start=$(date +%s)
  # shellcheck disable=SC2086  # SET is split into words on purpose
  done_or_distrusted "$program" --threads "$threads" run "$nuclei/train/images" --size 18:56 --seed "$seed" \
    --set detector.training.steps="$steps" --set detector.self_training.steps="${SELF:-400}" ${SET:-} -o "$folder" 2>"$folder.log"
  seconds=$(($(date +%s) - start))
  done_or_distrusted "$program" --threads "$threads" segment "$nuclei/val/images" --model "$folder/model.safetensors" -o "$folder-val" \
    2>>"$folder.log"
  precision=$("$program" evaluate "$folder-val" "$nuclei/val/labels" 2>>"$folder.log" |
    awk '/^mAP\(0.3-0.9\)/ {print $2}')
  echo "| $steps | $seconds | $precision |"
done
