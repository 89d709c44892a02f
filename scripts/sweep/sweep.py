#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weft sweep: networks x configurations x memories x seeds, a job each, and one table of them (docs/sweep.md).

Jobs run under GNU parallel. Those that have ended well are not run again unless what they follow from has changed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys

import plan
import spec as sweep_spec
import table


def refuse(sentence: str):
    print(f"weft sweep: {sentence}", file=sys.stderr)
    sys.exit(2)


def lock(out: pathlib.Path):
    """Held until this process ends."""
    file = open(out / "lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        refuse(f"another sweep is running in {out}")
    return file


def run_jobs(points: list[dict], out: pathlib.Path, args) -> None:
    """GNU parallel; what becomes of the jobs is in their manifests."""
    job = shlex.join([sys.executable, str(plan.HERE / "point.py")]) + " {}"
    command = ["parallel", "--plain", "--line-buffer", "--halt", "never", "--joblog", "+" + str(out / "jobs.tsv"), "--workdir", os.getcwd()]
    command += ["--jobs", args.jobs] if args.jobs else []
    command += [word for login in args.sshlogin for word in ("--sshlogin", login)]
    folders = [str(plan.folder_of(out, plan.key_of(point))) for point in points]
    with subprocess.Popen([*command, job], stdin=subprocess.PIPE, text=True) as parallel:
        try:
            parallel.communicate("\n".join(folders) + "\n")
        except KeyboardInterrupt:
            parallel.send_signal(signal.SIGINT)  # it stops its jobs
            parallel.wait()
            raise
    status = parallel.returncode
    if status > 101 or status < 0:  # up to 101: so many jobs were lost
        print(f"weft sweep: GNU parallel failed (status {status})", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="weft sweep", description=__doc__.splitlines()[0])
    parser.add_argument("spec", metavar="SPEC.yaml", type=pathlib.Path, help="what to run")
    parser.add_argument("-o", "--out", metavar="DIR", type=pathlib.Path, required=True, help="folder of jobs and tables")
    parser.add_argument("--jobs", metavar="N", help="jobs at once, as GNU parallel takes it (default: one a core)")
    parser.add_argument("--sshlogin", metavar="HOST", action="append", default=[],
                        help="run jobs there, as GNU parallel takes it (the folders have to be the same there)")
    parser.add_argument("--plan", action="store_true", help="write the folders of the jobs, run none: for Snakemake")
    parser.add_argument("--weft", type=pathlib.Path, default=plan.SOURCE / "build" / "weft", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.plan and shutil.which("parallel") is None:
        refuse("GNU parallel is missing (Debian: parallel)")
    weft, out = args.weft.resolve(), args.out.resolve()
    if not weft.is_file():
        refuse(f"there is no program {weft}: run `make weft`")
    try:
        spec = sweep_spec.Reader(args.spec, weft, plan.configs_folder(weft)).read()
        points = plan.make(spec, weft, out)
    except sweep_spec.SpecError as error:
        refuse(str(error))
    try:
        out.mkdir(parents=True, exist_ok=True)
        held = lock(out)
    except OSError as error:
        refuse(f"{out}: {error.strerror}")
    waiting, changed = plan.write(points, spec.clock_mhz, out)
    if changed:
        print("changed since the last run: " + ", ".join(changed[:5]) + (" and more" if len(changed) > 5 else ""))
    print(f"{len(points)} points, {len(points) - len(waiting)} finished before, {len(waiting)} to run", flush=True)
    if args.plan:
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for kinds in ((plan.NETWORK, plan.SYNTHESIS), (plan.ROUTE,)):  # routes need their synthesis
            if jobs := [point for point in waiting if point["kind"] in kinds]:
                run_jobs(jobs, out, args)
    except KeyboardInterrupt:
        print("weft sweep: stopped; the same command goes on from here", file=sys.stderr)
        table.write(out)
        return 130
    status = table.report(out)
    held.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
