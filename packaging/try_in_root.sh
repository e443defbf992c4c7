#!/bin/sh
# The part of test_in_bare_root.sh that runs in a mount namespace of its own: the mounts go away with it.
#
# usage: try_in_root.sh bundle|deb|wheel PACKAGE ROOT WORK "OPTIONS OF RUN"
#
# ROOT lies below an overlay, so that it stays as it is. WORK/expected holds what the build found.
set -eu
kind=$1 package=$2 root=$3 work=$4 options=$5
system=$work/system
mount -t overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/below" overlay "$system"

fail() {
  echo "try_in_root.sh: $1" >&2
  exit 1
}
inside() { chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp "$@" </dev/null; }
# Nobody: whoever has a right to anything here. Without a network.
offline() { unshare --net chroot --userspec=65534:65534 "$system" env -i PATH=/usr/bin:/bin HOME=/tmp "$@" </dev/null; }
seconds_since() { echo "$(date +%s.%N) $1" | awk '{ printf "%.1f s", $1 - $2 }'; }

install_bundle() {
  mkdir -p "$system/opt/my tools"
  tar --extract --xz --directory "$system/opt/my tools" --file "$package"
  ln -s "/opt/my tools/$(basename "$package" -linux-x86_64.tar.xz)/bin/priorseg" "$system/usr/local/bin/priorseg"
  command=/usr/local/bin/priorseg
}

use_network() {
  cp /etc/resolv.conf /etc/hosts "$system/etc/"
  [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$system/etc/"
  apt-config dump | grep -i '::proxy' >"$system/etc/apt/apt.conf.d/90proxy" || true
  inside apt-get -qq update
}

install_deb() {
  mount -t proc proc "$system/proc"
  use_network
  cp "$package" "$system/tmp/"
  inside DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes "/tmp/$(basename "$package")" >"$work/apt.log" 2>&1 ||
    fail "apt-get could not install it: $(tail -n 3 "$work/apt.log")"
  command=/usr/bin/priorseg
  umount "$system/proc"
}

# The wheel, and what it takes from PyPI; pip finds its way there as it does here.
install_wheel() {
  mount -t proc proc "$system/proc"
  use_network
  inside DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends python3-venv ca-certificates >"$work/apt.log" 2>&1 ||
    fail "apt-get could not install python3-venv: $(tail -n 3 "$work/apt.log")"
  cp "$package" "$(dirname "$0")/try_wheel.py" "$system/tmp/"
  chmod a+r "$system"/tmp/*.whl "$system"/tmp/try_wheel.py
  cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
  inside python3 -m venv /opt/environment
  begin=$(date +%s.%N)
  # shellcheck disable=SC2046  # one variable a line
  inside $(env | grep -E '^(PIP_|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|SSL_)' || true) \
    /opt/environment/bin/pip install --quiet --disable-pip-version-check tifffile "/tmp/$(basename "$package")" >"$work/pip.log" 2>&1 ||
    fail "pip could not install it: $(tail -n 3 "$work/pip.log")"
  echo "  installed by pip in $(seconds_since "$begin")"
}

use_wheel() {
  for map in "$work"/expected/found/labels/*; do
    name=$(basename "$map")
    cp "$map" "$system/tmp/expected_$name"
    begin=$(date +%s.%N)
    offline /opt/environment/bin/python /tmp/try_wheel.py /tmp/model.safetensors "/tmp/new/images/$name" "/tmp/expected_$name"
    echo "  segmented and learned in $(seconds_since "$begin")"
  done
}

expect_one_line_without_proc() {
  offline "$command" --version >/dev/null || fail "does not tell its version without /proc"
  if offline "$command" simulate -o /tmp/none 2>"$work/errors"; then fail "found nothing amiss without /proc"; fi
  [ "$(wc -l <"$work/errors")" = 1 ] || fail "expected one line without /proc, got: $(cat "$work/errors")"
  echo "  without /proc: $(cat "$work/errors")"
}

# Exit code 3: done, but such a model is not to be trusted.
done_or_distrusted() { "$@" || [ $? -eq 3 ]; }

expect_same_label_maps() {
  for map in "$work"/expected/found/labels/*; do
    cmp "$map" "$system/tmp/found/labels/$(basename "$map")" || fail "label maps differ from those of the build"
  done
}

start=$(date +%s.%N)
"install_$kind"
echo "$(basename "$root"): $(inside ldd --version | head -n 1), ${kind} in place after $(seconds_since "$start")"
cp -r "$work/expected/trained/model.safetensors" "$work/expected/new" "$system/tmp/"
chmod -R a+rX "$system/tmp/new" "$system/tmp/model.safetensors"
if [ "$kind" = wheel ]; then
  use_wheel
  exit
fi
expect_one_line_without_proc
mount -t proc proc "$system/proc"

begin=$(date +%s.%N)
done_or_distrusted offline "$command" -q segment /tmp/new/images --model /tmp/model.safetensors -o /tmp/found
echo "  segmented two images in $(seconds_since "$begin"), $(seconds_since "$start") after the beginning"
expect_same_label_maps
begin=$(date +%s.%N)
# A bundle must not take up what is meant for programs of the system.
misleading=""
[ "$kind" = deb ] || misleading="LD_LIBRARY_PATH=/nowhere LD_PRELOAD=/nowhere/none.so"
# shellcheck disable=SC2086  # several words
offline $misleading "$command" -q simulate -n 2 --image-size 256x256 -o "/tmp/two words"
# shellcheck disable=SC2086
done_or_distrusted offline "$command" -q run "/tmp/two words/images" $options -o /tmp/learned
echo "  simulated, learned and segmented in $(seconds_since "$begin")"
[ -s "$system/tmp/learned/report.html" ] || fail "wrote no report"
