#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds weft_axi with Icarus for the configuration of a network and runs weft_axi_bench.py with it.

    build/weft export NET.weft --format bin --input IMAGES -o DIR
    .venv/bin/python integration/cocotb/run.py DIR
"""

import argparse
import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
RTL = HERE.parent.parent / "rtl"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("network", type=pathlib.Path, help="a folder that `weft export --format bin` has written")
    parser.add_argument("--build", type=pathlib.Path, help="where the simulation is built (default: DIR/sim)")
    args = parser.parse_args()
    try:
        from cocotb.runner import get_results, get_runner
        import cocotbext.axi  # noqa: F401  (the bench needs it)
    except ImportError as error:
        sys.exit(f"run.py: {error}: `make bootstrap-python` installs what it takes into .venv")
    try:
        manifest = json.loads((args.network / "network.json").read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"run.py: {args.network} is not what `weft export` writes: {error}")
    if manifest["format"] != "bin":
        sys.exit(f"run.py: {args.network} is of the format {manifest['format']}: export it with --format bin")
    sources = [RTL / line for name in ("engine.f", "system.f") for line in (RTL / name).read_text().splitlines() if line.endswith(".sv")]
    build = (args.build or args.network / "sim").resolve()
    runner = get_runner("icarus")
    runner.build(verilog_sources=sources, hdl_toplevel="weft_axi", parameters=manifest["parameters"], build_dir=build, always=True,
                 build_args=["-g2012", "-DSYNTHESIS"], timescale=("1ns", "1ps"))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), *sys.path])
    results = runner.test(hdl_toplevel="weft_axi", test_module="weft_axi_bench", build_dir=build, test_dir=build,
                          extra_env={"WEFT_NETWORK": str(args.network.resolve())})
    tests, failures = get_results(results)
    if tests == 0:
        sys.exit("run.py: no test has run")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
