#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tops of fpga/boards: tops_test.py PYTHON. Yosys finds everything in them; what cannot be is refused with a sentence."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = sys.argv[1]
sys.path.insert(0, str(ROOT / "fpga"))
import board as tool  # noqa: E402
BOARDS = sorted(path.stem for path in (ROOT / "fpga" / "boards").glob("*.json"))


def board(*arguments):
    return subprocess.run([PYTHON, ROOT / "fpga" / "board.py", *arguments], capture_output=True, text=True, timeout=600)


class Tops(unittest.TestCase):
    def test_elaborate(self):
        self.assertTrue(BOARDS)
        for name in BOARDS:
            with self.subTest(name):
                done = board(name, "--only", "elaborate")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_illegal(self):
        for says, *arguments in (("choose one of", "none"), ("--baud 13000000: use one of", BOARDS[0], "--baud", "13000000"), ("50 MHz make no 3000000", "ulx3s-25f", "--baud", "3000000"),
                                 ("up to 1048576", BOARDS[0], "--memory-bytes", "1073741824"),
                                 ("--memory-bytes", BOARDS[0], "--memory-bytes", "1000"), ("no configuration", BOARDS[0], "--config", "none")):
            done = board(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertRegex(done.stderr, rf"^board.py: .*{re.escape(says)}.*\n$")

    def test_board_files(self):
        good = json.loads((tool.BOARDS / "ulx3s-25f.json").read_text())
        changes = [(key, {key: None}) for key in tool.KEYS]
        changes += [("mhz", {"mhz": 50.0}), ("baud", {"baud": "1000000"}), ("package", {"package": 3}), ("nope.lpf", {"constraints": "nope.lpf"}),
                    ("nope.sv", {"top": "nope"})]
        boards = tool.BOARDS
        self.addCleanup(setattr, tool, "BOARDS", boards)
        with tempfile.TemporaryDirectory() as folder:
            tool.BOARDS = pathlib.Path(folder)
            for file in (good["constraints"], good["top"] + ".sv"):
                (tool.BOARDS / file).write_text("")
            for says, text in [*((says, json.dumps({**good, **change})) for says, change in changes), ("Expecting", "{"), ("not a JSON object", "[]")]:
                (tool.BOARDS / "mine.json").write_text(text)
                with self.assertRaisesRegex(tool.Refused, re.escape(says)):
                    tool.read_board("mine")
            (tool.BOARDS / "mine.json").write_text(json.dumps(good))
            self.assertEqual(tool.read_board("mine"), good)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
