#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# vectors_test.sh WEFT SMALL_NETWORK SOURCE: the vectors that weft waves writes, replayed into one module on Icarus, give its outputs; a
# wrong number is found.
set -euo pipefail
weft=$1 run=$3/integration/vectors/run.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for rounding in tflite onnx; do
  "$weft" waves conv --in 9x9x5 --filters 10x3x3 --pad 1 --config 4x4 --rounding $rounding --engine golden --dump-vectors $rounding
  "$run" $rounding | tee log
  grep -q '^503 outputs compared, 0 differences$' log
done
outputs=tflite/0_conv/golden/u_output.gen_lane.u_requantize.y_o.hex
sed -i '10s/^\(..\).. /\17e /' $outputs  # lane 0 of the eighth
"$run" tflite >log 2>&1 && { cat log; echo 'a wrong number was not found'; exit 1; }
grep -q '^503 outputs compared, 1 differences$' log || { cat log; exit 1; }
"$run" . 2>log && exit 1
grep -q 'has no manifest.json' log
