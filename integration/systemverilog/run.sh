#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds weft_axi and its plain bench with Icarus for the configuration of a network and runs it:
#   build/weft export NET.weft --format mem --input IMAGES -o DIR
#   integration/systemverilog/run.sh DIR
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: run.sh DIR, a folder that weft export --format mem has written" >&2; exit 2; }
dir=$(realpath "$1")
[[ -f $dir/start0_registers.mem ]] || { echo "run.sh: $1 is not what weft export --format mem writes" >&2; exit 2; }
cd "$(dirname "$0")/../.."
parameters=$(python3 -c '
import json, sys
print(*(f"-Pweft_axi_tb.{name}={value}" for name, value in json.load(open(sys.argv[1]))["parameters"].items()))' "$dir/network.json")
# The assertions are in; Icarus warns about their $error.
# shellcheck disable=SC2046,SC2086
iverilog -g2012 -s weft_axi_tb $parameters -o "$dir/bench.vvp" $(sed -n 's|^\([a-z].*\.sv\)$|rtl/\1|p' rtl/engine.f rtl/system.f) \
  integration/systemverilog/weft_axi_tb.sv 2> >(grep -v 'System task (\$error) cannot be synthesized' >&2)
exec vvp -n "$dir/bench.vvp" "+network=$dir"
