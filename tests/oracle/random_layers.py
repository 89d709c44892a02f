# SPDX-License-Identifier: Apache-2.0
"""Random QLinearConv, QGemm and QLinearMatMul layers, many in one model: all read its input, each gives one of its outputs."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
from onnx import TensorProto

from builder import Net

MOST_BIAS = 2**30
KINDS = ("conv", "gemm", "matmul")


@dataclasses.dataclass(frozen=True)
class Codes:
    """An 8-bit type."""

    signed: bool

    @property
    def dtype(self):
        return np.int8 if self.signed else np.uint8

    @property
    def proto(self) -> int:
        return TensorProto.INT8 if self.signed else TensorProto.UINT8

    @property
    def middle(self) -> int:
        return 0 if self.signed else 128

    def random(self, random: np.random.Generator, shape) -> np.ndarray:
        """Uniform, with many of the extremes in some of the tensors."""
        info = np.iinfo(self.dtype)
        values = random.integers(info.min, info.max + 1, shape)
        if random.random() < 0.25:
            values = np.where(random.random(shape) < 0.7, random.choice([info.min, info.max], shape), values)
        return values.astype(self.dtype)

    def zero_point(self, random: np.random.Generator):
        """The middle, an end, or any."""
        info = np.iinfo(self.dtype)
        return self.dtype([self.middle, info.min, info.max, random.integers(info.min, info.max + 1)][random.integers(4)])


class Layers:
    """A model under construction."""

    def __init__(self, random: np.random.Generator, shape: list[int]) -> None:
        self.random = random
        self.x = Codes(bool(random.integers(2)))
        self.net = Net(shape, dtype=self.x.proto)
        self.scale = np.float32(2.0**random.uniform(-10, 2))
        self.input = [self.net.x, self.net.const(self.scale), self.net.const(self.x.zero_point(random), self.x.dtype)]
        self.nine_bits = random.random() < 0.2  # any zero points of filters
        self.outputs: list[str] = []

    def weights(self, shape: list[int], channel_axis: int) -> tuple[list[str], np.ndarray, int]:
        """Inputs of a node: codes, scale and zero point; and the scale."""
        codes = Codes(self.x.signed or bool(self.random.integers(2)))  # onnxruntime has no uint8 filters for int8 maps
        values = codes.random(self.random, shape)
        zero_point = codes.middle
        if self.nine_bits:
            zero_point = int(codes.zero_point(self.random))
        elif self.random.random() < 0.2:  # one with which every filter still fits into eight bits
            low, high = (int(limit) - codes.middle for limit in (np.iinfo(codes.dtype).min, np.iinfo(codes.dtype).max))
            offset = int(self.random.integers(-60, 60))
            values = np.clip(values.astype(int) - codes.middle, max(low, low + offset), min(high, high + offset)) + codes.middle
            zero_point += offset
        scale = np.float32(2.0**self.random.uniform(-12, 0))
        channels = shape[channel_axis]
        if self.random.random() < 0.6:
            scale = (scale * 2.0**self.random.uniform(-3, 3, channels)).astype(np.float32)
            scale[self.random.random(channels) < 0.02] = 0  # a channel that was pruned
            zero_point = np.full(channels, zero_point)
        net = self.net
        return [net.const(values, codes.dtype), net.const(scale), net.const(zero_point, codes.dtype)], scale

    def rescaling(self, weight_scale: np.ndarray, products: int, channels: int) -> tuple[np.ndarray, list[str]]:
        """Biases, and inputs of a node: the output's scale and zero point."""
        largest = float(np.max(weight_scale)) * float(self.scale) or 1.0
        spread = 5000 * np.sqrt(products)  # of sums of so many products
        kind = self.random.random()
        if kind < 0.6:  # outputs over the whole range
            bias = self.random.normal(0, spread, channels)
            factor = self.random.uniform(20, 120) / spread
        elif kind < 0.8:  # biases so large that float32 rounds the sums
            bias = self.random.uniform(-MOST_BIAS, MOST_BIAS, channels)
            bias[self.random.random(channels) < 0.3] = MOST_BIAS
            bias[self.random.random(channels) < 0.1] = -MOST_BIAS
            factor = self.random.uniform(20, 200) / MOST_BIAS
        else:  # anything, shifts to -31 and beyond
            bias = self.random.normal(0, spread, channels)
            factor = 2.0**self.random.uniform(-34, 2)
        scale = np.float32(largest / factor)
        return bias.astype(np.int32), [self.net.const(scale), self.net.const(self.x.zero_point(self.random), self.x.dtype)]

    def add(self, kind: str, inputs: list[str], domain: str = "", **attributes) -> None:
        self.outputs.append(self.net.op(kind, *inputs, domain=domain, **attributes))

    def model(self) -> onnx.ModelProto:
        return self.net.model(*self.outputs, types=self.x.proto)


def add_conv(layers: Layers) -> None:
    random = layers.random
    channels_in, *size = layers.net.shape[1:]
    kernel, dilations, strides, pads = [], [], [], [[], []]
    for length in size:
        k = int(random.choice([1, 2, 3, 3, 5]))
        dilation = int(random.integers(1, 3))
        reach = dilation * (k - 1)
        before, after = (int(random.integers(0, k)) for _ in range(2))
        if length + before + after <= reach:
            k, dilation, before, after = 1, 1, 0, 0
        kernel.append(k)
        dilations.append(dilation)
        strides.append(int(random.integers(1, 4)))
        pads[0].append(before)
        pads[1].append(after)
    divisors = [d for d in range(1, channels_in + 1) if channels_in % d == 0]
    group = int(random.choice([1, 1, random.choice(divisors), channels_in]))
    channels = group * int(random.integers(1, max(2, 20 // group)))
    shape = [channels, channels_in // group, *kernel]
    weights, scale = layers.weights(shape, 0)
    bias, output = layers.rescaling(scale, int(np.prod(shape[1:])), channels)
    inputs = [*layers.input, *weights, *output] + ([layers.net.const(bias, np.int32)] if random.random() < 0.9 else [])
    layers.add("QLinearConv", inputs, kernel_shape=kernel, dilations=dilations, strides=strides, pads=pads[0] + pads[1], group=group)


def add_gemm(layers: Layers) -> None:
    features, channels = layers.net.shape[1], int(layers.random.integers(1, 24))
    transposed = int(layers.random.integers(2))
    weights, scale = layers.weights([channels, features] if transposed else [features, channels], 0 if transposed else 1)
    bias, output = layers.rescaling(scale, features, channels)
    layers.add("QGemm", [*layers.input, *weights, layers.net.const(bias, np.int32) if layers.random.random() < 0.9 else "", *output], "com.microsoft",
               transB=transposed)


def add_matmul(layers: Layers) -> None:
    features, channels = layers.net.shape[1], int(layers.random.integers(1, 24))
    weights, scale = layers.weights([features, channels], 1)
    _, output = layers.rescaling(scale, features, channels)
    layers.add("QLinearMatMul", [*layers.input, *weights, *output])


def random_layers(random: np.random.Generator, kind: str, count: int, images: int) -> tuple[onnx.ModelProto, np.ndarray]:
    """A model of so many layers, and codes for its input."""
    if kind == "conv":
        shape = [1, int(random.choice([1, 2, 3, 4, 6, 8, 12, 16])), *(int(n) for n in random.integers(1, 11, 2))]
    else:
        shape = [1, int(random.choice([1, 3, 8, 20, 64, 100]))]
    layers = Layers(random, shape)
    for _ in range(count):
        {"conv": add_conv, "gemm": add_gemm, "matmul": add_matmul}[kind](layers)
    return layers.model(), layers.x.random(random, [images, *shape[1:]])
