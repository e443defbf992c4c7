#!/bin/sh
# Makes the virtual environment that the Python package is built and tested in, with the versions of
# python/requirements.txt, and prints the options for CMake. One that is there and up to date is left as it is.
#
# usage: scripts/python_environment.sh FOLDER
#
# Where it cannot be made (no network, no python3-venv), this is told and the options leave the package out.
set -eu
[ $# = 1 ] || { echo "usage: scripts/python_environment.sh FOLDER" >&2; exit 2; }
requirements=$(dirname "$0")/../python/requirements.txt
python=/usr/bin/python3 # a shim of pyenv may change its mind

leave_out() {
  echo "python_environment.sh: the Python package is left out and its tests are skipped: $1" >&2
  echo "-D PRIORSEG_BUILD_PYTHON=OFF"
  exit 0
}

wanted="$($python --version 2>/dev/null) $(cksum <"$requirements")" || leave_out "there is no $python"
if [ "$(cat "$1/made_from" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$1"
  mkdir -p "$(dirname "$1")"
  $python -m venv "$1" >&2 || leave_out "'$python -m venv' failed; is python3-venv installed?"
  "$1/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$requirements" >&2 ||
    leave_out "pip could not install what python/requirements.txt lists (see above)"
  echo "$wanted" >"$1/made_from"
fi
folder=$(cd "$1" && pwd)
echo "-D PRIORSEG_BUILD_PYTHON=ON -D Python_EXECUTABLE=$folder/bin/python"
