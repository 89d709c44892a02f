#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weft quantize`: a float network becomes a quantised one that `weft run` takes; every bad input gets one sentence."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

import common
import numpy as np
import onnx
from builder import Net
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

WEFT = str(common.ROOT / "build" / "weft")
SIZE, COUNT = 12, 6


def classifier(shape: list, opset: int = 17) -> onnx.ModelProto:
    net = Net([1, 3, SIZE, SIZE], opset, seed=3)
    x = net.op("Relu", net.conv(net.x, 3, 6))
    x = net.op("Relu", net.conv(x, 6, 6, group=6))
    model = net.model(net.gemm(net.op("Flatten", net.op("GlobalAveragePool", x)), 6, 5))
    if shape != net.shape:
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT, shape))
    return model


class Quantize(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.pixels = np.random.default_rng(5).integers(0, 256, [COUNT, SIZE, SIZE, 3], np.uint8)
        np.save(self.folder / "pixels.npy", self.pixels)
        (self.folder / "pictures").mkdir()
        for i, image in enumerate(self.pixels):
            Image.fromarray(image).save(self.folder / "pictures" / f"{i}.png")
        onnx.save(classifier([1, 3, SIZE, SIZE]), self.folder / "float.onnx")

    def run_it(self, *options: str, model: str = "float.onnx", images: str = "pixels.npy", output: str = "q.onnx") -> subprocess.CompletedProcess:
        command = [WEFT, "quantize", str(self.folder / model), "--images", str(self.folder / images), "-o", str(self.folder / output), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def quantised(self, *options: str, **paths: str) -> onnx.ModelProto:
        result = self.run_it(*options, **paths)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return onnx.load(self.folder / "q.onnx")

    def constants(self, model: onnx.ModelProto, node_type: str) -> list[np.ndarray]:
        """Scale and zero point of the first such node."""
        known = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        node = next(node for node in model.graph.node if node.op_type == node_type)
        return [known[name] for name in node.input[1:3]]

    def refused(self, sentence: str, *options: str, **paths: str) -> None:
        result = self.run_it(*options, **paths)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, rf"\Aweft: .*{sentence}.*\n\Z")
        self.assertFalse((self.folder / "q.onnx").exists())

    def test_gives_a_network_that_equals_onnxruntime(self) -> None:
        model = self.quantised()
        images = (self.pixels.astype(np.float32) / np.float32(255)).transpose(0, 3, 1, 2)
        ours = common.run_weft(WEFT, self.folder / "q.onnx", images)
        comparison = common.compare(model, ours, common.run_onnxruntime(str(self.folder / "q.onnx"), images))
        self.assertEqual((comparison.differing, comparison.elements), (0, COUNT * 5))

    def test_runs_on_the_rtl(self) -> None:
        self.quantised()
        command = [WEFT, "run", str(self.folder / "q.onnx"), "--input", str(self.folder / "pixels.npy"), "--engine", "rtl", "--check", "--config", "4x4"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("mismatches: 0", result.stdout)

    def test_reads_pictures_and_arrays_alike(self) -> None:
        expected = self.quantised().SerializeToString()
        self.assertEqual(self.quantised(images="pictures").SerializeToString(), expected)
        np.save(self.folder / "real.npy", self.pixels.astype(np.float32) * np.float32(1 / 255))
        self.assertEqual(self.quantised(images="real.npy").SerializeToString(), expected)

    def test_normalises_pixels(self) -> None:
        scale, _ = self.constants(self.quantised("--mean", "0.5,0.4,0.3", "--std", "0.25"), "QuantizeLinear")
        real = (self.pixels / 255 - [0.5, 0.4, 0.3]) / 0.25
        self.assertAlmostEqual(float(scale), (real.max() - real.min()) / 255, places=5)

    def test_resizes_pictures(self) -> None:
        Image.fromarray(self.pixels[0]).resize((31, 20)).save(self.folder / "pictures" / "9.jpg")
        self.refused("9.jpg: its images are .* --resize", images="pictures")
        self.quantised("--resize", images="pictures")

    def test_takes_free_sizes_and_old_opsets(self) -> None:
        onnx.save(classifier(["N", 3, "H", "W"]), self.folder / "free.onnx")
        model = self.quantised(model="free.onnx")
        self.assertEqual([d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim], [1, 3, SIZE, SIZE])
        onnx.save(classifier([1, 3, SIZE, SIZE], opset=11), self.folder / "old.onnx")
        self.quantised(model="old.onnx")

    def test_has_a_choice_of_types(self) -> None:
        self.assertEqual([c.dtype for c in self.constants(self.quantised("--uint8"), "QuantizeLinear")], [np.float32, np.uint8])
        by_default, per_tensor = self.quantised(), self.quantised("--per-tensor")
        sizes = [{numpy_helper.to_array(tensor).size for tensor in model.graph.initializer if tensor.data_type == TensorProto.INT8} for model in (by_default, per_tensor)]
        self.assertIn(6, sizes[0])
        self.assertNotIn(6, sizes[1])
        percentile = self.constants(self.quantised("--method", "percentile"), "QuantizeLinear")[0]
        self.assertLessEqual(percentile, self.constants(by_default, "QuantizeLinear")[0])

    def test_refuses_what_it_cannot_read(self) -> None:
        (self.folder / "none").mkdir()
        (self.folder / "broken.png").write_bytes(b"\x89PNG\r\n")
        (self.folder / "text.onnx").write_text("not a model")
        np.save(self.folder / "grey.npy", self.pixels[..., :1])
        self.refused("nothing: there is no such file", images="nothing")
        self.refused("none: there is no image in this folder", images="none")
        self.refused("broken.png: cannot be read", images="broken.png")
        self.refused(r"grey.npy: its images are \[1, 12, 12\], and the network takes \[3, 12, 12\]", images="grey.npy")
        self.refused("text.onnx: cannot be read", images="text.onnx")
        self.refused("text.onnx: not an ONNX model", model="text.onnx")
        self.refused("there is no folder", output="nowhere/q.onnx")
        self.refused("--mean 1,2: give one number, or one for each of the 3", "--mean", "1,2")
        self.refused("--std x: give numbers", "--std", "x")
        self.refused("--std: it divides", "--std", "0")
        self.refused("--limit 0", "--limit", "0")
        self.refused("unrecognized arguments: --what", "--what")

    def test_refuses_other_networks(self) -> None:
        net = Net([1, 3, SIZE, SIZE], dtype=TensorProto.INT64)
        onnx.save(net.model(net.op("Abs", net.x), types=TensorProto.INT64), self.folder / "integers.onnx")
        self.refused("its input 'x' is not float32", model="integers.onnx")
        self.quantised()
        (self.folder / "q.onnx").rename(self.folder / "twice.onnx")
        self.refused("it is quantised already", model="twice.onnx")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--weft", default=WEFT)
    known, rest = arguments.parse_known_args()
    WEFT = known.weft
    common.require_file(WEFT)
    unittest.main(argv=[sys.argv[0], *rest])
