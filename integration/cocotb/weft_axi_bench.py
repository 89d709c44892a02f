# SPDX-License-Identifier: Apache-2.0
"""A cocotb bench of weft_axi: runs every start of a network that `weft export --format bin` has written.

The buses are found by their names, the memory is cocotbext-axi's. integration/cocotb/run.py builds and runs it; to take it as a template, set
WEFT_NETWORK to the folder of the export. All that is known of the network comes from its network.json.
"""

import json
import logging
import os
import pathlib

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, First, RisingEdge, Timer
from cocotbext.axi import AxiBus, AxiLiteBus, AxiLiteMaster, AxiRam

STATUS, CYCLES_LO = 0x024, 0x080  # docs/registers.md
STATUS_DONE = 0x2


def rows(tensor):
    """(offset in the window, offset in the file, bytes) of each row of a tensor."""
    n, h, w, c = tensor["shape"]
    for row in range(n * h):
        yield tensor["offset"] + row * tensor["row_pitch"], row * w * c, w * c


@cocotb.test()
async def network(dut):
    folder = pathlib.Path(os.environ["WEFT_NETWORK"])
    manifest = json.loads((folder / "network.json").read_text())
    base, size = manifest["window_base"], 1 << 24
    assert all(start["on_host"] or start["window_bytes"] <= size for start in manifest["starts"]), "the memory is too small"

    cocotb.start_soon(Clock(dut.aclk, 10, units="ns").start())
    for bus in ("s_axi", "m_axi"):  # else they tell every burst
        logging.getLogger(f"cocotb.{dut._name}.{bus}").setLevel(logging.WARNING)
    registers = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, dut.aresetn, reset_active_level=False)
    memory = AxiRam(AxiBus.from_prefix(dut, "m_axi"), dut.aclk, dut.aresetn, reset_active_level=False, size=size)
    dut.aresetn.value = 0
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1
    await RisingEdge(dut.aclk)

    compared = different = cycles = 0
    for start in manifest["starts"]:
        if start["on_host"]:  # its results are in the inputs of the next start
            continue
        # AxiRam takes an address modulo its size.
        memory.write(base % size, b"\xa5" * start["window_bytes"])  # what nobody has written must not matter
        memory.write(base % size, (folder / start["program"]["file"]).read_bytes())
        for tensor in start["inputs"]:
            data = (folder / tensor["file"]).read_bytes()
            for at, begin, length in rows(tensor):
                memory.write((base + at) % size, data[begin:begin + length])
        for register in start["registers"]:
            response = await registers.write_dword(register["offset"], register["value"])
            assert response is None or response.resp == 0, f"{register['name']} answers a write with an error"
        await First(RisingEdge(dut.irq), Timer(10, units="ms"))
        status = await registers.read_dword(STATUS)
        assert status & STATUS_DONE, f"the start has not ended well: STATUS {status:#010x} (docs/registers.md)"
        cycles += await registers.read_dword(CYCLES_LO)
        for tensor in start["outputs"]:
            expected = (folder / tensor["file"]).read_bytes()
            for at, begin, length in rows(tensor):
                got = memory.read((base + at) % size, length)
                different += sum(a != b for a, b in zip(got, expected[begin:begin + length], strict=True))
                compared += length
    assert compared > 0, "nothing was compared: export the network with --input"
    assert different == 0, f"{different} of {compared} bytes differ from the golden model's"
    dut._log.info("%d bytes compared, 0 differences, %d cycles", compared, cycles)
