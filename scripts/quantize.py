"""Post-training int8 quantisation, integer reference and ONNX QDQ export.

The scheme is that of TensorFlow Lite and ONNX Runtime: weights symmetric per
output channel, activations asymmetric per tensor, biases int32 with the scale
``s_in * s_w[k]``.  ReLU is folded into the clamp of the layer it follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

QMIN, QMAX = -128, 127


@dataclass(frozen=True)
class Tensor:
    """Quantisation of one activation tensor: real = scale * (q - zero_point)."""

    scale: np.float32
    zero_point: int

    def quantise(self, real: np.ndarray) -> np.ndarray:
        q = np.rint(real / self.scale) + self.zero_point
        return np.clip(q, QMIN, QMAX).astype(np.int8)

    def dequantise(self, q: np.ndarray) -> np.ndarray:
        return self.scale * (q.astype(np.float32) - self.zero_point)


@dataclass(frozen=True)
class Layer:
    """A quantised convolution (FxF, pad F/2, ReLU) or fully connected layer."""

    name: str
    weight: np.ndarray  # int8, [K, C, F, F] or [K, C]
    weight_scale: np.ndarray  # float32, [K]
    bias: np.ndarray  # int32, [K]
    source: Tensor
    result: Tensor
    pool: bool  # a 2x2 max pooling follows

    @property
    def is_conv(self) -> bool:
        return self.weight.ndim == 4


# The network input: pixel / 255, so that the int8 value is exactly pixel - 128.
INPUT = Tensor(np.float32(1.0 / 255.0), -128)


def calibrate(values: np.ndarray) -> Tensor:
    """Choose the clipping range of a tensor that minimises the squared error."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    best, best_error = None, np.inf
    for shrink in np.linspace(1.0, 0.3, 36):
        scale = np.float32((high - low) * shrink / (QMAX - QMIN))
        tensor = Tensor(scale, int(np.rint(QMIN - low * shrink / scale)))
        error = np.square(values - tensor.dequantise(tensor.quantise(values))).mean()
        if error < best_error:
            best, best_error = tensor, error
    return best


def quantise_layer(name: str, weight: np.ndarray, bias: np.ndarray, source: Tensor,
                   result: Tensor, pool: bool) -> Layer:
    """Quantise the float weights and biases of one layer."""
    axes = tuple(range(1, weight.ndim))
    scale = (np.abs(weight).max(axis=axes) / 127.0).astype(np.float32)
    q_weight = np.rint(weight / scale.reshape(-1, *(1 for _ in axes)))
    q_bias = np.rint(bias.astype(np.float64) / bias_scale(source, scale))
    return Layer(name, np.clip(q_weight, -127, 127).astype(np.int8), scale,
                 q_bias.astype(np.int32), source, result, pool)


def bias_scale(source: Tensor, weight_scale: np.ndarray) -> np.ndarray:
    """The float32 scale of the accumulators and of the biases, one per channel."""
    return (source.scale * weight_scale).astype(np.float32)


# --- Integer reference ---------------------------------------------------------


def quantise_multiplier(real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split multipliers into M / 2^31 * 2^shift with M in [2^30, 2^31)."""
    fraction, shift = np.frexp(real)
    m = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    carry = m == 2**31
    return np.where(carry, m // 2, m), shift.astype(np.int64) + carry


def requantise(acc: np.ndarray, m: np.ndarray, shift: np.ndarray,
               zero_point: int) -> np.ndarray:
    """Scale int32 accumulators [..., K] to int8 with TFLite's double rounding."""
    high = ((acc << np.maximum(shift, 0)) * m + (1 << 30)) >> 31
    right = np.maximum(-shift, 0)
    mask = (1 << right) - 1
    threshold = (mask >> 1) + (high < 0)
    rounded = (high >> right) + ((high & mask) > threshold)
    return np.clip(rounded + zero_point, QMIN, QMAX)


def run_layer(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Evaluate one layer on int8 values [N, C, H, W] or [N, C] exactly."""
    x = x.astype(np.int64) - layer.source.zero_point
    if layer.is_conv:
        f = layer.weight.shape[-1]
        x = np.pad(x, ((0, 0), (0, 0), (f // 2, f // 2), (f // 2, f // 2)))
        x = np.lib.stride_tricks.sliding_window_view(x, (f, f), axis=(2, 3))
        x = x.transpose(0, 2, 3, 1, 4, 5)  # [N, H, W, C, F, F]
    k = layer.weight.shape[0]
    lead = x.shape[:3] if layer.is_conv else x.shape[:1]
    # A float64 product of these integers is exact (far below 2^53) and fast.
    acc = x.reshape(-1, layer.weight[0].size).astype(np.float64) @ \
        layer.weight.reshape(k, -1).T.astype(np.float64)
    acc = acc.astype(np.int64) + layer.bias
    if np.abs(acc).max() >= 2**31:
        raise OverflowError(f"{layer.name}: accumulator exceeds int32")
    real = np.float64(layer.source.scale) * layer.weight_scale.astype(np.float64)
    m, shift = quantise_multiplier(real / np.float64(layer.result.scale))
    y = requantise(acc, m, shift, layer.result.zero_point).reshape(*lead, k)
    if layer.is_conv:
        # The clamp at the zero point is the ReLU.
        y = np.maximum(y, layer.result.zero_point).transpose(0, 3, 1, 2)
    if layer.pool:
        n, c, h, w = y.shape
        y = y.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))
    return y


def run(layers: list[Layer], images: np.ndarray, batch: int = 250) -> np.ndarray:
    """Return the int8 logits of uint8 images [N, 1, 28, 28]."""
    logits = []
    for start in range(0, len(images), batch):
        x = images[start:start + batch].astype(np.int64) - 128
        for layer in layers:
            x = run_layer(layer, x if layer.is_conv else x.reshape(len(x), -1))
        logits.append(x)
    return np.concatenate(logits)


# --- ONNX ----------------------------------------------------------------------


class _Graph:
    """Collects nodes and initialisers, named as ONNX Runtime's quantiser does."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op: str, name: str, inputs: list[str], output: str, **attr) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attr))
        return output

    def qdq(self, value: str, source: str, output: str = "") -> str:
        """Quantise and dequantise an activation with the parameters of `source`."""
        params = [f"{source}_scale", f"{source}_zero_point"]
        quantised = self.node("QuantizeLinear", f"{value}_QuantizeLinear",
                              [value, *params], f"{value}_QuantizeLinear_Output")
        return self.node("DequantizeLinear", f"{value}_DequantizeLinear",
                         [quantised, *params],
                         output or f"{value}_DequantizeLinear_Output")

    def activation(self, value: str, tensor: Tensor, output: str = "") -> str:
        """Quantise and dequantise an activation with parameters of its own."""
        self.constant(f"{value}_scale", np.float32(tensor.scale))
        self.constant(f"{value}_zero_point", np.int8(tensor.zero_point))
        return self.qdq(value, value, output)

    def parameter(self, name: str, value: np.ndarray, scale: np.ndarray) -> str:
        """Append the DequantizeLinear of a per-channel weight or bias."""
        inputs = [
            self.constant(f"{name}_quantized", value),
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero_point", np.zeros(len(scale), value.dtype)),
        ]
        return self.node("DequantizeLinear", f"{name}_DequantizeLinear", inputs,
                         f"{name}_DequantizeLinear_Output", axis=0)


def to_onnx(layers: list[Layer], metadata: dict[str, str]) -> onnx.ModelProto:
    """Build the QDQ model (opset 13) of the network."""
    g = _Graph()
    x, source = g.activation("input", INPUT), "input"
    for layer in layers:
        name = layer.name
        inputs = [
            g.parameter(f"{name}.weight", layer.weight, layer.weight_scale),
            g.parameter(f"{name}.bias", layer.bias,
                        bias_scale(layer.source, layer.weight_scale)),
        ]
        if not layer.is_conv:
            x = g.qdq(g.node("Flatten", "flatten", [x], "flatten_output", axis=1), source)
            x = g.node("Gemm", name, [x, *inputs], f"{name}_output", transB=1)
            g.activation(x, layer.result, "logits")
            continue
        index = name.removeprefix("conv")
        f = layer.weight.shape[-1]
        x = g.node("Conv", name, [x, *inputs], f"{name}_output", kernel_shape=[f, f],
                   pads=[f // 2] * 4, strides=[1, 1], dilations=[1, 1], group=1)
        source = g.node("Relu", f"relu{index}", [x], f"relu{index}_output")
        x = g.activation(source, layer.result)
        if layer.pool:  # max pooling keeps the quantisation of its input
            x = g.node("MaxPool", f"pool{index}", [x], f"pool{index}_output",
                       kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0])
            x = g.qdq(x, source)

    classes = len(layers[-1].bias)
    graph = helper.make_graph(
        g.nodes, "fashion_cnn",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        initializer=g.initializers)
    model = helper.make_model(graph, producer_name="weft",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model
