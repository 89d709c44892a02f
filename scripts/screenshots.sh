#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes the pictures of docs/report.md: a report of ResNet-8 in Chromium without a window.
# `make screenshots` installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
data=/usr/share/datasets/fashion-mnist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build/weft report models/resnet8.onnx --input $data/t10k-images-idx3-ubyte.gz --labels $data/t10k-labels-idx1-ubyte.gz \
  --limit 6 --clock 117MHz -o "$work/report.html" >/dev/null

shot() {  # NAME WIDTH HEIGHT ANCHOR; in a frame, which can be scrolled
  printf '<body style="margin:0"><iframe src="report.html%s" style="border:0;width:%dpx;height:%dpx"></iframe>' "$4" "$2" "$3" >"$work/frame.html"
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files --user-data-dir="$work/profile" \
    --virtual-time-budget=5000 --window-size="$2,$3" --screenshot="docs/images/$1.png" "file://$work/frame.html" 2>/dev/null
  ls -l "docs/images/$1.png"
}
shot report 1280 1560 ''
shot report_layer 1280 800 '#node-4'
