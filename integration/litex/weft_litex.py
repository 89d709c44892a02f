# SPDX-License-Identifier: Apache-2.0
"""Weft as a LiteXModule: registers on the SoC's bus, memory on a port of LiteDRAM of its own, an interrupt.

    add_weft(soc, json.loads(pathlib.Path("DIR/network.json").read_text())["parameters"])

LiteDRAM's port rather than the main bus because LiteX' main bus is Wishbone, which makes a request of every beat of a burst.
"""

import pathlib

from litedram.frontend.axi import LiteDRAMAXI2Native
from litex.gen import ClockSignal, Instance, LiteXModule, Record, ResetSignal
from litex.soc.integration.soc import SoCRegion
from litex.soc.interconnect import axi, stream

RTL = pathlib.Path(__file__).resolve().parent.parent.parent / "rtl"
WINDOW = 0x1000  # bytes of registers
ADDRESS = ("addr", "len", "size", "burst", "lock", "cache", "prot", "qos")


def add_sources(platform, family):
    """The RTL in the order of its file lists; `family` is a folder of rtl/prim, or None for the generic primitives."""
    for part in ("engine.f", "system.f"):
        for line in (RTL / part).read_text().splitlines():
            if line.endswith(".sv"):
                own = [RTL / line.replace("prim/", f"prim/{folder}/") for folder in (family, "logic") if family and line.startswith("prim/")]
                platform.add_source(str(next((path for path in own if path.is_file()), RTL / line)))


def pins(prefix, bus, is_master, channels):
    """Instance ports of an AXI bus by its channels' fields; `is_master`: Weft drives it."""
    ports = {}
    for channel, fields in channels.items():
        forward = (channel in ("aw", "w", "ar")) == is_master
        endpoint = getattr(bus, channel)
        for field in (*fields, "valid"):
            ports[f"{'o' if forward else 'i'}_{prefix}_{channel}{field}"] = getattr(endpoint, field)
        ports[f"{'i' if forward else 'o'}_{prefix}_{channel}ready"] = endpoint.ready
    return ports


class RegisterSlice(LiteXModule):
    """Registers on all channels of an AXI4 bus, both ways: from `bus` to `out`.

    LiteDRAM's ready comes from its arbiter and Weft's valid from its queues without any, so their paths would add up.
    """

    def __init__(self, bus):
        self.out = out = axi.AXIInterface(data_width=bus.data_width, address_width=bus.address_width, id_width=bus.id_width)
        for channel in ("aw", "w", "b", "ar", "r"):
            here, there = getattr(bus, channel), getattr(out, channel)
            source, sink = (there, here) if channel in ("b", "r") else (here, there)
            buffer = stream.Buffer(here.description, pipe_valid=True, pipe_ready=True)
            self.submodules += buffer
            self.comb += [source.connect(buffer.sink), buffer.source.connect(sink)]


class Weft(LiteXModule):
    """weft_axi of `parameters` (as in the network.json of `weft export`).

    bus: AXI-Lite slave, the registers, of which only address bits 11:0 are looked at
    dma: AXI4 master of BUS_BYTES
    ev.irq: the interrupt, a level, which the driver enables and clears in Weft's own registers
    """

    def __init__(self, platform, parameters, family=None):
        # All 32 bits of address: LiteX' bridges want the bus' own width.
        self.bus = axi.AXILiteInterface(data_width=32, address_width=32)
        self.dma = axi.AXIInterface(data_width=8 * parameters["BUS_BYTES"], address_width=32, id_width=1)
        self.ev = Record([("irq", 1)])  # what LiteX looks for in a module with an interrupt
        registers = pins("s_axi", self.bus, False, {
            "aw": ("addr", "prot"), "w": ("data", "strb"), "b": ("resp",), "ar": ("addr", "prot"), "r": ("data", "resp")})
        for channel in ("aw", "ar"):
            registers[f"i_s_axi_{channel}addr"] = getattr(self.bus, channel).addr[:12]
        memory = pins("m_axi", self.dma, True, {
            "aw": ("id", *ADDRESS), "w": ("data", "strb", "last"), "b": ("id", "resp"),
            "ar": ("id", *ADDRESS), "r": ("id", "data", "resp", "last")})
        self.specials += Instance(
            "weft_axi", **{f"p_{name}": value for name, value in parameters.items()}, p_ADDR_W=32, p_ID_W=1,
            i_aclk=ClockSignal(), i_aresetn=~ResetSignal(), o_irq=self.ev.irq, **registers, **memory)
        add_sources(platform, family)


def add_weft(soc, parameters, family=None, name="weft"):
    """Adds Weft to an SoC that has LiteDRAM: WEFT_BASE and WEFT_INTERRUPT in the generated headers."""
    weft = Weft(soc.platform, parameters, family)
    soc.add_module(name=name, module=weft)
    soc.bus.add_slave(name=name, slave=weft.bus, region=SoCRegion(size=WINDOW, cached=False))
    soc.irq.add(name, use_loc_if_exists=True)
    registers = RegisterSlice(weft.dma)
    soc.add_module(name=f"{name}_registers", module=registers)
    soc.add_module(name=f"{name}_dram", module=LiteDRAMAXI2Native(
        axi=registers.out, port=soc.sdram.crossbar.get_port(data_width=weft.dma.data_width),
        base_address=soc.bus.regions["main_ram"].origin))
