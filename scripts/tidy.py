#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy with .clang-tidy over the C++ of libraries and programs, as build/compile_commands.json compiles it.

A file is not read again while it, the headers of this project that it includes, the compiler's options and the checks
are those with which it was found clean; build/tidy remembers them.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
CLEAN = BUILD / "tidy"
GENERATED = "weft_tflite_header"  # a header that the build makes, and the C++ includes
OWN = ("compiler", "examples", "python", "sim", "sw_model")  # not the tests, which take twice as long as all of these


@functools.cache
def includes(path: pathlib.Path) -> frozenset[pathlib.Path]:
    """The file and all headers of this project that it includes."""
    found = {path}
    for name in re.findall(r'^\s*#include "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
        if (ROOT / name).is_file():
            found |= includes(ROOT / name)
    return frozenset(found)


def options(command: str) -> list[str]:
    """Of a compiler's command those that clang needs to read the file: g++ has others that it does not know."""
    words = iter(shlex.split(command))
    kept = []
    for word in words:
        if word in ("-isystem", "-include", "-I", "-D"):
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std=")):
            kept.append(word)
    return kept


def key(path: pathlib.Path, arguments: list[str]) -> str:
    state = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + " ".join(arguments).encode())
    for source in sorted(includes(path)):
        state.update(source.read_bytes())
    return state.hexdigest()


def check(path: pathlib.Path, entry: dict[str, str]) -> str:
    """Findings in a file; empty if there are none."""
    arguments = options(entry["command"])
    clean = CLEAN / key(path, arguments)
    if clean.exists():
        return ""
    command = ["clang-tidy-14", "--quiet", str(path), "--", *arguments]
    run = subprocess.run(command, cwd=entry["directory"], check=False, capture_output=True, text=True)
    if run.returncode == 0:
        clean.touch()
        return ""
    return run.stdout or run.stderr


def main() -> int:
    CLEAN.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cmake", "--build", BUILD, "--target", GENERATED], check=True, stdout=subprocess.DEVNULL)
    entries = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.suffix == ".cpp" and any(path.is_relative_to(ROOT / folder) for folder in OWN):
            entries.setdefault(path, entry)  # a library of each configuration is one file
    if len(sys.argv) > 1:
        entries = {path: entry for path, entry in entries.items() if re.search(sys.argv[1], str(path))}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = list(pool.map(lambda item: check(*item), sorted(entries.items())))
    findings = sorted({line for output in outputs for line in output.splitlines() if re.search(r": (error|warning): ", line)})
    for finding in findings or [output for output in outputs if output]:
        print("  " + finding.replace(f"{ROOT}/", ""))
    bad = any(outputs)
    print(f"clang-tidy: {len(entries)} files, {'findings above' if bad else 'no findings'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
