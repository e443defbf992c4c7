#!/bin/sh
# Trains, segments and evaluates on the real data sets of docs/results.md, one after the other; prints the mean AP of each.
# usage: bench/accuracy/reproduce.sh PROGRAM OUTPUT_FOLDER [DATA_SET ...]
# Needs PRIORSEG_TEST_DATA, the folder of the data sets. Labels are used for the evaluation only (and, in bbbc039-one and
# paper-one, the masks of one training image for the shape prior). THREADS limits the processor threads (default 2).
set -eu

program=$1
output=$2
shift 2
data=${PRIORSEG_TEST_DATA:?name the folder of the data sets in PRIORSEG_TEST_DATA}
threads=${THREADS:-2}
nuclei=$data/bbbc039
one_annotated=$nuclei/train/labels/A06_s6.tif

# evaluate NAME SEGMENTED TRUTH BORDER
evaluate() {
  "$program" evaluate "$2" "$3" --field-of-interest "$4" --json "$output/$1.json" >"$output/$1.txt" 2>"$output/$1.log"
  printf '%-16s %s\n' "$1" "$(grep '^mAP(0.3-0.9)' "$output/$1.txt")"
}

# held_out NAME [options of run]: learns from the training images of BBBC039, segments its validation images
held_out() {
  name=$1
  shift
  "$program" --threads "$threads" run "$nuclei/train/images" --size 18:56 --seed 1 -o "$output/$name" "$@" 2>&1
  "$program" --threads "$threads" segment "$nuclei/val/images" --model "$output/$name/model.safetensors" -o "$output/$name-val" 2>&1
  evaluate "$name" "$output/$name-val" "$nuclei/val/labels" 0
}

# film NAME SIZE IMAGES TRUTH BORDER: learns from all images and segments them; some of them have truth
film() {
  "$program" --threads "$threads" run "$data/$3" --size "$2" --seed 1 -o "$output/$1" 2>&1
  evaluate "$1" "$output/$1" "$data/$4" "$5"
}

mkdir -p "$output"
[ $# -gt 0 ] || set -- bbbc039 bbbc039-one paper-synthetic paper-one psc hela gowt1 dsb2018
for data_set in "$@"; do
  case $data_set in
    bbbc039) held_out bbbc039 ;;
    bbbc039-one) held_out bbbc039-one --learn-prior "$one_annotated" ;;
    paper-synthetic) held_out paper-synthetic --preset paper --set detector.training.steps=1000 ;;
    paper-one) held_out paper-one --preset paper --set detector.training.steps=1000 --learn-prior "$one_annotated" ;;
    psc) film psc 10:36 PhC-C2DL-PSC/01 PhC-C2DL-PSC/01_ST/SEG 25 ;;
    hela) film hela 14:50 Fluo-N2DL-HeLa/02 Fluo-N2DL-HeLa/02_ST/SEG 25 ;;
    gowt1) film gowt1 40:110 Fluo-N2DH-GOWT1/02 Fluo-N2DH-GOWT1/02_ST/SEG 50 ;;
    dsb2018) film dsb2018 8:40 dsb2018-256/images dsb2018-256/labels 0 ;;
    *) echo "unknown data set '$data_set'" >&2; exit 2 ;;
  esac
done
