#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fusesoc_test.sh WEFT SMALL_NETWORK SOURCE PYTHON: FuseSoC lints weft.core and simulates an exported network with it, and fails where it
# should.
set -euo pipefail
weft=$1 small_network=$2 source=$3 fusesoc=$(dirname "$4")/fusesoc
images=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
[[ -x $fusesoc ]] || { echo "there is no $fusesoc: make bootstrap-python, or -DWEFT_PYTHON=FILE"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/core"  # what FuseSoC looks through for cores: no build folder
ln -s "$source"/{weft.core,rtl,integration} "$dir/core"
cd "$dir"
"$small_network" net.onnx
"$weft" compile net.onnx -o net.weft --config 4x4
"$weft" export net.weft --format mem --input $images -o net

run() { "$fusesoc" --cores-root core run --work-root "$dir/$1" --target="$1" weft "${@:2}" >log 2>&1; }
fails() {  # TEXT run ...
  if "${@:2}"; then cat log; echo "this does not fail: ${*:2}"; exit 1; fi
  grep -q "$1" log || { cat log; echo "it does not say: $1"; exit 1; }
}
run lint || { cat log; exit 1; }
if grep -q Warning log; then cat log; exit 1; fi
fails ROWS_must_be_2_to_64 run lint --ROWS=1
run sim --network="$dir/net" || { cat log; exit 1; }
grep '588 bytes compared, 0 differences' log
fails 'there is no start0_registers.mem' run sim --network="$dir/nowhere"
