# SPDX-License-Identifier: Apache-2.0
"""onnxruntime's static quantiser in the settings that people use: all but 16 and 4 bits."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import pathlib
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

U8, QOP, QDQ = QuantType.QUInt8, QuantFormat.QOperator, QuantFormat.QDQ
INTEGER_OPERATORS = ["Conv", "Gemm", "MatMul"]


@dataclasses.dataclass(frozen=True)
class Setting:
    """Options of quantize_static by name (defaults: QDQ, int8, per tensor, MinMax), and `extra` ones. `but`: this node stays float."""

    options: dict = dataclasses.field(default_factory=dict)
    extra: dict = dataclasses.field(default_factory=dict)
    but: str = ""  # first, last
    opset: int = 17
    preprocess: bool = True
    batch: int | str = 1
    form: str = ""  # of the file: "external data", "clipped weights"

    @staticmethod
    def of(but: str = "", opset: int = 17, preprocess: bool = True, batch: int | str = 1, form: str = "", extra: dict | None = None, **options) -> Setting:
        return Setting(options, extra or {}, but, opset, preprocess, batch, form)


SETTINGS: dict[str, Setting] = {
    "QDQ s8s8": Setting.of(),
    "QDQ s8s8 per channel": Setting.of(per_channel=True),
    "QDQ u8s8": Setting.of(activation_type=U8),
    "QDQ u8s8 per channel": Setting.of(activation_type=U8, per_channel=True),
    "QDQ u8u8": Setting.of(activation_type=U8, weight_type=U8),
    "QDQ u8u8 per channel": Setting.of(activation_type=U8, weight_type=U8, per_channel=True),
    "QDQ s8s8 asymmetric weights": Setting.of(extra={"WeightSymmetric": False}),
    "QDQ u8u8 symmetric weights": Setting.of(activation_type=U8, weight_type=U8, extra={"WeightSymmetric": True}),
    "QDQ s8s8 symmetric activations": Setting.of(per_channel=True, extra={"ActivationSymmetric": True}),
    "QDQ u8s8 symmetric activations": Setting.of(activation_type=U8, extra={"ActivationSymmetric": True}),
    "QDQ u8s8 reduce_range": Setting.of(activation_type=U8, reduce_range=True, per_channel=True),
    "QDQ s8s8 AddQDQPairToWeight": Setting.of(extra={"AddQDQPairToWeight": True}),
    "QDQ u8s8 AddQDQPairToWeight per channel": Setting.of(activation_type=U8, per_channel=True, extra={"AddQDQPairToWeight": True}),
    "QDQ u8s8 float bias": Setting.of(activation_type=U8, extra={"QuantizeBias": False}),
    "QDQ s8s8 DedicatedQDQPair": Setting.of(extra={"DedicatedQDQPair": True}),
    "QDQ u8s8 ForceQuantizeNoInputCheck": Setting.of(activation_type=U8, extra={"ForceQuantizeNoInputCheck": True}),
    "QDQ s8s8 KeepRemovableActivations": Setting.of(per_channel=True, extra={"QDQKeepRemovableActivations": True}),
    "QDQ u8s8 com.microsoft": Setting.of(activation_type=U8, extra={"UseQDQContribOps": True}),
    "QDQ s8s8 percentile": Setting.of(per_channel=True, calibrate_method=CalibrationMethod.Percentile, extra={"CalibPercentile": 97.0}),
    "QDQ u8s8 not preprocessed": Setting.of(activation_type=U8, preprocess=False),
    "QDQ s8s8 opset 11": Setting.of(opset=11),
    "QDQ u8s8 opset 13": Setting.of(activation_type=U8, opset=13),
    "QDQ s8s8 opset 21": Setting.of(per_channel=True, opset=21),
    "QDQ s8s8 last node float": Setting.of(but="last"),
    "QDQ u8s8 first node float": Setting.of(activation_type=U8, but="first"),
    "QDQ s8s8 Conv, Gemm, MatMul alone": Setting.of(op_types_to_quantize=INTEGER_OPERATORS),
    "QDQ s8s8 clipped weights": Setting.of(form="clipped weights", per_channel=True, extra={"AddQDQPairToWeight": True}),  # as Brevitas writes them
    "QDQ u8s8 external data": Setting.of(activation_type=U8, per_channel=True, form="external data"),
    "QDQ s8s8 any batch": Setting.of(batch="N"),
    "QDQ u8s8 batch of 2": Setting.of(activation_type=U8, batch=2),
    "QOperator s8s8": Setting.of(quant_format=QOP),
    "QOperator s8s8 per channel": Setting.of(quant_format=QOP, per_channel=True),
    "QOperator u8s8": Setting.of(quant_format=QOP, activation_type=U8),
    "QOperator u8s8 per channel": Setting.of(quant_format=QOP, activation_type=U8, per_channel=True),
    "QOperator u8u8": Setting.of(quant_format=QOP, activation_type=U8, weight_type=U8),
    "QOperator u8s8 reduce_range": Setting.of(quant_format=QOP, activation_type=U8, reduce_range=True),
    "QOperator s8s8 asymmetric weights": Setting.of(quant_format=QOP, extra={"WeightSymmetric": False}),
    "QOperator u8s8 last node float": Setting.of(quant_format=QOP, activation_type=U8, but="last"),
}


def clip_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A Clip between QuantizeLinear and DequantizeLinear of every weight."""
    constants = {tensor.name for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        nodes.append(node)
        if node.op_type == "QuantizeLinear" and node.input[0] in constants:
            codes = node.output[0]
            node.output[0] = f"{codes}_wide"
            nodes.append(helper.make_node("Clip", [node.output[0], "clip_low", "clip_high"], [codes], name=f"{node.name}_clip"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(np.array(value, np.int8), name) for value, name in ((-127, "clip_low"), (127, "clip_high")))
    return model


class Images(CalibrationDataReader):
    """Gives the calibration what it asks for: one image after the other."""

    def __init__(self, name: str, images: np.ndarray, batch: int) -> None:
        self.left: Iterator[dict] = iter([{name: images[first:first + batch]} for first in range(0, len(images), batch)])

    def get_next(self) -> dict | None:
        return next(self.left, None)


def quantise(model: onnx.ModelProto, setting: Setting, images: np.ndarray, folder: pathlib.Path) -> pathlib.Path:
    """Writes the quantised network into the folder."""
    logging.disable(logging.CRITICAL)
    source, prepared, result = (folder / name for name in ("float.onnx", "prepared.onnx", "quantised.onnx"))
    onnx.save(model, source)
    if setting.preprocess:
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    else:
        prepared = source
    nodes = [node.name for node in onnx.load(prepared).graph.node]
    excluded = {"": [], "first": nodes[:1], "last": nodes[-1:]}[setting.but]
    options = {"quant_format": QDQ, **setting.options}
    batch = setting.batch if isinstance(setting.batch, int) else 1
    with contextlib.redirect_stdout(io.StringIO()):  # calibration by histograms talks
        quantize_static(str(prepared), str(result), Images(model.graph.input[0].name, images, batch), nodes_to_exclude=excluded,
                        extra_options=dict(setting.extra), **options)
    quantised = onnx.load(result)
    if not any("Linear" in node.op_type for node in quantised.graph.node):
        raise ValueError("nothing is quantised")
    if setting.form == "clipped weights":
        onnx.save(clip_weights(quantised), result)
    if setting.form == "external data":
        onnx.save(quantised, result, save_as_external_data=True, location="weights.bin", size_threshold=64)
    return result
