#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# systemverilog_test.sh WEFT SMALL_NETWORK SOURCE: the plain SystemVerilog bench on Icarus runs a whole exported network, finds a wrong
# byte, and says what it misses.
set -euo pipefail
weft=$1 small_network=$2 source=$3
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$small_network" net.onnx
"$weft" compile net.onnx -o net.weft --config 4x4
"$weft" export net.weft --format mem --input $images -o net

expect() {  # STATUS TEXT [ARGUMENT...]
  local status=0
  vvp -n net/bench.vvp "${@:3}" >log 2>&1 || status=$?
  cat log
  [[ $status -eq $1 ]] || { echo "status $status, not $1"; exit 1; }
  grep -qF "$2" log || { echo "it does not say: $2"; exit 1; }
}
"$source/integration/systemverilog/run.sh" net | tee log
grep -q '588 bytes compared, 0 differences' log
if grep -qi 'error' log; then exit 1; fi
sed -i '2s/^\(.*\)[0-7]$/\18/;t;2s/.$/0/' net/start0_output0.mem
expect 1 '1 of 588 bytes differ' +network=net
expect 1 'say +network=DIR'
expect 1 'there is no start0_registers.mem' +network=nowhere
rm net/start0_output0.mem
expect 1 'nothing was compared' +network=net
