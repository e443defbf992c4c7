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

# What the build gives: simulated images, a model, and the label maps that it finds with it.
work=$(mktemp -d "$roots/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/expected"
# A training of a second. It has not learned much, so that whatever it finds counts.
options="--threads 1 --size 18:56"
for setting in prior_masks=64 prior.steps=40 prior.batch_size=16 detector.localizer.channels=[8,8,16] \
  detector.localizer.reduction=1 detector.encoder.kind=strided detector.encoder.channels=[8,8,16] \
  detector.training.batch_size=2 detector.training.crop_size=64 detector.training.steps=40 detector.self_training.steps=0 \
  detector.inference.presence=0.1 detector.inference.min_score=0 detector.inference.min_contrast=2; do
  options="$options --set $setting"
done
(
  cd "$work/expected"
  "$program" -q simulate -n 2 --image-size 256x256 --seed 3 -o new
  # shellcheck disable=SC2086  # several words
  "$program" -q run new/images $options -o trained
  "$program" -q segment new/images --model trained/model.safetensors -o found
)
[ "$(wc -l <"$work/expected/found/objects.csv")" -gt 10 ] || fail "the build found too few objects to compare with"

for suite in "$@"; do
  make_root "$suite"
  rm -rf "$work/upper" "$work/below" "$work/system"
  mkdir "$work/upper" "$work/below" "$work/system"
  unshare --mount sh -eu "$(dirname "$0")/try_in_root.sh" "$kind" "$package" "$roots/$suite" "$work" "$options" ||
    fail "$(basename "$package") does not work in $suite"
done
