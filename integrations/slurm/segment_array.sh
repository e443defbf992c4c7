#!/bin/sh
#SBATCH --job-name=priorseg
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --output=priorseg-%A_%a.log
# Shares the images of a folder between the jobs of an array; each job has a folder of its own for its results.
#
# usage: sbatch --array=0-3 segment_array.sh IMAGES MODEL OUT [further options of priorseg segment]
#
# A job that was cut off goes on where it stopped when the same line is given again.
set -eu
[ $# -ge 3 ] || { echo "usage: sbatch --array=0-N $0 IMAGES MODEL OUT [OPTIONS]" >&2; exit 2; }
images=$1 model=$2 out=$3
shift 3
task=${SLURM_ARRAY_TASK_ID:?is not set: give sbatch --array=0-N}
first=${SLURM_ARRAY_TASK_MIN:-0}
tasks=${SLURM_ARRAY_TASK_COUNT:?is not set: give sbatch --array=0-N}

mkdir -p "$out"
list=$out/images_of_$task.txt
find "$images" -maxdepth 1 -type f ! -name '.*' \
  \( -iname '*.tif' -o -iname '*.tiff' -o -iname '*.png' -o -iname '*.jpg' -o -iname '*.bmp' \) |
  sort | awk -v n="$tasks" -v k=$((task - first)) 'NR % n == k % n' >"$list"
[ -s "$list" ] || { echo "job $task has no image: there are more jobs than images"; exit 0; }

status=0
"${PRIORSEG:-priorseg}" segment "$list" --model "$model" -o "$out/part_$task" --resume \
  --threads "${SLURM_CPUS_PER_TASK:-1}" "$@" || status=$?
# 3: all was done, but the verdict says not to trust it; it stands in the report.
[ "$status" -eq 3 ] && status=0
exit "$status"
