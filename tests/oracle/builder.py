# SPDX-License-Identifier: Apache-2.0
"""Builds ONNX models node by node."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 8


class Net:
    """A model under construction. Every method that adds a node returns the name of its (first) result."""

    def __init__(self, shape: list, opset: int = 17, seed: int = 0, dtype: int = TensorProto.FLOAT, scope: str = "") -> None:
        """`scope`: what the names of nodes and tensors begin with."""
        self.shape, self.opset, self.dtype = list(shape), opset, dtype
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.scope, self.x = scope, "x"

    def const(self, values, dtype=np.float32) -> str:
        name = f"const{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def normal(self, shape, deviation: float) -> str:
        return self.const(self.random.normal(0, deviation, shape))

    def op(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes):
        """Optional inputs that are not there are ""."""
        stem = f"{self.scope}{kind.lower()}{len(self.nodes)}"
        results = [f"{stem}_{i}" if outputs > 1 else stem for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), results, name=f"node_{stem}", domain=domain, **attributes))
        return results if outputs > 1 else results[0]

    def conv(self, x: str, channels_in: int, channels: int, kernel=3, *, bias: bool = True, group: int = 1, transposed: bool = False, gain: float = 1.0,
             **attributes) -> str:
        """Weights of a size that leaves values as large as they were. Without pads or auto_pad the map keeps its size as far as stride 1 lets it."""
        kernel = [kernel, kernel] if isinstance(kernel, int) else list(kernel)
        if "pads" not in attributes and "auto_pad" not in attributes and not transposed:
            attributes["pads"] = [k // 2 for k in kernel] * 2
        shape = [channels_in, channels // group] if transposed else [channels, channels_in // group]
        deviation = gain / np.sqrt(channels_in // group * np.prod(kernel))
        inputs = [x, self.normal([*shape, *kernel], deviation)]
        if bias:
            inputs.append(self.normal([channels], 0.2))
        return self.op("ConvTranspose" if transposed else "Conv", *inputs, kernel_shape=kernel, group=group, **attributes)

    def gemm(self, x: str, features: int, results: int, *, transpose: bool = True, bias: bool = True) -> str:
        shape = [results, features] if transpose else [features, results]
        inputs = [x, self.normal(shape, 1 / np.sqrt(features))]
        if bias:
            inputs.append(self.normal([results], 0.2))
        return self.op("Gemm", *inputs, transB=int(transpose))

    def with_axes(self, kind: str, since: int, x: str, axes: list[int], **attributes) -> str:
        """An operator whose axes are an attribute before opset `since` and an input from then on."""
        if self.opset < since:
            return self.op(kind, x, axes=axes, **attributes)
        return self.op(kind, x, self.const(axes, np.int64), **attributes)

    def split(self, x: str, sizes: list[int], axis: int = 1) -> list[str]:
        if self.opset < 13:
            return self.op("Split", x, outputs=len(sizes), axis=axis, split=sizes)
        return self.op("Split", x, self.const(sizes, np.int64), outputs=len(sizes), axis=axis)

    def slice(self, x: str, starts, ends, axes, steps=None) -> str:
        inputs = [self.const(values, np.int64) for values in (starts, ends, axes, steps) if values is not None]
        return self.op("Slice", x, *inputs)

    def reshape(self, x: str, shape: list[int]) -> str:
        return self.op("Reshape", x, self.const(shape, np.int64))

    def resize(self, x: str, factor: int, **attributes) -> str:
        roi = self.const([], np.float32) if self.opset < 13 else ""
        return self.op("Resize", x, roi, self.const([1, 1, factor, factor]), **attributes)

    def model(self, *outputs: str, types: int | dict[str, int] = TensorProto.FLOAT) -> onnx.ModelProto:
        def info(name: str):
            return helper.make_tensor_value_info(name, types[name] if isinstance(types, dict) else types, None)
        graph = helper.make_graph(self.nodes, "net", [helper.make_tensor_value_info(self.x, self.dtype, self.shape)], [info(name) for name in outputs],
                                  self.constants)
        domains = [helper.make_opsetid("", self.opset)]
        if any(node.domain for node in self.nodes):
            domains.append(helper.make_opsetid("com.microsoft", 1))
        model = helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION)
        for output, inferred in zip(graph.output, onnx.shape_inference.infer_shapes(model).graph.output):
            if inferred.type.tensor_type.HasField("shape"):  # contributed operators have none
                output.CopyFrom(inferred)
        return helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION)
