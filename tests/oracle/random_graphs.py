# SPDX-License-Identifier: Apache-2.0
"""Random graphs of quantised sums, products, pools, activations and the like, in the QDQ or the QOperator format. Every tensor of codes is an
output."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx

from builder import Net
from random_layers import Codes

MICROSOFT = "com.microsoft"


@dataclasses.dataclass(frozen=True)
class Map:
    """A tensor of codes; its zero point and scale as numbers and as names of constants."""

    name: str
    shape: tuple[int, ...]  # C, H, W
    scale: float
    zero_point: int
    grid: list[str]  # constants: scale, zero point

    def reach(self, codes: Codes) -> tuple[float, float]:
        """The least and the greatest value."""
        info = np.iinfo(codes.dtype)
        return (info.min - self.zero_point) * self.scale, (info.max - self.zero_point) * self.scale


class Graph:
    """A model under construction."""

    def __init__(self, random: np.random.Generator, shape: tuple[int, ...]) -> None:
        self.random, self.is_qdq = random, bool(random.integers(2))
        self.codes = Codes(bool(random.integers(2)))
        self.net = Net([1, *shape], dtype=self.codes.proto)
        self.maps = [self.map(self.net.x, shape, 2.0**random.uniform(-8, -3), int(self.codes.zero_point(random)))]
        self.kinds: list[str] = []

    def map(self, name: str, shape, scale: float, zero_point: int) -> Map:
        scale = float(np.float32(scale))
        return Map(name, tuple(shape), scale, zero_point, [self.net.const(scale), self.net.const(zero_point, self.codes.dtype)])

    def grid_for(self, low: float, high: float) -> tuple[float, int]:
        """Scale and zero point of an output with these values; some too narrow, some too wide."""
        low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
        info = np.iinfo(self.codes.dtype)
        scale = (high - low) / 255 * self.random.choice([1.0, self.random.uniform(0.3, 3)])
        return scale, int(np.clip(np.rint(info.min - low / scale), info.min, info.max))

    def any_map(self, like: Map | None = None) -> Map:
        fitting = [m for m in self.maps if like is None or m.shape == like.shape]
        return fitting[self.random.integers(len(fitting))]

    def real(self, m: Map) -> str:
        return self.net.op("DequantizeLinear", m.name, *m.grid)

    def finish(self, value: str, shape, low: float, high: float, grid: tuple[float, int] | None = None) -> None:
        """QDQ: the codes of a float value."""
        result = self.map("", shape, *(grid or self.grid_for(low, high)))
        self.maps.append(dataclasses.replace(result, name=self.net.op("QuantizeLinear", value, *result.grid)))

    def qlinear(self, kind: str, inputs: list[Map], shape, low: float, high: float, variadic: bool = False, **attributes) -> None:
        """QOperator: an operator of com.microsoft."""
        result = self.map("", shape, *self.grid_for(low, high))
        operands = [name for m in inputs for name in (m.name, *m.grid)]
        order = [*result.grid, *operands] if variadic else [*operands, *result.grid]
        self.maps.append(dataclasses.replace(result, name=self.net.op(kind, *order, domain=MICROSOFT, **attributes)))

    def direct(self, kind: str, m: Map, shape, *inputs: str, **attributes) -> None:
        """An operator that passes codes on: QDQ keeps scale and zero point."""
        if self.is_qdq:
            self.finish(self.net.op(kind, self.real(m), *inputs, **attributes), shape, 0, 0, (m.scale, m.zero_point))
        else:
            self.maps.append(dataclasses.replace(m, name=self.net.op(kind, m.name, *inputs, **attributes), shape=tuple(shape)))


def add_binary(graph: Graph) -> None:
    kind = str(graph.random.choice(["Add", "Mul", "Sub"] if graph.is_qdq else ["Add", "Mul"]))
    a = graph.any_map()
    b = graph.any_map(a)
    pixels = [m for m in graph.maps if m.shape == (a.shape[0], 1, 1)]
    if kind == "Mul" and pixels:  # as in squeeze-and-excite
        b = pixels[-1]
    (a_low, a_high), (b_low, b_high) = a.reach(graph.codes), b.reach(graph.codes)
    ends = {"Add": [a_low + b_low, a_high + b_high], "Sub": [a_low - b_high, a_high - b_low], "Mul": [p * q for p in (a_low, a_high) for q in (b_low, b_high)]}[kind]
    graph.kinds.append(kind)
    if graph.is_qdq:
        graph.finish(graph.net.op(kind, graph.real(a), graph.real(b)), a.shape, min(ends), max(ends))
    else:
        graph.qlinear(f"QLinear{kind}", [a, b], a.shape, min(ends), max(ends))


def add_constant(graph: Graph) -> None:
    """A sum with a constant, or a product or a quotient."""
    if not graph.is_qdq:
        return add_binary(graph)
    m = graph.any_map()
    kind = str(graph.random.choice(["Add", "Mul", "Sub", "Div"]))
    factor = float(np.float32(graph.random.uniform(0.3, 3)))
    low, high = m.reach(graph.codes)
    ends = {"Add": [low + factor, high + factor], "Sub": [low - factor, high - factor], "Mul": [low * factor, high * factor], "Div": [low / factor, high / factor]}[kind]
    graph.kinds.append(f"{kind} constant")
    constant = graph.map("", (), factor / 200, graph.codes.middle)  # as the quantiser has it: a code behind DequantizeLinear
    code = graph.net.const(graph.codes.middle + 100, graph.codes.dtype)
    graph.finish(graph.net.op(kind, graph.real(m), graph.real(dataclasses.replace(constant, name=code))), m.shape, *ends)


def add_concat(graph: Graph) -> None:
    a = graph.any_map()
    axis = int(graph.random.integers(1, 4)) if graph.is_qdq else 1
    same = [m for m in graph.maps if all(p == q for i, (p, q) in enumerate(zip(m.shape, a.shape)) if i != axis - 1)]
    parts = [a, *(same[graph.random.integers(len(same))] for _ in range(graph.random.integers(1, 3)))]
    shape = list(a.shape)
    shape[axis - 1] = sum(m.shape[axis - 1] for m in parts)
    if shape[axis - 1] > 24:
        return
    ends = [end for m in parts for end in m.reach(graph.codes)]
    graph.kinds.append("Concat")
    if graph.is_qdq:
        graph.finish(graph.net.op("Concat", *[graph.real(m) for m in parts], axis=axis), shape, min(ends), max(ends))
    else:
        graph.qlinear("QLinearConcat", parts, shape, min(ends), max(ends), variadic=True, axis=axis)


def window(graph: Graph, shape) -> tuple[dict, list[int]] | None:
    """Attributes of a pool and the size of its result."""
    random = graph.random
    kernel, strides = ([int(n) for n in random.integers(1, 4, 2)] for _ in range(2))
    pads = [int(random.integers(0, kernel[i % 2])) for i in range(4)] if random.random() < 0.5 else [0] * 4
    ceil = int(random.random() < 0.3)
    size = []
    for i, length in enumerate(shape[1:]):
        free = length + pads[i] + pads[i + 2] - kernel[i]
        if free < 0:
            return None
        steps = -(-free // strides[i]) if ceil else free // strides[i]
        if steps * strides[i] >= length + pads[i]:  # a window that begins in the padding behind the map is left out
            steps -= 1
        size.append(steps + 1)
    return {"kernel_shape": kernel, "strides": strides, "pads": pads, "ceil_mode": ceil}, size


def add_pool(graph: Graph) -> None:
    m = graph.any_map()
    found = window(graph, m.shape)
    if found is None:
        return
    attributes, size = found
    shape = [m.shape[0], *size]
    if graph.random.random() < 0.4:
        graph.kinds.append("MaxPool")
        return graph.direct("MaxPool", m, shape, **attributes)
    if graph.random.random() < 0.5:
        attributes["count_include_pad"] = 1
    graph.kinds.append("AveragePool")
    if graph.is_qdq:
        graph.finish(graph.net.op("AveragePool", graph.real(m), **attributes), shape, *m.reach(graph.codes))
    else:
        graph.qlinear("QLinearAveragePool", [m], shape, *m.reach(graph.codes), **attributes)


def add_global(graph: Graph) -> None:
    m = graph.any_map()
    shape = (m.shape[0], 1, 1)
    graph.kinds.append("GlobalAveragePool")
    if graph.is_qdq:
        graph.finish(graph.net.op("GlobalAveragePool", graph.real(m)), shape, *m.reach(graph.codes))
    else:
        graph.qlinear("QLinearGlobalAveragePool", [m], shape, *m.reach(graph.codes), channels_last=0)


def add_activation(graph: Graph) -> None:
    m = graph.any_map()
    low, high = m.reach(graph.codes)
    alpha = float(graph.random.uniform(0.01, 0.6))
    known = {"LeakyRelu": ({"alpha": alpha}, alpha * low, high), "Sigmoid": ({}, 0, 1), "Tanh": ({}, -1, 1), "Elu": ({"alpha": alpha}, -alpha, high),
             "HardSigmoid": ({"alpha": alpha, "beta": 0.5}, 0, 1), "HardSwish": ({}, -0.375, high), "Relu": ({}, 0, high), "SiLU": ({}, -0.28, high)}
    kind = str(graph.random.choice(list(known) if graph.is_qdq else ["LeakyRelu", "Sigmoid"]))
    attributes, least, greatest = known[kind]
    graph.kinds.append(kind)
    if not graph.is_qdq:
        return graph.qlinear(f"QLinear{kind}", [m], m.shape, least, greatest, **attributes)
    real = graph.real(m)
    value = graph.net.op("Mul", real, graph.net.op("Sigmoid", real)) if kind == "SiLU" else graph.net.op(kind, real, **attributes)
    return graph.finish(value, m.shape, least, greatest)


def add_rescale(graph: Graph) -> None:
    m = graph.any_map()
    graph.kinds.append("rescale")
    graph.finish(graph.real(m), m.shape, *m.reach(graph.codes))


def add_resize(graph: Graph) -> None:
    m = graph.any_map()
    if max(m.shape[1:]) > 8:
        return
    graph.kinds.append("Resize")
    if graph.random.random() < 0.5:
        attributes = {"mode": "linear", "coordinate_transformation_mode": str(graph.random.choice(["align_corners", "half_pixel"]))}
    else:
        attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    graph.direct("Resize", m, [m.shape[0], 2 * m.shape[1], 2 * m.shape[2]], "", graph.net.const([1, 1, 2, 2]), **attributes)


def add_conv(graph: Graph) -> None:
    """1x1 or 3x3, depthwise or not, with a Relu or without; the map keeps its size."""
    random, m = graph.random, graph.any_map()
    channels_in = m.shape[0]
    kernel, depthwise, relu = int(random.choice([1, 3])), bool(random.random() < 0.3), bool(random.random() < 0.5)
    channels = channels_in if depthwise else int(random.integers(1, 9))
    products = kernel * kernel * (1 if depthwise else channels_in)
    weights = random.integers(-127, 128, [channels, products // kernel**2, kernel, kernel])
    scale = np.float32(2.0**random.uniform(-9, -6, channels if random.random() < 0.5 else []))
    zero = np.zeros(scale.shape, np.int8)
    grid = [graph.net.const(scale), graph.net.const(zero, np.int8)]
    bias_scale = (np.float32(m.scale) * scale).astype(np.float32)
    bias = random.normal(0, 3000 * np.sqrt(products), channels).astype(np.int32)
    spread = 8000 * np.sqrt(products) * float(np.max(bias_scale)) * 2
    constants = [graph.net.const(weights, np.int8), graph.net.const(bias, np.int32)]
    attributes = {"kernel_shape": [kernel] * 2, "pads": [kernel // 2] * 4, "group": channels_in if depthwise else 1}
    shape = (channels, *m.shape[1:])
    low = 0.0 if relu else -spread
    graph.kinds.append("Conv")
    if graph.is_qdq:
        axis = {"axis": 0} if scale.ndim else {}
        real_bias = graph.net.op("DequantizeLinear", constants[1], graph.net.const(bias_scale), graph.net.const(np.zeros(scale.shape), np.int32), **axis)
        value = graph.net.op("Conv", graph.real(m), graph.net.op("DequantizeLinear", constants[0], *grid, **axis), real_bias, **attributes)
        graph.finish(graph.net.op("Relu", value) if relu else value, shape, low, spread)
    else:
        result = graph.map("", shape, *graph.grid_for(low, spread))
        name = graph.net.op("QLinearConv", m.name, *m.grid, constants[0], *grid, *result.grid, constants[1], **attributes)
        graph.maps.append(dataclasses.replace(result, name=name))


STEPS = [add_conv] * 4 + [add_binary] * 4 + [add_constant] * 2 + [add_concat] * 2 + [add_pool] * 4 + [add_global] + [add_activation] * 4 + [add_rescale, add_resize]


def random_graph(random: np.random.Generator, images: int) -> tuple[onnx.ModelProto, np.ndarray, list[str]]:
    """A model, codes for its input, and the operators in it."""
    shape = (int(random.integers(1, 9)), *(int(n) for n in random.integers(1, 9, 2)))
    graph = Graph(random, shape)
    while len(graph.maps) < 6:
        STEPS[random.integers(len(STEPS))](graph)
    codes = graph.codes.random(random, [images, *shape])
    return graph.net.model(*[m.name for m in graph.maps[1:]], types=graph.codes.proto), codes, graph.kinds
