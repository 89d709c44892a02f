# SPDX-License-Identifier: Apache-2.0
"""A small sweep in a folder of its own. The program that its jobs run is a script around `weft` that waits, fails or dies in one point,
if the test says so. The last two arguments of the test are WEFT and SOURCE."""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(sys.argv.pop()).resolve()
WEFT = pathlib.Path(sys.argv.pop()).resolve()
SWEEP = SOURCE / "scripts/sweep"

SPEC = """\
networks: [lenet5, model.onnx]
configs: [2x2, 4x4]
memories: [bus:40, 1:100]
clock: 100MHz
"""
POINTS = 8
VICTIM = "lenet5_4x4_m1-100_b1"

PROGRAM = """\
#!/bin/sh
case "$*" in
  *lenet5*4x4*1:100*result.json)
    case $(cat {here}/trouble) in
      waits) echo $$ > {here}/waiting; exec sleep 60 ;;
      fails) echo "weft: it is broken" >&2; exit 1 ;;
      dies) kill -9 $$ ;;
      silent) exit 0 ;;
    esac ;;
esac
exec {weft} "$@"
"""


class SweepTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="weft-sweep-"))
        self.addCleanup(shutil.rmtree, self.dir)
        shutil.copy(SOURCE / "models/fashion_cnn.onnx", self.dir / "model.onnx")
        self.weft = self.dir / "bin/weft"  # beside no configurations: it takes the tree's
        self.weft.parent.mkdir()
        self.weft.write_text(PROGRAM.format(here=self.dir, weft=WEFT))
        self.weft.chmod(0o755)
        self.trouble("none")
        self.spec(SPEC)

    def trouble(self, what):
        (self.dir / "trouble").write_text(what)

    def spec(self, text):
        (self.dir / "spec.yaml").write_text(text)

    def start(self, out="out", *options):
        command = [sys.executable, SWEEP / "sweep.py", "--weft", self.weft, self.dir / "spec.yaml", "-o", self.dir / out, "--jobs", "2"]
        return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def run_sweep(self, out="out", *options):
        process = self.start(out, *options)
        stdout, stderr = process.communicate(timeout=300)
        self.assertNotIn("Traceback", stderr)
        return process.returncode, stdout, stderr

    def good(self, out="out"):
        status, stdout, stderr = self.run_sweep(out)
        self.assertEqual(status, 0, stderr)
        return stdout

    def wait_for(self, path):
        for _ in range(600):
            if path.is_file() and path.read_text().strip():
                return path.read_text()
            time.sleep(0.1)
        self.fail(f"{path} did not come")

    def manifest(self, point=VICTIM, out="out"):
        return json.loads((self.dir / out / "points/network" / point / "manifest.json").read_text())

    def times(self, out="out"):
        """When each point that has ended began."""
        found = (self.dir / out / "points").glob("*/*/manifest.json")
        return {path.parent.name: json.loads(path.read_text())["begin"] for path in found}

    def tables(self, out="out"):
        return {path.name: path.read_bytes() for path in (self.dir / out).iterdir() if path.suffix in (".csv", ".md", ".svg")}

    def rows(self, out="out"):
        with open(self.dir / out / "table.csv", newline="") as file:
            return list(csv.DictReader(file))

    def assertSameAsUndisturbed(self):
        self.trouble("none")
        self.good("undisturbed")
        self.assertEqual(self.tables(), self.tables("undisturbed"))
