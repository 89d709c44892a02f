#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weft sweep: what is lost or fails is named and made up for by the next run, what has ended is not run again, what is wrong is refused.

    sweep_test.py WEFT SOURCE
"""

import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

from sweep_fixture import POINTS, SOURCE, SPEC, SWEEP, VICTIM, WEFT, SweepTest

sys.path.insert(0, str(SWEEP.parent))
import qor  # it adds SWEEP
import table


class Sweep(SweepTest):
    # ---- what it gives

    def test_the_figures_are_those_of_weft(self):
        stdout = self.good()
        self.assertIn(f"{POINTS} points, 0 finished before, {POINTS} to run", stdout)
        rows = self.rows()
        self.assertEqual([row["status"] for row in rows], ["ok"] * POINTS)
        self.assertEqual([(r["network"], r["config"], r["memory"]) for r in rows],
                         [(n, c, m) for n in ("lenet5", "model") for c in ("2x2", "4x4") for m in ("bus:40", "1:100")])
        for row in rows:
            bus = json.loads((SOURCE / f"configs/{row['config']}.json").read_text())["bus_bytes"]
            what = ["run", str(self.dir / "model.onnx")] if row["network"] == "model" else ["bench", row["network"]]
            said = subprocess.run([WEFT, *what, "--engine", "cycles", "--config", row["config"], "--memory",
                                   row["memory"].replace("bus", str(bus)), "--json", "-"], capture_output=True, text=True, check=True)
            self.assertEqual(int(row["cycles"]), json.loads(said.stdout)["cycles"])
        manifest = self.manifest()
        self.assertTrue(manifest["ok"])
        self.assertRegex(manifest["versions"]["weft"], r"^weft \d")
        self.assertEqual(set(self.tables()) - {"pareto.svg"}, {"table.csv", "table.md", "pareto.csv", "pareto.md"})

    # ---- what goes wrong

    def test_a_killed_job(self):
        self.trouble("waits")
        process = self.start()
        program = int(self.wait_for(self.dir / "waiting"))
        running = self.dir / "out/points/network" / VICTIM / "running.json"
        os.kill(json.loads(self.wait_for(running))["pid"], signal.SIGKILL)
        os.kill(program, signal.SIGKILL)
        _, stderr = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(stderr, r"network lenet5 4x4 1:100 1: lost: begun on .* and not ended")
        rows = self.rows()
        self.assertEqual(len(rows), POINTS)
        self.assertEqual(sum(row["status"] == "ok" for row in rows), POINTS - 1)
        before = self.times()
        self.trouble("none")
        self.assertIn(f"{POINTS} points, {POINTS - 1} finished before, 1 to run", self.good())
        after = self.times()
        self.assertEqual({name for name in after if before.get(name) != after[name]}, {VICTIM})
        self.assertSameAsUndisturbed()

    def test_a_killed_sweep(self):
        self.trouble("waits")
        process = self.start()
        program = int(self.wait_for(self.dir / "waiting"))
        status, _, stderr = self.run_sweep()
        self.assertEqual(status, 2)
        self.assertIn("another sweep is running", stderr)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        for pid in (program, json.loads((self.dir / "out/points/network" / VICTIM / "running.json").read_text())["pid"]):
            try:
                os.kill(pid, signal.SIGKILL)  # if GNU parallel gave its jobs a group of their own
            except ProcessLookupError:
                pass
        self.trouble("none")
        self.good()
        self.assertSameAsUndisturbed()

    @staticmethod
    def runs(pid):
        """Whether a process does: one that nobody has waited for yet is only a name."""
        stat = pathlib.Path(f"/proc/{pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"

    def test_a_stopped_sweep(self):
        self.trouble("waits")
        process = self.start()
        program = int(self.wait_for(self.dir / "waiting"))
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual((process.returncode, stderr), (130, "weft sweep: stopped; the same command goes on from here\n"))
        self.assertFalse(self.runs(program), "its jobs have stopped too")
        self.assertNotEqual([row["status"] for row in self.rows()], ["ok"] * POINTS)
        self.trouble("none")
        self.good()
        self.assertSameAsUndisturbed()

    def test_a_failing_job(self):
        for trouble, why in (("fails", "weft: it is broken"), ("dies", "killed by signal 9"), ("silent", "it ended well but left no result.json")):
            self.trouble(trouble)
            status, stdout, stderr = self.run_sweep()
            self.assertEqual(status, 1, trouble)
            self.assertIn(why, stderr)
            self.assertIn(f"{POINTS - 1} of {POINTS} points", stdout)
            bad = [row for row in self.rows() if row["status"] != "ok"]
            self.assertEqual([(row["network"], row["status"], row["cycles"]) for row in bad], [("lenet5", why, "")])
            self.assertEqual((self.manifest()["ok"], self.manifest()["why"]), (False, why))
        self.trouble("none")
        self.assertIn("1 to run", self.good())
        self.assertSameAsUndisturbed()

    # ---- what is run again

    def test_a_changed_program_or_file(self):
        self.good()
        self.assertIn("0 to run", self.good())
        with open(self.dir / "model.onnx", "ab") as file:
            file.write(b"\x3a\x00")  # an empty field 7: another file, the same network
        stdout = self.good()
        self.assertIn("model.onnx", stdout)
        self.assertIn("4 finished before, 4 to run", stdout)
        self.weft.write_text(self.weft.read_text() + "# another version\n")
        stdout = self.run_sweep()[1]
        self.assertIn(f"changed since the last run: {self.weft}", stdout)
        self.assertIn(f"{POINTS} to run", stdout)

    def test_a_changed_spec(self):
        self.good()
        self.spec(SPEC.replace("[2x2, 4x4]", "[4x4, 3x6]"))
        self.assertIn("8 points, 4 finished before, 4 to run", self.good())
        self.assertEqual({row["config"] for row in self.rows()}, {"4x4", "3x6"})

    # ---- what is refused

    def test_a_wrong_spec(self):
        good = {"networks": "[lenet5]", "configs": "[4x4]"}
        for change, line, sentence in (
                ({"networks": "[alexnet]"}, 1, "networks: there is no network 'alexnet'"),
                ({"networks": "[nothing.onnx]"}, 1, "networks: there is no file nothing.onnx"),
                ({"networks": "[lenet5, lenet5]"}, 1, "networks: 'lenet5' is there twice"),
                ({"networks": "[--help]"}, 1, "networks: '--help' is an option"),
                ({"networks": "lenet5"}, 1, "networks: give a list"),
                ({"configs": "[]"}, 2, "configs: give a list of at least one"),
                ({"configs": "[9x9]"}, 2, "configs: there is no configuration '9x9'"),
                ({"configs": "[{a: b}]"}, 2, "configs: give one value"),
                ({"network": "[lenet5]"}, 3, "there is no key 'network'"),
                ({"memories": "\n- 8:40\n- 8;40"}, 5, "memories: --memory '8;40'"),
                ({"memories": "[bus:x]"}, 3, "memories: "),
                ({"batches": "[0]"}, 3, "batches: '0' is not a whole number from 1"),
                ({"engine": "golden"}, 3, "engine: 'golden' is not one of cycles, rtl"),
                ({"seeds": "[1]"}, 3, "seeds: the engine cycles computes no data"),
                ({"clock": "fast"}, 3, "clock: 'fast' is not a frequency"),
                ({"input": "spec.yaml"}, 3, "input: is for model files"),
                ({"fpga": "[]"}, 3, "fpga: give a list of at least one target"),
                ({"fpga": "[{top: weft_top}]"}, 3, "fpga: a target needs its family"),
                ({"fpga": "[{fpga: ecp5, seed: 1}]"}, 3, "there is no key 'seed' in fpga"),
                ({"fpga": "[{fpga: ecp5, seeds: [x]}]"}, 3, "seeds: 'x' is not a whole number"),
                ({"fpga": "[{fpga: ecp5, speed: --out}]"}, 3, "speed: '--out' is no option"),
                ({"fpga": "[{fpga: ecp5, configs: [9x9]}]"}, 3, "configs: '9x9' is none of the configurations of this sweep"),
                ({"clock": "[1"}, 4, "is not YAML")):
            self.spec("".join(f"{key}: {value}\n" for key, value in {**good, **change}.items()))
            status, stdout, stderr = self.run_sweep("refused")
            self.assertEqual((status, stdout), (2, ""), change)
            self.assertIn(f"spec.yaml:{line}: {sentence}", stderr)
            self.assertEqual(len(stderr.splitlines()), 1, stderr)
        for text, sentence in (("", "is empty"), ("[a]\n", "give 'key: value' lines"), ("networks: [lenet5]\n", "configs is missing"),
                               ("configs: [4x4]\n", "say what to run")):
            self.spec(text)
            status, _, stderr = self.run_sweep("refused")
            self.assertEqual(status, 2)
            self.assertIn(sentence, stderr)
        (self.dir / "spec.yaml").unlink()
        self.assertIn("cannot be read: No such file", self.run_sweep("refused")[2])
        self.assertFalse((self.dir / "refused").exists())


class Designs(unittest.TestCase):
    """From points to designs, without running any."""

    @staticmethod
    def network(config, multipliers, cycles, memory="8:40"):
        row = {"network": "n", "config": config, "multipliers": multipliers, "memory": memory, "batch": 2, "engine": "cycles"}
        return {"asked": {"kind": "network", "name": config + memory, "row": row, "needs": []}, "ok": True, "why": None,
                "result": {"cycles": cycles, "batch": 2}}

    @staticmethod
    def chip(config, kind="synthesis", ok=True, **result):
        return {"asked": {"kind": kind, "name": config, "row": {"config": config, "multipliers": 4, "fpga": "f", "top": "t"},
                          "needs": [f"synthesis/{config}"] if kind == "route" else []}, "ok": ok, "why": None if ok else "no", "status": 0 if ok else 1,
                "result": {"part": "p", "LUT": 10, "FF": 1, "DSP": 1, "RAM": 1, "path": "", **result} if ok else None}

    def test_the_front(self):
        points = [self.network("small", 4, 1000), self.network("worse", 16, 2000), self.network("good", 16, 500),
                  self.network("waste", 64, 500), self.network("small", 4, 3000, "1:40")]
        for clock, compared in ((None, "cycles_per_image"), (100.0, "images_per_second")):
            designs, cost, value = table.designs_of(points, clock)
            self.assertEqual((cost, value), ("multipliers", compared))
            self.assertEqual([d["front"] for d in designs], ["yes", "", "yes", "", "yes"])
        self.assertEqual([d["images_per_second"] for d in designs], [2e5, 1e5, 4e5, 4e5, 2e8 / 3000])

    def test_fpgas(self):
        points = [self.network("a", 4, 1000), self.network("b", 4, 1000),
                  self.chip("a"), *(self.chip("a", "route", fmax_mhz=mhz, LUT=12, path=str(mhz)) for mhz in (90.0, 110.0, 100.0)),
                  self.chip("b"), self.chip("b", "route", ok=False)]
        designs, cost, value = table.designs_of(points, 50.0)
        self.assertEqual((cost, value), ("LUT", "images_per_second"))
        self.assertEqual([(d["config"], d["LUT"], d["mhz"], d["seeds"], d["images_per_second"]) for d in designs], [("a", 12, 100.0, 3, 2e5)])
        self.assertEqual([(d["config"], d["path"]) for d in table.routed(points) if "path" in d], [("a", "100.0")])
        designs, _, _ = table.designs_of([points[0], points[2]], 50.0)  # synthesis alone
        self.assertEqual([(d["LUT"], d["mhz"]) for d in designs], [(10, 50.0)])

    def test_seeds_that_failed_and_that_have_not_run(self):
        routed = [self.chip("a", "route", fmax_mhz=mhz) for mhz in (90.0, 110.0)]
        failed, waiting = self.chip("a", "route", ok=False), self.chip("a", "route", ok=False)
        del waiting["status"]  # as table.load has it
        self.assertEqual(qor.frequency([*routed, failed]), "90.0 to 110.0, 2 of 3 seeds")
        self.assertEqual(qor.frequency([routed[0], failed, waiting]), "1 of 3 seeds, 1 not run")
        self.assertEqual(qor.frequency([waiting]), "0 of 1 seeds, 1 not run")


if __name__ == "__main__":
    unittest.main()
