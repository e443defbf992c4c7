#!/bin/sh
# Joins the tables of the jobs of segment_array.sh: OUT/objects.csv from OUT/part_*/objects.csv.
set -eu
[ $# = 1 ] || { echo "usage: join_tables.sh OUT" >&2; exit 2; }
out=$1/objects.csv
rm -f "$out.partial"
for table in "$1"/part_*/objects.csv; do
  if [ ! -s "$out.partial" ]; then
    cat "$table" >"$out.partial"
  elif [ "$(head -n 1 "$table")" = "$(head -n 1 "$out.partial")" ]; then
    tail -n +2 "$table" >>"$out.partial"
  else
    echo "join_tables.sh: $table has other columns than the tables before; nothing is joined" >&2
    exit 1
  fi
done
mv "$out.partial" "$out"
