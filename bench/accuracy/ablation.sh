#!/bin/sh
# What each part of the default is worth on each data set: trains without one part after the other, in short runs on parts of the
# data sets, and prints a line of a Markdown table (mAP) for each.
# usage: bench/accuracy/ablation.sh PROGRAM OUTPUT_FOLDER [PART ...]
# PRIORSEG_TEST_DATA is the folder of the real data sets. THREADS limits the processor threads (default 2), SEED is the seed
# (default 1), SETS lists the data sets. What is there already is not done again: delete the output folder to start anew.
set -eu

program=$1
# Exit code 3 says that the result is not to be trusted: it is measured all the same.
done_or_distrusted() { "$@" || [ $? -eq 3 ]; }
mkdir -p "$2"
output=$(cd "$2" && pwd)
shift 2
data=$(realpath "${PRIORSEG_TEST_DATA:?name the folder of the data sets}")
threads=${THREADS:-2}
seed=${SEED:-1}
sets=${SETS:-bbbc039 gowt1 hela psc dsb2018}

# every N FROM TO: links to every Nth image
every() {
  [ ! -d "$3" ] || return 0
  mkdir -p "$3.partial"
  number=0
  for image in "$2"/*; do
    [ $((number % $1)) -ne 0 ] || ln -s "$image" "$3.partial/"
    number=$((number + 1))
  done
  mv "$3.partial" "$3"
}

# truth_of IMAGES TRUTH PREFIX TO: links to the label maps of these images, whose names are PREFIX and the image's digits, or the
# image's own name
truth_of() {
  [ ! -d "$4" ] || return 0
  mkdir -p "$4.partial"
  for image in "$1"/*; do
    name=$(basename "$image")
    [ -z "$3" ] || name=$3${name#t}
    ln -s "$2/$name" "$4.partial/"
  done
  mv "$4.partial" "$4"
}

prior() {
  [ -f "$output/$1.safetensors" ] ||
    "$program" --threads "$threads" prior synthetic --seed "$seed" -o "$output/$1.safetensors" $2 >"$output/$1.log" 2>&1
}

# measure PART SET SIZE IMAGES OTHERS TRUTH BORDER: prints mAP; learns from the images and measures on the others
measure() {
  folder=$output/$1-$2
  [ -f "$folder/model.safetensors" ] ||
    "$program" --threads "$threads" train "$4" --prior "$output/$shapes.safetensors" --size "$3" --seed "$seed" -o "$folder" \
      --set detector.training.steps=400 --set detector.self_training.steps=150 $options >"$folder.log" 2>&1
  done_or_distrusted "$program" --threads "$threads" segment "$5" --model "$folder/model.safetensors" -o "$folder" >>"$folder.log" 2>&1
  "$program" evaluate -q "$folder" "$6" --field-of-interest "$7" >"$folder.txt"
  awk '$1 == "mAP(0.3-0.9)" {printf "%.3f", $2}' "$folder.txt"
}

measure_on() {
  case $2 in
    bbbc039) measure "$1" "$2" 18:56 "$data/bbbc039/train/images" "$data/bbbc039/val/images" "$data/bbbc039/val/labels" 0 ;;
    gowt1) on_part "$1" "$2" 40:110 3 "$data/Fluo-N2DH-GOWT1/02" "$data/Fluo-N2DH-GOWT1/02_ST/SEG" man_seg 50 ;;
    hela) on_part "$1" "$2" 14:50 2 "$data/Fluo-N2DL-HeLa/02" "$data/Fluo-N2DL-HeLa/02_ST/SEG" man_seg 25 ;;
    psc) on_part "$1" "$2" 10:36 6 "$data/PhC-C2DL-PSC/01" "$data/PhC-C2DL-PSC/01_ST/SEG" man_seg 25 ;;
    dsb2018) on_part "$1" "$2" 8:40 2 "$data/dsb2018-256/images" "$data/dsb2018-256/labels" "" 0 ;;
  esac
}

# on_part PART SET SIZE EVERY IMAGES TRUTH PREFIX BORDER
on_part() {
  every "$4" "$5" "$output/$2/images"
  truth_of "$output/$2/images" "$6" "$7" "$output/$2/truth"
  measure "$1" "$2" "$3" "$output/$2/images" "$output/$2/images" "$output/$2/truth" "$8"
}

[ $# -gt 0 ] || set -- default edges linear floor second score own_scale shapes
prior mixed ""
prior ellipses "--set shapes.contours=0 --set shapes.rods=0 --set shapes.spindles=0"
echo "| change | $(echo "$sets" | sed 's/ / | /g') |"
for part in "$@"; do
  shapes=mixed
  case $part in
    default) options="" ;;
    edges) options="--set detector.loss.region_weight=0 --set detector.loss.object_price=0 --set detector.loss.overlap_price=0" ;;
    linear) options="--set detector.intensity.mapping=linear --set detector.intensity.background=global" ;;
    floor) options="--set detector.intensity.signal_floor=0" ;;
    second) options="--set detector.training.steps=550 --set detector.self_training.steps=0" ;;
    score) options="--set detector.inference.score=presence" ;;
    own_scale) options="--set detector.size.own_scale=false" ;;
    shapes) options="" shapes=ellipses ;;
    *) echo "unknown part '$part'" >&2; exit 2 ;;
  esac
  line="| $part |"
  for set in $sets; do line="$line $(measure_on "$part" "$set") |"; done
  echo "$line"
done
