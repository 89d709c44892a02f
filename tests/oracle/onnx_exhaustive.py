#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's integer kernels of two values on all 65,536 pairs of codes: QLinearAdd and QLinearMul, as nodes and as QDQ groups. Where one
operand is a constant or a single pixel, which ONNX Runtime adds first, all codes of the other one.

Scales are random, or by powers of two apart: then every other sum is a tie, and the parity of the zero point decides it.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile

import common
import numpy as np
import onnx
from builder import Net
from random_graphs import MICROSOFT
from random_layers import Codes

KINDS = ("Add", "Mul")
FORMS = ("two maps", "two maps", "constant second", "constant first", "pixel second", "pixel first")
PAIRS = 65536


class Grid:
    """A scale and a zero point, and the names of their constants."""

    def __init__(self, net: Net, codes: Codes, scale: float, zero_point: int) -> None:
        self.scale = scale
        self.names = [net.const(scale), net.const(zero_point, codes.dtype)]


def scales_of(random: np.random.Generator) -> tuple[float, float, float]:
    """Of both inputs, and of the output relative to them."""
    if random.random() < 0.4:
        return tuple(2.0**n for n in random.integers([-8, -8, -2], [-3, -3, 4]))
    return tuple(2.0**r for r in random.uniform([-8, -8, -2], [-3, -3, 4]))


def make(random: np.random.Generator, operators: int) -> tuple[onnx.ModelProto, np.ndarray, list[str]]:
    """A model, its input, and what each output is. The first map has the row of a pixel, the second one its column."""
    codes = Codes(bool(random.integers(2)))
    info = np.iinfo(codes.dtype)
    net = Net([1, 2, 256, 256], dtype=codes.proto)
    maps = [net.slice(net.x, [i], [i + 1], [1]) for i in range(2)]
    places = random.integers(0, 256, operators)
    outputs, kinds = [], []
    for i in range(operators):
        kind = KINDS[i % len(KINDS)]
        a, b, relative = scales_of(random)
        unit = a * b * 64 if kind == "Mul" else max(a, b)
        x, y, out = (Grid(net, codes, np.float32(scale), int(random.integers(info.min, info.max + 1))) for scale in (a, b, unit * relative))
        is_qdq, form = i // len(KINDS) % 2 == 1, FORMS[i // (2 * len(KINDS)) % len(FORMS)]
        place = int(places[i])
        operands = list(maps)
        if "constant" in form:
            operands[1] = net.const(place + info.min, codes.dtype)
        if "pixel" in form:
            operands[1] = net.slice(net.x, [1, place, place], [2, place + 1, place + 1], [1, 2, 3])
        if "first" in form:
            operands.reverse()
        if is_qdq:
            reals = [net.op("DequantizeLinear", name, *grid.names) for name, grid in zip(operands, (x, y))]
            outputs.append(net.op("QuantizeLinear", net.op(kind, *reals), *out.names))
        else:
            outputs.append(net.op(f"QLinear{kind}", operands[0], *x.names, operands[1], *y.names, *out.names, domain=MICROSOFT))
        kinds.append(f"{kind}, {form}, {'QDQ' if is_qdq else 'QOperator'}, {codes.dtype.__name__}, scales {x.scale} {y.scale} {out.scale}")
    values = np.arange(info.min, info.max + 1)
    return net.model(*outputs, types=codes.proto), np.stack(np.meshgrid(values, values, indexing="ij")).astype(codes.dtype)[np.newaxis], kinds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--sets", type=int, default=480, help="of scales and zero points")
    parser.add_argument("--operators", type=int, default=24, help="in a model")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    common.require_file(options.weft)
    elements = differing = 0
    for first in range(0, options.sets, options.operators):
        model, images, kinds = make(np.random.default_rng([options.seed, first]), min(options.operators, options.sets - first))
        with tempfile.TemporaryDirectory() as temporary:
            file = pathlib.Path(temporary) / "model.onnx"
            onnx.save(model, file)
            theirs = common.run_onnxruntime(str(file), images)
            ours = common.run_weft(options.weft, file, images)
        for name, kind in zip(theirs, kinds):
            comparison = common.Comparison()
            comparison.add(name, ours[name], theirs[name], None)
            elements += comparison.elements
            differing += comparison.differing
            if comparison.differing:
                print(f"{kind}: {comparison.differing} of {comparison.elements}, up to {comparison.steps} steps: {comparison.where}")
    print(f"{options.sets} sets of scales, {elements} elements compared with onnxruntime, {differing} differ")
    return int(differing > 0 or elements != options.sets * PAIRS)


if __name__ == "__main__":
    sys.exit(main())
