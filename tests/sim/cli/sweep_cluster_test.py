#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sweep as a Snakemake workflow, here or on a Slurm of one node that the test starts: the table of GNU parallel's, also with a lost job.

    sweep_cluster_test.py local|slurm WEFT SOURCE      77 and a reason where the packages are missing (make cluster)
"""

import json
import os
import pathlib
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from sweep_fixture import POINTS, SWEEP, VICTIM, SweepTest

PLACE = sys.argv.pop()

SLURM_CONF = """\
ClusterName=weft
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={here}/munge.socket
SlurmctldPort={port}
SlurmdPort={next_port}
StateSaveLocation={here}/state
SlurmdSpoolDir={here}/spool
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.pid
SlurmctldLogFile={here}/slurmctld.log
SlurmdLogFile={here}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""


class Slurm:
    """munged, slurmctld and slurmd of one node on this machine, with files, sockets and a key of their own."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="weft-slurm-"))
        self.dir.chmod(0o755)  # munged insists
        self.processes = []
        for name in ("state", "spool"):
            (self.dir / name).mkdir()
        key = self.dir / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        port = 20000 + 2 * (os.getpid() % 5000)
        conf = self.dir / "slurm.conf"
        conf.write_text(SLURM_CONF.format(host=platform.node().split(".")[0], here=self.dir, port=port, next_port=port + 1))
        os.environ["SLURM_CONF"] = str(conf)
        self.start("munged", "-F", "--force", *(f"--{what}={self.dir}/{file}" for what, file in (
            ("key-file", "munge.key"), ("socket", "munge.socket"), ("pid-file", "munged.pid"), ("log-file", "munged.log"),
            ("seed-file", "munged.seed"))))
        self.wait("munge's socket", (self.dir / "munge.socket").exists)
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D")
        self.wait("an idle node", lambda: "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True,
                                                                   check=False).stdout)

    def start(self, *command):
        log = open(self.dir / f"{command[0]}.out", "wb")
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def wait(self, what, there):
        for _ in range(300):
            if there():
                return
            time.sleep(0.2)
        logs = "".join(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in sorted(self.dir.glob("*.out")))
        self.stop()
        sys.exit(f"Slurm: {what} did not come\n{logs}")

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class Workflow(SweepTest):
    def start_workflow(self):
        status, _, stderr = self.run_sweep("out", "--plan")
        self.assertEqual(status, 0, stderr)
        place = ["--profile", SWEEP / "slurm", "--latency-wait", "10"] if PLACE == "slurm" else ["--jobs", "2", "--keep-going"]
        command = ["snakemake", "-s", SWEEP / "Snakefile", "--config", f"out={self.dir / 'out'}", "--directory", self.dir, *place]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, process, status=0):
        said, _ = process.communicate(timeout=600)
        self.assertEqual(process.returncode, status, said)
        return said

    def test_the_table_is_that_of_gnu_parallel(self):
        self.finish(self.start_workflow())
        self.assertSameAsUndisturbed()
        before = self.times()
        self.finish(self.start_workflow())
        self.assertEqual(self.times(), before, "nothing is run twice")

    def test_a_failing_job_fails_the_workflow_and_no_other_job(self):
        self.trouble("fails")
        said = self.finish(self.start_workflow(), status=1)
        self.assertIn("weft: it is broken", said)
        self.assertEqual([row["status"] for row in self.rows()].count("ok"), POINTS - 1)
        self.trouble("none")
        self.finish(self.start_workflow())
        self.assertSameAsUndisturbed()

    def test_a_killed_job(self):
        self.trouble("waits")
        process = self.start_workflow()
        program = int(self.wait_for(self.dir / "waiting"))
        running = json.loads(self.wait_for(self.dir / "out/points/network" / VICTIM / "running.json"))
        self.trouble("none")
        os.kill(running["pid"], signal.SIGKILL)
        os.kill(program, signal.SIGKILL)
        if PLACE == "slurm":  # the profile has it run again
            self.finish(process)
        else:
            self.assertIn("lost: begun on", self.finish(process, status=1))
            self.assertEqual([row["status"] for row in self.rows()].count("ok"), POINTS - 1)
            self.finish(self.start_workflow())
        self.assertSameAsUndisturbed()


def main():
    needed = ["snakemake", *(["munged", "slurmctld", "slurmd", "sbatch"] if PLACE == "slurm" else [])]
    missing = [tool for tool in needed if shutil.which(tool) is None and not pathlib.Path("/usr/sbin", tool).is_file()]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed (make cluster does it)")
        return 77
    if PLACE == "slurm" and os.geteuid() != 0:
        print("skipped: the daemons of Slurm have to be started as root")
        return 77
    os.environ["PATH"] += ":/usr/sbin"
    slurm = Slurm() if PLACE == "slurm" else None
    try:
        return 0 if unittest.main(exit=False).result.wasSuccessful() else 1
    finally:
        if slurm:
            slurm.stop()


if __name__ == "__main__":
    sys.exit(main())
