# SPDX-License-Identifier: Apache-2.0
"""The plots of docs/benchmarks.md, from the JSON that `weft bench` gives."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SHADES = ("#9ecae1", "#4292c6", "#2171b5", "#08306b")  # arrays, small to large
LOSSES = (("edge", "idle rows, columns, zero weights", "#bdbdbd"), ("lines", "lines (and the layer before)", "#fd8d3c"),
          ("weights", "weights", "#e31a1c"), ("drain", "drain", "#756bb1"), ("feed", "read port", "#31a354"),
          ("store", "store", "#8c510a"), ("fill", "fill", "#dd1c77"))


def unique(results: list[dict], key: str) -> list[str]:
    return list(dict.fromkeys(r[key] for r in results))


def style(axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def utilisation(results: list[dict], folder: Path) -> Path:
    """Bars by network and array."""
    networks, configs = unique(results, "network"), unique(results, "config")
    figure, axes = plt.subplots(figsize=(18, 4.8), layout="constrained")
    width = 0.8 / len(configs)
    for i, config in enumerate(configs):
        values = [100 * r["utilisation"] for n in networks for r in results if (r["network"], r["config"]) == (n, config)]
        places = [j + (i - (len(configs) - 1) / 2) * width for j in range(len(networks))]
        bars = axes.bar(places, values, width * 0.92, color=SHADES[i % len(SHADES)], label=config)
        axes.bar_label(bars, [f"{v:.1f}" for v in values], fontsize=7, padding=2)
    axes.set_xticks(range(len(networks)), networks)
    axes.set_ylim(0, 109)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel("utilisation of the multipliers, %")
    axes.grid(axis="y", color="#e0e0e0")
    axes.legend(title="array", ncols=len(configs), loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    style(axes)
    file = folder / "bench_utilisation.png"
    figure.savefig(file, dpi=120)
    plt.close(figure)
    return file


def losses(results: list[dict], folder: Path) -> Path:
    """What the cycles that are lost were lost to, a stacked bar for each network and array."""
    networks, configs = unique(results, "network"), unique(results, "config")
    shown = [loss for loss in LOSSES if any(r["stalls"][loss[0]] > 1e-3 * r["cycles"] for r in results)]
    figure, axes = plt.subplots(figsize=(12, 13), layout="constrained")
    places, labels = [], []
    for j, network in enumerate(networks):
        for i, config in enumerate(configs):
            result = next(r for r in results if (r["network"], r["config"]) == (network, config))
            place = j * (len(configs) + 1) + i
            places.append(place)
            labels.append(f"{network}  {config}")
            left = 0.0
            for cause, _, colour in LOSSES:
                share = 100 * result["stalls"][cause] / result["cycles"]
                axes.barh(place, share, 0.8, left=left, color=colour)
                left += share
            axes.text(left + 0.6, place, f"{left:.1f}", va="center", fontsize=8)
    axes.set_yticks(places, labels, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("lost cycles, % of all")
    axes.grid(axis="x", color="#e0e0e0")
    axes.margins(y=0.01)
    for _, name, colour in shown:
        axes.barh(0, 0, color=colour, label=name)
    axes.legend(ncols=len(shown), loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
    style(axes)
    file = folder / "bench_losses.png"
    figure.savefig(file, dpi=110)
    plt.close(figure)
    return file
