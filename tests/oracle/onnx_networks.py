#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole networks, quantised by onnxruntime: every tensor of codes is onnxruntime's, and the RTL gives the golden model's.

The tensors come from `weft run --dump` on one side and from an onnxruntime session on the other, of which the results of its QuantizeLinear
and QLinear nodes are made outputs. These outputs change no bit: the network's own output is the same with and without them.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import common
import numpy as np
import onnx
from networks import NETWORKS, network
from onnx import helper
from quantisers import SETTINGS, quantise

CHOSEN = ["QDQ s8s8 per channel", "QDQ u8u8", "QOperator u8s8 per channel"]
FEWEST = 0.85  # of the tensors; the others are inside a layer of weft (before a Relu or a pool that it takes in), or none of its own
GIVES_CODES = ("QuantizeLinear", "QLinear", "QGemm")


def code_tensors(model: onnx.ModelProto) -> list[str]:
    """Results of nodes that are codes of activations."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return [node.output[0] for node in model.graph.node if node.op_type.startswith(GIVES_CODES) and node.input[0] not in constants]


def with_outputs(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    more = onnx.ModelProto()
    more.CopyFrom(model)
    present = {output.name for output in model.graph.output}
    more.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names if name not in present)
    return more


def compare_tensors(names: list[str], folder: pathlib.Path, theirs: dict[str, np.ndarray]) -> tuple[common.Comparison, int, str]:
    """Those of a dump with onnxruntime's: the comparison, how many tensors, and the first one that differs."""
    manifest = {tensor["name"]: tensor for tensor in json.loads((folder / "tensors.json").read_text())["tensors"]}
    comparison, first = common.Comparison(), ""
    compared = [name for name in names if name in manifest and manifest[name]["file"]]
    for name in compared:
        comparison.add(name, np.load(folder / manifest[name]["file"]), theirs[name], None)
        first = first or (name if comparison.differing else "")
    return comparison, len(compared), first


def compare_network(name: str, setting: str, options: argparse.Namespace, folder: pathlib.Path) -> str:
    """What was compared; throws Failed or Refused."""
    random = np.random.default_rng(options.seed)
    calibration, images = (random.uniform(-1, 1, [count, 3, options.size, options.size]).astype(np.float32) for count in (8, options.images))
    file = quantise(network(name, options.size), SETTINGS[setting], calibration, folder)
    model = onnx.load(file)
    names = code_tensors(model)
    theirs = common.run_onnxruntime(with_outputs(model, names).SerializeToString(), images)
    alone = common.run_onnxruntime(str(file), images)
    if any(not np.array_equal(alone[output], theirs[output]) for output in alone):
        raise common.Failed("more outputs change onnxruntime's own: nothing can be compared")
    ours = common.run_weft(options.weft, file, images, "--dump", str(folder / "dump"))
    inner, count, first = compare_tensors(names, folder / "dump", theirs)
    if inner.differing:
        raise common.Failed(f"{inner.differing} of {inner.elements} elements of {count} tensors differ, by up to {inner.steps} steps, first in {first}: {inner.where}")
    if count < FEWEST * len(names):
        raise common.Failed(f"only {count} of onnxruntime's {len(names)} tensors are among weft's, under their names")
    outer = common.compare(model, ours, alone)
    ends_in_softmax = any("Softmax" in node.op_type for node in model.graph.node)
    if outer.steps > int(ends_in_softmax) or outer.distance > common.FLOAT_TOLERANCE:
        raise common.Failed(f"the output differs: {outer.where or outer.distance}")
    return f"{count} of {len(names)} tensors and the output equal, {inner.elements + outer.elements} elements"


def check_rtl(file: pathlib.Path, options: argparse.Namespace) -> str:
    """One image through the RTL: all operators equal to the golden model and the cycle model."""
    command = [options.weft, "run", str(file), "--input", str(file.parent / "x.npy"), "--layout", "chw", "--limit", "1", "--engine", "rtl", "--check", "--config", options.config,
               "--json", "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise common.Failed(f"RTL: exit status {result.returncode}: {' '.join((result.stderr or result.stdout).strip().splitlines()[-2:])}")
    totals = json.loads(result.stdout)
    return f"RTL {options.config}: {totals['outputs_compared']} outputs, {totals['mismatches']} differ from the golden model, {totals['cycles']} cycles"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--only", default="", help="networks whose name holds this")
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--no-rtl", action="store_true", help="onnxruntime and the golden model only")
    parser.add_argument("--config", default="8x8", help="the hardware")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default="", help="leave the files in this folder")
    options = parser.parse_args()
    names = [name for name in NETWORKS if options.only in name]
    if not names:
        sys.exit(f"no network is called so: {', '.join(NETWORKS)}")
    common.require_file(options.weft)
    wrong = 0
    for name in names:
        for setting in CHOSEN:
            with tempfile.TemporaryDirectory() as temporary:
                folder = pathlib.Path(options.keep or temporary) / f"{name}.{setting}".replace(" ", "_")
                folder.mkdir(parents=True, exist_ok=True)
                try:
                    sentence = compare_network(name, setting, options, folder)
                    if not options.no_rtl:
                        sentence += f"; {check_rtl(folder / 'quantised.onnx', options)}"
                except (common.Refused, common.Failed) as error:
                    sentence = f"{type(error).__name__.lower()}: {error}"
                    wrong += 1
            print(f"{name}, {setting}: {sentence}", flush=True)
    print(f"{len(names) * len(CHOSEN) - wrong} of {len(names) * len(CHOSEN)} quantised networks equal onnxruntime's, tensor by tensor")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
