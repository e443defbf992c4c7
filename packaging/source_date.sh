#!/bin/sh
# When the sources are from, in seconds since 1970: SOURCE_DATE_EPOCH, else the last commit, else the changelog's time.
# Packages of the same sources so have the same times in them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
  echo "$SOURCE_DATE_EPOCH"
else
  git -C "$here" log -1 --format=%ct 2>/dev/null || stat --format %Y "$here/../CHANGELOG.md"
fi
