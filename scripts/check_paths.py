#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every file that the documentation or a source file names is there.

A name is a link of Markdown, a path that begins with a folder of the repository's root, or, in Markdown between backticks, a source file's
name alone. `*` and words in capitals (tests/rtl/ROOM/NAME_test.cpp) stand for anything: then one file or more has to fit. What `make` or
a program writes (build/, a trace) is not looked for. Every page of docs/ is in docs/README.md.
"""

import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = "sv vlt f cpp hpp c h py sh json md sby txt cmake onnx patch inc".split()
NAME = rf"[\w.*-]+\.(?:{'|'.join(SOURCES)})"


def files():
    """The repository's files, those not yet added too."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
    return sorted(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def named(text, markdown, tops):
    """(offset, name, whether from the root) of what a file names."""
    for match in re.finditer(rf"(?<![\w/.$}}>*-])(?:{'|'.join(tops)})/[\w./*+-]*[\w*/+-]", text):
        line = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
        if markdown or "." in match[0] and "#include" not in line:  # a compiler looks for those
            yield match.start(), match[0], True
    if markdown:
        for match in re.finditer(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            yield match.start(), match[1], False
        for match in re.finditer(rf"`({NAME})`", text):
            yield match.start(), match[1], None


def exists(name, root, folder, known, names):
    if (ROOT / folder / name).exists() or root is False:
        return (ROOT / folder / name).exists()
    pattern = re.sub(r"(?<![a-z0-9])[A-Z][A-Z_]+(?![a-z])", "*", name)
    if root is None:
        return any(fnmatch.fnmatch(n, pattern) for n in names)
    pattern = pattern.rstrip("/")
    return (ROOT / name).exists() or any(fnmatch.fnmatch(k, pattern) for k in known)


def main():
    known = files()
    tops = sorted({name.split("/")[0] for name in known if "/" in name and not name.startswith(".")})
    names = {name.split("/")[-1] for name in known}
    folders = {"/".join(name.split("/")[:n]) for name in known for n in range(1, name.count("/") + 1)}
    count, errors = 0, []
    for name in known:
        if name.endswith((".png", ".svg", ".onnx", ".patch", ".inc", ".npy")) or name.startswith("LICENSE"):
            continue
        text = (ROOT / name).read_text()
        for offset, target, root in named(text, name.endswith(".md"), tops):
            count += 1
            if not exists(target, root, pathlib.Path(name).parent, [*known, *folders], names):
                errors.append(f"{name}:{text.count(chr(10), 0, offset) + 1}: there is no {target}")
    index = (ROOT / "docs" / "README.md").read_text()
    errors += [f"docs/README.md does not list {name}" for name in known
               if re.fullmatch(r"docs/\w+\.md", name) and name != "docs/README.md" and f"({name[5:]})" not in index]
    if count == 0:
        errors.append("there is no name of a file to look for")
    print("\n".join(errors) if errors else f"{count} names of files in {len(known)} files")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
