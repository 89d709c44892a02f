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
FEWEST_LAYERS, FEWEST_TENSORS = 30, 25
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


def compare_network(name: str, setting: str, options: argparse.Namespace, folder: pathlib.Path) -> bool:
    random = np.random.default_rng(options.seed)
    calibration, images = (random.uniform(-1, 1, [count, 3, options.size, options.size]).astype(np.float32) for count in (8, options.images))
    file = quantise(network(name, options.size), SETTINGS[setting], calibration, folder)
    model = onnx.load(file)
    names = code_tensors(model)
    theirs = common.run_onnxruntime(with_outputs(model, names).SerializeToString(), images)
    alone = common.run_onnxruntime(str(file), images)
    if any(not np.array_equal(alone[output], theirs[output]) for output in alone):
        print(f"{name}, {setting}: more outputs change onnxruntime's own: nothing is compared")
        return False
    try:
        outputs = common.run_weft(options.weft, file, images, "--dump", str(folder / "dump"))
        comparison = common.compare(model, outputs, alone)
    except (common.Refused, common.Failed) as error:
        print(f"{name}, {setting}: {error}")
        return False
    manifest = {tensor["name"]: tensor for tensor in json.loads((folder / "dump" / "tensors.json").read_text())["tensors"]}
    common_names = [tensor for tensor in names if tensor in manifest and manifest[tensor]["file"]]
    inner, first = 0, ""
    for tensor in common_names:
        ours = np.load(folder / "dump" / manifest[tensor]["file"])
        before = comparison.differing
        comparison.add(tensor, ours, theirs[tensor], None)
        inner += ours.size
        if comparison.differing > before and not first:
            first = f"; first in {tensor}, where {comparison.differing - before} of {ours.size} differ: {comparison.where}"
    steps = 1 if name == "squeezenet" else 0  # it ends in a Softmax
    outer = {output: values for output, values in outputs.items()}
    softmax_only = steps == 1 and inner > 0 and not first and comparison.steps <= steps
    print(f"{name}, {setting}: {len(model.graph.node)} nodes, {len(common_names)} of {len(names)} tensors compared, {comparison.elements} elements, "
          f"{comparison.differing} differ{first}")
    return len(common_names) >= FEWEST_TENSORS and (comparison.differing == 0 or softmax_only) and bool(outer)
