# SPDX-License-Identifier: Apache-2.0
"""What registers.py and list_format.py share: a source in JSON, templates of the files that follow from it, --check."""

import argparse
import pathlib
import shutil
import subprocess
import sys

import jinja2

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Refusal(Exception):
    """What is wrong with a source, as a sentence."""


def unique(items, what):
    """Refuses two items of one name."""
    names = [item["name"] for item in items]
    if len(set(names)) != len(names):
        raise Refusal(f"two {what} have the same name")


def formatted(name, text):
    """C++ as clang-format has it."""
    if not name.endswith(".hpp"):
        return text
    tool = next((t for t in ("clang-format-14", "clang-format") if shutil.which(t)), None)
    if tool is None:
        sys.exit("clang-format-14 is not installed")
    return subprocess.run([tool, f"--assume-filename={ROOT / name}"], input=text, capture_output=True, text=True, check=True).stdout


def generate(doc, source, read, files, summary):
    """Writes `files` (path -> template) from what `read` makes of `source`; with --check only compares."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is not current")
    parser.add_argument("--source", type=pathlib.Path, default=source, help="another source, to check against")
    args = parser.parse_args()
    script = pathlib.Path(sys.argv[0]).name
    try:
        content = read(args.source)
    except Refusal as refusal:
        sys.exit(f"{args.source.name}: {refusal}")
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    stale = []
    for name, template in files.items():
        path, text = ROOT / name, formatted(name, env.from_string(template).render(content))
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not args.check:
            path.write_text(text)
            print(f"{script}: wrote {name}")
    if args.check and stale:
        sys.exit(f"{script}: {', '.join(stale)} not current; run make formats")
    if args.check:
        print(f"{script}: {summary(content)}, {len(files)} files are current")
