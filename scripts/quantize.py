# SPDX-License-Identifier: Apache-2.0
"""Post-training int8 quantisation, integer reference and ONNX QDQ export.

The scheme is that of TensorFlow Lite and ONNX Runtime: weights symmetric per
output channel, activations asymmetric per tensor, biases int32 with the scale
``s_in * s_w[k]``.  ReLU is folded into the clamp of the layer it follows.
Residual sums are those of TFLite's ADD.  Padding, repetition and max pooling keep
the scale of what they read; averages do, or else they are convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import networks
from networks import Step

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
    """A quantised step of a network; convolutions are FxF with padding F/2."""

    step: Step
    sources: list[Tensor]
    result: Tensor
    weight: np.ndarray | None = None  # int8, [K, C/groups, F, F] or [K, C]
    weight_scale: np.ndarray | None = None  # float32, [K]
    bias: np.ndarray | None = None  # int32, [K]


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


def quantise_layer(step: Step, sources: list[Tensor], result: Tensor,
                   weight: np.ndarray | None, bias: np.ndarray | None) -> Layer:
    """Quantise the float weights and biases of one layer, if it has any."""
    if weight is None:
        return Layer(step, sources, result)
    axes = tuple(range(1, weight.ndim))
    scale = (np.abs(weight).max(axis=axes) / 127.0).astype(np.float32)
    q_weight = np.rint(weight / scale.reshape(-1, *(1 for _ in axes)))
    q_bias = np.rint(bias.astype(np.float64) / bias_scale(sources[0], scale))
    return Layer(step, sources, result, np.clip(q_weight, -127, 127).astype(np.int8),
                 scale, q_bias.astype(np.int32))


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


def multiply(acc: np.ndarray, m: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """acc * m / 2^31 * 2^shift with TFLite's double rounding."""
    high = ((acc << np.maximum(shift, 0)) * m + (1 << 30)) >> 31
    right = np.maximum(-shift, 0)
    mask = (1 << right) - 1
    threshold = (mask >> 1) + (high < 0)
    return (high >> right) + ((high & mask) > threshold)


def requantise(acc: np.ndarray, real: np.ndarray, layer: Layer) -> np.ndarray:
    """Scale int32 accumulators [..., K] by `real` to the int8 result of a layer."""
    zero_point = layer.result.zero_point
    y = multiply(acc, *quantise_multiplier(real)) + zero_point
    # The clamp at the zero point is the ReLU.
    return np.clip(y, zero_point if layer.step.relu else QMIN, QMAX)


def run_matrix(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Evaluate a convolution or a fully connected layer on x - zero point."""
    step, is_conv = layer.step, layer.step.op == "conv"
    if is_conv:
        f, stride = step.filter, step.stride
        x = np.pad(x, ((0, 0), (0, 0), (f // 2, f // 2), (f // 2, f // 2)))
        x = np.lib.stride_tricks.sliding_window_view(x, (f, f), axis=(2, 3))
        x = x[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)  # [N, H, W, C, F, F]
    lead, k = x.shape[:3] if is_conv else x.shape[:1], layer.weight.shape[0]
    # A float64 product of these integers is exact (far below 2^53) and fast.
    if step.groups == 1:
        acc = x.reshape(-1, layer.weight[0].size).astype(np.float64) @ \
            layer.weight.reshape(k, -1).T.astype(np.float64)
    else:  # depthwise
        acc = np.einsum("nhwcyx,cyx->nhwc", x.astype(np.float64),
                        layer.weight[:, 0].astype(np.float64), optimize=True)
    acc = acc.reshape(-1, k).astype(np.int64) + layer.bias
    if np.abs(acc).max() >= 2**31:
        raise OverflowError(f"{step.name}: accumulator exceeds int32")
    real = np.float64(layer.sources[0].scale) * layer.weight_scale.astype(np.float64)
    y = requantise(acc, real / np.float64(layer.result.scale), layer).reshape(*lead, k)
    return y.transpose(0, 3, 1, 2) if is_conv else y


def run_add(layer: Layer, x: list[np.ndarray]) -> np.ndarray:
    """TFLite's ADD: both inputs in units of twice the larger scale / 2^20."""
    scales = [np.float64(source.scale) for source in layer.sources]
    twice_max = 2 * max(scales)
    total = sum(multiply((q - source.zero_point) << 20, *quantise_multiplier(s / twice_max))
                for q, source, s in zip(x, layer.sources, scales, strict=True))
    return requantise(total, twice_max / (2.0**20 * np.float64(layer.result.scale)), layer)


def run_average(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Average a map: rounded half away from zero, or with another scale."""
    area = x.shape[2] * x.shape[3]
    if layer.step.keeps_scale:
        total = x.sum((2, 3), keepdims=True)
        return np.sign(total) * ((np.abs(total) + area // 2) // area)
    # Equal weights of 127, as Weft's ONNX reader makes of it.
    total = (x - layer.sources[0].zero_point).sum((2, 3), keepdims=True) * 127
    real = np.float64(layer.sources[0].scale) / (np.float64(area) * 127)
    return requantise(total, real / np.float64(layer.result.scale), layer)


def run_layer(layer: Layer, x: list[np.ndarray]) -> np.ndarray:
    """Evaluate one layer on int8 values [N, C, H, W] exactly."""
    step, zero_point = layer.step, layer.sources[0].zero_point
    if step.op == "pad":
        pads = (step.amount, step.amount)
        return np.pad(x[0], ((0, 0), (0, 0), pads, pads), constant_values=zero_point)
    if step.op == "repeat":
        return np.concatenate(x * step.amount, 1)
    if step.op == "max":
        n, c, h, w = x[0].shape
        return x[0].reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))
    if step.op == "add":
        return run_add(layer, x)
    if step.op == "average":
        return run_average(layer, x[0])
    values = x[0].reshape(len(x[0]), -1) if step.op == "fc" else x[0]
    return run_matrix(layer, values - zero_point)


def run(layers: list[Layer], images: np.ndarray, batch: int = 250) -> np.ndarray:
    """Return the int8 logits of uint8 images [N, 1, 28, 28]."""
    logits = []
    for start in range(0, len(images), batch):
        values = {networks.INPUT: images[start:start + batch].astype(np.int64) - 128}
        for layer in layers:
            step = layer.step
            values[step.name] = run_layer(layer, [values[s] for s in step.sources])
        logits.append(values[layers[-1].step.name].reshape(-1, networks.CLASSES))
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


    def step(self, layer: Layer, x: list[str], source: str) -> str:
        """Append the operators of one step that reads `x`; return its real result."""
        step, output = layer.step, f"{layer.step.name}_output"
        if step.op == "pad":
            pads = [0, 0, step.amount, step.amount] * 2
            name = self.constant(f"{step.name}.pads", np.array(pads, np.int64))
            return self.node("Pad", step.name, [*x, name], output)
        if step.op == "repeat":
            return self.node("Concat", step.name, x * step.amount, output, axis=1)
        if step.op == "max":
            return self.node("MaxPool", step.name, x, output, kernel_shape=[2, 2],
                             strides=[2, 2], pads=[0, 0, 0, 0])
        if step.op == "add":
            return self.node("Add", step.name, x, output)
        if step.op == "average":
            return self.node("GlobalAveragePool", step.name, x, output)
        parameters = [
            self.parameter(f"{step.name}.weight", layer.weight, layer.weight_scale),
            self.parameter(f"{step.name}.bias", layer.bias,
                           bias_scale(layer.sources[0], layer.weight_scale)),
        ]
        if step.op == "fc":
            x = [self.qdq(self.node("Flatten", "flatten", x, "flatten_output", axis=1),
                          source)]
            return self.node("Gemm", step.name, x + parameters, output, transB=1)
        f, stride = step.filter, step.stride
        return self.node("Conv", step.name, x + parameters, output, kernel_shape=[f, f],
                         pads=[f // 2] * 4, strides=[stride] * 2, dilations=[1, 1],
                         group=step.groups)

    def relu(self, step: Step, x: str) -> str:
        name = step.name.replace("conv", "relu") if "conv" in step.name else \
            f"{step.name}_relu"
        return self.node("Relu", name, [x], f"{name}_output")


def to_onnx(name: str, layers: list[Layer], metadata: dict[str, str]) -> onnx.ModelProto:
    """Build the QDQ model (opset 13) of the network."""
    g, last = _Graph(), layers[-1]
    real = {networks.INPUT: g.activation(networks.INPUT, INPUT)}  # of each step
    parameters = {networks.INPUT: networks.INPUT}  # the value whose scale it has
    for layer in layers:
        step = layer.step
        source = parameters[step.sources[0]]
        y = g.step(layer, [real[s] for s in step.sources], source)
        if step.relu:
            y = g.relu(step, y)
        if layer is last and step.op != "fc":
            y = g.node("Flatten", "flatten", [y], "flatten_output", axis=1)
        output = "logits" if layer is last else ""
        if layer.result is layer.sources[0]:
            parameters[step.name], real[step.name] = source, g.qdq(y, source, output)
        else:
            parameters[step.name], real[step.name] = y, g.activation(y, layer.result, output)

    image = [networks.INPUT, TensorProto.FLOAT, ["batch", 1, 28, 28]]
    logits = ["logits", TensorProto.FLOAT, ["batch", networks.CLASSES]]
    graph = helper.make_graph(g.nodes, name, [helper.make_tensor_value_info(*image)],
                              [helper.make_tensor_value_info(*logits)],
                              initializer=g.initializers)
    model = helper.make_model(graph, producer_name="weft",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model
