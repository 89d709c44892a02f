#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves `weft waves`: puts one fault at a time into a copy of rtl/ and checks that the fault is found and its module named.

Every fault is a patch in tests/mutants/: a sentence, the signals in which it shows, the change. A fault is caught if one of the
stimuli below makes `weft waves` find a divergence, named right if that is in the fault's module and in one of its signals.
Beside that the ordinary end-to-end test runs on the same stimuli: are the outputs wrong, are the cycle counts? With --effects
two full traces tell when the fault's first effect is, on any signal of the design. Exit status 1 if a fault is not caught or not
named right.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import random
import re
import shutil
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "mutants"
CONFIG = MUTANTS / "small.json"
DOC = ROOT / "docs" / "mutants.md"
TIMEOUT = 120  # seconds; the harness gives up on a hanging engine before that

# Small layers that together show every fault: several jobs, bands, pieces of a sum, images; slow reads, slow writes; the largest
# sums and shifts. {} is the folder with the arrays.
STIMULI = {
    "plain": "--in 9x9x5 --filters 10x3x3 --pad 1",
    "pool": "--in 12x10x3 --filters 6x3x3 --pad 1 --pool 2x2 --relu",
    "overlap": "--in 11x11x5 --filters 4x3x3 --pool 3x3:2 --batch 2 --floor",
    "batch": "--in 11x9x12 --filters 5x3x2 --stride 2x1 --dilation 2x2 --pad 2,2,0,1 --batch 3 --floor",
    "depthwise": "--in 8x8x8 --filters 8x2x3 --groups 8 --pad 1",
    "grouped": "--in 6x6x12 --filters 12x3x3 --groups 3 --pad 1",
    "deep": "--in 6x6x40 --filters 9x3x3 --pad 1",
    "wide": "--in 5x90x6 --filters 4x3x3",
    "slow": "--in 7x7x6 --filters 5x3x3 --pad 1 --memory 1:60",
    "store": "--in 10x10x4 --filters 8x1x1 --memory 1:5",
    "many": "--in 2x3x4 --filters 600x1x1",
    "shifts": "--input {0}/shifts_in.npy --weights {0}/shifts_w.npy --bias {0}/shifts_b.npy --multiplier {0}/shifts_m.npy "
              "--shift {0}/shifts_s.npy --input-zp -7 --output-zp 3 --clamp -100:90",
    "largest": "--input {0}/largest_in.npy --weights {0}/largest_w.npy --multiplier {0}/largest_m.npy "
               "--shift {0}/largest_s.npy",
}


def write_npy(path, kind, shape, values):
    """A NumPy file without NumPy. kind: 'b' int8, 'i' int32."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % ({"b": "|i1", "i": "<i4"}[kind], tuple(shape))
    head += " " * ((-len(head) - 11) % 64) + "\n"
    data = struct.pack("<%d%s" % (len(values), kind), *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)


def write_arrays(folder):
    """The data of the stimuli that are not random."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = random.Random(1)
    # Every shift that the requantiser knows, left and right.
    shifts = [-8, -31, 30, 20, 1, 0, -1, -9, 16]
    write_npy(folder / "shifts_in.npy", "b", (1, 8, 8, 3), [numbers.randint(-128, 127) for _ in range(192)])
    write_npy(folder / "shifts_w.npy", "b", (9, 1, 1, 3), [numbers.randint(-127, 127) for _ in range(27)])
    write_npy(folder / "shifts_b.npy", "i", (9,), [numbers.randint(-500, 500) for _ in range(9)])
    write_npy(folder / "shifts_m.npy", "i", (9,), [(1 << 30) + numbers.randrange(1 << 30) for _ in range(9)])
    write_npy(folder / "shifts_s.npy", "i", (9,), shifts)
    # Sums of more than 2^22, which need all 24 bits of the accumulator.
    write_npy(folder / "largest_in.npy", "b", (1, 3, 3, 50), [-128] * 450)
    write_npy(folder / "largest_w.npy", "b", (5, 3, 3, 50), [-127] * 5 * 450)
    write_npy(folder / "largest_m.npy", "i", (5,), [1 << 30] * 5)
    write_npy(folder / "largest_s.npy", "i", (5,), [-15] * 5)


class Fault:
    """One patch of tests/mutants/: a sentence, `Shows in: SIGNALS`, perhaps `Seen in: MODULES (why)`, the change."""

    def __init__(self, path):
        self.id = path.stem
        self.path = path
        text = path.read_text()
        self.file = re.search(r"^--- a/rtl/(\S+)", text, re.M).group(1)
        self.module = pathlib.Path(self.file).stem
        head = text[: text.index("--- a/")]
        self.what = head.splitlines()[0]
        self.signals = re.search(r"^Shows in: (.*)$", head, re.M).group(1).split(", ")
        seen = re.search(r"^Seen in: (.*?)(?: \(.*)?$", head, re.M)
        self.modules = seen.group(1).split(", ") if seen else [self.module]


class Bench:
    """A folder in which one changed copy of rtl/ after the other is built."""

    def __init__(self, folder):
        self.source = folder / "src"
        self.build = folder / "build"
        self.engines = self.build / "engines"

    def make(self, fault):
        """Builds rtl/ with the fault, or as it is (None)."""
        fresh = self.source.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(ROOT / "rtl", fresh / "rtl", ignore=shutil.ignore_patterns("ecp5"))
        with open(fresh / "rtl" / "lint.vlt", "a") as lint:
            lint.write('lint_off -file "*"\n')  # a fault may leave a signal without a reader
        if fault:
            run(["patch", "-p1", "--fuzz=2", "--no-backup-if-mismatch", "-i", fault.path], cwd=fresh)
        for new in fresh.rglob("*"):  # only what differs, so that ninja sees only that
            old = self.source / new.relative_to(fresh)
            if new.is_dir():
                old.mkdir(parents=True, exist_ok=True)
            elif not old.is_file() or old.read_bytes() != new.read_bytes():
                shutil.copy(new, old)
        if not (self.build / "build.ninja").is_file():
            run(["cmake", "-S", MUTANTS, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 f"-DWEFT_RTL_DIR={self.source / 'rtl'}"])
        run(["cmake", "--build", self.build, "-j", "1"])


def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Tester:
    def __init__(self, options):
        self.options = options
        self.build = options.build.resolve()
        self.arrays = self.build / "arrays"
        self.clean = self.build / "clean"
        write_arrays(self.arrays)
        self.golden = {}
        self.state = State()

    def weft(self, engines, command, name, out, more=()):
        """Runs `weft COMMAND` on a stimulus. Returns its JSON (None: it broke off) and what it said to that."""
        out.mkdir(parents=True, exist_ok=True)
        report = out / "report.json"
        report.unlink(missing_ok=True)
        line = [self.options.weft, *command, "--config", CONFIG, "--json", report, *more]
        line += STIMULI[name].format(self.arrays).split()
        try:
            done = subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False, timeout=TIMEOUT,
                                  env={**os.environ, "WEFT_ENGINE_DIR": str(engines)})
        except subprocess.TimeoutExpired:
            return None, "no end"
        said = (done.stderr or done.stdout).strip()
        return (json.loads(report.read_text()) if report.is_file() else None), said

    def conv(self, engines, name, out):
        """The outputs of a stimulus, and what the comparison with the cycle model says."""
        outputs = out / "outputs.npy"
        outputs.unlink(missing_ok=True)
        report, said = self.weft(engines, ["conv", "--engine", "rtl"], name, out, ["--output", outputs])
        if report is None:
            return None, said, said
        _, said = self.weft(engines, ["conv", "--engine", "rtl", "--check"], name, out)
        return outputs.read_bytes(), "the cycle model counts" in said, ""

    def check_clean(self, bench):
        """Without a fault nothing differs. Keeps the model, and each stimulus' outputs and cycles as a reference."""
        bench.make(None)
        shutil.rmtree(self.clean, ignore_errors=True)
        shutil.copytree(bench.engines, self.clean)
        for name in STIMULI:
            report, said = self.weft(self.clean, ["waves", "conv", "--out", self.build / "waves"], name, self.build)
            if report is None or report["first"]:
                raise SystemExit(f"stimulus {name} differs without a fault: {report and report['first']} {said}")
            self.golden[name] = self.conv(self.clean, name, self.build)

    def test(self, fault, bench, out):
        """All columns of the table for one fault."""
        bench.make(fault)
        row = {"fault": fault, "stimulus": None, "first": None, "said": "", "outputs": None, "cycles": None, "effects": (None, None)}
        for name in STIMULI:
            report, said = self.weft(bench.engines, ["waves", "conv", "--out", out / "waves"], name, out)
            if report is None or report["first"]:
                row.update(stimulus=name, first=report and report["first"], said=said)
                break
        if self.options.quick:
            return row
        row.update(outputs="", cycles="")
        for name in STIMULI:
            outputs, cycles, said = self.conv(bench.engines, name, out)
            wrong = said or "wrong"
            if outputs != self.golden[name][0]:
                row["outputs"] = row["outputs"] or wrong
            if cycles != self.golden[name][1]:
                row["cycles"] = row["cycles"] or wrong
            if row["outputs"] and row["cycles"]:
                break
        if row["first"] and self.options.effects:
            row["effects"] = self.first_effects(bench, row, out)
        return row

    def first_effects(self, bench, row, out):
        """The first cycle in which any signal of the design differs from the fault-free one's, and the first one in which a
        register with a reset does. Those without one hold data: they mean something only while a valid bit is set."""
        traces = [out / "clean.fst", out / "fault.fst"]
        for engines, trace in zip((self.clean, bench.engines), traces):
            window = f"0:{row['first']['cycle'] + 2}"
            self.weft(engines, ["conv", "--engine", "rtl"], row["stimulus"], out, ["--trace", trace, "--trace-window", window])
        report = out / "wavediff.json"
        subprocess.run([self.options.weft, "wavediff", *traces, "--limit", "1000000", "--json", report], capture_output=True,
                       check=False)
        cycles = {signal["signal"]: signal["cycle"] for signal in json.loads(report.read_text())["first"]}
        state = [cycle for name, cycle in cycles.items() if name in self.state]
        return min(cycles.values()), min(state, default=None)


class State:
    """The registers of rtl/ that have a reset, by their names in a trace. Not the delay lines: reset as a whole, they carry data."""

    def __init__(self):
        self.registers = set()  # (module, name)
        self.modules = {}       # of instances
        for path in (ROOT / "rtl").rglob("*.sv"):
            text = re.sub(r"//.*", "", path.read_text())
            names = re.findall(r"(\w+)\s*<=[^;]*\brst_ni\b", text)
            for block in re.findall(r"if \(!rst_ni\)\s*(begin.*?\bend\b|[^;]*;)", text, re.S):
                names += re.findall(r"(\w+)\s*<=", block)
            self.registers.update((path.stem, name) for name in names if path.stem != "delay")
            for module, instance in re.findall(r"^\s*(\w+) (?:#\(.*?\) )?(u_\w+) \(", text, re.S | re.M):
                self.modules[instance] = module

    def __contains__(self, signal):
        *scopes, name = signal.split(".")
        instances = [scope for scope in scopes if scope.startswith("u_")]
        module = self.modules.get(instances[-1]) if instances else "conv_engine"
        return (module, name.partition("[")[0]) in self.registers


def judge(row):
    """What is wrong with a row, if anything."""
    fault, first = row["fault"], row["first"]
    if row["stimulus"] is None:
        return "not caught"
    if first is None:
        return "the run broke off: " + row["said"][-300:]
    if first["module"] not in fault.modules:
        return f"named {first['module']}.{first['signal']}, not {' or '.join(fault.modules)}"
    if first["signal"].rsplit(".", 1)[1] not in fault.signals:
        return f"shows in {first['signal']}, not {' or '.join(fault.signals)}"
    return ""


def cells(row):
    first, fault = row["first"] or {}, row["fault"]

    def after(effect):
        return "" if effect is None else str(first["cycle"] - effect)

    def caught(said):
        return "" if said is None else "no" if not said else "hangs" if "progress" in said or "no end" in said else "yes"
    return [f"`{fault.id}`", fault.file, fault.what, caught(row["outputs"]), caught(row["cycles"]), row["stimulus"] or "no",
            first.get("module", ""), f"`{first['signal'].rsplit('.', 1)[1]}`" if first else "", str(first.get("cycle", "")),
            after(row["effects"][1]), after(row["effects"][0])]


HEAD = ["fault", "file", "what is wrong", "outputs", "cycles", "stimulus", "module", "signal", "cycle", "after state", "after any"]


def write_doc(rows):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * 8 + "---:|" * 3]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    text = DOC.read_text()
    begin, end = "<!-- table begin: scripts/mutants.py -->\n", "<!-- table end -->"
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end):]
    DOC.write_text(before + "\n".join(lines) + "\n" + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="ID", help="these faults; all otherwise")
    parser.add_argument("--jobs", type=int, default=1, help="faults built and run at the same time")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-mutants", help="folder for copies and models")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "weft", help="the program, of the unchanged sources")
    parser.add_argument("--quick", action="store_true", help="only `weft waves`, not the end-to-end test beside it")
    parser.add_argument("--effects", action="store_true", help="find the first effect of every fault in full traces")
    parser.add_argument("--doc", action="store_true", help="write the table into docs/mutants.md")
    parser.add_argument("--json", type=pathlib.Path, help="write the table as JSON too")
    options = parser.parse_args()

    faults = [Fault(path) for path in sorted(MUTANTS.glob("*.patch"))]
    if options.only:
        unknown = set(options.only) - {fault.id for fault in faults}
        if unknown:
            raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}")
        faults = [fault for fault in faults if fault.id in options.only]

    tester = Tester(options)
    free = queue.Queue()
    for job in range(options.jobs):
        free.put(job)
    tester.check_clean(Bench(tester.build / "0"))
    print(f"{len(STIMULI)} stimuli, no difference without a fault", flush=True)

    def test(fault):
        job = free.get()
        try:
            row = tester.test(fault, Bench(tester.build / str(job)), tester.build / str(job) / "out")
        finally:
            free.put(job)
        wrong = judge(row)
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(cells(row)[:1] + cells(row)[3:], WIDTHS)) +
              ("  WRONG: " + wrong if wrong else ""), flush=True)
        return row

    print("  ".join(f"{cell:<{width}}" for cell, width in zip(HEAD[:1] + HEAD[3:], WIDTHS)))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(test, faults))

    wrong = [row["fault"].id for row in rows if judge(row)]
    caught = sum(row["stimulus"] is not None for row in rows)
    print(f"{len(rows)} faults: {caught} caught, {len(rows) - len(wrong)} named right")
    if not options.quick:
        print(f"the end-to-end test: {sum(bool(r['outputs']) for r in rows)} by outputs, {sum(bool(r['cycles']) for r in rows)} by "
              f"cycle counts, {sum(bool(r['outputs'] or r['cycles']) for r in rows)} by either")
    if options.doc:
        write_doc(rows)
    if options.json:
        options.json.write_text(json.dumps([{**r, "fault": r["fault"].id, "wrong": judge(r)} for r in rows], indent=1))
    return 1 if wrong else 0


WIDTHS = [32, 7, 7, 9, 14, 18, 5, 11, 9]

if __name__ == "__main__":
    sys.exit(main())
