#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# litex_test.sh WEFT SOURCE PYTHON DIR: the demo network on a LiteX SoC, simulated in DIR (always the same, for ccache); what its firmware
# prints is compared, and wrong values are found. Status 77 (skipped) without the packages of `make bootstrap-litex`.
set -euo pipefail
weft=$1 source=$2 python=$3 dir=$4
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
"$python" -c 'import litex, litedram' 2>/dev/null || { echo "there is no LiteX in $python: make bootstrap-litex"; exit 77; }
export PYTHONDONTWRITEBYTECODE=1
rm -rf "$dir" && mkdir -p "$dir" && cd "$dir"
"$weft" compile "$source/models/fashion_cnn.onnx" -o net.weft --config 4x4
"$weft" export net.weft --format c --input $images -o net
"$python" "$source/integration/litex/sim.py" net >log 2>&1 || { tail -n 100 log; exit 1; }
grep '^weft:' log
grep '10 outputs and the class are the golden model' log

PYTHONPATH="$source/integration/litex" "$python" - <<'PY'
from network import Network

network = Network("net")
lines = open("log").read().splitlines()
assert network.differences(lines) == []
assert network.differences([line.replace("class 9", "class 8") for line in lines]) == ["class 8, the golden model's is 9"]
assert network.differences([line for line in lines if "class" not in line]) == ["the firmware has not printed outputs and a class"]
network.expected[3] += 1
wrong, = network.differences(lines)
assert wrong.startswith("output 3 is "), wrong
network.expected.pop()
assert "10 outputs, the golden model has 9" in network.differences(lines)
PY

"$weft" export net.weft --format c -o inputless
"$weft" export net.weft --format bin --input $images -o bin
refused() {  # TEXT FOLDER
  if "$python" "$source/integration/litex/sim.py" "$2" >log 2>&1; then echo "this does not fail: $2"; exit 1; fi
  grep -F "$1" log || { cat log; exit 1; }
}
refused 'is not what `weft export` writes' nowhere
refused 'export it with --format c' bin
refused 'export it with --input' inputless
