# SPDX-License-Identifier: Apache-2.0
"""Boards: a Device runs networks on a weft_top, which a Transport reaches."""

from __future__ import annotations

import os
import pathlib
from typing import Protocol

from weft._native import _weft

WATCHDOG = 1_000_000  # cycles


class Transport(Protocol):
    """How a board is reached, for Device: a serial line, JTAG, another kernel driver. Every function may raise to give up.

    Offsets are bytes: of docs/registers.md, and of the memory window, which begins at offset 0.
    """

    def window_address(self) -> int:
        """Of the memory window as the hardware sees it, a multiple of 4,096."""

    def window_bytes(self) -> int: ...

    def read_register(self, offset: int, /) -> int: ...

    def write_register(self, offset: int, value: int, /) -> None: ...

    def wait(self) -> None:
        """Returns when there may have been an interrupt, or at once: STATUS is asked."""

    def write_memory(self, offset: int, data: bytes, /) -> None: ...

    def read_memory(self, offset: int, count: int, /) -> bytes: ...

    def to_device(self, count: int, /) -> None:
        """Before a start: the window's first bytes are the hardware's (clean the cache)."""

    def to_host(self, count: int, /) -> None:
        """After it: they are the host's (invalidate the cache)."""


class Device:
    """A board. `net.run(images, engine=device)` runs a network on it; threads take turns.

    `watchdog`: cycles without progress that end a start, 0: never.
    """

    def __init__(self, transport: Transport, *, watchdog: int = WATCHDOG) -> None:
        self.board = _weft.open_transport(transport, watchdog)

    @classmethod
    def uio(cls, registers: str | os.PathLike[str] = "/dev/uio0", buffer: str | os.PathLike[str] = "/dev/udmabuf0",
            buffer_class: str | os.PathLike[str] | None = None, *, watchdog: int = WATCHDOG) -> Device:
        """On Linux, by UIO and u-dma-buf (docs/integration.md). `buffer_class`: /sys/class/u-dma-buf/NAME of the buffer."""
        folder = buffer_class or pathlib.PurePath("/sys/class/u-dma-buf") / pathlib.PurePath(buffer).name
        return cls._of(_weft.open_uio(os.fspath(registers), os.fspath(buffer), os.fspath(folder), watchdog))

    @classmethod
    def uio_files(cls, registers: int, interrupt: int, buffer: int, buffer_class: str | os.PathLike[str], *,
                  watchdog: int = WATCHDOG) -> Device:
        """The same of file descriptors that are open; the device closes them. `interrupt` is `registers` on a real system."""
        return cls._of(_weft.attach_uio(registers, interrupt, buffer, os.fspath(buffer_class), watchdog))

    @classmethod
    def _of(cls, board: _weft.Board) -> Device:
        device = cls.__new__(cls)
        device.board = board
        return device
