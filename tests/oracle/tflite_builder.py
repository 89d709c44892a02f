# SPDX-License-Identifier: Apache-2.0
"""Writes quantised TensorFlow Lite files, without TensorFlow, and runs them by tflite-micro's reference kernels."""

from __future__ import annotations

import dataclasses
import sys

try:
    import flatbuffers
    import numpy as np
    from tflite_micro.python.tflite_micro import runtime
    from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema
except ImportError as missing:
    sys.exit(f"{missing}: this runs in the project's environment, .venv/bin/python, which scripts/bootstrap.sh python makes")

TYPES = {np.dtype(np.int8): schema.TensorType.INT8, np.dtype(np.uint8): schema.TensorType.UINT8, np.dtype(np.int32): schema.TensorType.INT32,
         np.dtype(np.float32): schema.TensorType.FLOAT32}
ARENA = 1 << 26


@dataclasses.dataclass(frozen=True)
class Scale:
    """real = scale * (code - zero)"""

    scale: float
    zero: int


class Net:
    """One graph. Tensors are known by their index."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.buffers = [schema.BufferT()]
        self.codes: dict[int, int] = {}

    def tensor(self, shape: list[int], dtype: type = np.int8, scale: Scale | None = None, name: str = "") -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = [int(size) for size in shape], TYPES[np.dtype(dtype)], 0
        tensor.name = name or f"t{len(self.graph.tensors)}"
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [np.float32(scale.scale)], [scale.zero]
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, shape: list[int], scale: Scale | None, dtype: type = np.int8) -> int:
        index = self.tensor(shape, dtype, scale, "input")
        self.graph.inputs.append(index)
        return index

    def constant(self, values: np.ndarray, scale: Scale | None = None) -> int:
        index = self.tensor(list(values.shape), values.dtype, scale)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self.buffers.append(buffer)
        self.graph.tensors[index].buffer = len(self.buffers) - 1
        return index

    def ints(self, values: list) -> int:
        return self.constant(np.array(values, np.int32))

    def filters(self, values: np.ndarray, scales: np.ndarray, axis: int) -> int:
        """Symmetric, with one scale or with one for each index of the axis."""
        index = self.constant(values)
        quantisation = self.graph.tensors[index].quantization = schema.QuantizationParametersT()
        quantisation.scale, quantisation.zeroPoint, quantisation.quantizedDimension = scales.astype(np.float32), [0] * len(scales), axis
        return index

    def bias(self, values: np.ndarray, scales: np.ndarray) -> int:
        return self.filters(values.astype(np.int32), scales, 0)

    def shape(self, index: int) -> list[int]:
        return list(self.graph.tensors[index].shape)

    def scale(self, index: int) -> Scale:
        quantisation = self.graph.tensors[index].quantization
        return Scale(float(quantisation.scale[0]), int(quantisation.zeroPoint[0]))

    def add(self, kind: str, inputs: list[int], outputs: list[int], options: object = None) -> None:
        code = getattr(schema.BuiltinOperator, kind)
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes.setdefault(code, len(self.codes))
        operator.inputs, operator.outputs = inputs, outputs
        if options is not None:
            name = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType, operator.builtinOptions = getattr(schema.BuiltinOptions, name), options
        self.graph.operators.append(operator)

    def op(self, kind: str, inputs: list[int], shape: list[int], scale: Scale, options: object = None) -> int:
        output = self.tensor(shape, np.int8, scale)
        self.add(kind, inputs, [output], options)
        return output

    def computed(self) -> list[int]:
        """All int8 tensors that an operator gives."""
        return [output for operator in self.graph.operators for output in operator.outputs
                if self.graph.tensors[output].type == schema.TensorType.INT8]

    def bytes(self, outputs: list[int]) -> bytes:
        self.graph.outputs = outputs
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers, model.description = 3, [self.graph], self.buffers, "random"
        model.operatorCodes = []
        for code in self.codes:
            operator_code = schema.OperatorCodeT()
            operator_code.builtinCode, operator_code.deprecatedBuiltinCode, operator_code.version = code, min(code, 127), 1
            model.operatorCodes.append(operator_code)
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def names(self, outputs: list[int]) -> list[str]:
        return [self.graph.tensors[index].name for index in outputs]


def options(kind: str, **values: object) -> object:
    """The options of an operator: options("Conv2D", strideH=2)."""
    table = getattr(schema, f"{kind}OptionsT")()
    for name, value in values.items():
        if not hasattr(table, name):
            raise AttributeError(f"{kind}Options has no {name}")
        setattr(table, name, value)
    return table


def run_micro(model: bytes, images: np.ndarray, outputs: int) -> list[np.ndarray]:
    """The outputs of each image, by their order in the model."""
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
    results = []
    for image in images:
        interpreter.set_input(image[np.newaxis], 0)
        interpreter.invoke()
        results.append([interpreter.get_output(i) for i in range(outputs)])
    return [np.concatenate([result[i] if result[i].ndim > 0 else result[i][np.newaxis] for result in results]) for i in range(outputs)]
