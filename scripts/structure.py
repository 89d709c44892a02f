#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what no compiler sees: how the tree is divided, and that nothing of the RTL is forgotten.

One line says what was checked; findings come before it and make the exit status 1.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Nothing but wires, and assertions about the bus that every test of the system runs with: no tests and faults of their own.
WIRES = {"weft_axi", "weft_top", "weft_core", "conv_engine", "axi_rules"}
BY_NUMBER = re.compile(r"store\[[0-9]+\]|command\[[0-9]\]|head\[[0-9]+|piece\[[0-9]|job_q\[[0-9]")


def tracked(*patterns: str) -> list[pathlib.PurePath]:
    """Files of the tree, ignored ones aside."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [pathlib.PurePath(line) for line in sorted(set(out.splitlines())) if (ROOT / line).is_file()]


def read(path: pathlib.PurePath) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def includes(sources: list[pathlib.PurePath]) -> dict[tuple[str, str], str]:
    """(folder, folder that it includes) -> one file that does."""
    edges = {}
    for source in sources:
        for name in re.findall(r'^\s*#include "([^"]+)"', read(source), re.MULTILINE):
            folders = str(source.parent), str(pathlib.PurePath(name).parent)
            if folders[0] != folders[1] and (ROOT / name).is_file():
                edges.setdefault(folders, str(source))
    return edges


def check_includes(findings: list[str]) -> str:
    sources = tracked("*.cpp", "*.hpp")
    edges = includes(sources)
    for (a, b), source in sorted(edges.items()):
        if a < b and (b, a) in edges:
            findings.append(f"{a} and {b} include each other: {source}, {edges[b, a]}")
    return f"{len({source.parent for source in sources})} folders of C++"


def check_numbers(findings: list[str]) -> None:
    """Words of lists and jobs have names."""
    for path in tracked("rtl", "compiler", "sw_model"):
        for number, line in enumerate(read(path).splitlines(), 1):
            if BY_NUMBER.search(line):
                findings.append(f"{path}:{number}: a word by its number: {line.strip()}")


def check_casts(findings: list[str]) -> None:
    """Yosys 0.23 to 0.70 read ~W'(x) as (~W)'(x), without a word: an operator of one operand before a cast needs parentheses, ~(W'(x))."""
    for path in tracked("rtl/**.sv", "fpga/**.sv"):
        for number, line in enumerate(read(path).splitlines(), 1):
            if re.search(r"([~!]|[=(?:,{] *[-&|^]) *\w[\w:]*'\(", line.partition("//")[0]):
                findings.append(f"{path}:{number}: put parentheses around the cast: Yosys takes the operator before it for a part of the size")


def check_lists(files: list[pathlib.PurePath], findings: list[str]) -> None:
    """engine.f, system.f and board.f name every file of the RTL; a family's cells stand for those of prim/."""
    listed = [line for name in ("engine.f", "system.f", "board.f") for line in read(pathlib.PurePath("rtl") / name).splitlines()
              if line and not line.startswith(("//", "-"))]
    present = {str(path.relative_to("rtl")) for path in files}
    families = {name for name in present if re.match(r"prim/[^/]+/", name)}
    for name in sorted(present - families - set(listed)):
        findings.append(f"rtl/{name} is in none of engine.f, system.f and board.f")
    for name in sorted({name for name in listed if name not in present or listed.count(name) > 1}):
        findings.append(f"{name} is listed in engine.f, system.f or board.f, but is not there, or twice")
    for name in sorted(families):
        if f"prim/{pathlib.PurePath(name).name}" not in present:
            findings.append(f"rtl/{name} stands for no file of rtl/prim/")


def check_packages(findings: list[str]) -> None:
    """weft.core and Bender.yml have the files of engine.f and system.f in that order, and those of prim/ and of its folders behind them."""
    listed = [line for name in ("engine.f", "system.f") for line in read(pathlib.PurePath("rtl") / name).splitlines() if line.endswith(".sv")]
    cells = [name for name in listed if name.startswith("prim/")]
    replaced = {str(path.relative_to("rtl")) for path in tracked("rtl/prim/*/*.sv")}
    folders = sorted({pathlib.PurePath(name).parent.name for name in replaced})
    expected = [name for name in listed if name not in cells] + cells
    expected += [path for folder in folders for path in (name.replace("prim/", f"prim/{folder}/") for name in cells) if path in replaced]
    for package in ("weft.core", "Bender.yml"):
        files = re.findall(r"^ +- rtl/(\S+\.sv)$", read(pathlib.PurePath(package)), re.MULTILINE)
        for name in sorted(set(expected) ^ set(files)):
            findings.append(f"{package} {'lacks' if name in expected else 'has'} rtl/{name}, unlike engine.f and system.f")
        if set(files) == set(expected) and files != expected:
            findings.append(f"{package} has the files in another order than engine.f and system.f, or one of them twice")


def check_modules(files: list[pathlib.PurePath], findings: list[str]) -> str:
    """Each module has a test or a proof, a planted fault, and a row in the table of docs/architecture.md."""
    names = [path.stem for path in files if not re.match(r"rtl/prim/[^/]+/", str(path))]
    modules = [name for name in names if not name.endswith("_pkg")]
    tests = {path.name for path in tracked("tests")}
    patches = "\n".join(read(path) for path in tracked("tests/*.patch"))
    table = re.search(r"^\| module \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", read(pathlib.PurePath("docs/architecture.md")), re.MULTILINE)
    rows = {name.removeprefix("prim/") for row in (table[1] if table else "").splitlines()
            for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    for module in modules:
        if module not in rows:
            findings.append(f"{module} has no row in the module table of docs/architecture.md")
        if module in WIRES:
            continue
        if not {f"{module}_test.cpp", f"{module}.sby"} & tests:
            findings.append(f"{module} has neither a test ({module}_test.cpp) nor a proof ({module}.sby)")
        if not re.search(rf"^\+\+\+ .*/{module}\.sv", patches, re.MULTILINE):
            findings.append(f"{module} has no planted fault: no patch of tests/ changes {module}.sv")
    for name in sorted(rows - set(names)):
        findings.append(f"docs/architecture.md has a row of {name}, which is no module")
    return f"{len(modules)} modules"


def check_faults(findings: list[str]) -> str:
    """Every planted fault still fits the file that it changes, line for line."""
    faults = tracked("tests/*.patch")
    for fault in faults:
        done = subprocess.run(["patch", "--dry-run", "-p1", "--fuzz=0", "-i", str(fault)], cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            findings.append(f"{fault} no longer fits: {' '.join(done.stdout.split())}")
    return f"{len(faults)} faults"


def main() -> int:
    findings: list[str] = []
    folders = check_includes(findings)
    check_numbers(findings)
    check_casts(findings)
    files = tracked("rtl/*.sv")
    if not files or not tracked("*.cpp"):
        findings.append("there is no source file to look at")
    check_lists(files, findings)
    check_packages(findings)
    modules = check_modules(files, findings)
    faults = check_faults(findings)
    for finding in findings:
        print(f"  {finding}")
    verdict = f"{len(findings)} findings above" if findings else "no findings"
    print(f"structure: includes of {folders}, words by name, file lists, tests, faults and rows of {modules}, the fit of {faults}: {verdict}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
