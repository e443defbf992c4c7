#!/bin/bash
# Runs all tests of a preset. Names skipped tests with their reasons just before ctest's summary.
# usage: scripts/run_tests.sh PRESET BUILD_FOLDER JOBS [ctest options]
set -euo pipefail
preset=$1 results=$2/test-results jobs=$3
shift 3
cd "$(dirname "$0")/.."
rm -rf "$results"
# Tests run side by side, each with threads for all cores: they are not to spin while they wait for each other.
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}

# GoogleTest's XML: <testcase name="Name" ... classname="Suite"> and inside <skipped message="file:line&#x0A;reason">;
# pytest's is the same with one line and other attributes before.
skipped_tests() {
  grep -hoE '<testcase[^>]*>|<skipped [^>]*>' "$results"/*.xml 2>/dev/null | awk '
    /<testcase/ { match($0, /name="[^"]*"/); name = substr($0, RSTART + 6, RLENGTH - 7)
                  match($0, /classname="[^"]*"/); suite = substr($0, RSTART + 11, RLENGTH - 12) }
    /<skipped/  { match($0, /message="[^"]*"/); reason = substr($0, RSTART + 9, RLENGTH - 10)
                  sub(/^[^&]*&#x0A;/, "", reason); gsub(/&#x0A;/, " ", reason)
                  gsub(/&quot;/, "\"", reason); gsub(/&apos;/, "\047", reason); gsub(/&lt;/, "<", reason)
                  gsub(/&gt;/, ">", reason); gsub(/&amp;/, "\\&", reason)
                  print "Skipped " suite "." name ": " reason }'
}

ctest --preset "$preset" --parallel "$jobs" "$@" 2>&1 | while IFS= read -r line; do
  if [[ $line =~ tests\ passed,.*tests\ failed ]]; then
    skipped_tests || true
    echo
  fi
  printf '%s\n' "$line"
done
