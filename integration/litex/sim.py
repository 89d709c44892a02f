#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates an SoC of VexRiscv, LiteDRAM, UART and Weft, simulates it with LiteX' Verilator simulation, compares what it prints.

    build/weft export NET.weft --format c --input IMAGES -o DIR
    .venv/bin/python integration/litex/sim.py DIR

The firmware is in the model of the SDRAM from the beginning; LiteX' BIOS sets up the SDRAM and starts it.
"""

import argparse
import os
import pathlib
import subprocess
import sys

from network import Network, find_tools, run_script

try:
    from litedram.modules import MT48LC16M16
    from litedram.phy.model import SDRAMPHYModel
    from litex.build.generic_platform import Pins, Subsignal
    from litex.build.io import CRG
    from litex.build.sim import SimPlatform
    from litex.build.sim.config import SimConfig
    from litex.gen import Display, Finish, If, Signal
    from litex.soc.integration.builder import Builder
    from litex.soc.integration.common import get_mem_data
    from litex.soc.integration.soc_core import SoCCore

    from weft_litex import add_weft
except ImportError as error:
    sys.exit(f"litex: {error}: `make bootstrap-litex` installs what it takes into .venv")

CLOCK = int(1e6)  # what the BIOS counts its delays in: slow, so that they are few cycles
SDRAM_CLOCK = int(100e6)  # what the SDRAM's timings are counted in
SERIAL = [Subsignal(f"{end}_{name}", Pins(width)) for end in ("source", "sink") for name, width in (("valid", 1), ("ready", 1), ("data", 8))]


class SimSoC(SoCCore):
    """`sdram_init`: the words of the SDRAM; `cycles`: after how many the simulation ends whatever runs."""

    def __init__(self, parameters, sdram_init, cycles):
        platform = SimPlatform("SIM", [("sys_clk", 0, Pins(1)), ("serial", 0, *SERIAL)])
        self.crg = CRG(platform.request("sys_clk"))
        super().__init__(platform, clk_freq=CLOCK, ident="Weft on LiteX, simulated", uart_name="sim", integrated_rom_size=0x20000)
        sdram = MT48LC16M16(SDRAM_CLOCK, "1:1")
        self.sdrphy = SDRAMPHYModel(sdram, data_width=32, clk_freq=SDRAM_CLOCK, init=sdram_init)
        # No L2: Weft is beside it, and would not see what is in it.
        self.add_sdram("sdram", phy=self.sdrphy, module=sdram, l2_cache_size=0)
        add_weft(self, parameters)

        self.add_constant("SDRAM_TEST_DISABLE")  # it would write over the firmware
        self.add_constant("ROM_BOOT_ADDRESS", self.mem_map["main_ram"])
        self.add_config("BIOS_NO_DELAYS")
        platform.add_debug(self)
        count = Signal(64)
        self.sync += [count.eq(count + 1), If(count == cycles, Display("weft: not done after %0d cycles", count), Finish())]


def simulate(folder):
    """Compiles LiteX' simulation in `folder`, with the assertions about AXI, and runs it: the lines that it prints, as they come."""
    script = folder / "build_sim.sh"
    script.write_text(script.read_text().replace('CC_SRCS="', 'CC_SRCS="--assert ', 1))
    run_script(folder, script.name)
    with subprocess.Popen(["obj_dir/Vsim"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as run:
        yield from (line.rstrip() for line in run.stdout if line.strip())
    if run.returncode != 0:
        sys.exit(f"litex: the simulation ended with status {run.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("network", type=pathlib.Path, help="a folder that `weft export --format c --input` has written")
    parser.add_argument("--build", type=pathlib.Path, help="where the SoC is generated and built (default: DIR/litex-sim)")
    parser.add_argument("--cycles", type=int, default=20_000_000, help="end after this many (default: %(default)s)")
    args = parser.parse_args()
    find_tools("verilator", "ccache")
    os.environ["OBJCACHE"] = "ccache"  # for Verilator's Makefile
    network = Network(args.network)
    out = (args.build or args.network / "litex-sim").resolve()

    # The firmware needs the SoC's headers, and the SoC's SDRAM the firmware.
    builder = Builder(SimSoC(network.parameters, [], args.cycles), output_dir=out, compile_gateware=False)
    builder.build()
    words = get_mem_data(str(network.firmware(builder)), data_width=32, endianness="little")
    config = SimConfig()
    config.add_clocker("sys_clk", freq_hz=CLOCK)
    config.add_module("serial2console", "serial")
    builder = Builder(SimSoC(network.parameters, words, args.cycles), output_dir=out, compile_gateware=False)
    builder.build(sim_config=config, opt_level="O3", jobs=os.cpu_count())

    lines = []
    for line in simulate(pathlib.Path(builder.gateware_dir)):
        print(line, flush=True)
        lines.append(line)
    if wrong := network.differences(lines):
        sys.exit("\n".join(f"litex: {sentence}" for sentence in wrong))
    print(f"litex: {len(network.expected)} outputs and the class are the golden model's")


if __name__ == "__main__":
    main()
