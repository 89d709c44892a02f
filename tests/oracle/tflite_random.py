#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random TensorFlow Lite graphs: every tensor that `weft run` gives is tflite-micro's, code by code.

Each graph has one to six operators, the first of which goes through all kinds in turn, and all that they compute is an output. With --engine rtl,
`weft run --check` also compares the hardware with the golden model and its cycles with the cycle model.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import tflite_builder as tfl
from tflite_builder import Scale
from tflite_operators import MOST, OPERATORS, Random

IMAGES = 2
KINDS = sorted(OPERATORS)
ENDS = [np.int8, np.int8, np.int8, np.uint8, np.float32]  # of a model


@dataclasses.dataclass
class Outcome:
    seed: int
    kinds: list[str]
    elements: int = 0
    differing: int = 0
    sentence: str = ""  # what is wrong; empty: all is equal
    host_only: bool = False  # no operator of it runs on the engine


def random_graph(seed: int, only: list[str]) -> tuple[tfl.Net, np.ndarray, list[str]]:
    r = Random(np.random.default_rng(seed))
    kinds: list[str] = []
    while not kinds:  # the first kind may not fit the input
        net = tfl.Net()
        shape = [1, r.int(1, 12), r.int(1, 12), r.pick([1, 2, 3, 4, 6, 8, 9, 12, 16])]
        tensors = [quantised_input(net, shape, r.scale(), r.pick(ENDS))]
        for _ in range(r.int(1, 6)):
            kind = r.pick(only) if kinds else only[seed % len(only)]
            maps = [t for t in tensors if len(net.shape(t)) == 4]
            made = OPERATORS[kind](net, r, maps[-1] if r.int(0, 1) else r.pick(maps), maps)
            if made is not None:
                kinds.append(kind)
                tensors += [t for t in net.computed() if t not in tensors and np.prod(net.shape(t)) <= MOST]
    images = r.generator.integers(-128, 128, (IMAGES, *shape[1:])).astype(np.int8)
    return net, images, kinds


def quantised_input(net: tfl.Net, shape: list[int], scale: Scale, end: type) -> int:
    """The int8 tensor behind an input of any type."""
    if end is np.int8:
        return net.input(shape, scale)
    x = net.input(shape, Scale(scale.scale, scale.zero + 128) if end is np.uint8 else None, end)
    return net.op("QUANTIZE", [x], shape, scale, tfl.options("Quantize"))


def other_output(net: tfl.Net, x: int, end: type) -> int:
    """A tensor as an output of another type."""
    scale = net.scale(x)
    y = net.tensor(net.shape(x), end, Scale(scale.scale, scale.zero + 128) if end is np.uint8 else None)
    net.add("QUANTIZE" if end is np.uint8 else "DEQUANTIZE", [x], [y], tfl.options("Quantize" if end is np.uint8 else "Dequantize"))
    return y


def micro_images(net: tfl.Net, codes: np.ndarray) -> np.ndarray:
    """The same images as the model's input has them."""
    x = net.graph.tensors[net.graph.inputs[0]]
    if x.type == tfl.schema.TensorType.FLOAT32:
        scale = net.scale(net.graph.operators[0].outputs[0])
        return (np.float32(scale.scale) * (codes.astype(np.float32) - np.float32(scale.zero))).astype(np.float32)
    return (codes.astype(np.int16) + 128).astype(np.uint8) if x.type == tfl.schema.TensorType.UINT8 else codes


def run_weft(weft: str, folder: pathlib.Path, model: bytes, images: np.ndarray, engine: list[str]) -> dict[str, np.ndarray]:
    """The outputs by name; raises RuntimeError with weft's sentence."""
    (folder / "model.tflite").write_bytes(model)
    np.save(folder / "x.npy", images)
    command = [weft, "run", str(folder / "model.tflite"), "--input", str(folder / "x.npy"), "--output", str(folder / "y.npz"), *engine]
    if images.ndim > 2:
        command += ["--layout", "hwc"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"exit status {result.returncode}: {(result.stderr + result.stdout).strip()[:300]}")
    with np.load(folder / "y.npz") as arrays:
        return dict(arrays)


def differences(ours: dict[str, np.ndarray], names: list[str], theirs: list[np.ndarray]) -> tuple[int, int, str]:
    """Elements, differing ones, and where the first is."""
    if sorted(ours) != sorted(names):
        return 0, 0, f"the outputs are {sorted(ours)} instead of {sorted(names)}"
    elements = differing = 0
    where = ""
    for name, expected in zip(names, theirs):
        got = ours[name]
        if got.shape != expected.shape or got.dtype != expected.dtype:
            where = where or f"{name} is {got.dtype} {list(got.shape)}, tflite-micro's is {expected.dtype} {list(expected.shape)}"
            continue
        wrong = got != expected
        elements += expected.size
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            where = where or f"{name}{list(first)} is {got[first]}, tflite-micro's {expected[first]} ({wrong.sum()} of {wrong.size})"
            differing += int(wrong.sum())
    return elements, differing, where


def try_graph(seed: int, only: list[str], weft: str, engine: list[str], keep: str) -> Outcome:
    net, images, kinds = random_graph(seed, only)
    outcome = Outcome(seed, kinds)
    outputs = [t for t in net.computed() if len(net.shape(t)) <= 4]
    end = ENDS[seed // len(only) % len(ENDS)]
    if end is not np.int8:
        outputs.append(other_output(net, outputs[-1], end))
    model = net.bytes(outputs)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(keep or temporary) / f"tflite{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            try:
                ours = run_weft(weft, folder, model, images, engine)
            except RuntimeError as error:
                if "--check has compared nothing" not in str(error):
                    raise
                outcome.host_only = True
                ours = run_weft(weft, folder, model, images, ["--engine", "golden"])
            theirs = tfl.run_micro(model, micro_images(net, images), len(outputs))
        except (RuntimeError, ValueError) as error:
            outcome.sentence = str(error).replace(str(folder), "DIR")
            return outcome
    outcome.elements, outcome.differing, outcome.sentence = differences(ours, net.names(outputs), theirs)
    if outcome.elements == 0 and not outcome.sentence:
        outcome.sentence = "there is no element to compare"
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default="build/weft", help="the program")
    parser.add_argument("--count", type=int, default=2000, help="graphs")
    parser.add_argument("--first", type=int, default=0, help="the first one's seed")
    parser.add_argument("--only", default="", help="kinds of operators, with commas between")
    parser.add_argument("--engine", default="golden", choices=["golden", "rtl"])
    parser.add_argument("--config", default="4x4", help="of the engine rtl")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", default="", help="folder for the files of each graph")
    arguments = parser.parse_args()
    weft = str(pathlib.Path(arguments.weft).resolve())
    only = arguments.only.split(",") if arguments.only else KINDS
    if unknown := set(only) - set(KINDS):
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(KINDS)}")
    if not pathlib.Path(weft).is_file() or arguments.count < 1:
        parser.error(f"{weft} is not there, or --count is below 1")
    engine = ["--engine", arguments.engine] + (["--check", "--config", arguments.config] if arguments.engine == "rtl" else [])
    seen: collections.Counter[str] = collections.Counter()
    elements = differing = on_host = 0
    wrong = []
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        seeds = range(arguments.first, arguments.first + arguments.count)
        futures = [pool.submit(try_graph, seed, only, weft, engine, arguments.keep) for seed in seeds]
        for future in futures:
            outcome = future.result()
            elements += outcome.elements
            differing += outcome.differing
            on_host += outcome.host_only
            seen.update(outcome.kinds)
            if outcome.sentence:
                wrong.append(outcome)
                print(f"seed {outcome.seed} ({' '.join(outcome.kinds)}): {outcome.sentence}")
    print(f"{arguments.count} graphs, {sum(seen.values())} operators, {elements} elements compared with tflite-micro, {differing} differ, "
          f"{len(wrong)} graphs are not equal" + (f", {on_host} have nothing that runs on the engine" if on_host else ""))
    print(", ".join(f"{kind} {seen[kind]}" for kind in only))
    missing = [kind for kind in only if not seen[kind]]
    if missing and arguments.count >= len(only):
        print(f"never made: {', '.join(missing)}")
        return 1
    return 1 if wrong or elements == 0 or on_host == arguments.count else 0


if __name__ == "__main__":
    sys.exit(main())
