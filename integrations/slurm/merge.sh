#!/bin/sh
#SBATCH --job-name=priorseg-merge
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --output=priorseg-merge-%j.log
# Joins what the jobs of segment_array.sh found: OUT/merged from OUT/shard_*.
#
# usage: sbatch --dependency=afterany:JOB merge.sh OUT
#
# It refuses shards that are missing or not finished.
set -eu
[ $# = 1 ] || { echo "usage: sbatch --dependency=afterany:JOB $0 OUT" >&2; exit 2; }
status=0
"${PRIORSEG:-priorseg}" merge "$1"/shard_* -o "$1/merged" || status=$?
[ "$status" -eq 3 ] && status=0
exit "$status"
