#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rtl/prim/ecp5 against the generic rtl/prim with our models of its cells, in Icarus. Both have the same module names, so
# the ECP5 ones are renamed for the comparison.   ecp5_prim_test.sh [directory for what it writes]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prim=$here/../../../rtl/prim
out=${1:-$(mktemp -d)}
mkdir -p "$out"
for module in mult mult_logic ram; do
  sed "s/^module $module /module ${module}_ecp5 /" "$prim/ecp5/$module.sv" >"$out/${module}_ecp5.sv"
done
iverilog -g2012 -Wall -Wno-timescale -s ecp5_prim_tb -o "$out/ecp5_prim.vvp" \
  "$prim/mult.sv" "$prim/mult_logic.sv" "$prim/ram.sv" "$out/mult_ecp5.sv" "$out/mult_logic_ecp5.sv" "$out/ram_ecp5.sv" "$here/ecp5_prim_cells.v" "$here/ecp5_prim_tb.sv"
vvp -n "$out/ecp5_prim.vvp" | tee "$out/ecp5_prim.log"
grep -q '^PASS' "$out/ecp5_prim.log"
