#!/bin/sh
# What the program of the build gives, for packages to be compared with: simulated images in FOLDER/new, a model in
# FOLDER/trained, the label maps that it finds with it in FOLDER/found, and the options of its training in FOLDER/options.
#
# usage: packaging/expected_results.sh PROGRAM FOLDER
set -eu
program=$(realpath "$1")
mkdir -p "$2"
cd "$2"

# A training of a second. It has not learned much, so that whatever it finds counts.
options="--threads 1 --size 18:56"
for setting in prior_masks=64 prior.steps=40 prior.batch_size=16 detector.localizer.channels=[8,8,16] \
  detector.localizer.reduction=1 detector.encoder.kind=strided detector.encoder.channels=[8,8,16] \
  detector.training.batch_size=2 detector.training.crop_size=64 detector.training.steps=40 detector.self_training.steps=0 \
  detector.inference.presence=0.1 detector.inference.min_score=0 detector.inference.min_contrast=2; do
  options="$options --set $setting"
done
echo "$options" >options
# Exit code 3: done, but such a model is not to be trusted.
done_or_distrusted() { "$@" || [ $? -eq 3 ]; }
"$program" -q simulate -n 2 --image-size 256x256 --seed 3 -o new
# shellcheck disable=SC2086  # several words
done_or_distrusted "$program" -q run new/images $options -o trained
done_or_distrusted "$program" -q segment new/images --model trained/model.safetensors -o found
[ "$(wc -l <found/objects.csv)" -gt 10 ] || {
  echo "expected_results.sh: $program found too few objects to compare with" >&2
  exit 1
}
