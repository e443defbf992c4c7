#!/bin/sh
# Packs the Python package with every library it needs but those of the C and C++ languages, for every Python from 3.10 on:
# DIST/priorseg-VERSION-cp310-abi3-manylinux_2_NN_x86_64.whl, with NN of the C library that it is built with.
#
# usage: packaging/make_wheel.sh ENVIRONMENT DIST
#
# ENVIRONMENT is the virtual environment of scripts/python_environment.sh. Needs patchelf, strip, readelf.
set -eu

fail() {
  echo "make_wheel.sh: $1" >&2
  exit 1
}

[ $# = 2 ] || fail "usage: packaging/make_wheel.sh ENVIRONMENT DIST"
here=$(cd "$(dirname "$0")" && pwd)
environment=$1 dist=$2
[ -x "$environment/bin/pip" ] || fail "$environment is no virtual environment; make it with scripts/python_environment.sh"
for command in patchelf strip readelf; do
  command -v "$command" >/dev/null || fail "needs $command, which is not installed"
done
mkdir -p "$dist"
stage=$(mktemp -d "$dist/wheel.XXXXXX")
trap 'rm -rf "$stage"' EXIT

# What it is built with is in the environment: nothing is fetched.
"$environment/bin/pip" wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir "$stage/built" \
  "$here/.."
"$environment/bin/wheel" unpack --dest "$stage" "$stage"/built/*.whl >/dev/null
package=$(echo "$stage"/priorseg-*)

# In the program that imports it there may be another LibTorch: its libraries get names of their own, and their symbols
# that are one in the whole process become weak ones.
python3 "$here/collect_libraries.py" --into "$package/priorseg.libs" --own-names --weak-unique --host-provides '^_?Py' \
  --licences "$package/priorseg.libs/licences" "$package"/priorseg/_native.*.so
SOURCE_DATE_EPOCH=$("$here/source_date.sh")
export SOURCE_DATE_EPOCH  # `wheel pack` reads it too
version=${package##*/priorseg-}
python3 "$here/list_parts.py" --version "$version" --date "$SOURCE_DATE_EPOCH" \
  --licences "$package/priorseg.libs/licences" --compiled-in nlohmann-json3-dev >"$stage/priorseg.spdx.json"
mkdir "$package/priorseg-$version.dist-info/sboms"
mv "$stage/priorseg.spdx.json" "$package/priorseg-$version.dist-info/sboms/priorseg.spdx.json"
ls "$package"/priorseg.libs/libopenblas* >/dev/null 2>&1 ||
  fail "the system's BLAS is not OpenBLAS; install libopenblas0-openmp and choose it with update-alternatives"

glibc=$(getconf GNU_LIBC_VERSION | sed 's/glibc //; s/\./_/')
mkdir "$stage/packed"
"$environment/bin/wheel" pack --dest-dir "$stage/packed" "$package" >/dev/null
"$environment/bin/wheel" tags --remove --platform-tag "manylinux_${glibc}_$(uname -m)" "$stage"/packed/*.whl >/dev/null
mv "$stage"/packed/*.whl "$dist/"
for wheel in "$dist"/priorseg-*.whl; do
  echo "$wheel: $(($(stat --format %s "$wheel") / 1000000)) MB"
done
