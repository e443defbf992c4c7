#!/bin/sh
# Uses the wheel in one process with packages that bring a LibTorch, Qt or OpenCV of their own, imported before it and after
# it. Label maps must be those of the build, to the bit.
#
# usage: packaging/test_wheel_beside.sh WHEEL PROGRAM ENVIRONMENTS
#
# ENVIRONMENTS  folder for the virtual environments, made where they are missing: 12 GB from PyPI, most of it for torch
#
# napari's window needs a display; without one xvfb-run gives it.
set -eu
wheel=$(realpath "$1") program=$2
mkdir -p "$3"
environments=$(cd "$3" && pwd) here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$environments/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$here/expected_results.sh" "$program" "$work/expected"
display=""
[ -n "${DISPLAY:-}" ] || display="xvfb-run --auto-servernum"

# environment NAME REQUIREMENT...
environment() {
  place=$environments/$1
  shift
  if [ ! -e "$place/complete" ]; then
    python3 -m venv --clear "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check tifffile "$@"
    touch "$place/complete"
  fi
  "$place/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
  "$place/bin/pip" install --quiet --disable-pip-version-check "$wheel"
}

# in_order PACKAGE...
in_order() {
  image=$work/expected/new/images/sim_000.tif labels=$work/expected/found/labels/sim_000.tif
  QT_QPA_PLATFORM=xcb $display "$place/bin/python" "$here/try_wheel.py" "$work/expected/trained/model.safetensors" "$image" "$labels" "$@"
}

environment torch-newest torch numpy
"$place/bin/python" -c "import torch; print('torch', torch.__version__)"
in_order torch priorseg
in_order priorseg torch
environment torch-2023 torch==2.1.2 "numpy<2" "pandas<3"
in_order torch priorseg
in_order priorseg torch
environment windows "napari[pyqt6]" opencv-python
in_order napari cv2 priorseg
in_order priorseg napari cv2
