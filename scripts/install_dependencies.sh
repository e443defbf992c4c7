#!/bin/sh
# Installs the Debian packages that priorseg is built from, where they are missing.
#
# usage: scripts/install_dependencies.sh [build] [test] [bench] [tidy] [fuzz] [packaging]     (default: build)
#
# Asks dpkg first: a machine that has everything is left as it is, and needs neither rights nor a network.
set -eu

# libopenblas0-openmp: LibTorch takes whatever BLAS the system has, and Debian's reference BLAS multiplies matrices several
# times slower. The OpenMP build shares its threads with LibTorch instead of competing with them.
build_packages="g++ make cmake ninja-build libtorch-dev libopencv-dev libtiff-dev libpng-dev
  libjpeg-dev libminizip-dev libpugixml-dev libblosc-dev libzstd-dev zlib1g-dev
  libopenslide-dev nlohmann-json3-dev libcli11-dev
  libopenblas0-openmp"
# python3 runs the check of the includes between rooms; with the others the Python package is built.
test_packages="libgtest-dev libgmock-dev python3 python3-dev python3-venv"
# The peers that Mask R-CNN, and selections and label maps, are compared with, a screen for the macro of Fiji and for
# napari, and the browsers that walk through the studio. Where they cannot be installed those tests are skipped.
# What PyPI's Qt, which napari draws with, takes from the system.
qt_packages="libgl1 libgl1-mesa-dri libegl1 libdbus-1-3 libfontconfig1 libxcb-cursor0 libxcb-icccm4
  libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0"
wished_test_packages="python3-torchvision imagej default-jdk-headless xvfb xauth chromium firefox-esr libtiff-tools
  libvips-tools strace $qt_packages"
# Where they are missing the program is built without the studio.
studio_packages="libcpp-httplib-dev pkg-config"
command -v npm >/dev/null || studio_packages="$studio_packages nodejs npm"
bench_packages="libbenchmark-dev python3"
tidy_packages="clang-tidy libc++-dev libomp-dev"
# libFuzzer comes with clang's runtime; clang itself is not used.
fuzz_packages="libclang-rt-14-dev"
packaging_packages="python3 patchelf xz-utils dpkg-dev"

fail() {
  echo "install_dependencies.sh: $1" >&2
  exit 1
}

wanted=$build_packages
wished=""
for set in "$@"; do
  case $set in
    build) ;;
    test) wanted="$wanted $test_packages" wished="$wished_test_packages $studio_packages" ;;
    bench) wanted="$wanted $bench_packages" ;;
    tidy) wanted="$wanted $tidy_packages" ;;
    fuzz) wanted="$wanted $fuzz_packages" ;;
    packaging) wanted="$wanted $packaging_packages" ;;
    *) fail "unknown set of packages '$set', expected build, test, bench, tidy, fuzz or packaging" ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this is no Debian system (no apt-get); install what CONTRIBUTING.md lists yourself and call make with DEPENDENCIES=present"
fi

# Those of the named packages that are not installed.
missing_of() {
  for package in "$@"; do
    status=$(dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | head -n 1 || true)
    [ "$status" = installed ] || printf ' %s' "$package"
  done
}

# shellcheck disable=SC2086  # the lists are split into words on purpose
missing=$(missing_of $wanted) missing_wished=$(missing_of $wished)
[ -n "$missing$missing_wished" ] || exit 0

# Without a package that is needed: fails. Without a package that is only wished for: tells so.
cannot_install() {
  [ -z "$missing" ] || fail "$1"
  echo "install_dependencies.sh: goes on without$missing_wished, tests that need it are skipped: $1" >&2
  exit 0
}

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null; then
  as_root="sudo"
else
  cannot_install "these packages are missing and installing them needs root:$missing$missing_wished"
fi

echo "Installing:$missing$missing_wished"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600"
$apt update ||
  cannot_install "apt-get update failed (see above); is there a network and the right to install packages?"
# shellcheck disable=SC2086  # the lists are split into words on purpose
if [ -n "$missing" ]; then
  $apt install --yes --no-install-recommends $missing >/dev/null ||
    fail "apt-get could not install$missing (see above); Debian 12 and 13 have all of them"
fi
missing=""
# shellcheck disable=SC2086
$apt install --yes --no-install-recommends $missing_wished >/dev/null ||
  cannot_install "apt-get could not install$missing_wished (see above)"
