#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The networks of models/ on Fashion-MNIST: every tensor of codes is onnxruntime's."""

from __future__ import annotations

import argparse
import gzip
import pathlib
import sys
import tempfile

import common
import numpy as np
import onnx
from onnx_networks import code_tensors, compare_tensors, with_outputs

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


def load_images(count: int) -> np.ndarray:
    common.require_file(str(DATA))
    with gzip.open(DATA) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return pixels[:count].astype(np.float32) / np.float32(255)


def compare_model(path: pathlib.Path, images: np.ndarray, weft: str, folder: pathlib.Path) -> tuple[bool, str]:
    model = onnx.load(path)
    names = code_tensors(model)
    theirs = common.run_onnxruntime(with_outputs(model, names).SerializeToString(), images)
    (folder / path.name).write_bytes(path.read_bytes())
    common.run_weft(weft, folder / path.name, images, "--dump", str(folder / "dump"))
    comparison, count, first = compare_tensors(names, folder / "dump", theirs)
    where = f", first in {first}: {comparison.where}" if comparison.differing else ""
    sentence = f"{count} of onnxruntime's {len(names)} tensors, {comparison.elements} elements, {comparison.differing} differ{where}"
    return comparison.elements > 0 and not comparison.differing, sentence


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--images", type=int, default=20)
    options = parser.parse_args()
    common.require_file(options.weft)
    models = sorted((common.ROOT / "models").glob("*.onnx"))
    images = load_images(options.images)
    equal = 0
    for path in models:
        with tempfile.TemporaryDirectory() as folder:
            right, sentence = compare_model(path, images, options.weft, pathlib.Path(folder))
        equal += right
        print(f"{path.name}: {sentence}", flush=True)
    print(f"{equal} of {len(models)} networks equal onnxruntime's on {len(images)} images")
    return 0 if models and equal == len(models) else 1


if __name__ == "__main__":
    sys.exit(main())
