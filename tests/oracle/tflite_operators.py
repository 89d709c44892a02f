# SPDX-License-Identifier: Apache-2.0
"""Random operators of TensorFlow Lite, each put behind a tensor of a net. Scales are such that codes use their whole range and some saturate."""

from __future__ import annotations

import numpy as np
import tflite_builder as tfl
from tflite_builder import Net, Scale

ACTIVATIONS = [0, 0, 0, 1, 2, 3]  # NONE, RELU, RELU_N1_TO_1, RELU6
SMALLEST = 1e-6  # scales below it overflow in some kernels: those operators are not put there
SAME, VALID = 0, 1
MOST = 6000  # elements of a tensor: graphs stay small


class Random:
    """What the operators below draw."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def int(self, low: int, high: int) -> int:
        return int(self.generator.integers(low, high + 1))

    def pick(self, values: list) -> object:
        return values[self.int(0, len(values) - 1)]

    def codes(self, *shape: int) -> np.ndarray:
        return self.generator.integers(-127, 128, shape).astype(np.int8)

    def real(self, low: float, high: float) -> float:
        """Evenly in the logarithm, as float32."""
        return float(np.float32(np.exp(self.generator.uniform(np.log(low), np.log(high)))))

    def activation(self, out: Scale) -> int:
        return self.pick(ACTIVATIONS) if out.scale > SMALLEST else 0

    def zero(self) -> int:
        return self.pick([-128, 127, 0, self.int(-128, 127), self.int(-40, 40)])

    def scale(self, about: float = 0.05) -> Scale:
        return Scale(self.real(about / 3, about * 3), self.zero())


def padded_size(size: int, filter_size: int, stride: int, dilation: int, padding: int) -> int:
    span = dilation * (filter_size - 1) + 1
    return (size + stride - 1) // stride if padding == SAME else (size - span) // stride + 1


def filters(net: Net, r: Random, shape: tuple[int, ...], axis: int, x: int, taps: int, usual: bool = False) -> tuple[list[int], Scale]:
    """Filters and bias, and a scale for the output. `usual`: without what is rare in real models."""
    channels, s = shape[axis], net.scale(x).scale
    count = r.pick([1, channels])
    scales = np.array([r.real(0.002, 0.02) for _ in range(count)], np.float32)
    if not usual and r.int(0, 3) == 0:
        scales[r.generator.random(count) < 0.3] *= np.float32(r.real(1e-7, 1e-2))  # shifts far to the right, and beyond
    inputs = [net.filters(r.codes(*shape), scales, axis)]
    accumulator = 74 * 74 * np.sqrt(taps)
    if r.int(0, 4) > 0:
        bias = np.clip(r.generator.normal(0, accumulator, channels), -2**30, 2**30)
        if not usual and r.int(0, 29) == 0:
            bias[:] = r.pick([2**30, -(2**30)])
        inputs.append(net.bias(bias, scales * np.float32(s)))
    return inputs, r.scale(s * float(scales.max()) * accumulator / 50)


def conv(net: Net, r: Random, x: int, depthwise: bool) -> int | None:
    _, h, w, c = net.shape(x)
    kh, kw, stride_h, stride_w, padding = r.int(1, 5), r.int(1, 5), r.int(1, 3), r.int(1, 3), r.pick([SAME, VALID])
    dilation_h = dilation_w = 1
    if r.int(0, 3) == 0:
        stride_h = stride_w = 1
        dilation_h, dilation_w = r.int(1, 3), r.int(1, 3)
    if padding == VALID and (dilation_h * (kh - 1) + 1 > h or dilation_w * (kw - 1) + 1 > w):
        return None
    common = {"padding": padding, "strideH": stride_h, "strideW": stride_w, "dilationHFactor": dilation_h, "dilationWFactor": dilation_w}
    if depthwise:
        multiplier = r.pick([1, 1, 2, 3])
        channels = c * multiplier
        inputs, scale = filters(net, r, (1, kh, kw, channels), 3, x, kh * kw)
        options = tfl.options("DepthwiseConv2D", depthMultiplier=multiplier, fusedActivationFunction=r.activation(scale), **common)
    else:
        groups = r.pick([1, 1, 1] + [g for g in (2, 3, 4) if c % g == 0])
        channels = groups * r.int(1, 12 // groups)
        inputs, scale = filters(net, r, (channels, kh, kw, c // groups), 0, x, kh * kw * c // groups)
        options = tfl.options("Conv2D", fusedActivationFunction=r.activation(scale), **common)
    shape = [1, padded_size(h, kh, stride_h, dilation_h, padding), padded_size(w, kw, stride_w, dilation_w, padding), channels]
    return net.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [x, *inputs], shape, scale, options)


def fully_connected(net: Net, r: Random, x: int) -> int:
    shape = net.shape(x)
    size, channels = int(np.prod(shape)), r.int(1, 20)
    if size > 800 or r.int(0, 2) == 0:  # each pixel
        out, depth = [*shape[:-1], channels], shape[-1]
    else:
        depth, out = size, [1, channels]
        if r.int(0, 1):
            x = net.op("RESHAPE", [x, net.ints([1, size])], [1, size], net.scale(x), tfl.options("Reshape", newShape=[1, size]))
    inputs, scale = filters(net, r, (channels, depth), 0, x, depth)
    return net.op("FULLY_CONNECTED", [x, *inputs], out, scale,
                  tfl.options("FullyConnected", fusedActivationFunction=r.activation(scale), keepNumDims=len(out) > 2))


def transpose_conv(net: Net, r: Random, x: int) -> int | None:
    _, h, w, c = net.shape(x)
    stride, kh, kw, padding, channels = r.int(1, 3), r.int(1, 5), r.int(1, 5), r.pick([SAME, VALID]), r.int(1, 6)
    if padding == VALID and (kh < stride or kw < stride):
        return None
    out = [h * stride, w * stride] if padding == SAME else [(h - 1) * stride + kh, (w - 1) * stride + kw]
    if out[0] * out[1] * channels > MOST:
        return None
    inputs, scale = filters(net, r, (channels, kh, kw, c), 0, x, max(1, kh * kw * c // stride**2))
    shape = [1, *out, channels]
    return net.op("TRANSPOSE_CONV", [net.ints(shape), inputs[0], x, *inputs[1:]], shape, scale,
                  tfl.options("TransposeConv", padding=padding, strideH=stride, strideW=stride))


def pool(net: Net, r: Random, x: int, kind: str) -> int | None:
    _, h, w, c = net.shape(x)
    kh, kw, stride_h, stride_w, padding = r.int(1, 5), r.int(1, 5), r.int(1, 3), r.int(1, 3), r.pick([SAME, VALID])
    if r.int(0, 5) == 0:
        kh, kw, padding = h, w, VALID
    if padding == VALID and (kh > h or kw > w):
        return None
    shape = [1, padded_size(h, kh, stride_h, 1, padding), padded_size(w, kw, stride_w, 1, padding), c]
    return net.op(kind, [x], shape, net.scale(x), tfl.options(
        "Pool2D", padding=padding, strideH=stride_h, strideW=stride_w, filterHeight=kh, filterWidth=kw,
        fusedActivationFunction=r.activation(net.scale(x))))


def reduce(net: Net, r: Random, x: int, kind: str) -> int:
    shape = net.shape(x)
    axes = r.pick([[1, 2], [1, 2], [2, 1], [1], [2], [-1]] if kind != "REDUCE_MAX" else [[1, 2], [1], [2]])
    keep = bool(r.int(0, 1))
    removed = {axis % 4 for axis in axes}
    out = [1 if i in removed else size for i, size in enumerate(shape) if keep or i not in removed]
    s = net.scale(x)
    count = int(np.prod([shape[i] for i in removed])) if kind == "SUM" else 1
    scale = s if kind == "REDUCE_MAX" or r.int(0, 4) == 0 else r.scale(s.scale * (np.sqrt(count) if count > 1 else 0.5))
    return net.op(kind, [x, net.ints(axes)], out, scale, tfl.options("Reducer", keepDims=keep))


def binary(net: Net, r: Random, x: int, y: int | None, kind: str) -> int | None:
    """With another map, a pixel, a constant for each channel, or one number."""
    shape, a = net.shape(x), net.scale(x)
    second = r.pick(["map", "map", "pixel", "channel", "number", "column"])
    if second == "map":
        if y is None or net.shape(y) != shape:
            return None
    elif second == "pixel":
        y = net.op("MEAN", [x, net.ints([1, 2])], [1, 1, 1, shape[3]], r.scale(a.scale), tfl.options("Reducer", keepDims=True))
    elif second == "column":
        y = net.op("REDUCE_MAX", [x, net.ints([2])], [1, shape[1], 1, shape[3]], a, tfl.options("Reducer", keepDims=True))
    else:
        dims = r.pick([[], [1], [1, 1, 1, 1]]) if second == "number" else r.pick([[shape[3]], [1, 1, 1, shape[3]]])
        zero = 0 if r.int(0, 1) else r.zero()
        y = net.constant(r.codes(*dims) if dims else np.array(r.int(-128, 127), np.int8), None)
        tensor = net.graph.tensors[y]
        tensor.quantization = tfl.schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [np.float32(r.real(a.scale / 3, a.scale * 3))], [zero]
    b = net.scale(y)
    if kind in ("MAXIMUM", "MINIMUM"):
        if b != a:
            return None
        return net.op(kind, [x, y], shape, a, tfl.options("MaximumMinimum"))
    about = a.scale * b.scale * 74 if kind == "MUL" else max(a.scale, b.scale)
    inputs = [x, y] if r.int(0, 2) else [y, x]
    scale = r.scale(about)
    return net.op(kind, inputs, shape, scale, tfl.options(kind.title(), fusedActivationFunction=r.activation(scale)))


def prelu(net: Net, r: Random, x: int) -> int:
    c, a = net.shape(x)[3], net.scale(x)
    alpha = net.constant(np.broadcast_to(r.codes(1, 1, 1), (1, 1, c)).copy() if r.int(0, 3) == 0 else r.codes(1, 1, c), r.scale(0.005))
    return net.op("PRELU", [x, alpha], net.shape(x), r.scale(a.scale))


def unary(net: Net, r: Random, x: int, kind: str) -> int | None:
    shape, a = net.shape(x), net.scale(x)
    if kind in ("LOGISTIC", "TANH", "SOFTMAX", "RELU6") and a.scale < SMALLEST:
        return None
    if kind == "LOGISTIC":
        return net.op(kind, [x], shape, Scale(1 / 256, -128))
    if kind == "TANH":
        return net.op(kind, [x], shape, Scale(1 / 128, 0))
    if kind == "SOFTMAX":
        return net.op(kind, [x], shape, Scale(1 / 256, -128), tfl.options("Softmax", beta=r.pick([1.0, 1.0, r.real(0.3, 3)])))
    if kind == "LEAKY_RELU":
        return net.op(kind, [x], shape, r.scale(a.scale), tfl.options("LeakyRelu", alpha=r.pick([0.1, 0.3, r.real(0.01, 2), -r.real(0.01, 1)])))
    if kind == "RELU6":
        return net.op(kind, [x], shape, a)
    if kind == "QUANTIZE":
        return net.op(kind, [x], shape, r.scale(a.scale), tfl.options("Quantize"))
    return net.op(kind, [x], shape, r.scale(a.scale))


def concatenation(net: Net, r: Random, x: int, others: list[int]) -> int:
    axis = r.pick([3, 3, 1, 2, -1])
    shape = net.shape(x)

    def fits(y: int) -> bool:
        other = net.shape(y)
        return net.scale(y) == net.scale(x) and len(other) == 4 and all(i == axis % 4 or other[i] == shape[i] for i in range(4))

    inputs = [x] + [y for y in others if fits(y)][: r.int(1, 3)]
    inputs = inputs if len(inputs) > 1 else [x, x]
    shape[axis % 4] = sum(net.shape(y)[axis % 4] for y in inputs)
    return net.op("CONCATENATION", inputs, shape, net.scale(x), tfl.options("Concatenation", axis=axis))


def pad(net: Net, r: Random, x: int, kind: str) -> int | None:
    shape, scale = net.shape(x), net.scale(x)
    channels = kind != "MIRROR_PAD" and r.int(0, 3) == 0
    mode = r.pick([0, 1])
    most = [min(size - (1 if mode == 0 else 0), 3) if kind == "MIRROR_PAD" else 3 for size in shape]
    pads = [[0, 0], *([[0, 0], [0, 0], [r.int(0, 3), r.int(0, 3)]] if channels else [[r.int(0, m), r.int(0, m)] for m in most[1:3]] + [[0, 0]])]
    out = [size + before + after for size, (before, after) in zip(shape, pads)]
    inputs, options = [x, net.ints(pads)], tfl.options("Pad")
    if kind == "PADV2":
        inputs.append(net.constant(r.codes(1), scale))
        options = tfl.options("PadV2")
    if kind == "MIRROR_PAD":
        options = tfl.options("MirrorPad", mode=mode)
    return net.op(kind, inputs, out, scale, options)


def part(net: Net, r: Random, x: int, kind: str) -> int | None:
    shape, scale = net.shape(x), net.scale(x)
    if kind == "SPLIT":
        axis = r.pick([1, 2, 3])
        counts = [n for n in (2, 3, 4) if shape[axis] % n == 0]
        if not counts:
            return None
        count = r.pick(counts)
        out = [size // count if i == axis else size for i, size in enumerate(shape)]
        outputs = [net.tensor(out, np.int8, scale) for _ in range(count)]
        net.add(kind, [net.ints([axis]), x], outputs, tfl.options("Split", numSplits=count))
        return outputs[-1]
    if kind == "SPLIT_V":
        axis = r.pick([i for i in (1, 2, 3) if shape[i] > 1] or [0])
        if axis == 0:
            return None
        first = r.int(1, shape[axis] - 1)
        sizes = [first, shape[axis] - first]
        outputs = [net.tensor([size if i == axis else n for i, n in enumerate(shape)], np.int8, scale) for size in sizes]
        given = sizes if r.int(0, 1) else [first, -1]
        net.add(kind, [x, net.ints(given), net.ints([axis])], outputs, tfl.options("SplitV", numSplits=2))
        return outputs[-1]
    begin = [0] + [r.int(0, size - 1) for size in shape[1:]]
    if kind == "SLICE":
        size = [1] + [r.int(1, n - b) for n, b in zip(shape[1:], begin[1:])]
        out = size
        given = [-1 if b + s == n and r.int(0, 1) else s for s, b, n in zip(size, begin, shape)]
        return net.op(kind, [x, net.ints(begin), net.ints(given)], out, scale)
    end = [1] + [r.int(b + 1, n) for n, b in zip(shape[1:], begin[1:])]
    step = [1] + [r.int(1, 3) for _ in range(3)]
    begin_mask, end_mask = r.int(0, 15) | 1, r.int(0, 15) | 1
    first = [0 if begin_mask >> i & 1 else begin[i] for i in range(4)]
    last = [shape[i] if end_mask >> i & 1 else end[i] for i in range(4)]
    out = [(last[i] - first[i] + step[i] - 1) // step[i] for i in range(4)]
    return net.op("STRIDED_SLICE", [x, net.ints(begin), net.ints(end), net.ints(step)], out, scale,
                  tfl.options("StridedSlice", beginMask=begin_mask, endMask=end_mask))


def transpose(net: Net, r: Random, x: int) -> int:
    shape, scale = net.shape(x), net.scale(x)
    groups = [g for g in (2, 3, 4) if shape[3] % g == 0 and shape[3] > g]
    if groups and r.int(0, 1):  # a shuffle of channels
        g = r.pick(groups)
        split, swapped = [1, shape[1], shape[2], g, shape[3] // g], [1, shape[1], shape[2], shape[3] // g, g]
        y = net.op("RESHAPE", [x, net.ints(split)], split, scale, tfl.options("Reshape", newShape=split))
        y = net.op("TRANSPOSE", [y, net.ints([0, 1, 2, 4, 3])], swapped, scale)
        return net.op("RESHAPE", [y, net.ints(shape)], shape, scale, tfl.options("Reshape", newShape=shape))
    order = [0, *(1 + r.generator.permutation(3))]
    return net.op("TRANSPOSE", [x, net.ints(order)], [shape[i] for i in order], scale)


def resize(net: Net, r: Random, x: int, kind: str) -> int | None:
    _, h, w, c = net.shape(x)
    factor = r.int(1, 3)
    out = [h * factor, w * factor] if r.int(0, 1) else [r.int(1, 12), r.int(1, 12)]
    if out[0] * out[1] * c > MOST:
        return None
    corners = bool(r.int(0, 1))
    half = bool(r.int(0, 1)) and not corners
    name = "ResizeBilinear" if kind == "RESIZE_BILINEAR" else "ResizeNearestNeighbor"
    return net.op(kind, [x, net.ints(out)], [1, *out, c], net.scale(x), tfl.options(name, alignCorners=corners, halfPixelCenters=half))


def blocks(net: Net, r: Random, x: int, kind: str) -> int | None:
    _, h, w, c = net.shape(x)
    block = r.int(2, 3)
    if kind == "SPACE_TO_DEPTH":
        if h % block or w % block:
            return None
        return net.op(kind, [x], [1, h // block, w // block, c * block**2], net.scale(x), tfl.options("SpaceToDepth", blockSize=block))
    if c % block**2:
        return None
    return net.op(kind, [x], [1, h * block, w * block, c // block**2], net.scale(x), tfl.options("DepthToSpace", blockSize=block))


def reshape(net: Net, r: Random, x: int) -> int:
    shape = net.shape(x)
    out = r.pick([[1, shape[2], shape[1], shape[3]], [1, 1, 1, int(np.prod(shape))], [1, shape[1] * shape[2], 1, shape[3]]])
    return net.op("RESHAPE", [x, net.ints(out)], out, net.scale(x), tfl.options("Reshape", newShape=out))


def squeeze(net: Net, r: Random, x: int) -> int:
    """The mean along an axis without it, and with it again."""
    shape, axis = net.shape(x), r.pick([1, 2])
    y = net.op("MEAN", [x, net.ints([axis])], [1 if i == axis else n for i, n in enumerate(shape)], net.scale(x), tfl.options("Reducer", keepDims=True))
    without = [n for i, n in enumerate(shape) if i != axis]
    y = net.op("SQUEEZE", [y], without, net.scale(y), tfl.options("Squeeze", squeezeDims=[axis]))
    again = r.pick([1, 2])
    return net.op("EXPAND_DIMS", [y, net.ints([again])], [*without[:again], 1, *without[again:]], net.scale(y), tfl.options("ExpandDims"))


def _binary(kind: str):
    return lambda net, r, x, others: binary(net, r, x, r.pick(others) if others else None, kind)


def _of(function, *arguments):
    return lambda net, r, x, others: function(net, r, x, *arguments)


OPERATORS = {
    "CONV_2D": _of(conv, False),
    "DEPTHWISE_CONV_2D": _of(conv, True),
    "FULLY_CONNECTED": _of(fully_connected),
    "TRANSPOSE_CONV": _of(transpose_conv),
    "PRELU": _of(prelu),
    "TRANSPOSE": _of(transpose),
    "RESHAPE": _of(reshape),
    "SQUEEZE": _of(squeeze),
    "CONCATENATION": concatenation,
    **{kind: _of(pool, kind) for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D")},
    **{kind: _of(reduce, kind) for kind in ("MEAN", "SUM", "REDUCE_MAX")},
    **{kind: _binary(kind) for kind in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")},
    **{kind: _of(unary, kind) for kind in ("LOGISTIC", "TANH", "SOFTMAX", "HARD_SWISH", "LEAKY_RELU", "RELU", "RELU6", "QUANTIZE")},
    **{kind: _of(pad, kind) for kind in ("PAD", "PADV2", "MIRROR_PAD")},
    **{kind: _of(part, kind) for kind in ("SPLIT", "SPLIT_V", "SLICE", "STRIDED_SLICE")},
    **{kind: _of(resize, kind) for kind in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")},
    **{kind: _of(blocks, kind) for kind in ("SPACE_TO_DEPTH", "DEPTH_TO_SPACE")},
}
