#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fpga/netlist/netlist.py without the tools: what it calls equal, and what it plants.    netlist_test.py DIRECTORY"""

import copy
import json
import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "fpga/netlist"))
import netlist  # noqa: E402

WORK = pathlib.Path(sys.argv.pop(1)).resolve()


def lut(out, **inputs):
    return {"type": "LUT4", "parameters": {"INIT": "1000000000000000"}, "attributes": {},
            "port_directions": {**{port: "input" for port in inputs}, "Z": "output"},
            "connections": {**{port: [bit] for port, bit in inputs.items()}, "Z": [out]}}


NETLIST = {"modules": {"weft_top": {"ports": {}, "cells": {"a": lut(10, A=2, B=3, C=4, D=5), "b": lut(11, A=10, B=3, C=4, D="0")},
                                    "netnames": {"n": {"bits": [2, 3, 4, 5, 10, 11, "0"]}}}}}


class Netlist(unittest.TestCase):
    def compare(self, script, says="differences", seconds=None, layers=None):
        file = None
        if layers is not None:
            file = WORK / "demo.json"
            file.write_text(json.dumps({"layers": [{"name": name, "cycles": cycles, "predicted_cycles": 7} for name, cycles in layers]}))
        return netlist.Comparison("name", "log", ["sh", "-c", script], {}, says, file).run(WORK, WORK / "compare.log", seconds)

    def test_equal_is_what_said_what_it_compared_and_ended_well(self):
        self.assertEqual(self.compare("echo 0 differences"), (None, ["0 differences"]))
        self.assertEqual(self.compare("echo 0 differences; exit 1")[0], "status 1")
        self.assertEqual(self.compare("echo no tests ran")[0], "nothing was compared")
        self.assertEqual(self.compare("echo 0 differences; exec sleep 60", seconds=1)[0], "not done after 1 s")
        self.assertEqual(self.compare("echo $WEFT_ENGINE_DIR", says="/")[1], [str(WORK)])

    def test_all_that_was_asked_for_is_compared(self):
        two = netlist.Comparison("name", "log", ["sh", "-c", "echo 0 differences"], {}, "differences", least=2)
        self.assertEqual(two.run(WORK, WORK / "compare.log")[0], "not all was compared")

    def test_what_chooses_networks_is_not_inherited(self):
        os.environ["WEFT_SHARD"] = "1/5"
        self.addCleanup(os.environ.pop, "WEFT_SHARD")
        self.assertEqual(self.compare("echo 0 differences of all$WEFT_SHARD")[1], ["0 differences of all"])

    def test_cycles_are_compared_layer_by_layer(self):
        self.assertEqual(self.compare("echo 0 differences", layers=[("a", 7), ("b", 7)])[1][-1], "cycles of 2 layers compared: 0 differences")
        self.assertEqual(self.compare("echo 0 differences", layers=[("a", 7), ("b", 8)])[0], "cycles of b")
        self.assertEqual(self.compare("echo 0 differences", layers=[])[0], "cycles of no layer")

    def test_a_fault_is_one_bit_of_one_table_behind_a_switch(self):
        source, target = WORK / "source.json", WORK / "target.json"
        source.write_text(json.dumps(NETLIST))
        planted = netlist.plant(source, target, 2)
        self.assertEqual(len(planted), 2)
        cells = json.loads(target.read_text())["modules"]["weft_top"]["cells"]
        for number in (1, 2):
            switch = cells[f"weft_fault{number}.u_fault"]
            self.assertEqual(int(switch["parameters"]["NUMBER"], 2), number)
            faulty = cells[f"weft_fault{number}.u_faulty"]
            [good] = [cells[name] for name in "ab" if cells[name]["connections"]["Z"] == switch["connections"]["good_i"]]
            self.assertEqual(faulty["connections"]["Z"], switch["connections"]["faulty_i"])
            self.assertEqual(sum(x != y for x, y in zip(good["parameters"]["INIT"], faulty["parameters"]["INIT"], strict=True)), 1)
            rest = copy.deepcopy((good, faulty))
            for cell in rest:
                del cell["connections"]["Z"], cell["parameters"]
            self.assertEqual(*rest)
        self.assertEqual({cells[f"weft_fault{number}.u_fault"]["connections"]["out_o"][0] for number in (1, 2)}, {10, 11})
        with self.assertRaises(netlist.Refused):
            netlist.plant(source, target, 3)

    def test_families_without_models_are_refused(self):
        with self.assertRaisesRegex(netlist.Refused, "no models of the cells of other: write "):
            netlist.models("other")


if __name__ == "__main__":
    WORK.mkdir(parents=True, exist_ok=True)
    unittest.main()
