# SPDX-License-Identifier: Apache-2.0
"""Runs a quantised ONNX model by onnxruntime and by `weft`, and compares what they give."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "scripts"))
try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
    from onnx_session import session
except ImportError as missing:
    sys.exit(f"{missing}: this runs in the project's environment, .venv/bin/python, which scripts/bootstrap.sh python makes")

FLOAT_TOLERANCE = 1e-5  # of the largest value: operators that stay float are float in both, but not in the same order
warnings.filterwarnings("ignore", module="onnxruntime")


def run_onnxruntime(model: str | bytes, images: np.ndarray) -> dict[str, np.ndarray]:
    """All outputs by name. The images go through as many at a time as the model says, or one by one."""
    runner = session(model)
    names = [output.name for output in runner.get_outputs()]
    source = runner.get_inputs()[0]
    batch = source.shape[0] if isinstance(source.shape[0], int) else 1
    results = [runner.run(names, {source.name: images[first:first + batch]}) for first in range(0, len(images), batch)]
    return {name: np.concatenate([result[i] for result in results]) for i, name in enumerate(names)}


def require_file(program: str) -> None:
    if not pathlib.Path(program).is_file():
        sys.exit(f"{program} is not there: build it first (make), or name another with --weft")


class Refused(Exception):
    """weft's sentence about a model that it does not take."""


class Failed(Exception):
    """weft neither ran nor refused as it should: a crash, a mismatch of its engines, or no sentence."""


def run_weft(weft: str, model: pathlib.Path, images: np.ndarray, *options: str, engine: str = "golden") -> dict[str, np.ndarray]:
    """All outputs by name, as `weft run` writes them."""
    folder = model.parent
    np.save(folder / "x.npy", images)
    output = folder / "y.npz"
    command = [weft, "run", str(model), "--input", str(folder / "x.npy"), "--output", str(output), "--engine", engine, *options]
    if images.ndim > 2:
        command += ["--layout", "chw"]
    result = subprocess.run(command, capture_output=True, text=True, errors="backslashreplace", check=False)
    sentence = result.stderr.strip()
    if result.returncode == 2 and sentence.startswith(f"weft: {model}: "):
        raise Refused(sentence.removeprefix(f"weft: {model}: "))
    if result.returncode != 0:
        raise Failed(f"exit status {result.returncode}: {' '.join((result.stdout + sentence).splitlines()[-3:]).replace(str(folder), 'DIR')}")
    with np.load(output) as arrays:
        return dict(arrays)


@dataclasses.dataclass
class Comparison:
    """`steps`: the largest difference of codes. `distance`: that of values that no DequantizeLinear gave, relative to the largest of them."""

    elements: int = 0
    differing: int = 0
    steps: int = 0
    distance: float = 0.0
    where: str = ""

    def add(self, name: str, ours: np.ndarray, theirs: np.ndarray, grid: tuple[np.ndarray, np.ndarray] | None) -> None:
        """`grid`: scale and zero point of float values that are codes in truth."""
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise Failed(f"{name} is {ours.dtype} {list(ours.shape)}, onnxruntime's is {theirs.dtype} {list(theirs.shape)}")
        self.elements += theirs.size
        if theirs.dtype == np.float32 and grid is None:
            if not np.isfinite(ours).all():
                raise Failed(f"{name} has values that are not finite")
            self.distance = max(self.distance, float(np.abs(ours - theirs).max(initial=0) / max(np.abs(theirs).max(initial=0), 1e-30)))
            return
        if grid is not None:
            ours, theirs = (np.rint(values.astype(np.float64) / grid[0]) for values in (ours, theirs))
        wrong = ours != theirs
        if wrong.any():
            first = tuple(int(i) for i in np.argwhere(wrong)[0])
            self.differing += int(wrong.sum())
            self.steps = max(self.steps, int(np.abs(ours.astype(np.int64) - theirs.astype(np.int64)).max()))
            self.where = self.where or f"{name}{list(first)} is {int(ours[first])}, onnxruntime's {int(theirs[first])}"


def grids(model: onnx.ModelProto) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(scale, zero point) of the float outputs that a DequantizeLinear gives."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    outputs = {output.name for output in model.graph.output}
    found = {}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.output[0] in outputs:
            found[node.output[0]] = tuple(numpy_helper.to_array(constants[name]) for name in node.input[1:3])
    return found


def compare(model: onnx.ModelProto, ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> Comparison:
    comparison = Comparison()
    if set(ours) != set(theirs):
        raise Failed(f"the outputs are {sorted(ours)}, onnxruntime's {sorted(theirs)}")
    known = grids(model)
    for name in theirs:
        comparison.add(name, ours[name], theirs[name], known.get(name))
    if comparison.elements == 0:
        raise Failed("there is no element to compare")
    return comparison
