#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Count the cycles of well-known networks on several arrays; write the tables and the plots of docs/benchmarks.md.

Networks that are small enough run on the Verilated RTL (on the arrays whose RTL model is built), the others on the cycle
model, which counts the same cycles. Needs a build, and matplotlib for the plots:

    make bench
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEFT = ROOT / "build" / "weft"
PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- {}: scripts/bench.py -->", "<!-- end of {} -->"

IMAGENET = ("vgg16", "resnet50", "mobilenetv1", "mobilenetv2", "efficientnet_lite0", "squeezenet")
SMALL = ("convnetjs-cifar", "lenet5", "resnet8", "vww", "kws")
CONFIGS = ("4x4", "8x8", "16x16", "32x32")
DIVIDING = ("7x8", "14x16", "28x32")  # arrays whose rows divide the maps of IMAGENET
ON_RTL = {(network, config) for network in SMALL for config in ("4x4", "8x8")}
LATENCY, CLOCK = 40, 100  # cycles, MHz


def bus_bytes(config: str) -> int:
    return json.loads((ROOT / "configs" / f"{config}.json").read_text())["bus_bytes"]


def bench(network: str, config: str, *options: str) -> dict:
    """The JSON of `weft bench`; exits if the RTL differs from the golden model or from the cycle model."""
    engine = "rtl" if (network, config) in ON_RTL else "cycles"
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [WEFT, "bench", network, "--config", config, "--engine", engine, "--no-layers",
                   "--memory", f"{bus_bytes(config)}:{LATENCY}", "--json", file.name, *options]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{run.stdout}{run.stderr}")
        return json.loads(Path(file.name).read_text())


def fraction(value: float) -> str:
    """Four digits, rounded down: only a full array is 1."""
    return f"{math.floor(value * 1e4) / 1e4:.4f}"


def largest_loss(result: dict) -> str:
    cause, cycles = max(result["stalls"].items(), key=lambda item: item[1])
    return f"{cause} {100 * cycles / result['cycles']:.2f} %"


def table(results: list[dict]) -> str:
    lines = ["| network | MACs | array | memory | cycles | utilisation | without padding | bytes per MAC | compulsory | largest loss | engine |",
             "|---|---:|---|---|---:|---:|---:|---:|---:|---|---|"]
    for r in results:
        lines.append(f"| {r['network']} | {r['macs']:,} | {r['config']} | {r['memory']} | {r['cycles']:,} | {fraction(r['utilisation'])} "
                     f"| {fraction(r['useful_utilisation'])} | {r['bytes_per_mac']:.4f} | {r['compulsory_bytes_per_mac']:.4f} | {largest_loss(r)} | {r['engine']} |")
    return "\n".join(lines)


def whole_table(results: list[dict]) -> str:
    """Networks with all of their operators; what their fully connected layers make of their roofline."""
    lines = [f"| network | cycles | utilisation | ms at {CLOCK} MHz | images/s | bytes per MAC | compulsory | fully connected: cycles | of their roofline |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for r in results:
        fc = [layer for layer in r["layers"] if layer["name"].startswith("fc")]
        cycles = sum(layer["cycles"] for layer in fc)
        share = fraction(sum(layer["roofline_cycles"] for layer in fc) / cycles) if fc else "-"
        lines.append(f"| {r['network']} | {r['cycles']:,} | {fraction(r['utilisation'])} | {r['latency_ms']:,.2f} | {r['images_per_second']:,.1f} "
                     f"| {r['bytes_per_mac']:.4f} | {r['compulsory_bytes_per_mac']:.4f} | {cycles:,} | {share} |")
    return "\n".join(lines)


def insert(page: Path, name: str, text: str) -> None:
    old = page.read_text()
    first, last = BEGIN.format(name), END.format(name)
    begin, end = old.find(first), old.find(last)
    if begin < 0 or end < begin:
        sys.exit(f"{page}: the lines '{first}' and '{last}' are missing")
    page.write_text(f"{old[:begin]}{first}\n{text}\n{old[end:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the table only: change no file")
    arguments = parser.parse_args()
    if not WEFT.exists():
        sys.exit("build/weft is missing: run `make build`")
    results = [bench(network, config) for network in (*IMAGENET, *SMALL) for config in CONFIGS]
    dividing = [bench(network, config) for network in IMAGENET for config in DIVIDING]
    whole = [bench(network, "8x8", "--whole", "--clock", f"{CLOCK}MHz") for network in (*IMAGENET, *SMALL)]
    tables = {"table": table(results), "dividing": table(dividing), "whole": whole_table(whole)}
    print("\n\n".join(tables.values()))
    if arguments.print:
        return
    import plot_bench  # only here: it needs matplotlib

    for name, text in tables.items():
        insert(PAGE, name, text)
    IMAGES.mkdir(exist_ok=True)
    for image in (plot_bench.utilisation(results, IMAGES), plot_bench.losses(results, IMAGES)):
        print(f"wrote {image.relative_to(ROOT)}")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
