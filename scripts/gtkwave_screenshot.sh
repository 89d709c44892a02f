#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Opens a GTKWave file on a display of its own and takes its picture: gtkwave_screenshot.sh WAVES.gtkw OUT.png
# Needs the Debian packages gtkwave, xvfb, xauth and imagemagick.
set -euo pipefail
[[ $# -eq 2 ]] || { echo "usage: gtkwave_screenshot.sh WAVES.gtkw OUT.png" >&2; exit 2; }
out=$(realpath "$2")
export out
cd "$(dirname "$1")"
save=$(basename "$1") xvfb-run -a -s "-screen 0 1600x900x24" bash -c '
  gtkwave "$save" >/dev/null 2>&1 &
  sleep 6
  import -window root "$out"
  kill %1'
