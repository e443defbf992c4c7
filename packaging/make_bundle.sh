#!/bin/sh
# Packs the program of a build with every library it needs, C library and loader included, so that it runs on any x86-64
# Linux: DIST/priorseg-VERSION-linux-x86_64.tar.xz.
#
# usage: packaging/make_bundle.sh BUILD_FOLDER DIST
#
# Needs a build with the target priorseg_bundle_launcher, python3, patchelf, xz.
set -eu

fail() {
  echo "make_bundle.sh: $1" >&2
  exit 1
}

[ $# = 2 ] || fail "usage: packaging/make_bundle.sh BUILD_FOLDER DIST"
here=$(cd "$(dirname "$0")" && pwd)
build=$1 dist=$2
for command in cmake python3 patchelf xz strip; do
  command -v "$command" >/dev/null || fail "needs $command, which is not installed"
done
[ -f "$build/CMakeCache.txt" ] || fail "$build is no build; run make release"
[ "$(uname -m)" = x86_64 ] || fail "this is a $(uname -m), expected an x86_64; the bundle is made for that only"

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
name=priorseg-$version
mkdir -p "$dist"
stage=$(mktemp -d "$dist/bundle.XXXXXX")
trap 'rm -rf "$stage"' EXIT
bundle=$stage/$name

cmake --install "$build" --component program --prefix "$bundle" >/dev/null
install -m 755 -s "$build/apps/launcher/bundle/priorseg" "$bundle/bin/priorseg"
install -m 644 "$here/bundle_readme.txt" "$bundle/README.txt"
python3 "$here/collect_libraries.py" --into "$bundle/lib/priorseg" --with-c-library \
  --licences "$bundle/share/doc/priorseg/licences" "$bundle/libexec/priorseg/priorseg-program"
documents=$bundle/share/doc/priorseg
seconds=$("$here/source_date.sh")
page=""
[ ! -d "$build/web/node_modules" ] || page="--page $here/../web/package.json $build/web/node_modules"
# shellcheck disable=SC2086  # three words or none
python3 "$here/list_parts.py" --version "$version" --date "$seconds" --licences "$documents/licences" \
  --compiled-in nlohmann-json3-dev libcli11-dev $page >"$documents/priorseg.spdx.json"
# Whatever BLAS the system has chosen is what was collected; Debian's reference BLAS is several times slower.
[ -e "$bundle/lib/priorseg/libopenblas.so.0" ] ||
  fail "the system's BLAS is not OpenBLAS; install libopenblas0-openmp and choose it with update-alternatives"

archive=$dist/$name-linux-x86_64.tar.xz
tar --create --directory "$stage" --sort=name --mtime="@$seconds" --owner=0 --group=0 --numeric-owner "$name" |
  xz --threads=2 --x86 --lzma2=preset=9e >"$archive.part"
mv "$archive.part" "$archive"
echo "$archive: $(($(stat --format %s "$archive") / 1000000)) MB, unpacked $(du --summarize --si "$bundle" | cut -f 1)"
