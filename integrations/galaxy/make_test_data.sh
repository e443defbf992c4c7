#!/bin/sh
# Makes what the test of the tool reads: test-data/image.tif, simulated, and test-data/model.safetensors, which was
# trained on it for an instant and has not learned much. PRIORSEG names the program where it is not in the PATH.
#
# usage: make_test_data.sh [FOLDER]     (default: test-data beside this script)
set -eu
priorseg=${PRIORSEG:-priorseg}
folder=${1:-$(dirname "$0")/test-data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$priorseg" simulate -q -n 1 --preset nuclei --image-size 96x80 --size 14:24 --seed 7 -o "$work"
"$priorseg" run "$work/images" --size 14:24 -q --threads 1 -o "$work/out" \
  --set 'detector.localizer.channels=[8,8,16]' --set detector.localizer.reduction=1 \
  --set 'detector.encoder.channels=[8,8,16]' --set detector.encoder.kind=strided \
  --set detector.training.batch_size=2 --set detector.training.crop_size=64 --set detector.training.steps=40 \
  --set detector.training.precision=float32 --set detector.self_training.steps=0 \
  --set detector.inference.presence=0.1 --set detector.inference.min_score=0 \
  --set prior_masks=64 --set prior.steps=20 --set prior.batch_size=16 || [ $? -eq 3 ]
mkdir -p "$folder"
mv "$work/images/sim_000.tif" "$folder/image.tif"
mv "$work/out/model.safetensors" "$folder/model.safetensors"
