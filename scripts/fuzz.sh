#!/bin/sh
# Looks for inputs that a reader cannot take, one target after the other, and counts what was tried.
#
# usage: scripts/fuzz.sh PROGRAM FOLDER SECONDS [TARGET ...]      (default: all targets)
#
# PROGRAM is fuzz_inputs. FOLDER keeps a corpus and the findings of each target, so that a later call goes on, and
# executions.txt, to which each call adds a line a target: target, executions, seconds, findings. Fails where there is a
# finding: FOLDER/TARGET/findings holds the input, FOLDER/TARGET/log what was said. Mend it and keep the input in
# tests/fuzz/findings/TARGET.
set -eu
program=$1 folder=$2 seconds=$3
shift 3
[ $# -gt 0 ] || set -- $("$program" --list)

here=$(cd "$(dirname "$0")/.." && pwd)
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=0:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1
# Inputs are files: they lie in memory.
[ -d /dev/shm ] && [ -w /dev/shm ] && export TMPDIR=/dev/shm
total=0 findings=0
for target in "$@"; do
  mkdir -p "$folder/$target/corpus" "$folder/$target/findings"
  "$program" "$target" --seeds "$folder/$target/corpus"
  for kept in "$here/tests/fuzz/findings/$target"/*; do
    [ ! -f "$kept" ] || cp "$kept" "$folder/$target/corpus/"
  done
  # A reader may hold what a file of 64 KB may claim: a picture of some megapixels.
  "$program" "$target" -max_total_time="$seconds" -timeout=300 -report_slow_units=300 -rss_limit_mb=3000 -malloc_limit_mb=1500 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$folder/$target/findings/" "$folder/$target/corpus" \
    >"$folder/$target/log" 2>&1 || true
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$target/log" | tail -n 1)
  # A run that ended in a finding tells no figures; the last line of progress does.
  [ -n "$count" ] || count=$(sed -n 's/^#\([0-9]*\).*/\1/p' "$folder/$target/log" | tail -n 1)
  found=$(find "$folder/$target/findings" -type f | wc -l)
  printf '%s %s %s %s\n' "$target" "${count:-0}" "$seconds" "$found" | tee -a "$folder/executions.txt"
  total=$((total + ${count:-0})) findings=$((findings + found))
done
echo "$total executions, $findings findings"
[ "$findings" -eq 0 ]
