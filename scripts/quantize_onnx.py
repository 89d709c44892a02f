#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantises a float ONNX network to int8, calibrated on images: `weft quantize` runs this in the project's environment.

onnxruntime does the work, with settings that keep accuracy: QDQ format, weights per output channel, ranges from the images.
"""

from __future__ import annotations

import argparse
import gzip
import logging
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Iterator


class Refusal(Exception):
    """One sentence for the user."""


try:
    import numpy as np
    import onnx
    import onnx_session
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from PIL import Image
except ImportError as missing:
    print(f"weft: {missing}: scripts/bootstrap.sh python installs what is missing", file=sys.stderr)
    sys.exit(2)

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm"}
OPSET = 13  # the first one with scales per channel
METHODS = {"minmax": CalibrationMethod.MinMax, "entropy": CalibrationMethod.Entropy, "percentile": CalibrationMethod.Percentile}


# ---- the network


def load_network(path: pathlib.Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:  # of several types
        raise Refusal(f"{path}: not an ONNX model, or damaged: {first_line(error)}") from error
    if any("QuantizeLinear" in node.op_type or node.op_type.startswith("QLinear") for node in model.graph.node):
        raise Refusal(f"{path}: it is quantised already: weft run takes it as it is")
    opset = next((domain.version for domain in model.opset_import if domain.domain in ("", "ai.onnx")), 1)
    if opset < OPSET:
        try:
            model = onnx.version_converter.convert_version(model, OPSET)
        except Exception as error:
            raise Refusal(f"{path}: its opset {opset} cannot be raised to {OPSET}: export it with opset {OPSET} or above") from error
    return model


def input_of(model: onnx.ModelProto, path: pathlib.Path) -> onnx.ValueInfoProto:
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise Refusal(f"{path}: it has {len(inputs)} inputs; one is supported")
    kind = inputs[0].type.tensor_type
    if kind.elem_type != onnx.TensorProto.FLOAT or len(kind.shape.dim) not in (2, 3, 4):
        raise Refusal(f"{path}: its input '{inputs[0].name}' is not float32 of 2 to 4 dimensions, as in [N, C, H, W]")
    return inputs[0]


def fix_shape(model: onnx.ModelProto, value: onnx.ValueInfoProto, shape: list[int]) -> onnx.ModelProto:
    """One image at a time, of the images' size; shapes that were inferred for others are inferred anew."""
    for dimension, size in zip(value.type.tensor_type.shape.dim, [1, *shape]):
        dimension.Clear()
        dimension.dim_value = size
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return onnx.shape_inference.infer_shapes(model)


# ---- images


def read_idx(path: pathlib.Path) -> np.ndarray:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:3] != b"\0\0\x08" or data[3] != 3:
        raise ValueError("neither a picture, nor .npy, nor an IDX file of images")
    return np.frombuffer(data, np.uint8, offset=16).reshape(np.frombuffer(data, ">u4", 3, 4))[..., np.newaxis]


def read_images(path: pathlib.Path, channels: int, size: tuple[int, int] | None) -> np.ndarray:
    """NHWC; uint8 are pixels. Pictures have the channels that the network wants, and its size if there is one."""
    if path.suffix.lower() == ".npy":
        values = np.load(path, allow_pickle=False)
        return values[np.newaxis] if values.ndim == 3 else values
    if path.suffix.lower() not in PICTURES:
        return read_idx(path)
    if channels not in (1, 3):
        raise ValueError(f"the network takes {channels} channels: give arrays (.npy)")
    with Image.open(path) as picture:
        picture = picture.convert("L" if channels == 1 else "RGB")
        if size:
            picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
        return np.asarray(picture).reshape(1, picture.height, picture.width, channels)


def files_of(names: list[str]) -> list[pathlib.Path]:
    files = []
    for path in map(pathlib.Path, names):
        if not path.exists():
            raise Refusal(f"{path}: there is no such file or folder")
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES | {".npy"}) if path.is_dir() else [path]
        if not inside:
            raise Refusal(f"{path}: there is no image in this folder ({', '.join(sorted(PICTURES))} or .npy)")
        files += inside
    return files


def numbers(text: str, channels: int, option: str) -> np.ndarray:
    try:
        values = np.array([float(number) for number in text.split(",")], np.float32)
    except ValueError as error:
        raise Refusal(f"{option} {text}: give numbers, as in 0.485,0.456,0.406") from error
    if len(values) not in (1, channels) or not np.isfinite(values).all():
        raise Refusal(f"{option} {text}: give one number, or one for each of the {channels} channels")
    return values


def load_images(options: argparse.Namespace, shape: list[int]) -> np.ndarray:
    """Real values in the network's own layout; a size of 0 in its shape is free."""
    flat = len(shape) == 1
    channels, *sizes = shape
    mean, std = (numbers(text, channels, option) for text, option in ((options.mean, "--mean"), (options.std, "--std")))
    if (std == 0).any():
        raise Refusal("--std: it divides, so it cannot be 0")
    images, found = [], None
    for path in files_of(options.images):
        try:
            values = read_images(path, channels, tuple(sizes) if options.resize and len(sizes) == 2 and all(sizes) else None)
        except Exception as error:  # of the readers' many types
            raise Refusal(f"{path}: cannot be read: {first_line(error)}") from error
        if values.dtype == np.uint8:
            values = (values.astype(np.float32) * np.float32(options.scale) - mean) / std
        values = values.astype(np.float32)
        if not flat and values.ndim == 4:
            values = values.transpose(0, 3, 1, 2)
        if not flat and len(sizes) == 1:  # a one-dimensional map
            values = values.reshape(values.shape[0], values.shape[1], -1)
        if flat:
            values = values.reshape(-1, channels) if values.size % channels == 0 else values
        fits = values.ndim == len(shape) + 1 and all(want in (0, got) for want, got in zip(shape, values.shape[1:]))
        if not fits or found not in (None, values.shape[1:]):
            hint = "" if options.resize or flat else "; --resize fits pictures to the network's size"
            raise Refusal(f"{path}: its images are {list(values.shape[1:])}, and the network takes {list(found or shape)}{hint}")
        found = values.shape[1:]
        images.append(values)
        if sum(map(len, images)) >= options.limit:
            break
    return np.concatenate(images)[:options.limit]


# ---- quantising


class Images(CalibrationDataReader):
    """Gives the calibration one image after the other."""

    def __init__(self, name: str, images: np.ndarray) -> None:
        self.left: Iterator[dict] = iter([{name: image[np.newaxis]} for image in images])

    def get_next(self) -> dict | None:
        return next(self.left, None)


def outputs_of(path: pathlib.Path, images: np.ndarray) -> np.ndarray:
    """The first output of each image, flat. The integer kernels are those that Weft equals."""
    session = onnx_session.session(str(path), threads=0)
    name = session.get_inputs()[0].name
    return np.stack([session.run(None, {name: image[np.newaxis]})[0].ravel() for image in images])


def quantise(options: argparse.Namespace) -> str:
    source = pathlib.Path(options.model)
    model = load_network(source)
    value = input_of(model, source)
    shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim][1:]
    images = load_images(options, shape)
    model = fix_shape(model, value, list(images.shape[1:]))
    target = pathlib.Path(options.output)
    if not target.parent.is_dir():
        raise Refusal(f"{target}: cannot be written: there is no folder {target.parent}")
    with tempfile.TemporaryDirectory() as temporary:
        fixed, prepared, result = (pathlib.Path(temporary) / name for name in ("fixed.onnx", "prepared.onnx", "quantised.onnx"))
        onnx.save(model, fixed)
        try:
            quant_pre_process(str(fixed), str(prepared), skip_symbolic_shape=True)
            quantize_static(str(prepared), str(result), Images(value.name, images), quant_format=QuantFormat.QDQ, per_channel=not options.per_tensor,
                            activation_type=QuantType.QUInt8 if options.uint8 else QuantType.QInt8, weight_type=QuantType.QInt8,
                            calibrate_method=METHODS[options.method])
            floats, codes = outputs_of(prepared, images), outputs_of(result, images)
        except Exception as error:  # onnxruntime's, of many types
            raise Refusal(f"{source}: onnxruntime cannot quantise it: {first_line(error)}") from error
        try:
            target.write_bytes(result.read_bytes())
        except OSError as error:
            raise Refusal(f"{target}: cannot be written: {error.strerror}") from error
    noise = float(np.square(codes - floats).sum() / max(np.square(floats).sum(), 1e-30))
    agree = int((codes.argmax(axis=1) == floats.argmax(axis=1)).sum())
    return (f"{target}: calibrated with {len(images)} images, on which its outputs are within {100 * noise**0.5:.1f} % of the float network's (root mean square), "
            f"and the largest is the same in {agree}")


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


class Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise Refusal(f"quantize: {message} (weft quantize --help tells more)")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="weft quantize", description="Quantise a float ONNX network to int8, calibrated on images, by onnxruntime")
    parser.add_argument("model", metavar="FLOAT.onnx")
    parser.add_argument("--images", nargs="+", required=True, metavar="PATH", help="folders or files: pictures, .npy (uint8 pixels, or real values) or IDX")
    parser.add_argument("-o", "--output", required=True, metavar="Q.onnx")
    parser.add_argument("--limit", type=int, default=200, help="use only the first N images (200)")
    parser.add_argument("--scale", type=float, default=1 / 255, help="real = (pixel * SCALE - MEAN) / STD (1/255)")
    parser.add_argument("--mean", default="0", help="one number, or one a channel: a,b,c (0)")
    parser.add_argument("--std", default="1", help="the same (1)")
    parser.add_argument("--resize", action="store_true", help="fit pictures to the network's size")
    parser.add_argument("--method", choices=sorted(METHODS), default="minmax", help="how ranges follow from values (minmax)")
    parser.add_argument("--uint8", action="store_true", help="uint8 activations instead of int8")
    parser.add_argument("--per-tensor", action="store_true", help="one scale for all filters of a layer")
    options = parser.parse_args(arguments)
    if options.limit < 1:
        raise Refusal(f"--limit {options.limit}: give a whole number from 1")
    return options


def main() -> int:
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    try:
        print(quantise(parse(sys.argv[1:])))
    except Refusal as refusal:
        print(f"weft: {refusal}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
