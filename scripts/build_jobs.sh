#!/bin/sh
# Prints how many compilers may run at once: one a processor core, but no more than one for every 2 GB of free memory,
# which is what a source file with LibTorch's headers may take.
cores=$(nproc)
free_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
# A container may have less than the machine. Its limit counts as free: the build is the first thing that runs in it.
for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
  limit=$(cat "$file" 2>/dev/null || echo max)
  [ "$limit" = max ] && continue
  [ "$((limit / 1024))" -lt "$free_kib" ] && free_kib=$((limit / 1024))
done
jobs=$((free_kib / 2097152))
[ "$jobs" -gt "$cores" ] && jobs=$cores
[ "$jobs" -lt 1 ] && jobs=1
echo "$jobs"
