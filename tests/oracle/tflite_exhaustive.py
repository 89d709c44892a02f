#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite operators on all codes: those of one value on 256, those of two on all 65,536 pairs, and sums of layers around every tie.

The last bit of a multiplier shows here: it decides a tie in few of the values of a random graph.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

import numpy as np
import tflite_builder as tfl
from tflite_builder import Net, Scale
from tflite_operators import Random, binary, unary
from tflite_random import differences, run_weft

ONE = ["LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "RELU", "RELU6", "QUANTIZE"]
TWO = ["ADD", "SUB", "MUL"]


class OneMap(Random):
    """Draws a map as the second operand."""

    def pick(self, values: list) -> object:
        return "map" if "map" in values else super().pick(values)


def one_value(r: Random, count: int) -> tuple[Net, np.ndarray]:
    net = Net()
    x = net.input([1, 16, 16, 1], r.scale())
    for i in range(count):
        y = net.op("QUANTIZE", [x], net.shape(x), r.scale(), tfl.options("Quantize")) if i % 2 else x
        unary(net, r, y, ONE[i % len(ONE)])
    return net, np.arange(-128, 128).astype(np.int8).reshape(1, 16, 16, 1)


def two_values(r: Random, count: int) -> tuple[Net, np.ndarray]:
    """The first map has the row of a pixel, the second one its column."""
    net = Net()
    scale = r.scale()
    x = net.input([1, 256, 256, 2], scale)
    maps = [net.tensor([1, 256, 256, 1], np.int8, scale) for _ in range(2)]
    net.add("SPLIT", [net.ints([3]), x], maps, tfl.options("Split", numSplits=2))
    for i in range(count):  # QUANTIZE without a change of codes gives the second one another scale
        other = Scale(r.real(scale.scale / 4, scale.scale * 4), scale.zero)
        y = net.tensor(net.shape(maps[1]), np.int8, other)
        net.add("MUL", [maps[1], net.constant(np.array([1], np.int8), Scale(float(np.float32(other.scale / scale.scale)), 0))], [y], tfl.options("Mul"))
        binary(net, OneMap(r.generator), maps[0], y, TWO[i % len(TWO)])
    codes = np.arange(-128, 128)
    return net, np.stack(np.meshgrid(codes, codes, indexing="ij"), axis=-1).astype(np.int8)[np.newaxis]


def ties(r: Random, count: int) -> tuple[Net, np.ndarray]:
    """Filters of zeros: the bias is the sum. For each code, the sums on both sides of where its rounding begins."""
    net = Net()
    x = net.input([1, 1, 1, 2], Scale(r.real(0.01, 0.1), 0))
    for i in range(count):
        weight = np.array([r.real(1e-3, 1e-2)], np.float32)
        if i % 3 == 2:
            weight = np.repeat(weight, 510)
        out = float(np.float32(net.scale(x).scale * weight[0] / r.real(2e-7, 1e-3)))
        factor = np.float64(np.float32(net.scale(x).scale)) * np.float64(weight[0]) / np.float64(np.float32(out))
        middle = (np.arange(-127, 128) - 0.5) / factor
        bias = np.concatenate([np.floor(middle), np.ceil(middle)])
        scales = weight * np.float32(net.scale(x).scale)
        shape = (510, 2) if i % 3 else (510, 1, 1, 2)
        inputs = [x, net.filters(np.zeros(shape, np.int8), weight, 0), net.bias(bias, scales)]
        if i % 3:
            net.op("FULLY_CONNECTED", inputs, [1, 510], Scale(out, 0), tfl.options("FullyConnected"))
        else:
            net.op("CONV_2D", inputs, [1, 1, 1, 510], Scale(out, 0),
                   tfl.options("Conv2D", strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1))
    return net, np.zeros((1, 1, 1, 2), np.int8)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default="build/weft", help="the program")
    parser.add_argument("--graphs", type=int, default=10, help="of each of the three kinds")
    parser.add_argument("--operators", type=int, default=30, help="in a graph")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    weft = str(pathlib.Path(arguments.weft).resolve())
    failed = False
    for make in (one_value, two_values, ties):
        elements = differing = operators = 0
        for graph in range(arguments.graphs):
            net, images = make(Random(np.random.default_rng([arguments.seed, graph])), arguments.operators)
            outputs = net.computed()
            model = net.bytes(outputs)
            with tempfile.TemporaryDirectory() as temporary:
                ours = run_weft(weft, pathlib.Path(temporary), model, images, ["--engine", "golden"])
            compared, wrong, where = differences(ours, net.names(outputs), tfl.run_micro(model, images, len(outputs)))
            elements, differing, operators = elements + compared, differing + wrong, operators + len(net.graph.operators)
            if where:
                kinds = {net.graph.tensors[o.outputs[0]].name: [k for k, v in net.codes.items() if v == o.opcodeIndex] for o in net.graph.operators}
                print(f"{make.__name__}, graph {graph}: {where} (operators by output: {kinds.get(where.split('[')[0])})")
                failed = True
        print(f"{make.__name__}: {operators} operators, {elements} elements compared with tflite-micro, {differing} differ")
        failed |= elements == 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
