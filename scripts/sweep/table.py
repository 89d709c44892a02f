#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep: python3 table.py OUT. Exits with 1 if a point has failed or is missing.

table.csv, table.md     a row a point, in the order of the file that asked for them
pareto.csv, pareto.md   a row a design: a configuration (on an FPGA, if the sweep has one) running a network
pareto.svg              the same as a plot; needs matplotlib
"""

from __future__ import annotations

import csv
import io
import pathlib
import statistics
import sys

import plan

# What the rows take from a point's result.json, beside what was asked.
RESULT_COLUMNS = {plan.NETWORK: ("cycles", "utilisation", "bytes_per_mac", "mismatches"), plan.SYNTHESIS: ("part", "LUT", "FF", "DSP", "RAM"),
                  plan.ROUTE: ("part", "LUT", "FF", "DSP", "RAM", "fmax_mhz", "path")}
DESIGN = ("config", "multipliers", "part", "top", "LUT", "FF", "DSP", "RAM", "seeds")


def load(out: pathlib.Path) -> list[dict]:
    """The points: {"asked", "ok", "why", "result"}, in their order. One without a manifest is lost, or was not run yet."""
    sweep = plan.read_json(out / "sweep.json")
    if sweep is None:
        sys.exit(f"weft sweep: {out} holds no sweep (sweep.json)")
    points = []
    for key in sweep["points"]:
        folder = plan.folder_of(out, key)
        manifest = plan.read_json(folder / "manifest.json")
        if manifest is None:
            begun = plan.read_json(folder / "running.json")
            why = f"lost: begun on {begun['host']} and not ended" if begun else "not run"
            manifest = {"asked": plan.read_json(folder / "asked.json"), "ok": False, "why": why, "result": None}
        points.append(manifest)
    return points


def rows_of(points: list[dict]) -> list[dict]:
    rows = []
    for point in points:
        asked, result = point["asked"], point["result"] or {}
        row = {"job": asked["kind"], **asked["row"]}
        row.update({column: result[column] for column in RESULT_COLUMNS[asked["kind"]] if result.get(column) is not None})
        if asked["kind"] == plan.NETWORK and result:
            row["cycles_per_image"] = result["cycles"] / result.get("images", result.get("batch", 1))
        rows.append({**row, "status": "ok" if point["ok"] else point["why"]})
    return rows


def routed(points: list[dict]) -> list[dict]:
    """The designs on an FPGA: the median over the seeds of place and route that came to an end, or what synthesis alone says."""
    designs = {}
    for point in points:
        asked = point["asked"]
        if asked["kind"] == plan.NETWORK or not point["ok"]:
            continue
        key = asked["needs"][0] if asked["needs"] else plan.key_of(asked)
        design = designs.setdefault(key, {**asked["row"], "key": key, "results": [], "synthesis": None})
        if asked["kind"] == plan.ROUTE:
            design["results"].append(point["result"])
        else:
            design["synthesis"] = point["result"]
    for design in designs.values():
        results, result = design.pop("results"), design.pop("synthesis")
        if results:
            ranked = sorted(results, key=lambda r: r["fmax_mhz"])
            result = ranked[len(ranked) // 2]  # whose path is shown
            design["fmax_mhz"] = statistics.median(r["fmax_mhz"] for r in results)
            design["path"] = result["path"]
        design["seeds"] = len(results)
        design.update({column: result[column] for column in ("part", "LUT", "FF", "DSP", "RAM")})
    return list(designs.values())


def front(designs: list[dict], cost: str, value: str, most: bool) -> None:
    """Marks those that no other one of the same network, memory, batch and part is better than, in one way and not worse in the other."""
    sign = 1 if most else -1
    for a in designs:
        others = [b for b in designs if b is not a and all(a.get(k) == b.get(k) for k in ("network", "memory", "batch", "part", "top"))]
        a["front"] = "yes" if not any(
            b[cost] <= a[cost] and sign * b[value] >= sign * a[value] and (b[cost], b[value]) != (a[cost], a[value]) for b in others) else ""


def designs_of(points: list[dict], clock_mhz: float | None) -> tuple[list[dict], str, str]:
    """The designs, and the columns that are compared: cost, and what it buys."""
    networks = {}
    for row in rows_of(points):
        if row["job"] == plan.NETWORK and row["status"] == "ok":
            key = (row["network"], row["config"], row["memory"], row["batch"])
            networks[key] = max(networks.get(key, row), row, key=lambda r: r["cycles_per_image"])
    chips = routed(points)
    if any(point["asked"]["kind"] == plan.ROUTE for point in points):
        clock_mhz = None  # what could not be routed has no clock
    cost = "LUT" if chips else "multipliers"
    designs = []
    for row in networks.values():
        base = {key: row[key] for key in ("network", "memory", "batch", "config", "multipliers")}
        for chip in [c for c in chips if c["config"] == row["config"]] if chips else [{}]:
            design = {**base, **{key: chip[key] for key in DESIGN if key in chip}, "cycles_per_image": row["cycles_per_image"]}
            mhz = chip.get("fmax_mhz", clock_mhz)
            if mhz:
                design["mhz"] = mhz
                design["images_per_second"] = mhz * 1e6 / row["cycles_per_image"]
            designs.append(design)
    timed = any("mhz" in d for d in designs)
    if timed:
        designs = [d for d in designs if "mhz" in d]  # one that could not be routed is no design
    value = "images_per_second" if timed else "cycles_per_image"
    front(designs, cost, value, most=timed)
    return designs, cost, value


# ---- files

def columns_of(rows: list[dict], last: str) -> list[str]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [c for c in columns if c != last] + [last] if rows else []


def csv_text(rows, columns) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def cell(value) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def markdown(rows, columns) -> str:
    number = {c for c in columns if any(isinstance(row.get(c), (int, float)) for row in rows)}
    lines = ["| " + " | ".join(columns) + " |", "|" + "|".join("---:" if c in number else "---" for c in columns) + "|"]
    return "\n".join(lines + ["| " + " | ".join(cell(row.get(c, "")) for c in columns) + " |" for row in rows]) + "\n"


def write_table(rows, last, out: pathlib.Path, name: str) -> None:
    columns = columns_of(rows, last)
    (out / f"{name}.csv").write_text(csv_text(rows, columns))
    (out / f"{name}.md").write_text(markdown(rows, columns))


def write(out: pathlib.Path) -> list[dict]:
    """Writes all; returns the rows of the points that are not ok."""
    points = load(out)
    rows = rows_of(points)
    write_table(rows, "status", out, "table")
    designs, cost, value = designs_of(points, plan.read_json(out / "sweep.json")["clock_mhz"])
    for old in out.glob("pareto.*"):
        old.unlink()
    if designs:
        write_table(designs, "front", out, "pareto")
        try:
            import pareto_plot
        except ImportError:
            print("weft sweep: no plot: matplotlib is missing (Debian: python3-matplotlib)", file=sys.stderr)
        else:
            pareto_plot.draw(designs, cost, value, out / "pareto.svg")
    return [row for row in rows if row["status"] != "ok"]


def report(out: pathlib.Path) -> int:
    """Writes the tables and says what they hold; the exit status."""
    bad = write(out)
    for row in bad:
        what = " ".join(str(row[key]) for key in ("network", "config", "memory", "batch", "fpga", "top", "seed") if key in row)
        print(f"weft sweep: {row['job']} {what}: {row['status']}", file=sys.stderr)
    total = len(plan.read_json(out / "sweep.json")["points"])
    print(f"{total - len(bad)} of {total} points are in {out / 'table.md'}" + (f"; {len(bad)} are not ok" if bad else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: table.py OUT")
    sys.exit(report(pathlib.Path(sys.argv[1]).resolve()))
