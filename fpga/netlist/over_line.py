#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a network on a simulated board, over its serial line: over_line.py BOARD WEFT ARGUMENT...

BOARD is a program of WEFT_ENGINE_DIR that does as build/weft_board_sim does; the arguments are those of `weft board run`. Ends as weft does, and with
status 1 if the board does not end well.
"""

import os
import pathlib
import subprocess
import sys

board, weft, *arguments = sys.argv[1:]
with subprocess.Popen([pathlib.Path(os.environ["WEFT_ENGINE_DIR"]) / board], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulation:
    port = simulation.stdout.readline().strip()
    # A netlist is slow: 1,024 bytes take 41,000 cycles.
    status = subprocess.run([weft, "board", "--port", port, "--patience", "600", "run", *arguments]).returncode if port else 1
    simulation.stdin.close()
sys.exit(status or simulation.returncode != 0)
