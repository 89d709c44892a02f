#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Replays the first layer's vectors into the module requantize alone, with Icarus:
#   build/weft waves conv --in 14x14x20 --filters 24x3x3 --pad 1 --config 4x4 --dump-vectors DIR
#   integration/vectors/run.sh DIR
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: run.sh DIR, a folder that weft waves --dump-vectors has written" >&2; exit 2; }
dir=$(realpath "$1")
[[ -f $dir/manifest.json ]] || { echo "run.sh: $1 has no manifest.json: it is not what weft waves --dump-vectors writes" >&2; exit 2; }
cd "$(dirname "$0")/../.."
read -r folder lanes count onnx < <(python3 - "$dir/manifest.json" <<'PY'
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
streams = {stream["stream"]: stream for stream in run["streams"]}
if "u_output.gen_lane.u_requantize.y_o" not in streams:
    sys.exit("run.sh: these are vectors of the system (--system); this bench takes the engine's")
y = streams["u_output.gen_lane.u_requantize.y_o"]
print(run["folder"], y["fields"][0]["lanes"], y["transfers"], int(run["rounding"] == "onnx"))
PY
)
iverilog -g2012 -s requantize_tb -Prequantize_tb.LANES="$lanes" -Prequantize_tb.COUNT="$count" -Prequantize_tb.ONNX="$onnx" -o "$dir/requantize.vvp" \
  rtl/weft_pkg.sv rtl/cells/delay.sv rtl/prim/mult.sv rtl/engine/requantize.sv integration/vectors/requantize_tb.sv
vvp -n "$dir/requantize.vvp" "+vectors=$dir/$folder" | grep -v 'Not enough words'  # the arrays have room for the inputs, which are more
