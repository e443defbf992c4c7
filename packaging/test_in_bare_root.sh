#!/bin/sh
# Proves that what was packed runs where nothing else is: unpacks it into bare Debian systems made with debootstrap, and runs
# it there without a network. Label maps must be those of the build, to the bit.
#
# usage: packaging/test_in_bare_root.sh bundle|deb|wheel PACKAGE PROGRAM ROOTS SUITE...
#
# PACKAGE  dist/priorseg-VERSION-linux-x86_64.tar.xz, dist/priorseg_VERSION_amd64.deb or dist/priorseg-VERSION-*.whl
# PROGRAM  priorseg of the build, which gives the label maps to compare with
# ROOTS    folder for the systems, about 300 MB each; made where they are missing, and never changed afterwards
# SUITE    bullseye (glibc 2.31), bookworm (2.36), trixie (2.41); a deb fits the one that it was built on
#
# As root, with debootstrap. A deb takes its dependencies from apt's mirror, a wheel from PyPI; everything else runs without
# a network.
set -eu

fail() {
  echo "test_in_bare_root.sh: $1" >&2
  exit 1
}

[ $# -ge 5 ] || fail "usage: packaging/test_in_bare_root.sh bundle|deb|wheel PACKAGE PROGRAM ROOTS SUITE..."
kind=$1 package=$(realpath "$2") program=$(realpath "$3")
mkdir -p "$4"
roots=$(cd "$4" && pwd)
shift 4
[ "$(id -u)" = 0 ] || fail "needs root: it makes systems with debootstrap and mounts them"
for command in debootstrap unshare xz; do
  command -v "$command" >/dev/null || fail "needs $command, which is not installed"
done
[ -f "$package" ] || fail "$package does not exist; make it with 'make $kind'"

# shellcheck disable=SC2016  # apt-get fills the name in
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' | head -n 1)
make_root() {
  # debootstrap removes its own folder when it is done.
  [ -x "$roots/$1/usr/bin/apt-get" ] && [ ! -e "$roots/$1/debootstrap" ] && return
  [ -n "$mirror" ] || fail "apt knows no mirror of Debian; run apt-get update"
  debootstrap --variant=minbase "$1" "$roots/$1" "$mirror" >"$roots/$1.log" 2>&1 ||
    fail "debootstrap failed, see $roots/$1.log"
}

work=$(mktemp -d "$roots/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/expected_results.sh" "$program" "$work/expected"
options=$(cat "$work/expected/options")

for suite in "$@"; do
  make_root "$suite"
  rm -rf "$work/upper" "$work/below" "$work/system"
  mkdir "$work/upper" "$work/below" "$work/system"
  unshare --mount sh -eu "$(dirname "$0")/try_in_root.sh" "$kind" "$package" "$roots/$suite" "$work" "$options" ||
    fail "$(basename "$package") does not work in $suite"
done
