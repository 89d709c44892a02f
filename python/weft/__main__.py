# SPDX-License-Identifier: Apache-2.0
"""The program `weft`, which comes with the package: `weft ...` or `python -m weft ...`."""

import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "_native" / "weft"
    os.execv(program, ["weft", *sys.argv[1:]])


if __name__ == "__main__":
    main()
