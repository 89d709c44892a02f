#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes the pictures of docs/report.md: a report of ResNet-8 in Chromium without a window. Fails if a page writes to the console.
# `make screenshots` installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
data=/usr/share/datasets/fashion-mnist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

report() {  # MODEL NAME
  build/weft report "models/$1.onnx" --input $data/t10k-images-idx3-ubyte.gz --labels $data/t10k-labels-idx1-ubyte.gz \
    --limit 6 --clock 117MHz -o "$work/$2.html" >/dev/null
  browse --enable-logging=stderr --dump-dom "file://$work/$2.html" 2>"$work/log" >/dev/null
  if grep CONSOLE "$work/log"; then exit 1; fi
}
browse() {
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files --user-data-dir="$work/profile" \
    --virtual-time-budget=5000 "$@"
}
report fashion_cnn demo
report resnet8 report

shot() {  # NAME WIDTH HEIGHT ANCHOR; in a frame, which can be scrolled
  printf '<body style="margin:0"><iframe src="report.html%s" style="border:0;width:%dpx;height:%dpx"></iframe>' "$4" "$2" "$3" >"$work/frame.html"
  browse --window-size="$((${2} > 500 ? ${2} : 500)),$3" --screenshot="$work/shot.png" "file://$work/frame.html" 2>/dev/null
  .venv/bin/python -c 'import sys; from PIL import Image; Image.open(sys.argv[1]).crop((0, 0, int(sys.argv[2]), int(sys.argv[3]))).save(sys.argv[4])' \
    "$work/shot.png" "$2" "$3" "docs/images/$1.png"
  ls -l "docs/images/$1.png"
}
shot report 1280 1560 ''
shot report_layer 1280 800 '#node-4'
shot report_phone 390 1200 ''
