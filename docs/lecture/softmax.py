# SPDX-License-Identifier: Apache-2.0
"""Writes softmax.onnx, a network that is nothing but a softmax of three int8 scores, and float.onnx, the same before it is quantised:
.venv/bin/python docs/lecture/softmax.py
"""

import pathlib

from onnx import TensorProto, checker, helper, save

SCALE = helper.make_tensor("scale", TensorProto.FLOAT, [], [0.1])
ZERO = helper.make_tensor("zero", TensorProto.INT8, [], [0])
scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 3])
classes = helper.make_tensor_value_info("classes", TensorProto.FLOAT, [1, 3])
nodes = [helper.make_node("QuantizeLinear", ["scores", "scale", "zero"], ["codes"], name="quantise"),
         helper.make_node("DequantizeLinear", ["codes", "scale", "zero"], ["real"], name="dequantise"),
         helper.make_node("Softmax", ["real"], ["classes"], name="softmax", axis=1)]


def write(name, nodes, constants):
    graph = helper.make_graph(nodes, "softmax", [scores], [classes], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    save(model, pathlib.Path(__file__).parent / name)


write("softmax.onnx", nodes, [SCALE, ZERO])
write("float.onnx", [helper.make_node("Softmax", ["scores"], ["classes"], name="softmax", axis=1)], [])
