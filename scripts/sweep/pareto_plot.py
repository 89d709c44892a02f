# SPDX-License-Identifier: Apache-2.0
"""pareto.svg of a sweep: a panel a network, what a design costs against what it does, the front of each memory as a line."""

from __future__ import annotations

import pathlib

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "weft"  # the same designs, the same bytes
import matplotlib.pyplot as plt

LABELS = {"multipliers": "multipliers", "LUT": "LUTs", "images_per_second": "images a second", "cycles_per_image": "cycles an image"}


def draw(designs: list[dict], cost: str, value: str, file: pathlib.Path) -> None:
    networks = list(dict.fromkeys(d["network"] for d in designs))
    columns = min(3, len(networks))
    lines = (len(networks) + columns - 1) // columns
    figure, panels = plt.subplots(lines, columns, figsize=(4.6 * columns + 0.6, 3.8 * lines), layout="constrained", squeeze=False)
    for axes, network in zip(panels.flat, networks):
        here = [d for d in designs if d["network"] == network]
        groups = {}
        for d in here:
            groups.setdefault((d.get("part"), d.get("top"), d["memory"], d["batch"]), []).append(d)
        for i, (key, group) in enumerate(groups.items()):
            best = sorted((d for d in group if d["front"]), key=lambda d: d[cost])
            axes.plot([d[cost] for d in best], [d[value] for d in best], "-", color=f"C{i % 10}", linewidth=1, drawstyle="steps-post")
            part, top, memory, batch = key
            label = ", ".join([*(text for text in (part, top) if text), f"memory {memory}", *([f"batch {batch}"] if batch > 1 else [])])
            axes.plot([d[cost] for d in group], [d[value] for d in group], "o", color=f"C{i % 10}", markersize=4, label=label)
            if i == 0:
                for d in group:
                    axes.annotate(d["config"], (d[cost], d[value]), (4, 4), textcoords="offset points", fontsize=7)
        axes.set(title=network, xlabel=LABELS[cost], ylabel=LABELS[value], xscale="log", yscale="log")
        axes.margins(0.1)
        axes.grid(color="#e0e0e0")
        axes.legend(fontsize=7, frameon=False)
    for axes in list(panels.flat)[len(networks):]:
        axes.axis("off")
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
