#!/bin/sh
# Builds priorseg and runs its tests in a Debian 13 of its own: another LibTorch (2.6) and another compiler (GCC 14) than
# Debian 12 has.
#
# usage: scripts/test_debian13.sh ROOT JOBS
#
# ROOT is the folder of that system. It is made with debootstrap where it is missing, from the mirror and through the proxy
# that apt uses here, and takes 6 GB. The sources are mounted in it and cannot be written to; ROOT/build keeps what was built.
set -eu

fail() {
  echo "test_debian13.sh: $1" >&2
  exit 1
}

[ $# = 2 ] || fail "usage: scripts/test_debian13.sh ROOT JOBS"
[ "$(id -u)" = 0 ] || fail "needs root: it makes a system with debootstrap and mounts the sources in it"
for command in debootstrap apt-get unshare; do
  command -v "$command" >/dev/null || fail "needs $command, which is not installed"
done
sources=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd) jobs=$2

# debootstrap removes its own folder when it is done.
if [ ! -x "$root/usr/bin/apt-get" ] || [ -e "$root/debootstrap" ]; then
  # shellcheck disable=SC2016  # apt-get fills the name in
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' | head -n 1)
  [ -n "$mirror" ] || fail "apt knows no mirror of Debian; run apt-get update"
  debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$mirror"
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump | grep -i '::proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
mkdir -p "$root/priorseg" "$root/build"

# In a mount namespace of its own: the mounts go away with it, however this ends.
unshare --mount sh -eu -s "$sources" "$root" "$jobs" <<'INSIDE'
sources=$1 root=$2 jobs=$3
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -o bind,ro "$sources" "$root/priorseg"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 GOMP_SPINCOUNT=1000 "$@" </dev/null; }

inside /priorseg/scripts/install_dependencies.sh test
inside cmake --preset test -S /priorseg -B /build
inside cmake --build /build --parallel "$jobs" --target all headers_alone
inside ctest --test-dir /build --output-on-failure --parallel "$jobs"
inside dpkg-query --show libtorch-dev g++
INSIDE
