#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of the documents, and compares what they print with what the pages say (docs/developing.md, "Write a page").

Every page has an empty folder in which its commands run in their order, with links to what the repository has at its root; build/weft is
the program to test. Commands that build are not run but asked (`make -n`, `ctest -N`), unless they are marked as slow. Of a `make` whose
output a page shows, the last command of its rule runs.
"""

import argparse
import concurrent.futures
import gzip
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pages

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
ASKED = {"make": "make -n", "ninja": "ninja -n", "ctest": "ctest -N", "cmake": "cmake -N"}
# Words in capitals stand for what a user has. Here that is:
STANDS_FOR = {
    "MODEL.onnx": "models/fashion_cnn.onnx",
    "MODEL": "models/fashion_cnn.onnx",
    "FILE...": "two_images.idx",
    "FILE": "two_images.idx",
    "IMAGES": "two_images.idx",
    "LABELS": "two_labels.idx",
}
PLACEHOLDER = re.compile(r"(?<![\w./$-])(?:" + "|".join(map(re.escape, STANDS_FOR)) + r")(?![\w./]|=)")


def first_two(source, target, header):
    """An IDX file with the first two entries of another one."""
    with gzip.open(source) as file:
        data = file.read()
    count = int.from_bytes(data[4:8], "big")
    size = (len(data) - header) // count
    target.write_bytes(data[:4] + (2).to_bytes(4, "big") + data[8:header + 2 * size])


def folder_of_page(folder, options):
    for entry in options.source.iterdir():
        if not entry.name.startswith("build") and entry.name != ".git":
            (folder / entry.name).symlink_to(entry)
    (folder / "build").mkdir()
    (folder / "build-mutants").symlink_to(options.source / "build-mutants")
    for entry in options.weft.parent.iterdir():
        if entry.is_file() and entry.stat().st_mode & 0o100:
            (folder / "build" / entry.name).symlink_to(entry)
    first_two(DATA / "t10k-images-idx3-ubyte.gz", folder / "two_images.idx", 16)
    first_two(DATA / "t10k-labels-idx1-ubyte.gz", folder / "two_labels.idx", 8)


class Spans:
    """What code in the text may name: commands of weft with their options (of docs/commands.md, which is the program's), targets of make."""

    def __init__(self, source):
        self.options, command = {}, None
        for line in (source / "docs/commands.md").read_text().split("\n"):
            if line.startswith("## weft "):
                command = " ".join(word for word in line.split()[2:] if word.islower())
                self.options[command] = {"--help"}
            elif command and line.startswith("| `-"):
                self.options[command].update(re.findall(r"`(--?[\w-]+)`", line.split(" | ")[0]))
        self.targets = re.findall(r"^([a-z%-]+):", (source / "Makefile").read_text(), re.MULTILINE)

    def wrong(self, span):
        """What of it is not there; None if all is."""
        span = span.partition(" | ")[0]
        words = span.split()
        if words[0] == "make" and len(words) > 1 and re.fullmatch("[a-z-]+", words[1]):
            known = any(re.fullmatch(target.replace("%", ".*"), words[1]) for target in self.targets)
            return None if known else f"there is no target {words[1]}"
        if words[0] not in ("weft", "build/weft") or len(words) < 2 or not re.fullmatch("[a-z]+", words[1]):
            return None
        command = " ".join(words[1:3]) if " ".join(words[1:3]) in self.options else words[1]
        if command not in self.options:
            return f"there is no command weft {command}"
        unknown = [word for word in re.findall(r"(?<!\S)--?[a-z][\w-]*", span) if word not in self.options[command]]
        return f"weft {command} has no {unknown[0]}" if unknown and command != "quantize" else None  # that one's are a script's


class Page:
    """One page: its steps are done in a folder of its own."""

    def __init__(self, path, options):
        self.path, self.options = path, options
        self.text = path.read_text()
        self.name = str(path.relative_to(options.source))
        self.count = dict.fromkeys(("run", "asked", "lines", "figures", "slow", "not run"), 0)
        self.errors, self.changes = [], {}

    def error(self, line, text):
        self.errors.append(f"{self.name}:{line}: {text}")

    def done(self):
        for number, line in enumerate(self.text.split("\n"), 1):
            for span in re.findall(r"(?<!`)`([^`\s][^`]*)`(?!`)", line):
                if wrong := self.options.spans.wrong(span):
                    self.error(number, f"{wrong}: `{span}`")
        try:
            steps = pages.steps_of(self.text)
        except ValueError as error:
            self.error(1, str(error))
            return self
        if not steps:
            return self
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            folder_of_page(folder, self.options)
            variables = ""
            for step in steps:
                if step.file:
                    (folder / step.file).write_text(step.text)
                elif re.fullmatch(r"[A-Z_]+=\S*", step.command):
                    variables += f"export {step.command}\n"
                else:
                    self.run(step, folder, variables)
        return self

    def left_out(self, step):
        """Whether a step does not run now."""
        if step.mark("not run"):
            self.count["not run"] += 1
        elif step.mark("slow") and not self.options.slow:
            self.count["slow"] += 1
        else:
            return False
        return True

    def asked(self, step, command):
        """(what is run instead of a command that builds, whether that only asks)"""
        word = command.split()[0]
        if word not in ASKED or step.mark("slow"):
            return command, False
        asking = command.replace(word, ASKED[word], 1)
        if word == "make" and (step.printed or step.figures or step.spans):
            return self.bash(asking, self.options.source).stdout.strip().split("\n")[-1], False  # what it runs when all is built
        return asking, True

    def bash(self, command, folder):
        path = f"{folder / 'build'}:{folder / '.venv/bin'}:/usr/bin:/bin"
        seconds = "14400" if self.options.slow else "100"
        return subprocess.run(["timeout", seconds, "bash", "-c", command], cwd=folder, errors="replace", text=True, check=False,
                              env={"PATH": path, "HOME": str(folder), **self.options.environment}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, step, folder, variables):
        if self.left_out(step):
            return
        command, asks = self.asked(step, PLACEHOLDER.sub(lambda match: STANDS_FOR[match[0]], step.command))
        if self.options.verbose:
            print(f"{self.name}:{step.line}: {command}", flush=True)
        result = self.bash(variables + command, self.options.source if command.split()[0] in ASKED else folder)
        status = int(step.value("status") or 0)
        if result.returncode != status:
            last = (result.stdout + result.stderr).strip().split("\n")[-1] if result.returncode != 124 else "it takes too long: mark it as slow"
            self.error(step.line, f"exit status {result.returncode} instead of {status}: {step.command}\n  {last}")
        elif asks:
            self.count["asked"] += 1
            if "Total Tests: 0" in result.stdout:
                self.error(step.line, f"no test fits: {step.command}")
        else:
            self.compare(step, result.stdout + (result.stderr if status else ""))

    def compare(self, step, output):
        self.count["run"] += 1
        self.count["lines"] += sum(1 for _, text in step.printed if text.strip() not in ("", "...")) + len(step.spans)
        self.count["figures"] += len(step.figures)
        wrong = pages.compare(step, output)
        if wrong and self.options.update:
            for line, changes in pages.updates(step, output).items():
                self.changes.setdefault(line, []).extend(changes)
        for line, text in wrong:
            self.error(line, f"{step.command}\n  {text}")

    def update(self):
        lines = self.text.split("\n")
        for number, changes in self.changes.items():
            for change in changes:
                lines[number - 1] = pages.replaced(lines[number - 1], *change)
        self.path.write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", type=pathlib.Path, default="build/weft", help="the program (build/weft)")
    parser.add_argument("--slow", action="store_true", help="those marked as slow, too")
    parser.add_argument("--update", action="store_true", help="write the numbers that have changed into the pages")
    parser.add_argument("--verbose", action="store_true", help="print each command before it runs")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("pages", nargs="*", type=pathlib.Path, help="all documents if not given")
    options = parser.parse_args()
    options.source = pathlib.Path(__file__).resolve().parent.parent.parent
    options.weft = options.weft.resolve()
    options.spans = Spans(options.source)
    options.environment = {name: value for name, value in os.environ.items() if name.startswith("WEFT_")}
    if not options.weft.is_file():
        parser.error(f"there is no {options.weft}: make weft")
    chosen = options.pages or sorted(p for glob in ("*.md", "docs/*.md", "*/README.md") for p in options.source.glob(glob))
    chosen = [path.resolve() for path in dict.fromkeys(chosen)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        done = list(pool.map(lambda path: Page(path, options).done(), chosen))
    for page in done:
        if page.changes:
            page.update()
            print(f"{page.name}: {len(page.changes)} lines updated")
        print("\n".join(page.errors), end="\n" if page.errors else "")
    count = {key: sum(page.count[key] for page in done) for key in done[0].count}
    print(f"{len(done)} pages: {count['run']} commands run, {count['lines']} lines and {count['figures']} figures compared; "
          f"{count['asked']} asked whether they would run, {count['slow']} slow ones left out, {count['not run']} never run")
    if count["run"] == 0:
        print("no command was run")
    return 1 if count["run"] == 0 or any(page.errors for page in done) else 0


if __name__ == "__main__":
    sys.exit(main())
