#!/bin/sh
# Trains, segments and evaluates on the data sets of docs/developer/results.md, one after the other, and prints a line of a Markdown table for each.
# usage: bench/accuracy/reproduce.sh PROGRAM OUTPUT_FOLDER [DATA_SET ...]
# PRIORSEG_TEST_DATA is the folder of the real data sets; 'simulated' and 'empty' need none. Labels are used for the evaluation
# only (and, in *-one, the label map of one image for the shape prior and for how tight outlines are); *-auto estimates the object sizes. THREADS limits the processor threads (default 2), SEEDS lists the seeds
# (default "1"), REFINE is the number of refining steps of a second line for each run (default 40, 0 = no second line), SET holds
# further options of `run`, e.g. SET="--set detector.self_training.steps=0".
# What is there already is not done again: delete the output folder to start anew.
set -eu

program=$1
mkdir -p "$2"
output=$(cd "$2" && pwd)
shift 2
data=${PRIORSEG_TEST_DATA:+$(realpath "$PRIORSEG_TEST_DATA")}
threads=${THREADS:-2}
seeds=${SEEDS:-1}
refine=${REFINE:-40}

# line NAME SEED SECONDS SEGMENTED TRUTH BORDER
line() {
  table=$output/$1-$2.txt
  "$program" evaluate -q "$4" "$5" --field-of-interest "$6" --json "$output/$1-$2.json" >"$table"
  average() { awk -v name="$1" '$1 == name {print $2}' "$table"; }
  pooled() { awk -v name="$1" '$1 == name {print $3}' "$table"; }
  echo "| $1 | $2 | $(average 'mAP(0.3-0.9)') | $(average 'AP(0.5)') | $(average 'AP(0.9)') | $(pooled 'F1(0.5)') | $(pooled SEG) | $3 |"
}

# system NAME SIZE TRAINING_IMAGES OTHER_IMAGES TRUTH BORDER [options of run]: learns from the training images and segments the
# others; - = the training images themselves
system() {
  name=$1 size=$2 learned=$3 others=$4 truth=$5 border=$6
  shift 6
  for seed in $seeds; do
    folder=$output/$name-$seed
    start=$(date +%s)
    # shellcheck disable=SC2086  # SET is split into words on purpose
    [ -f "$folder/report.html" ] ||
      done_or_distrusted "$program" --threads "$threads" run "$learned" --size "$size" --seed "$seed" -o "$folder" ${SET:-} "$@" \
        >>"$folder.log" 2>&1
    seconds=$(($(date +%s) - start))
    segmented=$folder
    if [ "$others" != - ]; then
      segmented=$folder-others
      segment "$others" "$folder" "$segmented"
    fi
    line "$name" "$seed" "$seconds" "$segmented" "$truth" "$border"
    [ "$refine" -gt 0 ] || continue
    start=$(date +%s)
    images=$others
    [ "$images" != - ] || images=$learned
    segment "$images" "$folder" "$folder-refined" --refine "$refine"
    line "$name refined" "$seed" "$(($(date +%s) - start))" "$folder-refined" "$truth" "$border"
  done
}

# segment IMAGES FOLDER_OF_THE_MODEL OUTPUT [options]
segment() {
  segmented_images=$1 model=$2/model.safetensors results=$3
  shift 3
  done_or_distrusted "$program" --threads "$threads" segment "$segmented_images" --model "$model" -o "$results" "$@" >>"$output/segment.log" 2>&1
}

# Exit code 3 says that the result is not to be trusted: it is measured all the same.
done_or_distrusted() { "$@" || [ $? -eq 3 ]; }

# psc_split CELLS: frames t000 to t059 to learn from, t060 to t120 with their truth to measure on, as links
psc_split() {
  mkdir -p "$output/psc-split/learned" "$output/psc-split/others" "$output/psc-split/truth"
  for image in "$1"/01/t*.tif; do
    number=$(basename "$image" .tif | tr -d t)
    case $number in
      0[0-5]?) ln -sf "$image" "$output/psc-split/learned/" ;;
      *)
        ln -sf "$image" "$output/psc-split/others/"
        ln -sf "$1/01_ST/SEG/man_seg$number.tif" "$output/psc-split/truth/"
        ;;
    esac
  done
}

# Images that are learned from and others to measure on: touching, elongated, dim beside bright nuclei, in equal parts.
simulate() {
  for part in learned others; do
    folder=$output/simulated/$part
    if [ -d "$folder/images" ]; then continue; fi
    count=12 seed=101
    [ "$part" = learned ] || seed=201
    for kind in touching elongated dim; do
      case $kind in
        touching) options="--set touching=0.7 --set covered=0.22" ;;
        elongated) options="--set min_axis_ratio=1.5 --set max_axis_ratio=3 --set rods=0.5" ;;
        dim) options="--set contrast=0.8" ;;
      esac
      # shellcheck disable=SC2086  # split into words on purpose
      "$program" simulate -q --preset nuclei -n $count --seed $seed $options -o "$folder/$kind" >&2
      for what in images labels; do
        mkdir -p "$folder.partial/$what"
        for file in "$folder/$kind/$what"/*; do mv "$file" "$folder.partial/$what/${kind}_$(basename "$file")"; done
      done
      seed=$((seed + 1))
    done
    rm -r "$folder"
    mv "$folder.partial" "$folder"
  done
}

# False objects in 20 images without an object, by a model that learned from BBBC039.
empty() {
  [ -d "$output/empty" ] || "$program" simulate -q --preset empty -n 20 --seed 5 -o "$output/empty" >&2
  for seed in $seeds; do
    segment "$output/empty/images" "$output/bbbc039-$seed" "$output/empty-$seed"
    echo "| empty | $seed | $(($(wc -l <"$output/empty-$seed/objects.csv") - 1)) objects in 20 images ||||||"
  done
}

first_of() { echo "$1"; }

# with_auto NAME SIZE ...: a system whose sizes are estimated
with_auto() {
  name=$1
  shift 2
  system "$name" auto "$@"
}

mkdir -p "$output"
[ $# -gt 0 ] || set -- bbbc039 bbbc039-one bbbc039-auto paper-synthetic paper-one psc psc-one psc-auto \
  hela hela-one hela-auto gowt1 gowt1-one gowt1-auto dsb2018 dsb2018-one dsb2018-auto simulated empty
echo "| data | seed | mAP | AP@.5 | AP@.9 | F1@.5 (pooled) | SEG (pooled) | seconds |"
echo "|---|---|---|---|---|---|---|---|"
nuclei=$data/bbbc039 cells=$data/PhC-C2DL-PSC
bbbc039="18:56 $nuclei/train/images $nuclei/val/images $nuclei/val/labels 0"
hela="14:50 $data/Fluo-N2DL-HeLa/02 - $data/Fluo-N2DL-HeLa/02_ST/SEG 25"
gowt1="40:110 $data/Fluo-N2DH-GOWT1/02 - $data/Fluo-N2DH-GOWT1/02_ST/SEG 50"
dsb2018="8:40 $data/dsb2018-256/images - $data/dsb2018-256/labels 0"
masks_of_one=$nuclei/train/labels/A06_s6.tif
# shellcheck disable=SC2086  # data sets are split into words on purpose
for data_set in "$@"; do
  case $data_set in
    simulated | empty) ;;
    *) [ -n "$data" ] || { echo "name the folder of the data sets in PRIORSEG_TEST_DATA" >&2; exit 2; } ;;
  esac
  case $data_set in
    bbbc039) system bbbc039 $bbbc039 ;;
    bbbc039-auto) with_auto bbbc039-auto $bbbc039 ;;
    bbbc039-one) system bbbc039-one $bbbc039 --learn-prior "$masks_of_one" ;;
    paper-synthetic) system paper-synthetic $bbbc039 --preset paper ;;
    paper-one) system paper-one $bbbc039 --preset paper --learn-prior "$masks_of_one" ;;
    psc | psc-one | psc-auto)
      psc_split "$cells"
      [ "$data_set" != psc-one ] || masks="--learn-prior $cells/01_ST/SEG/man_seg000.tif"
      sizes=10:36
      [ "$data_set" != psc-auto ] || sizes=auto
      system "$data_set" "$sizes" "$output/psc-split/learned" "$output/psc-split/others" "$output/psc-split/truth" 25 ${masks:-}
      masks=
      ;;
    hela) system hela $hela ;;
    hela-auto) with_auto hela-auto $hela ;;
    hela-one) system hela-one $hela --learn-prior "$(first_of "$data"/Fluo-N2DL-HeLa/02_ST/SEG/*)" ;;
    gowt1) system gowt1 $gowt1 ;;
    gowt1-auto) with_auto gowt1-auto $gowt1 ;;
    gowt1-one) system gowt1-one $gowt1 --learn-prior "$(first_of "$data"/Fluo-N2DH-GOWT1/02_ST/SEG/*)" ;;
    dsb2018) system dsb2018 $dsb2018 ;;
    dsb2018-auto) with_auto dsb2018-auto $dsb2018 ;;
    dsb2018-one) system dsb2018-one $dsb2018 --learn-prior "$(first_of "$data"/dsb2018-256/labels/*)" ;;
    simulated)
      simulate
      system simulated 18:56 "$output/simulated/learned/images" "$output/simulated/others/images" \
        "$output/simulated/others/labels" 0
      ;;
    empty) empty ;;
    *) echo "unknown data set '$data_set'" >&2; exit 2 ;;
  esac
done
