#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves `weft waves`: puts one fault at a time into a copy of rtl/ and checks that the fault is found and its module named.

Faults in rtl/system are looked for with `weft waves --system`, on small networks; all others in the engine, on small layers. Every
fault is a patch in tests/mutants/: a sentence, the signals in which it shows, the change. A fault is caught if one of the stimuli
(scripts/mutant_stimuli.py) makes `weft waves` find a divergence, named right if that is in the fault's module and in one of its signals.
What no waveform shows (an assertion, a gated clock) has `Fails:` and tests of the module instead of signals: exactly these have to fail
in rtl_test.
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
import re
import shutil
import subprocess
import sys

import mutant_stimuli
from arguments import whole

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "mutants"
CONFIG = MUTANTS / "small.json"
DOC = ROOT / "docs" / "mutants.md"
TIMEOUT = 120  # seconds; the harness gives up on a hanging engine before that

class Form:
    """How the faults of some modules are looked for: a form of `weft waves`, the ordinary test beside it, their stimuli."""

    def __init__(self, target, waves, ordinary, stimuli):
        self.target = target  # of tests/mutants/CMakeLists.txt
        self.waves = waves
        self.ordinary = ordinary
        self.stimuli = stimuli


FORMS = {
    "engine": Form("engine_model", ["waves", "conv"], ["conv", "--engine", "rtl"], mutant_stimuli.ENGINE),
    "system": Form("system_model", ["waves", "--system"], ["run", "--engine", "rtl"], mutant_stimuli.SYSTEM),
}
MODULE = Form("rtl_test", None, None, {})  # the module's own test


class Fault:
    """One patch of tests/mutants/: a sentence, `Shows in: SIGNALS`, perhaps `Seen in: MODULES (why)`, the change. Or `Fails: TESTS`."""

    def __init__(self, path):
        self.id = path.stem
        self.path = path
        text = path.read_text()
        self.file = re.search(r"^--- a/rtl/(\S+)", text, re.M).group(1)
        self.module = pathlib.Path(self.file).stem
        head = text[: text.index("--- a/")]
        self.what = head.splitlines()[0]
        kind, names = re.search(r"^(Shows in|Fails): (.*)$", head, re.M).groups()
        self.signals = names.split(", ")  # or tests
        self.form = MODULE if kind == "Fails" else FORMS["system" if self.file.startswith("system/") else "engine"]
        seen = re.search(r"^Seen in: (.*?)(?: \(.*)?$", head, re.M)
        self.modules = seen.group(1).split(", ") if seen else [self.module]


class Bench:
    """A folder in which one changed copy of rtl/ after the other is built."""

    def __init__(self, folder):
        self.source = folder / "src"
        self.build = folder / "build"
        self.engines = self.build / "engines"
        self.tests = folder / "tests"

    def copy(self, fault):
        """Makes the source rtl/ with the fault, or as it is (None)."""
        fresh = self.source.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(ROOT / "rtl", fresh / "rtl", ignore=shutil.ignore_patterns("ecp5", "gowin"))
        with open(fresh / "rtl" / "lint.vlt", "a") as lint:
            lint.write('lint_off -file "*"\n')  # a fault may leave a signal without a reader
        if fault:
            run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", fault.path], cwd=fresh)
        for new in fresh.rglob("*"):  # only what differs, so that ninja sees only that
            old = self.source / new.relative_to(fresh)
            if new.is_dir():
                old.mkdir(parents=True, exist_ok=True)
            elif not old.is_file() or old.read_bytes() != new.read_bytes():
                shutil.copy(new, old)

    def make(self, fault, targets):
        """Builds models."""
        self.copy(fault)  # and always cmake: ninja alone would verilate with the list of files of last time before it reads this one
        run(["cmake", "-S", MUTANTS, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             f"-DWEFT_RTL_DIR={self.source / 'rtl'}"])
        run(["cmake", "--build", self.build, "-j", "1", "--target", *targets])

    def failures(self, fault, module):
        """Builds a module's own tests and runs them. Returns the names of those that fail."""
        self.copy(fault)
        run(["cmake", "-S", ROOT, "-B", self.tests, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DWEFT_ENGINES=",
             f"-DWEFT_RTL_TESTS={module}", f"-DWEFT_RTL_DIR={self.source / 'rtl'}"])
        run(["cmake", "--build", self.tests, "-j", "1", "--target", MODULE.target])
        report = self.tests / "rtl_test.json"
        report.unlink(missing_ok=True)
        subprocess.run([self.tests / "tests" / "rtl" / "rtl_test", f"--gtest_output=json:{report}"], capture_output=True, timeout=TIMEOUT,
                       check=False)
        suites = json.loads(report.read_text())["testsuites"]
        if not suites:
            raise SystemExit(f"{module} has no test")
        return {test["name"] for suite in suites for test in suite["testsuite"] if "failures" in test}


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
        self.golden = {}
        mutant_stimuli.write_arrays(self.arrays)
        self.state = State()

    def weft(self, engines, command, stimulus, out, more=()):
        """Runs `weft COMMAND` on a stimulus (its options). Returns its JSON (None: it broke off) and what it said to that."""
        out.mkdir(parents=True, exist_ok=True)
        report = out / "report.json"
        report.unlink(missing_ok=True)
        line = [self.options.weft, *command, "--config", CONFIG, "--json", report, *more]
        line += stimulus.format(self.arrays).split()
        try:
            done = subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False, timeout=TIMEOUT,
                                  env={**os.environ, "WEFT_ENGINE_DIR": str(engines)})
        except subprocess.TimeoutExpired:
            return None, "no end"
        said = (done.stderr or done.stdout).strip()
        return (json.loads(report.read_text()) if report.is_file() else None), said

    def ordinary(self, engines, form, name, out):
        """What the ordinary test gives of a stimulus: outputs, what the cycle model says, what was said if it broke off."""
        stimulus = form.stimuli[name]
        if form is FORMS["system"]:  # it tells of wrong outputs even where cycles are wrong, too
            report, said = self.weft(engines, form.ordinary, stimulus, out, ["--check"])
            wrong, counts = "expected" in said, "the cycle model counts" in said
            return (wrong, counts, "") if report or wrong or counts else (None, said, said)
        outputs = out / "outputs.npy"
        outputs.unlink(missing_ok=True)
        report, said = self.weft(engines, form.ordinary, stimulus, out, ["--output", outputs])
        if report is None:
            return None, said, said
        _, said = self.weft(engines, form.ordinary, stimulus, out, ["--check"])
        return outputs.read_bytes(), "the cycle model counts" in said, ""

    def targets(self, form):
        """The ordinary test runs layers and networks on the whole system."""
        return {form.target} if self.options.quick else {form.target, "system_model"}

    def check_clean(self, bench, forms):
        """Without a fault nothing differs. Keeps the model, and each stimulus' outputs and cycles as a reference."""
        bench.make(None, set().union(*map(self.targets, forms)))
        shutil.rmtree(self.clean, ignore_errors=True)
        shutil.copytree(bench.engines, self.clean, symlinks=True)  # one of them is a link to what may not be built
        for form in forms:
            for name, stimulus in form.stimuli.items():
                report, said = self.weft(self.clean, [*form.waves, "--out", self.build / "waves"], stimulus, self.build)
                if report is None or report["first"]:
                    raise SystemExit(f"stimulus {name} differs without a fault: {report and report['first']} {said}")
                if not (report.get("samples") or report.get("transfers")):
                    raise SystemExit(f"stimulus {name}: nothing was compared")
                if self.options.quick:
                    continue
                self.golden[name] = self.ordinary(self.clean, form, name, self.build)
                outputs, cycles, said = self.golden[name]
                if said or cycles or outputs in (None, True):
                    raise SystemExit(f"stimulus {name} fails in the ordinary test without a fault: {said}")

    def test(self, fault, bench, out):
        """All columns of the table for one fault."""
        form = fault.form
        row = {"fault": fault, "stimulus": None, "first": None, "said": "", "outputs": None, "cycles": None, "effects": (None, None)}
        if form is MODULE:
            failures = bench.failures(fault, fault.module)
            if failures:
                row.update(stimulus=MODULE.target, first={"module": fault.module, "signal": failures})
            return row
        bench.make(fault, self.targets(form))
        for name, stimulus in form.stimuli.items():
            report, said = self.weft(bench.engines, [*form.waves, "--out", out / "waves"], stimulus, out)
            if report is None or report["first"]:
                row.update(stimulus=name, first=report and report["first"], said=said)
                break
        if self.options.quick:
            return row
        row.update(outputs="", cycles="")
        for name in form.stimuli:
            outputs, cycles, said = self.ordinary(bench.engines, form, name, out)
            wrong = said or "wrong"
            if outputs != self.golden[name][0]:
                row["outputs"] = row["outputs"] or wrong
            if cycles != self.golden[name][1]:
                row["cycles"] = row["cycles"] or wrong
            if row["outputs"] and row["cycles"]:
                break
        if row["first"] and self.options.effects and form is FORMS["engine"]:
            row["effects"] = self.first_effects(bench, row, out)
        return row

    def first_effects(self, bench, row, out):
        """The first cycle in which any signal of the design differs from the fault-free one's, and the first one in which a
        register with a reset does. Those without one hold data: they mean something only while a valid bit is set."""
        traces = [out / "clean.fst", out / "fault.fst"]
        report = out / "wavediff.json"
        for left in [*traces, report]:  # of another fault
            left.unlink(missing_ok=True)
        for engines, trace in zip((self.clean, bench.engines), traces):
            window = f"0:{row['first']['cycle'] + 2}"
            self.weft(engines, ["conv", "--engine", "rtl"], mutant_stimuli.ENGINE[row["stimulus"]], out, ["--trace", trace, "--trace-window", window])
        done = subprocess.run([self.options.weft, "wavediff", *traces, "--limit", "1000000", "--json", report], capture_output=True,
                              text=True, check=False)
        if done.returncode != 1:
            raise SystemExit(f"{row['fault'].id}: the traces do not differ, or were not compared: {done.stderr}")
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


def signal(row):
    """Without the instances around it; or the tests."""
    if row["fault"].form is MODULE:
        return ", ".join(sorted(row["first"]["signal"]))
    return row["first"]["signal"].rsplit(".", 1)[1]


def judge(row):
    """What is wrong with a row, if anything."""
    fault, first = row["fault"], row["first"]
    if row["stimulus"] is None:
        return "not caught"
    if first is None:
        return "the run broke off: " + row["said"][-300:]
    if fault.form is MODULE:
        return "" if first["signal"] == set(fault.signals) else f"{signal(row)} fail, not {', '.join(fault.signals)}"
    if first["module"] not in fault.modules:
        return f"named {first['module']}.{first['signal']}, not {' or '.join(fault.modules)}"
    if signal(row) not in fault.signals:
        return f"shows in {first['signal']}, not {' or '.join(fault.signals)}"
    return ""


def cells(row):
    first, fault = row["first"] or {}, row["fault"]

    def after(effect):
        return "" if effect is None else str(first["cycle"] - effect)

    def caught(said):
        return "" if said is None else "no" if not said else "hangs" if "progress" in said or "no end" in said else "yes"
    return [f"`{fault.id}`", fault.file, fault.what, caught(row["outputs"]), caught(row["cycles"]), row["stimulus"] or "no",
            first.get("module", ""), f"`{signal(row)}`" if first else "", str(first.get("cycle", "")),
            after(row["effects"][1]), after(row["effects"][0])]


HEAD = ["fault", "file", "what is wrong", "outputs", "cycles", "stimulus", "module", "signal", "cycle", "after state", "after any"]


def write_doc(rows):
    """Rows of faults that were not tested this time stay; those of faults that are gone go."""
    text = DOC.read_text()
    table = {fault: line for line, fault in re.findall(r"^(\| `([\w-]+)` \|.*)$", text, re.M)}
    table.update({row["fault"].id: "| " + " | ".join(cells(row)) + " |" for row in rows})
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * 8 + "---:|" * 3]
    lines += [table[path.stem] for path in sorted(MUTANTS.glob("*.patch")) if path.stem in table]
    begin, end = "<!-- table begin: scripts/mutants.py -->\n", "<!-- table end -->"
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end):]
    DOC.write_text(before + "\n".join(lines) + "\n" + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="ID", help="these faults; all otherwise")
    parser.add_argument("--jobs", type=whole(1), default=1, help="faults built and run at the same time")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-mutants", help="folder for copies and models")
    parser.add_argument("--weft", type=pathlib.Path, default=ROOT / "build" / "weft", help="the program, of the unchanged sources")
    parser.add_argument("--quick", action="store_true", help="only `weft waves`, not the end-to-end test beside it")
    parser.add_argument("--effects", action="store_true", help="find the first effect of every fault in full traces")
    parser.add_argument("--doc", action="store_true", help="write the table into docs/mutants.md: the rows of the faults that are tested")
    parser.add_argument("--json", type=pathlib.Path, help="write the table as JSON too")
    options = parser.parse_args()

    faults = [Fault(path) for path in sorted(MUTANTS.glob("*.patch"))]
    if options.only:
        unknown = set(options.only) - {fault.id for fault in faults}
        if unknown:
            raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}")
        faults = [fault for fault in faults if fault.id in options.only]
    if not faults:
        raise SystemExit(f"no faults in {MUTANTS}")

    tester = Tester(options)
    free = queue.Queue()
    for job in range(options.jobs):
        free.put(job)
    forms = [form for form in FORMS.values() if any(fault.form is form for fault in faults)]
    if forms:
        tester.check_clean(Bench(tester.build / "0"), forms)
    modules = {fault.module for fault in faults if fault.form is MODULE}
    for module in sorted(modules):
        if failures := Bench(tester.build / "0").failures(None, module):
            raise SystemExit(f"without a fault {', '.join(sorted(failures))} of {module} fail")
    print(f"{sum(len(form.stimuli) for form in forms)} stimuli, no difference without a fault" +
          (f"; the tests of {', '.join(sorted(modules))} pass" if modules else ""), flush=True)

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
        options.json.write_text(json.dumps([{**r, "fault": r["fault"].id, "wrong": judge(r)} for r in rows], indent=1, default=sorted))
    return 1 if wrong else 0


WIDTHS = [32, 7, 7, 9, 14, 18, 5, 11, 9]

if __name__ == "__main__":
    sys.exit(main())
