#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole TensorFlow Lite networks with random weights: every tensor that `weft run` gives is tflite-micro's, code by code."""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

import numpy as np
import tflite_builder as tfl
from tflite_builder import Net, Scale
from tflite_operators import SAME, VALID, Random, filters, padded_size
from tflite_random import differences, micro_images, quantised_input, run_weft

NONE, RELU, RELU6 = 0, 1, 3


class Builder:
    """Layers one after the other. Scales follow the spread of a sum of random codes."""

    def __init__(self, seed: int) -> None:
        self.net, self.r = Net(), Random(np.random.default_rng(seed))

    def filters(self, shape: tuple[int, ...], axis: int, x: int, activation: int) -> tuple[list[int], Scale]:
        """Filters and bias so large that sums fill the output's scale, which is that of real networks."""
        net, r = self.net, self.r
        inputs, natural = filters(net, r, shape, axis, x, int(np.prod(shape)) // shape[axis], usual=True)
        scale = self.spread(r.scale(), activation)
        for index in inputs:
            quantisation = net.graph.tensors[index].quantization
            quantisation.scale = np.asarray(quantisation.scale, np.float32) * np.float32(scale.scale / natural.scale)
        return inputs, scale

    def spread(self, scale: Scale, activation: int) -> Scale:
        return Scale(float(np.float32(6 / 255)), -128) if activation == RELU6 else Scale(scale.scale, -128 if activation == RELU else self.r.int(-20, 20))

    def conv(self, x: int, channels: int, size: int, stride: int = 1, activation: int = RELU6, depthwise: bool = False) -> int:
        net = self.net
        _, h, w, c = net.shape(x)
        inputs, scale = self.filters((1, size, size, c) if depthwise else (channels, size, size, c), 3 if depthwise else 0, x, activation)
        common = {"padding": SAME, "strideH": stride, "strideW": stride, "dilationHFactor": 1, "dilationWFactor": 1, "fusedActivationFunction": activation}
        options = tfl.options("DepthwiseConv2D", depthMultiplier=1, **common) if depthwise else tfl.options("Conv2D", **common)
        out = [1, padded_size(h, size, stride, 1, SAME), padded_size(w, size, stride, 1, SAME), c if depthwise else channels]
        return net.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [x, *inputs], out, scale, options)

    def sum(self, x: int, y: int, activation: int = NONE) -> int:
        scale = max(self.net.scale(x).scale, self.net.scale(y).scale) * 1.5
        return self.net.op("ADD", [x, y], self.net.shape(x), self.spread(Scale(float(np.float32(scale)), 0), activation),
                           tfl.options("Add", fusedActivationFunction=activation))

    def pool(self, x: int, size: int) -> int:
        _, h, w, c = self.net.shape(x)
        out = [1, padded_size(h, size, size, 1, VALID), padded_size(w, size, size, 1, VALID), c]
        return self.net.op("MAX_POOL_2D", [x], out, self.net.scale(x),
                           tfl.options("Pool2D", padding=VALID, strideH=size, strideW=size, filterHeight=size, filterWidth=size))

    def classifier(self, x: int, classes: int) -> int:
        net = self.net
        c = net.shape(x)[3]
        y = net.op("MEAN", [x, net.ints([1, 2])], [1, c], Scale(net.scale(x).scale / 2, -128), tfl.options("Reducer", keepDims=False))
        inputs, scale = self.filters((classes, c), 0, y, NONE)
        y = net.op("FULLY_CONNECTED", [y, *inputs], [1, classes], scale, tfl.options("FullyConnected"))
        return net.op("SOFTMAX", [y], [1, classes], Scale(1 / 256, -128), tfl.options("Softmax", beta=1.0))


def mobilenet(seed: int, size: int) -> Net:
    """Inverted residuals, as in MobileNetV2; the image is float32."""
    b = Builder(seed)
    x = quantised_input(b.net, [1, size, size, 3], Scale(float(np.float32(2 / 255)), -1), np.float32)
    x = b.conv(x, 16, 3, 2)
    for channels, stride, repeats in ((8, 1, 1), (12, 2, 2), (16, 2, 3), (24, 1, 2), (32, 2, 2), (48, 1, 1)):
        for repeat in range(repeats):
            c = b.net.shape(x)[3]
            y = b.conv(x, c * 6, 1)
            y = b.conv(y, 0, 3, stride if repeat == 0 else 1, depthwise=True)
            y = b.conv(y, channels, 1, activation=NONE)
            x = b.sum(x, y) if b.net.shape(x) == b.net.shape(y) else y
    b.classifier(b.conv(x, 96, 1), 10)
    return b.net


def mobilenet_v3(seed: int, size: int) -> Net:
    """Squeeze and excite, hard swish; the image is uint8."""
    b = Builder(seed)
    net = b.net

    def swish(x: int) -> int:
        return net.op("HARD_SWISH", [x], net.shape(x), Scale(net.scale(x).scale * 0.75, b.r.int(-110, -90)))

    x = swish(b.conv(quantised_input(net, [1, size, size, 3], Scale(float(np.float32(1 / 255)), -128), np.uint8), 16, 3, 2, NONE))
    for channels, stride in ((16, 2), (24, 2), (24, 1), (40, 2), (40, 1), (48, 1)):
        c = net.shape(x)[3]
        y = swish(b.conv(x, c * 4, 1, activation=NONE))
        y = swish(b.conv(y, 0, 5, stride, NONE, depthwise=True))
        z = net.op("MEAN", [y, net.ints([1, 2])], [1, 1, 1, c * 4], net.scale(y), tfl.options("Reducer", keepDims=True))
        z = b.conv(b.conv(z, c, 1, activation=RELU), c * 4, 1, activation=NONE)
        z = net.op("LOGISTIC", [z], net.shape(z), Scale(1 / 256, -128))
        y = net.op("MUL", [y, z], net.shape(y), net.scale(y), tfl.options("Mul"))
        y = b.conv(y, channels, 1, activation=NONE)
        x = b.sum(x, y) if net.shape(x) == net.shape(y) else y
    b.classifier(swish(b.conv(x, 96, 1, activation=NONE)), 10)
    return net


def resnet(seed: int, size: int) -> Net:
    """Residual blocks with projections; the image is int8."""
    b = Builder(seed)
    x = b.pool(b.conv(b.net.input([1, size, size, 3], Scale(float(np.float32(1 / 64)), 0)), 16, 5, 1, RELU), 2)
    for channels, stride, repeats in ((16, 1, 4), (24, 2, 4), (32, 2, 4)):
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            y = b.conv(b.conv(x, channels, 3, step, RELU), channels, 3, activation=NONE)
            shortcut = x if b.net.shape(x) == b.net.shape(y) else b.conv(x, channels, 1, step, NONE)
            x = b.sum(y, shortcut, RELU)
    b.classifier(x, 10)
    return b.net


NETWORKS = {"mobilenet": mobilenet, "mobilenet_v3": mobilenet_v3, "resnet": resnet}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weft", default="build/weft", help="the program")
    parser.add_argument("--only", default=",".join(NETWORKS), help="networks, with commas between")
    parser.add_argument("--size", type=int, default=48, help="of the square image")
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="golden", choices=["golden", "rtl"])
    parser.add_argument("--config", default="4x4", help="of the engine rtl")
    parser.add_argument("--keep", default="", help="folder for the files")
    arguments = parser.parse_args()
    weft = str(pathlib.Path(arguments.weft).resolve())
    engine = ["--engine", arguments.engine] + (["--check", "--config", arguments.config] if arguments.engine == "rtl" else [])
    failed = False
    for name in arguments.only.split(","):
        net = NETWORKS[name](arguments.seed, arguments.size)
        outputs = net.computed()
        model = net.bytes(outputs)
        codes = Random(np.random.default_rng(arguments.seed)).codes(arguments.images, *net.shape(net.graph.inputs[0])[1:])
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(arguments.keep or temporary) / name
            folder.mkdir(parents=True, exist_ok=True)
            ours = run_weft(weft, folder, model, codes, engine)
        theirs = tfl.run_micro(model, micro_images(net, codes), len(outputs))
        elements, differing, where = differences(ours, net.names(outputs), theirs)
        alive = np.median([len(np.unique(values)) for values in theirs])
        print(f"{name}: {len(net.graph.operators)} operators, {elements} elements of {len(outputs)} tensors compared with tflite-micro, {differing} differ, "
              f"{alive:.0f} different codes in a tensor (median){'; ' + where if where else ''}")
        failed |= bool(where) or elements == 0 or alive < 32
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
