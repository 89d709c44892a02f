#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The integer operators' test data of ONNX itself (Debian's libonnx-testdata): `weft run` gives its numbers, on the golden model and on the RTL.

All inputs of such a model but the first become constants, as they are in a network. Sums that an operator gives as int32 go through a
QuantizeLinear, as they do in a network; the expected codes are those of the expected sums.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

import common
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DATA = pathlib.Path("/usr/share/libonnx-testdata/data/node")
TESTS = ("test_qlinearconv", "test_qlinearmatmul_2D", "test_basic_convinteger", "test_convinteger_with_padding", "test_convinteger_without_padding",
         "test_matmulinteger")
FACTOR, MIDDLE = 0.5, 128  # of the QuantizeLinear behind sums: halves, so that ties occur


def read(file: pathlib.Path) -> np.ndarray:
    tensor = onnx.TensorProto()
    tensor.ParseFromString(file.read_bytes())
    return numpy_helper.to_array(tensor)


def with_images(values: np.ndarray) -> np.ndarray:
    """A vector as one image."""
    return values[np.newaxis] if values.ndim == 1 else values


def as_network(model: onnx.ModelProto, inputs: list[np.ndarray], expected: np.ndarray) -> tuple[onnx.ModelProto, np.ndarray]:
    """The model and the codes that it has to give."""
    graph = model.graph
    nodes, output = list(graph.node), graph.output[0].name
    constants = [numpy_helper.from_array(values, value.name) for value, values in zip(graph.input[1:], inputs[1:])]
    if expected.dtype == np.int32:
        constants += [numpy_helper.from_array(np.array(FACTOR, np.float32), "factor"), numpy_helper.from_array(np.array(1, np.float32), "one"),
                      numpy_helper.from_array(np.array(MIDDLE, np.uint8), "middle")]
        nodes += [helper.make_node("Cast", [output], ["real"], to=TensorProto.FLOAT), helper.make_node("Mul", ["real", "factor"], ["scaled"]),
                  helper.make_node("QuantizeLinear", ["scaled", "one", "middle"], ["codes"])]
        output = "codes"
        expected = np.clip(np.rint(expected * FACTOR) + MIDDLE, 0, 255).astype(np.uint8)
    shape = [1, *with_images(inputs[0]).shape[1:]]
    given = helper.make_tensor_value_info(graph.input[0].name, helper.np_dtype_to_tensor_dtype(inputs[0].dtype), shape)
    result = helper.make_tensor_value_info(output, helper.np_dtype_to_tensor_dtype(expected.dtype), [1, *with_images(expected).shape[1:]])
    network = helper.make_graph(nodes, "net", [given], [result], constants)
    return helper.make_model(network, opset_imports=model.opset_import, ir_version=model.ir_version), with_images(expected)


def run(name: str, weft: str, config: str) -> str:
    folder = DATA / name
    files = sorted((folder / "test_data_set_0").glob("input_*.pb"), key=lambda file: int(file.stem.split("_")[1]))
    inputs = [read(file) for file in files]
    model, expected = as_network(onnx.load(folder / "model.onnx"), inputs, read(folder / "test_data_set_0" / "output_0.pb"))
    is_on_rtl = name != "test_quantizelinear"  # which is nothing but the input
    with tempfile.TemporaryDirectory() as temporary:
        file = pathlib.Path(temporary) / "model.onnx"
        onnx.save(model, file)
        for engine in ("golden", "rtl") if is_on_rtl else ("golden",):
            options = ("--check", "--config", config) if engine == "rtl" else ()
            ours = common.run_weft(weft, file, with_images(inputs[0]), *options, engine=engine)
            comparison = common.compare(model, ours, {model.graph.output[0].name: expected})
            if comparison.differing:
                raise common.Failed(f"{engine}: {comparison.differing} of {comparison.elements} elements differ: {comparison.where.replace('onnxruntime', 'the data')}")
    return f"{expected.size} elements equal{' on golden model and RTL' if is_on_rtl else ''}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--config", default="4x4", help="the hardware")
    options = parser.parse_args()
    common.require_file(options.weft)
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there: scripts/bootstrap.sh debian installs libonnx-testdata")
    wrong = 0
    for name in TESTS:
        try:
            sentence = run(name, options.weft, options.config)
        except (common.Refused, common.Failed) as error:
            sentence = f"{type(error).__name__.lower()}: {error}"
            wrong += 1
        print(f"{name}: {sentence}")
    print(f"{len(TESTS) - wrong} of {len(TESTS)} tests of ONNX equal")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
