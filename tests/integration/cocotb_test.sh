#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cocotb_test.sh WEFT SMALL_NETWORK SOURCE PYTHON: the cocotb bench on Icarus runs a whole exported network, and finds a wrong byte.
set -euo pipefail
weft=$1 small_network=$2 source=$3 python=$4
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
[[ -x $python ]] || { echo "there is no $python: make bootstrap-python, or -DWEFT_PYTHON=FILE"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PYTHONDONTWRITEBYTECODE=1
"$small_network" "$dir/net.onnx"
"$weft" compile "$dir/net.onnx" -o "$dir/net.weft" --config 4x4
"$weft" export "$dir/net.weft" --format bin --input $images -o "$dir/net"
"$python" "$source/integration/cocotb/run.py" "$dir/net" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
grep '588 bytes compared, 0 differences' "$dir/log"

printf '\x55' | dd of="$dir/net/start0_output0.bin" bs=1 seek=300 conv=notrunc status=none
if "$python" "$source/integration/cocotb/run.py" "$dir/net" >"$dir/log" 2>&1; then echo "it passes with a wrong byte"; exit 1; fi
grep -o '1 of 588 bytes differ.*' "$dir/log" | head -n 1
