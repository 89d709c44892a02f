#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tops of fpga/boards: tops_test.py PYTHON. Yosys finds everything in them; what cannot be is refused with a sentence."""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = sys.argv[1]
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
        for says, *arguments in (("choose one of", "none"), ("--baud", BOARDS[0], "--baud", "13000000"), ("--baud", BOARDS[0], "--baud", "1200"),
                                 ("--memory-bytes", BOARDS[0], "--memory-bytes", "1000"), ("no configuration", BOARDS[0], "--config", "none")):
            done = board(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertRegex(done.stderr, rf"^board.py: .*{re.escape(says)}.*\n$")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
