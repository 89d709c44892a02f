#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare the golden model's speed with onnxruntime's, on one thread, in one run.

The layers are those of `build/weft_throughput --golden`; onnxruntime runs each as a QLinearConv with int8 weights, on int8 maps (as
the golden model computes) and on uint8 maps (for which processors have an instruction that it can use). Needs two packages
that nothing else needs:

    pip install onnx onnxruntime
    python3 scripts/golden_speed.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

try:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    sys.exit("golden_speed: needs the packages onnx and onnxruntime (pip install onnx onnxruntime)")

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7


def model(layer: dict, maps: type) -> bytes:
    """One QLinearConv with per-channel weights, as quantisers export it."""
    random = np.random.default_rng(1)
    size, channels, filters, kernel = layer["size"], layer["in"], layer["out"], layer["kernel"]
    weights = random.integers(-127, 128, (filters, channels, kernel, kernel), dtype=np.int8)
    constants = {
        "x_scale": np.float32(0.02), "x_zp": maps(3), "w": weights, "w_scale": np.full(filters, 0.01, np.float32),
        "w_zp": np.zeros(filters, np.int8), "y_scale": np.float32(1.0), "y_zp": maps(4),
        "b": random.integers(-1000, 1000, filters, dtype=np.int32),
    }
    node = helper.make_node("QLinearConv", ["x", "x_scale", "x_zp", "w", "w_scale", "w_zp", "y_scale", "y_zp", "b"], ["y"],
                            pads=[kernel // 2] * 4)
    shape = [1, channels, size, size]
    kind = TensorProto.INT8 if maps is np.int8 else TensorProto.UINT8
    graph = helper.make_graph([node], "layer", [helper.make_tensor_value_info("x", kind, shape)],
                              [helper.make_tensor_value_info("y", kind, [1, filters, size, size])],
                              [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def onnxruntime_gmacs(layer: dict, maps: type) -> float:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model(layer, maps), options, providers=["CPUExecutionProvider"])
    limits = np.iinfo(maps)
    x = np.random.default_rng(2).integers(limits.min, limits.max + 1, (1, layer["in"], layer["size"], layer["size"]), dtype=maps)
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        session.run(None, {"x": x})
        best = min(best, time.process_time() - start)
    macs = layer["size"] ** 2 * layer["out"] * layer["in"] * layer["kernel"] ** 2
    return macs / best * 1e-9


def main() -> None:
    run = subprocess.run([ROOT / "build" / "weft_throughput", "--golden", "--json", "-"], capture_output=True, text=True, check=True)
    print(f"GMAC/s on one thread; onnxruntime {onnxruntime.__version__}\n")
    print(f"{'layer':<24} {'golden model':>12} {'onnxruntime int8':>17} {'ratio':>6} {'onnxruntime uint8':>18} {'ratio':>6}")
    for layer in json.loads(run.stdout)["golden"]:
        line = f"{layer['name']:<24} {layer['gmacs']:>12.1f}"
        for maps, width in ((np.int8, 17), (np.uint8, 18)):
            other = onnxruntime_gmacs(layer, maps)
            line += f" {other:>{width}.1f} {layer['gmacs'] / other:>6.2f}"
        print(line)


if __name__ == "__main__":
    main()
