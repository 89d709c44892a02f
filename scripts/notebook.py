#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs docs/notebooks/weft.ipynb and writes its outputs into it; with --check, compares what it prints with what is there.

    PYTHONPATH=build/python .venv/bin/python scripts/notebook.py
"""

from __future__ import annotations

import argparse
import copy
import difflib
import pathlib
import sys

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "notebooks" / "weft.ipynb"


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """What the cells print and give; pictures depend on the version of matplotlib."""
    lines = []
    for cell in notebook.cells:
        printed = ""  # in as many pieces as the kernel sends, which end anywhere
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                printed += output.text
                continue
            data = output.get("data", {})
            lines += printed.splitlines() + (["(a picture)"] if "image/png" in data else data.get("text/plain", "").splitlines())
            printed = ""
        lines += printed.splitlines()
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    stored = texts(notebook)
    run = copy.deepcopy(notebook)
    NotebookClient(run, timeout=600, record_timing=False, resources={"metadata": {"path": str(ROOT)}}).execute()
    printed = texts(run)
    if not options.check:
        run.metadata = notebook.metadata
        nbformat.write(run, NOTEBOOK)
        return 0
    different = list(difflib.unified_diff(stored, printed, "stored", "printed", lineterm=""))
    print("\n".join(different) or f"{sum(cell.cell_type == 'code' for cell in run.cells)} cells, {len(printed)} lines, 0 differ")
    return 1 if different or not printed else 0


if __name__ == "__main__":
    sys.exit(main())
