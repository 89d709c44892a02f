# SPDX-License-Identifier: Apache-2.0
"""The Python package: outputs beside onnxruntime's, tensors, cycles and sentences beside the program's, threads, what is refused.

    PYTHONPATH=build/python .venv/bin/python tests/python/weft_test.py --weft build/weft --fake-uio build/tests/driver/fake_uio
"""

from __future__ import annotations

import argparse
import gzip
import json
import mmap
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
from typing import Any

import numpy as np
import onnx
from onnx import helper

import weft

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import common  # noqa: E402  (onnxruntime with its integer kernels)

PROGRAM = FAKE_UIO = ""
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
FASHION, RESNET = (str(ROOT / "models" / f"{name}.onnx") for name in ("fashion_cnn", "resnet8"))


def pixels(count: int) -> np.ndarray:
    with gzip.open(DATA) as file:
        return np.frombuffer(file.read(16 + 784 * count), np.uint8, offset=16).reshape(-1, 1, 28, 28)


def program(*arguments: str, code: int = 0) -> str:
    """What the program says: its sentence, if it ends with another status than 0."""
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == code, f"{arguments}: status {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stderr.strip().removeprefix("weft: ") if code else result.stdout


class Case(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, model: str, images: np.ndarray, *options: str) -> dict[str, Any]:
        np.save(self.folder / "x.npy", images)
        program("run", model, "--input", str(self.folder / "x.npy"), "--json", str(self.folder / "run.json"), *options)
        return json.loads((self.folder / "run.json").read_text())

    def same_sentence(self, images: np.ndarray, *options: str, **arguments: Any) -> None:
        """The package refuses an array with the program's sentence about the .npy file."""
        np.save(self.folder / "images", images)
        said = program("run", FASHION, "--input", str(self.folder / "images.npy"), "--engine", "golden", *options, code=2)
        with self.assertRaises(weft.Error) as caught:
            self.net.run(images, **arguments)
        self.assertEqual(str(caught.exception), said.replace(str(self.folder / "images.npy"), "images"))

    net = weft.compile(FASHION, config="4x4")


class Outputs(Case):
    def test_are_onnxruntimes(self) -> None:
        for model in (FASHION, RESNET):
            images = pixels(32)
            theirs = common.run_onnxruntime(model, images.astype(np.float32) / np.float32(255))
            ours = weft.compile(model, config="4x4").run(images)
            self.assertEqual(ours.dtype, np.float32)
            np.testing.assert_array_equal(ours, theirs["logits"])

    def test_of_the_rtl_are_too(self) -> None:
        images = pixels(3)
        theirs = common.run_onnxruntime(FASHION, images.astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(self.net.run(images, engine="rtl", check=True), theirs["logits"])

    def test_of_all_kinds_of_arrays(self) -> None:
        chw = pixels(4)
        expected = self.net.run(chw)
        real = chw.astype(np.float32) / np.float32(255)
        codes = np.clip(np.rint(real / np.float32(self.net.input_scale)) + self.net.input_zero_point, -128, 127).astype(np.int8)
        for same in (np.moveaxis(chw, 1, 3), np.asfortranarray(chw), chw[:, 0], real, real.astype(np.float64), codes, real.tolist()):
            if isinstance(same, list):
                same = np.asarray(same, np.float32).tolist()
            np.testing.assert_array_equal(self.net.run(same), expected)
        np.testing.assert_array_equal(self.net.run(chw[0]), expected[:1])
        np.testing.assert_array_equal(self.net.run(chw.astype(np.float32), scale=1 / 255), self.net.run(chw, scale=1 / 255))
        np.testing.assert_array_equal(self.net.run(chw, mean=0, std=[2]), self.net.run(real / np.float32(2)))


class Figures(Case):
    def test_of_the_rtl_are_the_programs(self) -> None:
        images = pixels(3)
        theirs = self.run_program(FASHION, images, "--engine", "rtl", "--config", "4x4", "--batch", "2", "--check",
                                  "--dump", str(self.folder / "dump"))
        run = weft.compile(FASHION, config="4x4", batch=2).inspect(images, engine="rtl", check=True)
        self.assertEqual((run.engine, run.images, run.starts), ("rtl", 3, 2))
        self.compare(run.total, theirs)
        self.assertEqual([layer.name for layer in run.layers], [layer["name"] for layer in theirs["layers"]])
        for layer, figures in zip(run.layers, theirs["layers"], strict=True):
            self.compare(layer, figures)
        self.assertEqual(run.total.mismatches, 0)
        self.assertGreater(run.total.outputs_compared, 0)
        manifest = json.loads((self.folder / "dump" / "tensors.json").read_text())["tensors"]
        self.assertEqual(set(run.tensors), {tensor["name"] for tensor in manifest if tensor["file"]})
        sources = set()
        for tensor in manifest:
            ours = run.tensors[tensor["name"]]
            np.testing.assert_array_equal(ours.array, np.load(self.folder / "dump" / tensor["file"]))
            self.assertEqual((ours.array.dtype, ours.axes, ours.zero_point), (tensor["type"], tensor["axes"], tensor["zero_point"]))
            self.assertEqual((np.float32(ours.scale), ours.source), (np.float32(tensor["scale"]), tensor["source"]))
            sources.add(ours.source)
        self.assertLessEqual({"input", "rtl"}, sources)

    def compare(self, ours: weft.Figures, theirs: dict[str, Any]) -> None:
        for key in ("macs", "cycles", "utilisation", "mismatches", "outputs_compared", "predicted_cycles", "stalls", "bytes_read",
                    "bytes_written"):
            if key in theirs:
                self.assertEqual(getattr(ours, key), theirs[key], key)

    def test_of_the_cycle_model_need_no_images(self) -> None:
        theirs = json.loads(program("run", RESNET, "--engine", "cycles", "--config", "8x8", "--batch", "4", "--memory", "4:60", "--json", "-"))
        run = weft.compile(RESNET, batch=4, memory="4:60").inspect(engine="cycles")
        self.compare(run.total, theirs)
        self.assertEqual([layer.cycles for layer in run.layers], [layer["cycles"] for layer in theirs["layers"]])
        self.assertEqual((run.outputs, run.tensors), ({}, {}))
        self.assertIsNone(self.net.inspect(pixels(1)).total.cycles)  # the golden model's

    def test_of_a_saved_network_are_the_same(self) -> None:
        images = pixels(3)
        net = weft.compile(FASHION, config="4x4", batch=2, memory="1:40")
        net.save(self.folder / "net.weft")
        program("compile", FASHION, "-o", str(self.folder / "theirs.weft"), "--config", "4x4", "--batch", "2", "--memory", "1:40")
        self.assertEqual((self.folder / "net.weft").read_bytes(), (self.folder / "theirs.weft").read_bytes())
        loaded = weft.load(self.folder / "net.weft")
        self.assertEqual((loaded.batch, loaded.config, loaded.layers), (2, "4x4", net.layers))
        theirs = self.run_program(str(self.folder / "net.weft"), images, "--engine", "rtl")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            run = loaded.inspect(images, engine="rtl", tensors=False)
        self.assertEqual([str(warning.message) for warning in said], ["the last batch has 1 images and takes the cycles of 2"])
        self.compare(run.total, theirs)
        np.testing.assert_array_equal(run.outputs["logits"], net.run(images))


class Refused(Case):
    def test_arrays_with_the_programs_sentences(self) -> None:
        good = pixels(1)
        for bad in (good.astype(np.float16), good.astype(">f4"), good.astype(np.int64), good.astype(bool), good.astype(complex),
                    good[:, :, :27], np.zeros((0, 28, 28), np.uint8), np.full((28, 28), np.nan, np.float32), np.uint8(1)):
            with self.subTest(dtype=bad.dtype, shape=bad.shape):
                self.same_sentence(bad)
        self.same_sentence(good, "--layout", "cwh", layout="cwh")
        self.same_sentence(good, "--std", "0.0", std=0)
        self.same_sentence(good, "--mean", "1.0,2.0", mean=[1, 2])
        self.same_sentence(good.astype(np.int8), "--scale", "2", scale=2)
        self.same_sentence(good, "--scale", "nan", scale=float("nan"))

    def test_networks_with_the_programs_sentences(self) -> None:
        def same(call: Any, *arguments: str) -> None:
            said = program(*arguments, code=2)
            with self.assertRaises(weft.Error) as caught:
                call()
            self.assertEqual(str(caught.exception), said)

        def run(*options: str, model: str = FASHION, engine: str = "cycles") -> tuple[str, ...]:
            return "run", model, "--engine", engine, *options

        nothing, text = str(self.folder / "nothing.onnx"), self.folder / "text.onnx"
        text.write_text("no model")
        same(lambda: weft.compile(nothing), *run(model=nothing))
        same(lambda: weft.compile(text), *run(model=str(text)))
        same(lambda: weft.compile(FASHION, config="9x9"), *run("--config", "9x9"))
        same(lambda: weft.compile(FASHION, memory="8"), *run("--memory", "8"))
        same(lambda: weft.compile(FASHION, memory="8:x"), *run("--memory", "8:x"))
        same(lambda: weft.compile(FASHION, rounding="up"), *run("--rounding", "up"))
        same(lambda: weft.compile(FASHION, size="big"), *run("--size", "big"))
        same(lambda: self.net.inspect(engine="cycles", check=True), *run("--check"))
        same(lambda: self.net.inspect(engine="cycles", stalls=0.5), *run("--stalls", "0.5"))
        (self.folder / "bad.weft").write_bytes(b"WEFTNET\n")
        same(lambda: weft.load(self.folder / "bad.weft"), *run(model=str(self.folder / "bad.weft")))
        (self.folder / "mine.json").write_text((ROOT / "configs" / "4x4.json").read_text().replace('"rows": 4', '"rows": 6'))
        mine = str(self.folder / "mine.json")
        np.save(self.folder / "one", pixels(1))
        same(lambda: weft.compile(FASHION, config=mine).run(pixels(1), engine="rtl"),
             *run("--config", mine, "--input", str(self.folder / "one.npy"), engine="rtl"))

    def test_what_only_python_can_ask(self) -> None:
        for call, sentence in (
            (lambda: self.net.run(pixels(1), engine="cycles"), "run needs the engine rtl or golden: the engine cycles computes no data"),
            (lambda: self.net.run(pixels(1), engine="gold"), "--engine 'gold': use rtl, golden or cycles"),
            (self.net.inspect, "images are missing: only the engine cycles counts without"),
            (lambda: weft.compile(FASHION, batch=0), "batch 0: give a whole number from 1 to 4096"),
            (lambda: self.net.run([[["a"]]]), "images: arrays of '<U1' are not supported"),
            (lambda: self.net.run([None]), "images: arrays of '|O' are not supported"),
            (lambda: weft.load(FASHION), f"{FASHION}: it is a model: weft.compile compiles it"),
            (lambda: weft.Device.uio("/dev/nothing"), "/dev/nothing: No such file or directory"),
        ):
            with self.assertRaises(weft.Error) as caught:
                call()
            self.assertIn(sentence, str(caught.exception))

    def test_one_array_of_several_outputs(self) -> None:
        quantize = [onnx.numpy_helper.from_array(np.array(value, dtype), name)
                    for name, value, dtype in (("s", 0.5, np.float32), ("z", 0, np.int8))]
        nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["a"]),
                 helper.make_node("MaxPool", ["q"], ["p"], kernel_shape=[2, 2]), helper.make_node("DequantizeLinear", ["p", "s", "z"], ["b"])]
        ports = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
                 for name, shape in (("x", [1, 2, 4, 4]), ("a", [1, 2, 4, 4]), ("b", [1, 2, 3, 3]))]
        model = helper.make_model(helper.make_graph(nodes, "two", ports[:1], ports[1:], quantize), opset_imports=[helper.make_opsetid("", 13)],
                                  ir_version=8)
        onnx.save(model, self.folder / "two.onnx")
        net = weft.compile(self.folder / "two.onnx", config="4x4")
        x = np.random.default_rng(1).normal(size=(1, 2, 4, 4)).astype(np.float32)
        with self.assertRaisesRegex(weft.Error, "the model has 2 outputs"):
            net.run(x)
        theirs = common.run_onnxruntime(model.SerializeToString(), x)
        for engine in ("golden", "rtl"):
            run = net.inspect(x, engine=engine)
            self.assertEqual(list(run.outputs), ["a", "b"])
            for name, array in theirs.items():
                np.testing.assert_array_equal(run.outputs[name], array)

    def test_saturation_is_a_warning(self) -> None:
        with self.assertWarnsRegex(UserWarning, "saturate"):
            self.net.run(pixels(1).astype(np.float32))


class Threads(Case):
    def test_two_networks_at_once(self) -> None:
        images = pixels(2)
        nets = [weft.compile(FASHION, config="4x4"), weft.compile(RESNET, config="4x4"), self.net, self.net]
        expected = [net.run(images) for net in nets]
        got: list[Any] = [None] * len(nets)
        ticks, over = 0, threading.Event()

        def work(i: int) -> None:
            got[i] = nets[i].run(images, engine="rtl" if i < 2 else "golden", check=True)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(nets))]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):  # the interpreter is free meanwhile
            ticks += 1
            over.wait(0.001)
        self.assertGreater(ticks, 20)  # a call that kept it would give it up between batches alone
        for result, wanted in zip(got, expected, strict=True):
            np.testing.assert_array_equal(result, wanted)


class Boards(Case):
    """On the fake device of tests/driver, by UIO and by a transport in Python."""

    def setUp(self) -> None:
        super().setUp()
        self.interrupt, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.interrupt.close)
        fake = subprocess.Popen([FAKE_UIO, str(self.folder), "4x4", str(theirs.fileno())], pass_fds=[theirs.fileno()],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        theirs.close()
        self.addCleanup(fake.communicate)
        self.assertEqual(fake.stdout.readline(), b"ready\n")

    def file(self, name: str) -> int:
        return os.open(self.folder / name, os.O_RDWR)

    def device(self) -> weft.Device:
        return weft.Device.uio_files(self.file("uio0"), os.dup(self.interrupt.fileno()), self.file("udmabuf0"), self.folder / "class")

    def test_by_uio(self) -> None:
        device, images = self.device(), pixels(2)
        expected = self.net.inspect(images)
        np.testing.assert_array_equal(self.net.run(images, engine=device, check=True), expected.outputs["logits"])
        run = self.net.inspect(images, engine=device, check=True)
        self.assertEqual((run.engine, run.starts, run.total.cycles, run.total.bytes_read), ("board", 2, 2 * 5000 + 3 + 4, 2 * 1234))
        self.assertEqual([layer.cycles for layer in run.layers], [None] * 4)  # a board does not tell them apart
        self.assertEqual(run.total.macs, expected.total.macs)
        self.assertEqual(run.total.mismatches, 0)
        self.assertLessEqual({"input", "board"}, {tensor.source for tensor in run.tensors.values()})
        for name, tensor in run.tensors.items():
            np.testing.assert_array_equal(tensor.array, expected.tensors[name].array)

    def test_refuses_what_it_cannot_run(self) -> None:
        device, images = self.device(), pixels(1)
        for call, sentence in (
            (lambda: weft.compile(FASHION, config="8x8").run(images, engine=device), "the list is for another configuration"),
            (lambda: weft.compile(RESNET, config="4x4", batch=64).run(pixels(64), engine=device), "the board's memory window has 1048576 bytes"),
            (lambda: self.net.run(images, engine=device, stalls=0.5), "a board has its own memory"),
        ):
            with self.assertRaisesRegex(weft.Error, sentence):
                call()
        (self.folder / "class" / "sync_for_device").unlink()
        with self.assertRaisesRegex(weft.Error, "sync_for_device: No such file"):
            self.net.run(images, engine=device)

    def test_threads_take_turns(self) -> None:
        device, images = self.device(), pixels(3)
        nets = [self.net, weft.compile(RESNET, config="4x4")]
        got: list[Any] = [None, None]

        def work(i: int) -> None:
            got[i] = nets[i].run(images, engine=device)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for net, result in zip(nets, got, strict=True):
            np.testing.assert_array_equal(result, net.run(images))

    def test_by_a_transport_in_python(self) -> None:
        images = pixels(2)
        transport = FileTransport(self.folder, self.interrupt)
        device = weft.Device(transport)
        np.testing.assert_array_equal(self.net.run(images, engine=device), self.net.run(images))
        self.assertEqual(transport.handed_over, 2)
        transport.broken = True
        with self.assertRaisesRegex(OSError, "the line is cut"):
            self.net.run(images, engine=device)
        transport.broken = False
        np.testing.assert_array_equal(self.net.run(images, engine=device), self.net.run(images))


class FileTransport:
    """weft.Transport of the fake device's files, without driver/uio."""

    def __init__(self, folder: pathlib.Path, interrupt: socket.socket) -> None:
        self.folder, self.interrupt = folder, interrupt
        self.registers, self.buffer = (mmap.mmap(os.open(folder / name, os.O_RDWR), 0) for name in ("uio0", "udmabuf0"))
        self.handed_over, self.broken = 0, False

    def window_address(self) -> int:
        return int((self.folder / "class" / "phys_addr").read_text(), 16)

    def window_bytes(self) -> int:
        return len(self.buffer)

    def read_register(self, offset: int) -> int:
        return int.from_bytes(self.registers[offset:offset + 4], "little")

    def write_register(self, offset: int, value: int) -> None:
        self.registers[offset:offset + 4] = value.to_bytes(4, "little")

    def wait(self) -> None:
        self.interrupt.send((1).to_bytes(4, "little"))
        self.interrupt.recv(4)

    def write_memory(self, offset: int, data: bytes) -> None:
        if self.broken:
            raise OSError("the line is cut")
        self.buffer[offset:offset + len(data)] = data

    def read_memory(self, offset: int, count: int) -> bytes:
        return self.buffer[offset:offset + count]

    def to_device(self, count: int) -> None:
        self.handed_over += 1
        for name, value in (("sync_direction", "1"), ("sync_for_device", "1")):
            (self.folder / "class" / name).write_text(value)

    def to_host(self, count: int) -> None:
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", required=True, help="the program to compare with")
    parser.add_argument("--fake-uio", required=True, help="tests/driver/fake_uio, built")
    options, others = parser.parse_known_args()
    PROGRAM, FAKE_UIO = options.weft, options.fake_uio
    unittest.main(argv=[sys.argv[0], *others])
