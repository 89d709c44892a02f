# SPDX-License-Identifier: Apache-2.0
"""Networks, and what a run of one gives."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from weft._native import _weft
from weft.device import Device

Engine = Literal["golden", "cycles", "rtl"] | Device
Factors = float | Sequence[float] | None  # one, or one a channel


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """Of a layer or of all. What an engine does not count is None."""

    macs: int
    cycles: int | None
    utilisation: float | None  # of the multipliers, 0 to 1
    mismatches: int | None  # outputs unlike the golden model's; None: none was compared
    outputs_compared: int
    predicted_cycles: int | None = None  # by the cycle model
    stalls: dict[str, float] = dataclasses.field(default_factory=dict)  # cause -> cycles
    bytes_read: int | None = None
    bytes_written: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer(Figures):
    name: str
    op: str


@dataclasses.dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the network, of all images, with the model's own axes and codes: real = scale * (q - zero_point)."""

    name: str
    array: np.ndarray
    axes: str  # as in NCHW
    scale: float | None  # None: the array is real
    zero_point: int | None
    source: str  # who has computed it: input, golden, rtl, host, board


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    engine: str
    images: int
    starts: int  # batches
    total: Figures
    layers: list[Layer]
    outputs: dict[str, np.ndarray]  # none of the engine cycles
    tensors: dict[str, Tensor]


class Network:
    """A network for one configuration, batch and memory. It never changes: threads may run it at the same time."""

    def __init__(self, native: _weft.Network) -> None:
        self._native = native
        description = json.loads(native.describe())
        self.path: str = native.path
        self.config: str = native.config
        self.batch: int = native.batch
        self.memory: str | None = native.memory or None
        self.input_shape: tuple[int, int, int] = tuple(description["input_shape"])  # height, width, channels
        self.input_scale: float = description["input_scale"]
        self.input_zero_point: int = description["input_zero_point"]  # of int8 codes
        self.outputs: list[str] = description["outputs"]
        self.layers: list[tuple[str, str]] = [(layer["name"], layer["op"]) for layer in description["layers"]]

    def __repr__(self) -> str:
        return f"<weft.Network {self.path}: {len(self.layers)} layers on {self.config}, {self.batch} image(s) at once>"

    def run(self, images: npt.ArrayLike, engine: Engine = "golden", *, check: bool = False, layout: str | None = None,
            scale: float | None = None, mean: Factors = None, std: Factors = None, stalls: float = 0, seed: int = 1) -> np.ndarray:
        """The model's output of all images, in its own type and axes.

        Images are what `weft run` takes as .npy files (docs/inputs.md): int8 codes, uint8 pixels, or float32 and float64 real
        values, one image or several, channels last or first. With `check`, outputs unlike the golden model's raise Error.
        """
        if engine == "cycles":
            raise _weft.Error("run needs the engine rtl or golden: the engine cycles computes no data")
        if len(self.outputs) != 1:
            raise _weft.Error(f"{self.path}: the model has {len(self.outputs)} outputs: inspect(...).outputs has them by name")
        run = self._execute(images, engine, False, check, stalls, seed, layout, scale, mean, std)
        if run.total.mismatches:
            raise _weft.Error(f"{self.path}: {run.total.mismatches} of {run.total.outputs_compared} outputs compared "
                              "differ from the golden model's")
        return run.outputs[self.outputs[0]]

    def inspect(self, images: npt.ArrayLike | None = None, engine: Engine = "golden", *, tensors: bool = True, check: bool = False,
                layout: str | None = None, scale: float | None = None, mean: Factors = None, std: Factors = None,
                stalls: float = 0, seed: int = 1) -> Run:
        """Outputs, every tensor, and the figures of every layer: `weft run` with --dump and --json.

        `tensors` asks for all of them, for which the memory of none is used again; a network of weft.load, and cycles without
        them, are those of `weft run`. Without images the engine cycles counts one batch.
        """
        if images is None and engine != "cycles":
            raise _weft.Error("images are missing: only the engine cycles counts without")
        return self._execute(images, engine, tensors and engine != "cycles", check, stalls, seed, layout, scale, mean, std)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes what `weft compile` writes: a .weft file, for weft.load and `weft run`."""
        self._native.save(os.fspath(path))

    def _execute(self, images: npt.ArrayLike | None, engine: Engine, tensors: bool, check: bool, stalls: float, seed: int,
                 layout: str | None, scale: float | None, mean: Factors, std: Factors) -> Run:
        board = engine.board if isinstance(engine, Device) else None
        text, outputs, values, sentences = self._native.execute(
            None if images is None else _npy(images), "" if board else str(engine), board, tensors, check, stalls, seed, layout, scale,
            _text(mean), _text(std))
        for sentence in sentences:
            warnings.warn(sentence, stacklevel=3)
        figures = json.loads(text)
        return Run(figures["engine"], figures["images"], figures["starts"], Figures(**figures["total"]),
                   [Layer(**layer) for layer in figures["layers"]], dict(outputs),
                   {value[0]: Tensor(*value) for value in values})


def compile(model: str | os.PathLike[str], config: str | os.PathLike[str] = "8x8", batch: int = 1, memory: str | None = None, *,
            rounding: str | None = None, size: str | None = None) -> Network:
    """A quantised model, .onnx or .tflite, for a hardware configuration: a name, or a JSON file (docs/configuration.md).

    `batch` images run together. `memory` is WIDTH:LATENCY, bytes a cycle and cycles, as in "8:40". `rounding` is tflite or onnx
    if not that of the model's format, `size` the images' HxW for a model that leaves it free.
    """
    return Network(_weft.compile(os.fspath(model), os.fspath(config), batch, memory, rounding, size))


def load(path: str | os.PathLike[str], memory: str | None = None) -> Network:
    """A network that `weft compile` or Network.save has written."""
    return Network(_weft.load(os.fspath(path), memory))


def _npy(images: npt.ArrayLike) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(images))
    return file.getvalue()


def _text(factors: Factors) -> str | None:
    if factors is None:
        return None
    return ",".join(repr(float(factor)) for factor in np.atleast_1d(np.asarray(factors)))
