#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises, places and routes what fpga/qor.yaml names, a sweep of which nothing is run twice, and writes the table of docs/fpga.md.

    make qor [JOBS=N]
    .venv/bin/python scripts/qor.py --only table    of what has ended so far
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "sweep"))
import plan
import table

PAGE = ROOT / "docs" / "fpga.md"
BEGIN, END = "<!-- table: scripts/qor.py -->", "<!-- end of table -->"


def versions(points: list[dict]) -> str:
    """Of the tools, as the manifests have them; all of them if not all points ran with the same."""
    found = {f"{tool} {version}" for p in points if p["ok"] and p["asked"]["kind"] != plan.NETWORK for tool, version in p["asked"]["tools"].items()}
    return ", ".join(sorted(found))


def frequency(seeds: list[dict]) -> str:
    """The spread, how many seeds were routed, and how many have not ended yet."""
    mhz = sorted(seed["result"]["fmax_mhz"] for seed in seeds if seed["ok"])
    spread = f"{mhz[0]:.1f} to {mhz[-1]:.1f}, " if len(mhz) > 1 else ""
    waiting = sum("status" not in seed for seed in seeds)
    return f"{spread}{len(mhz)} of {len(seeds)} seeds" + (f", {waiting} not run" if waiting else "")


def markdown(points: list[dict]) -> str:
    designs, _, _ = table.designs_of(points, None)
    networks = list(dict.fromkeys(d["network"] for d in designs))
    lines = ["| family | part | top | configuration | LUT | FF | DSP | RAM | Fmax, MHz (median) | | path, of the median's seed | GMAC/s | "
             + " | ".join(f"{network}, images/s" for network in networks) + " |",
             "|---|---|---|---|---:|---:|---:|---:|---:|---|---|---:|" + "---:|" * len(networks)]
    for chip in table.routed(points):
        seeds = [p for p in points if chip["key"] in p["asked"]["needs"]]
        mhz = chip.get("fmax_mhz")
        rates = {d["network"]: d.get("images_per_second") for d in designs
                 if mhz and chip["top"] == "weft_top" and d["config"] == chip["config"] and (d["part"], d["top"]) == (chip["part"], chip["top"])}
        cells = [chip["fpga"], chip["part"], chip["top"], chip["config"], *(f"{chip[key]:,}" for key in ("LUT", "FF", "DSP", "RAM")),
                 f"{mhz:.1f}" if mhz else "", frequency(seeds), chip.get("path", ""),
                 f"{chip['multipliers'] * mhz / 1e3:.2f}" if mhz else "",
                 *(f"{rates[network]:,.1f}" if rates.get(network) else "" for network in networks)]
        lines.append("| " + " | ".join(cells) + " |")
    return f"With {versions(points)}:\n\n" + "\n".join(lines)


def insert(text: str) -> None:
    old = PAGE.read_text()
    begin, end = old.find(BEGIN), old.find(END)
    if begin < 0 or end < begin:
        sys.exit(f"{PAGE}: the lines '{BEGIN}' and '{END}' are missing")
    PAGE.write_text(f"{old[:begin]}{BEGIN}\n{text}\n{old[end:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default=ROOT / "fpga" / "qor.yaml", help="the sweep (default: fpga/qor.yaml)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "qor", help="its folder (default: build/qor)")
    parser.add_argument("--only", choices=["table"], help="run nothing: the table of what has ended")
    parser.add_argument("--print", action="store_true", help="print the table only: change no file")
    args, options = parser.parse_known_args()  # the others are for weft sweep: --jobs, --sshlogin
    sweep = [ROOT / "build" / "weft", "sweep", args.spec, "-o", args.out, *options, *(["--plan"] if args.only else [])]
    status = subprocess.run(sweep, check=False).returncode
    if status not in (0, 1):  # 1: some points failed; the table says how many seeds it holds
        return status
    points = table.load(args.out.resolve())
    if not any(point["ok"] for point in points):
        sys.exit("qor.py: nothing has ended well: no table")
    text = markdown(points)
    print(text)
    if not args.print:
        insert(text)
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
