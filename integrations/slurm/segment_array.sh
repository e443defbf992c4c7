#!/bin/sh
#SBATCH --job-name=priorseg
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=priorseg-%A_%a.log
# Shares the images of a folder between the jobs of an array; each job has a folder of its own for its results.
#
# usage: sbatch --array=1-4 segment_array.sh IMAGES MODEL OUT [further options of priorseg segment]
#
# A job that was cut off goes on where it stopped when it is requeued, or when the same line is given again. For some
# of the jobs alone: SHARDS=4 sbatch --array=3 segment_array.sh ...
set -eu
[ $# -ge 3 ] || { echo "usage: sbatch --array=1-N $0 IMAGES MODEL OUT [OPTIONS]" >&2; exit 2; }
images=$1 model=$2 out=$3
shift 3
number=${SLURM_ARRAY_TASK_ID:?is not set: give sbatch --array=1-N}
shards=${SHARDS:-${SLURM_ARRAY_TASK_COUNT:?is not set: give sbatch --array=1-N}}
if [ "$number" -lt 1 ] || [ "$number" -gt "$shards" ]; then
  echo "task $number of $shards: give sbatch --array=1-N, and SHARDS=N where not all of them are to run" >&2
  exit 2
fi

status=0
"${PRIORSEG:-priorseg}" segment "$images" --shard "$number/$shards" --model "$model" -o "$out/shard_$number" --resume \
  --threads "${SLURM_CPUS_PER_TASK:-1}" "$@" || status=$?
# 3: all was done, but the verdict says not to trust it; it stands in the report.
[ "$status" -eq 3 ] && status=0
exit "$status"
