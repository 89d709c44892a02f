#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines, branches and control bits of the RTL the tests reach.

Runs tests on models that count (build-coverage, CMake's preset `coverage`): every module alone, and the system in two small
configurations. A point is a line of procedural code, a branch (an `else` that is not written is one too) or a signal of one bit, which
has to rise and fall within one model. It is covered if one instance of the module covers it, whatever its parameters. Clocks, resets
and signals named unused* are no points.

What is not covered stands in tests/coverage_waivers.txt with its reason, or it is an error; so is a waiver that nothing needs, and a
share of covered points below the one in docs/coverage.md. --doc writes that page's table.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

from arguments import whole

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-coverage"
DATA = BUILD / "coverage"
WAIVERS = ROOT / "tests" / "coverage_waivers.txt"
DOC = ROOT / "docs" / "coverage.md"
MARKS = ("<!-- table: scripts/coverage.py -->", "<!-- end of table -->")

# Programs and gtest's filters of their tests. What is left out of 2x2 takes the longest and reaches nothing that the others do not,
# or needs a third configuration.
SYSTEM = "tests/sim/harness/system_test"
RUNS = [
    (SYSTEM, "*/c2x2:-*.EachWordByOne/*:*.RegistersTellTheConfiguration/*:*SystemErrors*"),
    (SYSTEM, "*SystemErrors*/c2x2:*AddThenPool*/c3x6:*RandomGraphs*/c3x6"),
    ("tests/rtl/rtl_test", "*"),
]


def run(program, test_filter):
    """Runs the tests of a program that fit the filter; gives what it says if one of them fails or there is none."""
    done = subprocess.run([str(BUILD / program), f"--gtest_filter={test_filter}", "--gtest_brief=1"], cwd=ROOT, text=True,
                          env={**os.environ, "WEFT_COVERAGE_DIR": str(DATA)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    count = re.search(r"(\d+) tests? from \d+ test suites? ran", done.stdout)
    if done.returncode or not count or count[1] == "0":
        return f"{program} --gtest_filter={test_filter} failed:\n{done.stdout[-4000:]}"
    print(f"{program} {test_filter}: {count[1]} tests", flush=True)
    return None


class Point:
    """A line, a branch or a bit, and the most that one model has counted of it."""

    def __init__(self, file, line, kind, name):
        self.file, self.line, self.kind, self.count = file, line, kind, 0
        text = (ROOT / "rtl" / file).read_text().splitlines()[line - 1].split("//")[0].strip()
        self.text = name if kind == "bit" else text

    def covered(self):
        return self.count >= (2 if self.kind == "bit" else 1)  # a rise and a fall

    def key(self):  # what a waiver says
        return f"{self.file}: {self.kind}: {self.text}"


def read_points():
    """The points, and the files that a model holds."""
    points, files = {}, set()
    for path in sorted(DATA.glob("*.dat")):
        for entry in path.read_text().splitlines():
            if not entry.startswith("C '"):
                continue
            fields, count = entry[3:].rsplit("' ", 1)
            field = dict(f.split("\2", 1) for f in fields.split("\1")[1:])
            file, line, page, name = field["f"].partition("/rtl/")[2], int(field["l"]), field["page"].split("/")[0], field["o"]
            files.add(file)
            if page == "v_toggle" and re.match(r"(clk|rst|unused)", name):
                continue
            kind = "bit" if page == "v_toggle" else "else" if name == "else" else "line"
            key = (file, line, field["n"], kind, name)
            if key not in points:
                points[key] = Point(file, line, kind, name)
            points[key].count = max(points[key].count, int(count))
    return list(points.values()), files


def modules():
    """The files of the RTL that hold a module, in the order of the file lists. (Not weft_axi and weft_board, which are wires.)"""
    names = [line for part in ("engine.f", "system.f", "board.f") for line in (ROOT / "rtl" / part).read_text().splitlines()]
    return [name for name in names if name.endswith(".sv") and not name.endswith(("_pkg.sv", "weft_axi.sv", "weft_board.sv"))]


def read_waivers():
    """{key: reason}: lines `# reason`, below each the points that it is for."""
    waivers, reason, fresh = {}, "", False
    for line in WAIVERS.read_text().splitlines():
        if line.startswith("#"):
            reason = reason + " " + line[1:].strip() if fresh else line[1:].strip()
            fresh = True
        elif line.strip():
            if not reason:
                sys.exit(f"coverage: a waiver without a reason: {line}")
            waivers[line.strip()] = reason
            fresh = False
        else:
            reason, fresh = "", False
    return waivers


def share(points):
    return 100 * sum(p.covered() for p in points) / len(points)


def table(points):
    rows = ["| module | points | covered | waived |", "|---|---:|---:|---:|"]
    for name in modules():
        own = [p for p in points if p.file == name]
        covered = sum(p.covered() for p in own)
        rows.append(f"| `{name[:-3]}` | {len(own)} | {covered} | {len(own) - covered} |")
    covered = sum(p.covered() for p in points)
    rows.append(f"| all, {floor_share(points):.1f} % | {len(points)} | {covered} | {len(points) - covered} |")
    return "\n".join(rows)


def floor_share(points):
    return int(10 * share(points)) / 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=whole(1), default=os.cpu_count(), help="programs that run at a time (default: %(default)s)")
    parser.add_argument("--again", action="store_true", help="run nothing, read what the last run has left")
    parser.add_argument("--doc", action="store_true", help="write the table of docs/coverage.md")
    args = parser.parse_args()

    if not args.again:
        shutil.rmtree(DATA, ignore_errors=True)
        DATA.mkdir(parents=True)
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            failures = [failure for failure in pool.map(lambda job: run(*job), RUNS) if failure]
        if failures:
            sys.exit("\n".join(failures))

    points, files = read_points()
    points = [p for p in points if p.file in modules()]
    waivers, used, errors = read_waivers(), set(), []
    for name in modules():
        own = [p for p in points if p.file == name]
        if name not in files:
            errors.append(f"rtl/{name} is in no model that counts")
        print(f"{name:28} {sum(p.covered() for p in own):4} of {len(own):4} points")
        for p in sorted((p for p in own if not p.covered()), key=lambda p: (p.line, p.kind)):
            what = {"bit": "does not rise and fall", "else": "is never false", "line": "is never reached"}[p.kind]
            print(f"  rtl/{p.file}:{p.line}: {p.text}   <- {what}" + (f" (waived: {waivers[p.key()]})" if p.key() in waivers else ""))
            used.add(p.key())
            if p.key() not in waivers:
                errors.append(f"not covered and not waived: {p.key()}")
    errors += [f"a waiver that nothing needs: {key}" for key in waivers if key not in used]

    begin, end = MARKS
    before, rest = DOC.read_text().split(begin)
    old, after = rest.split(end)
    if args.doc:
        old = f"\n{table(points)}\n"
        DOC.write_text(before + begin + old + end + after)
    least = float(re.search(r"^\| all, ([\d.]+) %", old, re.M)[1])
    if floor_share(points) < least:
        errors.append(f"{floor_share(points):.1f} % are covered, docs/coverage.md says {least} %")

    covered = sum(p.covered() for p in points)
    print(f"coverage: {len(modules())} modules, {covered} of {len(points)} points ({floor_share(points):.1f} %), "
          f"{len(points) - covered} not covered, {len(waivers)} waivers, {len(errors)} errors")
    sys.exit("\n".join(errors) if errors else 0)


if __name__ == "__main__":
    main()
