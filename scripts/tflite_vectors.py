#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print what TensorFlow Lite's reference kernels compute, as a C++ table.

The output is tests/sw_model/golden/tflite_vectors.inc: random scales and zero points, and
the CRC-32 of the kernel's int8 outputs for every pair of inputs (ADD) or every input
(QUANTIZE, RELU).  A development tool; in a virtual environment of its own:

    pip install tflite-runtime==2.14.0 tflite==2.18.0 flatbuffers 'numpy<2'
    python scripts/tflite_vectors.py > tests/sw_model/golden/tflite_vectors.inc
"""

from __future__ import annotations

import zlib

import flatbuffers
import numpy as np
import tflite
from tflite_runtime.interpreter import Interpreter, OpResolverType

Quantisation = tuple[np.float32, int]  # scale, zero point


def vector(b: flatbuffers.Builder, items: list[int], start, offsets: bool = True) -> int:
    start(b, len(items))
    for item in reversed(items):
        (b.PrependUOffsetTRelative if offsets else b.PrependInt32)(item)
    return b.EndVector()


def tensor(b: flatbuffers.Builder, name: str, size: int, q: Quantisation) -> int:
    text = b.CreateString(name)
    scale = b.CreateNumpyVector(np.array([q[0]], np.float32))
    zero_point = b.CreateNumpyVector(np.array([q[1]], np.int64))
    tflite.QuantizationParametersStart(b)
    tflite.QuantizationParametersAddScale(b, scale)
    tflite.QuantizationParametersAddZeroPoint(b, zero_point)
    quantisation = tflite.QuantizationParametersEnd(b)
    shape = vector(b, [1, size], tflite.TensorStartShapeVector, offsets=False)
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, tflite.TensorType.INT8)
    tflite.TensorAddName(b, text)
    tflite.TensorAddQuantization(b, quantisation)
    return tflite.TensorEnd(b)


def model(op: int, inputs: list[Quantisation], output: Quantisation, size: int,
          relu: bool) -> bytes:
    """A model of one operator on vectors."""
    b = flatbuffers.Builder(1024)
    tensors = [tensor(b, f"t{i}", size, q) for i, q in enumerate([*inputs, output])]
    names = list(range(len(inputs)))
    options, kind = 0, tflite.BuiltinOptions.NONE
    if op == tflite.BuiltinOperator.ADD:
        tflite.AddOptionsStart(b)
        tflite.AddOptionsAddFusedActivationFunction(
            b, tflite.ActivationFunctionType.RELU if relu else
            tflite.ActivationFunctionType.NONE)
        options, kind = tflite.AddOptionsEnd(b), tflite.BuiltinOptions.AddOptions
    op_in = vector(b, names, tflite.OperatorStartInputsVector, offsets=False)
    op_out = vector(b, [len(inputs)], tflite.OperatorStartOutputsVector, offsets=False)
    tflite.OperatorStart(b)
    tflite.OperatorAddInputs(b, op_in)
    tflite.OperatorAddOutputs(b, op_out)
    if options:
        tflite.OperatorAddBuiltinOptionsType(b, kind)
        tflite.OperatorAddBuiltinOptions(b, options)
    operator = tflite.OperatorEnd(b)
    all_tensors = vector(b, tensors, tflite.SubGraphStartTensorsVector)
    operators = vector(b, [operator], tflite.SubGraphStartOperatorsVector)
    graph_in = vector(b, names, tflite.SubGraphStartInputsVector, offsets=False)
    graph_out = vector(b, [len(inputs)], tflite.SubGraphStartOutputsVector, offsets=False)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, all_tensors)
    tflite.SubGraphAddInputs(b, graph_in)
    tflite.SubGraphAddOutputs(b, graph_out)
    tflite.SubGraphAddOperators(b, operators)
    graph = tflite.SubGraphEnd(b)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, op)
    tflite.OperatorCodeAddBuiltinCode(b, op)
    tflite.OperatorCodeAddVersion(b, 1)
    code = tflite.OperatorCodeEnd(b)
    tflite.BufferStart(b)
    buffer = tflite.BufferEnd(b)
    graphs = vector(b, [graph], tflite.ModelStartSubgraphsVector)
    codes = vector(b, [code], tflite.ModelStartOperatorCodesVector)
    buffers = vector(b, [buffer], tflite.ModelStartBuffersVector)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


def run(content: bytes, inputs: list[np.ndarray]) -> int:
    """The CRC-32 of the reference kernel's output."""
    interpreter = Interpreter(model_content=content,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values[None])
    interpreter.invoke()
    return zlib.crc32(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def main() -> None:
    random = np.random.default_rng(1)
    every = np.arange(-128, 128, dtype=np.int8)
    pairs = [np.repeat(every, 256), np.tile(every, 256)]

    def quantisation(around: float, low: float, high: float) -> Quantisation:
        scale = np.float32(around * np.exp2(random.uniform(low, high)))
        return scale, int(random.integers(-128, 128))

    def text(q: Quantisation) -> str:
        return f"{{{float(q[0]).hex()}F, {q[1]}}}"

    print("// Made by scripts/tflite_vectors.py with tflite-runtime 2.14.0; its reference kernels.")
    print("const TfliteAdd kTfliteAdds[] = {")
    for i in range(60):
        a = quantisation(0.05, -4, 4)
        b = (a[0], quantisation(1, 0, 1)[1]) if i % 6 == 0 else quantisation(0.05, -4, 4)
        out = quantisation(max(a[0], b[0]), -1.3, 1.3)
        relu = bool(i % 2)
        crc = run(model(tflite.BuiltinOperator.ADD, [a, b], out, 65536, relu), pairs)
        print(f"    {{{text(a)}, {text(b)}, {text(out)}, {str(relu).lower()}, {crc:#010x}}},")
    print("};\nconst TfliteRescale kTfliteRescales[] = {")
    for i in range(120):
        a = quantisation(0.05, -4, 4)
        out = (a[0], quantisation(1, 0, 1)[1]) if i % 6 == 0 else quantisation(a[0], -3, 3)
        relu = bool(i % 2)
        op = tflite.BuiltinOperator.RELU if relu else tflite.BuiltinOperator.QUANTIZE
        crc = run(model(op, [a], out, 256, False), [every])
        print(f"    {{{text(a)}, {text(out)}, {str(relu).lower()}, {crc:#010x}}},")
    print("};")


if __name__ == "__main__":
    main()
