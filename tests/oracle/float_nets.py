# SPDX-License-Identifier: Apache-2.0
"""Small float networks, each about one operator: a convolution, the operator, and a convolution with the identity as its filters, which
passes on every code that the operator gives. So the operator's input and output are quantised, whatever the quantiser makes of the operator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx

from builder import Net

CHANNELS, SIZE = 8, 12  # of the map that the operator gets

Body = Callable[[Net, str], object]  # adds the operator to the net after a tensor; gives the last tensor, or several


def stem(net: Net) -> str:
    return net.conv(net.x, 3, CHANNELS, gain=3)  # so that values reach where activations bend


def probe(net: Net, x: str, channels: int, rank: int) -> str:
    """The identity as a convolution or a fully connected layer."""
    identity = np.eye(channels, dtype=np.float32)
    if rank == 2:
        return net.op("Gemm", x, net.const(identity))
    return net.op("Conv", x, net.const(identity.reshape(channels, channels, *[1] * (rank - 2))))


def shapes_of(model: onnx.ModelProto) -> list[int]:
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    return [d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]


class FloatNet:
    """A network by name. `last`: the operator is the network's last one, without a probe."""

    def __init__(self, body: Body, shape: list[int] | None = None, last: bool = False, starts: bool = False) -> None:
        self.body, self.shape, self.last, self.starts = body, shape or [1, 3, SIZE, SIZE], last, starts

    def build(self, opset: int, batch: int | str = 1) -> onnx.ModelProto:
        """`batch`: the images that the file takes at once, or a name for any number."""
        def grow(with_probe: list[int] | None):
            net = Net([batch, *self.shape[1:]], opset, seed=7)
            result = self.body(net, net.x if self.starts else stem(net))
            outputs = [result] if isinstance(result, str) else list(result)
            if with_probe:
                outputs[0] = probe(net, outputs[0], with_probe[1], len(with_probe))
            return net.model(*outputs)
        model = grow(None)
        return model if self.last else grow(shapes_of(model))


def conv(channels: int = CHANNELS, kernel=3, **more) -> FloatNet:
    return FloatNet(lambda net, x: net.conv(x, CHANNELS, channels, kernel, **more), last=True)


def op(kind: str, **attributes) -> FloatNet:
    return FloatNet(lambda net, x: net.op(kind, x, **attributes))


def with_constant(kind: str, shape: list[int], low: float = 0.5, high: float = 2.0, first: bool = False) -> FloatNet:
    def body(net: Net, x: str) -> str:
        constant = net.const(net.random.uniform(low, high, shape))
        return net.op(kind, constant, x) if first else net.op(kind, x, constant)
    return FloatNet(body)


def two_maps(kind: str, gain: float = 2.0, relu: bool = False) -> FloatNet:
    def body(net: Net, x: str) -> str:
        y = net.op(kind, x, net.conv(x, CHANNELS, CHANNELS, gain=gain))
        return net.op("Relu", y) if relu else y
    return FloatNet(body)


def clip(net: Net, x: str, low: float, high: float) -> str:
    return net.op("Clip", x, net.const(low), net.const(high))


def hard_swish(net: Net, x: str) -> str:
    """As PyTorch's exporter writes it before opset 14."""
    y = clip(net, net.op("Add", x, net.const(3.0)), 0, 6)
    return net.op("Div", net.op("Mul", x, y), net.const(6.0))


def gelu(net: Net, x: str) -> str:
    y = net.op("Erf", net.op("Div", x, net.const(np.sqrt(2))))
    return net.op("Mul", net.op("Mul", x, net.op("Add", y, net.const(1.0))), net.const(0.5))


def batch_norm(net: Net, x: str) -> str:
    """After a sum, where no convolution takes it in."""
    x = net.op("Add", x, net.conv(x, CHANNELS, CHANNELS))
    scale, bias, mean, variance = (net.const(net.random.uniform(low, 1.5, CHANNELS)) for low in (0.5, -1, -0.5, 0.3))
    return net.op("BatchNormalization", x, scale, bias, mean, variance)


def flatten_gemm(net: Net, x: str, reshape: bool = False, **more) -> str:
    x = net.op("MaxPool", x, kernel_shape=[4, 4], strides=[4, 4])
    x = net.reshape(x, [0, -1]) if reshape else net.op("Flatten", x)
    return net.gemm(x, CHANNELS * (SIZE // 4)**2, 10, **more)


def matmul(net: Net, x: str, add: bool) -> str:
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    x = net.op("MatMul", x, net.normal([CHANNELS, 10], 0.4))
    return net.op("Add", x, net.normal([10], 0.3)) if add else x


def transpose_gemm(net: Net, x: str) -> str:
    """The map in the order HWC, flattened: TensorFlow's order."""
    x = net.op("Transpose", net.op("MaxPool", x, kernel_shape=[4, 4], strides=[4, 4]), perm=[0, 2, 3, 1])
    return net.gemm(net.op("Flatten", x), CHANNELS * (SIZE // 4)**2, 10)


def squeeze_gemm(net: Net, x: str) -> str:
    return net.gemm(net.with_axes("Squeeze", 13, net.op("GlobalAveragePool", x), [2, 3]), CHANNELS, 10)


def unsqueeze_conv(net: Net, x: str) -> str:
    x = net.with_axes("Squeeze", 13, net.op("GlobalMaxPool", x), [2, 3])
    return net.conv(net.with_axes("Unsqueeze", 13, x, [2, 3]), CHANNELS, CHANNELS, 1)


def squeeze_excite(net: Net, x: str, hard: bool = False) -> str:
    y = net.op("Relu", net.conv(net.op("GlobalAveragePool", x), CHANNELS, 4, 1))
    y = net.conv(y, 4, CHANNELS, 1, gain=3)
    y = net.op("HardSigmoid", y, alpha=1 / 6, beta=0.5) if hard else net.op("Sigmoid", y)
    return net.op("Mul", x, y)


def channel_shuffle(net: Net, x: str) -> str:
    x = net.op("Transpose", net.reshape(x, [0, 2, CHANNELS // 2, SIZE, SIZE]), perm=[0, 2, 1, 3, 4])
    return net.reshape(x, [0, CHANNELS, SIZE, SIZE])


def reduce_mean(net: Net, x: str, keep: bool, kind: str = "ReduceMean") -> str:
    return net.with_axes(kind, 18, x, [2, 3], keepdims=int(keep))


def concat(net: Net, x: str, axis: int, gains=(1.0, 1.0)) -> str:
    return net.op("Concat", *[net.conv(x, CHANNELS, CHANNELS, 1, gain=gain) for gain in gains], axis=axis)


def split(net: Net, x: str) -> str:
    a, b = net.split(x, [3, 5])
    return net.op("Add", net.conv(a, 3, 4), net.conv(b, 5, 4))


def pad(net: Net, x: str, mode: str, value: float | None = None) -> str:
    inputs = [net.const([0, 0, 1, 2, 0, 0, 2, 1], np.int64)] + ([net.const(value)] if value is not None else [])
    return net.op("Pad", x, *inputs, mode=mode)


def with_weights_1d(stride: int) -> FloatNet:
    return FloatNet(lambda net, x: net.op("Relu", net.conv(x, 3, CHANNELS, [5], strides=[stride])), shape=[1, 3, 40], starts=True)


def two_heads(net: Net, x: str) -> list[str]:
    return [net.conv(x, CHANNELS, 4, 1), net.op("Sigmoid", net.conv(x, CHANNELS, 6, 3))]


POOL2 = {"kernel_shape": [2, 2], "strides": [2, 2]}
POOL3 = {"kernel_shape": [3, 3], "strides": [2, 2]}

NETS: dict[str, FloatNet] = {
    # convolutions
    "conv_3x3": conv(), "conv_1x1": conv(12, 1), "conv_5x5_stride2": conv(6, 5, strides=[2, 2]),
    "conv_7x7_stride2": conv(12, 7, strides=[2, 2]), "conv_1x1_stride2": conv(kernel=1, strides=[2, 2]),
    "conv_dilated": conv(dilations=[2, 2], pads=[2] * 4), "conv_grouped": conv(12, group=4), "conv_depthwise": conv(group=CHANNELS),
    "conv_depthwise_stride2": conv(group=CHANNELS, strides=[2, 2]), "conv_depthwise_times2": conv(2 * CHANNELS, group=CHANNELS),
    "conv_uneven_pads": conv(pads=[0, 1, 2, 0]), "conv_same_upper": conv(strides=[2, 2], auto_pad="SAME_UPPER"),
    "conv_same_lower": conv(kernel=2, auto_pad="SAME_LOWER"), "conv_remainder": conv(strides=[4, 4], pads=[0] * 4),
    "conv_no_bias": conv(bias=False), "conv_1x3": conv(kernel=(1, 3)), "conv_stride_2x1": conv(strides=[2, 1]),
    "conv_whole_map": conv(10, SIZE, pads=[0] * 4), "conv_first": FloatNet(lambda net, x: net.conv(x, 3, 4, 5), last=True, starts=True),
    "conv1d": with_weights_1d(1), "conv1d_stride2": with_weights_1d(2),
    "conv_relu": FloatNet(lambda net, x: net.op("Relu", net.conv(x, CHANNELS, 6)), last=True),
    "conv_relu6": FloatNet(lambda net, x: clip(net, net.conv(x, CHANNELS, 6, gain=9), 0, 6), last=True),
    "conv_clip": FloatNet(lambda net, x: clip(net, net.conv(x, CHANNELS, 6), -0.5, 0.8), last=True),
    "conv_batchnorm": FloatNet(lambda net, x: net.op("BatchNormalization", net.conv(x, CHANNELS, 4), *[net.const([0.5, 1, 1.5, 2])] * 4), last=True),
    "convtranspose_2x2": conv(6, 2, transposed=True, strides=[2, 2]), "convtranspose_4x4": conv(6, 4, transposed=True, strides=[2, 2], pads=[1] * 4),
    "convtranspose_3x3": conv(6, 3, transposed=True, strides=[2, 2], pads=[1] * 4, output_padding=[1, 1]),
    "convtranspose_depthwise": conv(CHANNELS, 2, transposed=True, strides=[2, 2], group=CHANNELS),
    # fully connected
    "gemm": FloatNet(flatten_gemm, last=True), "gemm_not_transposed": FloatNet(lambda n, x: flatten_gemm(n, x, transpose=False), last=True),
    "gemm_no_bias": FloatNet(lambda n, x: flatten_gemm(n, x, bias=False), last=True),
    "gemm_relu": FloatNet(lambda n, x: n.op("Relu", flatten_gemm(n, x)), last=True),
    "reshape_gemm": FloatNet(lambda n, x: flatten_gemm(n, x, reshape=True), last=True), "squeeze_gemm": FloatNet(squeeze_gemm, last=True),
    "matmul": FloatNet(lambda n, x: matmul(n, x, False), last=True), "matmul_add": FloatNet(lambda n, x: matmul(n, x, True), last=True),
    "gemm_softmax": FloatNet(lambda n, x: n.op("Softmax", flatten_gemm(n, x), axis=1), last=True),
    "gemm_alone": FloatNet(lambda n, x: n.gemm(x, 24, 10), shape=[1, 24], starts=True, last=True), "transpose_gemm": FloatNet(transpose_gemm, last=True),
    # sums and products
    "add": two_maps("Add"), "add_relu": two_maps("Add", relu=True), "sub": two_maps("Sub"), "mul": two_maps("Mul"), "add_twice": FloatNet(lambda n, x: n.op("Add", x, x)),
    "sum": FloatNet(lambda n, x: n.op("Sum", x, n.conv(x, CHANNELS, CHANNELS), n.conv(x, CHANNELS, CHANNELS, 1))),
    "square": FloatNet(lambda n, x: n.op("Mul", x, x)),
    "add_scalar": with_constant("Add", []), "add_channels": with_constant("Add", [1, CHANNELS, 1, 1]), "sub_scalar": with_constant("Sub", []),
    "sub_from_scalar": with_constant("Sub", [], first=True), "mul_scalar": with_constant("Mul", []), "mul_channels": with_constant("Mul", [1, CHANNELS, 1, 1]),
    "div_scalar": with_constant("Div", []), "div_channels": with_constant("Div", [CHANNELS, 1, 1]),
    "squeeze_excite": FloatNet(squeeze_excite), "squeeze_excite_hard": FloatNet(lambda n, x: squeeze_excite(n, x, hard=True)), "batchnorm": FloatNet(batch_norm),
    # pools
    "maxpool": op("MaxPool", **POOL2), "maxpool_padded": op("MaxPool", **POOL3, pads=[1] * 4), "maxpool_ceil": op("MaxPool", **POOL3, ceil_mode=1),
    "maxpool_stride1": op("MaxPool", kernel_shape=[3, 3], pads=[1] * 4), "maxpool_1x2": op("MaxPool", kernel_shape=[1, 2], strides=[1, 2]),
    "maxpool_remainder": op("MaxPool", kernel_shape=[5, 5], strides=[5, 5]), "averagepool": op("AveragePool", **POOL2),
    "averagepool_padded": op("AveragePool", **POOL3, pads=[1] * 4), "averagepool_count_pad": op("AveragePool", **POOL3, pads=[1] * 4, count_include_pad=1),
    "averagepool_ceil": op("AveragePool", **POOL3, ceil_mode=1), "averagepool_7x7": op("AveragePool", kernel_shape=[7, 7], strides=[5, 5]),
    "averagepool_3x3": op("AveragePool", kernel_shape=[3, 3], strides=[3, 3]), "averagepool_last": FloatNet(lambda n, x: n.op("AveragePool", x, **POOL2), last=True),
    "globalaveragepool": op("GlobalAveragePool"), "globalmaxpool": op("GlobalMaxPool"),
    "reducemean": FloatNet(lambda n, x: reduce_mean(n, x, True)), "reducemean_flat": FloatNet(lambda n, x: reduce_mean(n, x, False)),
    "reducemax": FloatNet(lambda n, x: reduce_mean(n, x, True, "ReduceMax")),
    # activations
    "relu": FloatNet(lambda n, x: n.op("Relu", n.op("MaxPool", x, **POOL2))), "clip": FloatNet(lambda n, x: clip(n, n.op("MaxPool", x, **POOL2), -0.3, 0.7)),
    "leakyrelu": op("LeakyRelu", alpha=0.1), "prelu_channels": FloatNet(lambda n, x: n.op("PRelu", x, n.const(np.linspace(0.05, 0.5, CHANNELS).reshape(-1, 1, 1)))),
    "prelu_one": FloatNet(lambda n, x: n.op("PRelu", x, n.const([0.25]))), "elu": op("Elu", alpha=0.7), "selu": op("Selu"), "sigmoid": op("Sigmoid"),
    "sigmoid_last": FloatNet(lambda n, x: n.op("Sigmoid", x), last=True), "hardsigmoid": op("HardSigmoid", alpha=0.2, beta=0.5),
    "hardswish": FloatNet(lambda n, x: n.op("HardSwish", x) if n.opset >= 14 else hard_swish(n, x)), "hardswish_as_nodes": FloatNet(hard_swish),
    "silu": FloatNet(lambda n, x: n.op("Mul", x, n.op("Sigmoid", x))), "tanh": op("Tanh"), "softplus": op("Softplus"), "gelu_as_nodes": FloatNet(gelu), "abs": op("Abs"),
    "softmax_inside": FloatNet(lambda n, x: n.op("Softmax", n.op("Flatten", n.op("GlobalAveragePool", x)), axis=1)),
    # layout
    "concat_channels": FloatNet(lambda n, x: concat(n, x, 1)), "concat_other_scales": FloatNet(lambda n, x: concat(n, x, 1, (0.5, 1.0, 3.0))),
    "concat_rows": FloatNet(lambda n, x: concat(n, x, 2)), "concat_columns": FloatNet(lambda n, x: concat(n, x, 3, (1.0, 2.0))), "split": FloatNet(split),
    "slice_channels": FloatNet(lambda n, x: n.slice(x, [2], [6], [1])), "slice_map": FloatNet(lambda n, x: n.slice(x, [1, 2], [9, -1], [2, 3])),
    "slice_steps": FloatNet(lambda n, x: n.slice(x, [0, 1], [99, 99], [2, 3], [2, 2])), "pad_zero": FloatNet(lambda n, x: pad(n, x, "constant")),
    "pad_value": FloatNet(lambda n, x: pad(n, x, "constant", 0.5)), "pad_reflect": FloatNet(lambda n, x: pad(n, x, "reflect")), "pad_edge": FloatNet(lambda n, x: pad(n, x, "edge")),
    "resize_nearest": FloatNet(lambda n, x: n.resize(x, 2, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")),
    "resize_nearest_3": FloatNet(lambda n, x: n.resize(x, 3, mode="nearest")), "resize_linear": FloatNet(lambda n, x: n.resize(x, 2, mode="linear")),
    "resize_linear_corners": FloatNet(lambda n, x: n.resize(x, 2, mode="linear", coordinate_transformation_mode="align_corners")),
    "depthtospace": op("DepthToSpace", blocksize=2), "depthtospace_crd": op("DepthToSpace", blocksize=2, mode="CRD"), "spacetodepth": op("SpaceToDepth", blocksize=2),
    "channel_shuffle": FloatNet(channel_shuffle), "transpose": FloatNet(lambda n, x: n.op("Transpose", x, perm=[0, 1, 3, 2])), "unsqueeze_conv": FloatNet(unsqueeze_conv),
    "dropout": op("Dropout"), "identity": op("Identity"), "two_heads": FloatNet(two_heads, last=True),
}
