#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a quantised model in its own framework: ONNX Runtime for .onnx, TensorFlow Lite Micro for .tflite.

`weft report` calls it to say in the page's head whether the framework gives the same outputs. IMAGES.npy holds the codes of the
model's input, all images, in the model's axes; --scale and --zero-point say which numbers they stand for, for a model that takes
those. Writes DIR/0.npy, DIR/1.npy, ..., the outputs in the model's order, and prints the framework's name and version.
"""

import argparse
import importlib.metadata
import pathlib
import sys

try:
    import numpy as np
except ImportError as missing:
    sys.exit(f"{missing}: scripts/bootstrap.sh python makes the environment")


def for_model(codes, dtype, scale, zero_point):
    """The images as the model takes them."""
    if np.issubdtype(dtype, np.floating):
        return (np.float32(scale) * (codes.astype(np.int32) - zero_point).astype(np.float32)).astype(dtype)
    if codes.dtype != dtype:
        raise SystemExit(f"the model takes {np.dtype(dtype)}, the images are {codes.dtype}")
    return codes


def run_onnx(model, images, _outputs):
    import onnxruntime

    import onnx_session
    session = onnx_session.session(model)
    source = session.get_inputs()[0]
    data = images({"tensor(float)": np.float32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8}[source.type])
    batch = source.shape[0] if isinstance(source.shape[0], int) else 1
    if len(data) % batch != 0:
        raise SystemExit(f"the model takes {batch} images at once, and there are {len(data)}")
    results = [session.run(None, {source.name: data[i : i + batch]}) for i in range(0, len(data), batch)]
    return f"ONNX Runtime {onnxruntime.__version__}", results


ARENA = 1 << 28  # bytes for all tensors of TensorFlow Lite Micro


def run_tflite(model, images, outputs):
    import tflite_micro
    interpreter = tflite_micro.runtime.Interpreter.from_bytes(model, arena_size=ARENA)
    source = interpreter.get_input_details(0)
    data = images(source["dtype"])
    batch = int(source["shape"][0])
    if len(data) % batch != 0:
        raise SystemExit(f"the model takes {batch} images at once, and there are {len(data)}")
    results = []
    for i in range(0, len(data), batch):
        interpreter.set_input(data[i : i + batch].reshape(source["shape"]), 0)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(i)) for i in range(outputs)])
    return f"TensorFlow Lite Micro {importlib.metadata.version('tflite-micro')}", results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL")
    parser.add_argument("images", type=pathlib.Path, metavar="IMAGES.npy")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--outputs", type=int, default=1, help="how many the model has (TensorFlow Lite Micro does not tell)")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--zero-point", type=int, default=0)
    options = parser.parse_args()
    model, codes = options.model.read_bytes(), np.load(options.images)
    run = run_tflite if model[4:8] == b"TFL3" else run_onnx
    try:
        name, results = run(model, lambda dtype: for_model(codes, dtype, options.scale, options.zero_point), options.outputs)
    except ImportError as missing:
        raise SystemExit(f"{missing}: scripts/bootstrap.sh python installs it") from missing
    except (RuntimeError, ValueError, KeyError) as error:
        raise SystemExit(f"the framework does not run this model: {str(error).splitlines()[0]}") from error
    except Exception as error:  # pylint: disable=broad-exception-caught
        if type(error).__module__.startswith("onnxruntime"):  # its own exceptions have no common base
            raise SystemExit(f"the framework does not run this model: {str(error).splitlines()[0]}") from error
        raise
    options.output.mkdir(parents=True, exist_ok=True)
    for i in range(len(results[0])):
        np.save(options.output / f"{i}.npy", np.concatenate([result[i] for result in results]))
    print(name)


if __name__ == "__main__":
    main()
