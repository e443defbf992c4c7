#!/bin/sh
# Packs the program of a build as a Debian package, for the release of Debian (and the LibTorch) that it was built on:
# DIST/priorseg_VERSION_amd64.deb. `apt install ./priorseg_VERSION_amd64.deb` installs it with what it needs.
#
# usage: packaging/make_deb.sh BUILD_FOLDER DIST
#
# Needs dpkg-dev, which finds the packages of the libraries that the program is linked with.
set -eu

fail() {
  echo "make_deb.sh: $1" >&2
  exit 1
}

[ $# = 2 ] || fail "usage: packaging/make_deb.sh BUILD_FOLDER DIST"
here=$(cd "$(dirname "$0")" && pwd)
build=$1
for command in cmake dpkg-shlibdeps dpkg-deb gzip strip python3; do
  command -v "$command" >/dev/null || fail "needs $command, which is not installed (cmake, dpkg-dev, gzip, binutils, python3)"
done
[ -f "$build/CMakeCache.txt" ] || fail "$build is no build; run make release"
mkdir -p "$2"
dist=$(cd "$2" && pwd)

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
architecture=$(dpkg --print-architecture)
stage=$(mktemp -d "$dist/deb.XXXXXX")
trap 'rm -rf "$stage"' EXIT
root=$stage/root
cmake --install "$build" --component program --strip --prefix "$root/usr" >/dev/null

documents=$root/usr/share/doc/priorseg
mv "$documents/LICENSE" "$documents/copyright"
gzip -9n <"$here/../CHANGELOG.md" >"$documents/changelog.gz"
SOURCE_DATE_EPOCH=$("$here/source_date.sh")
export SOURCE_DATE_EPOCH  # dpkg-deb reads it too
page=""
[ ! -d "$build/web/node_modules" ] || page="--page $here/../web/package.json $build/web/node_modules"
# shellcheck disable=SC2086  # three words or none
python3 "$here/list_parts.py" --version "$version" --date "$SOURCE_DATE_EPOCH" --licences "$documents/licences" \
  --compiled-in nlohmann-json3-dev libcli11-dev $page >"$documents/priorseg.spdx.json"
mkdir -p "$root/usr/share/man/man1"
sed "s/@VERSION@/$version/" "$here/priorseg.1.in" | gzip -9n >"$root/usr/share/man/man1/priorseg.1.gz"
chmod -R u=rwX,go=rX "$root"

# dpkg-shlibdeps insists on a source package's control file.
mkdir -p "$stage/debian" "$root/DEBIAN"
printf 'Source: priorseg\n\nPackage: priorseg\nArchitecture: any\n' >"$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O --warnings=0 "root/usr/libexec/priorseg/priorseg-program" "root/usr/bin/priorseg")
cat >"$root/DEBIAN/control" <<CONTROL
Package: priorseg
Version: $version
Architecture: $architecture
Maintainer: The priorseg authors <priorseg@localhost>
Section: science
Priority: optional
Depends: ${depends#shlibs:Depends=}
Recommends: libopenblas0-openmp
Installed-Size: $(du --summarize --block-size=1K --exclude=DEBIAN "$root" | cut -f 1)
Description: segments microscopy images without annotations
 Finds and outlines every cell, nucleus or particle in microscopy images. What it
 needs to know it learns from the raw images and from a prior of shapes; no image
 has to be annotated. Writes label maps, tables, overlays and a report.
 .
 Debian's reference BLAS makes it several times slower than libopenblas0-openmp.
CONTROL
dpkg-deb --root-owner-group --build "$root" "$dist/priorseg_${version}_$architecture.deb" >/dev/null
echo "$dist/priorseg_${version}_$architecture.deb: $(($(stat --format %s "$dist/priorseg_${version}_$architecture.deb") / 1000)) kB"
