#!/usr/bin/env python3
"""Train the demo network on Fashion-MNIST and export it as an int8 ONNX model.

Needs PyTorch, ONNX and NumPy; on Debian:

    apt-get install python3-torch python3-onnx dataset-fashion-mnist
    python3 scripts/train.py

Training is single-threaded and repeatable from its seed on one machine.
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

import quantize

LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
          "Sneaker", "Bag", "Ankle boot")

# Name suffix, filter size, input channels, output channels, followed by a 2x2 max pooling?
CONVS = ((1, 5, 1, 16, True), (2, 3, 16, 32, True), (3, 3, 32, 64, False))
SIZE = 28


def read_idx(path: Path) -> np.ndarray:
    """Read a gzip-compressed IDX file of unsigned bytes."""
    with gzip.open(path, "rb") as file:
        data = file.read()
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the uint8 images [N, 1, 28, 28] and the labels of one part."""
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")[:, None]
    return images, read_idx(folder / f"{part}-labels-idx1-ubyte.gz")


def to_float(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images.astype(np.float32) / np.float32(255.0))


def build() -> nn.Sequential:
    """The float network, with batch normalisation for training."""
    modules, size = OrderedDict(), SIZE
    for i, size_f, c_in, c_out, pool in CONVS:
        modules[f"conv{i}"] = nn.Conv2d(c_in, c_out, size_f, padding=size_f // 2, bias=False)
        modules[f"bn{i}"] = nn.BatchNorm2d(c_out)
        modules[f"relu{i}"] = nn.ReLU()
        if pool:
            modules[f"pool{i}"] = nn.MaxPool2d(2)
            size //= 2
    modules["flatten"] = nn.Flatten()
    modules["dropout"] = nn.Dropout(0.3)
    modules["fc"] = nn.Linear(CONVS[-1][3] * size * size, len(LABELS))
    return nn.Sequential(modules)


def augment(x: torch.Tensor) -> torch.Tensor:
    """Mirror each image with probability 1/2; shift the batch by up to a pixel."""
    x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
    dy, dx = torch.randint(0, 3, (2,)).tolist()
    return F.pad(x, (1, 1, 1, 1))[:, :, dy:dy + SIZE, dx:dx + SIZE]


def train(net: nn.Module, images: np.ndarray, labels: np.ndarray, epochs: int,
          batch: int, rate: float) -> None:
    """Train with SGD and a one-cycle learning rate."""
    x, y = to_float(images), torch.from_numpy(labels.astype(np.int64))
    steps = len(x) // batch
    optimizer = torch.optim.SGD(net.parameters(), rate, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, epochs=epochs,
                                                   steps_per_epoch=steps)
    net.train()
    for epoch in range(1, epochs + 1):
        start, loss_sum, correct = time.monotonic(), 0.0, 0
        order = torch.randperm(len(x))
        for step in range(steps):
            pick = order[step * batch:(step + 1) * batch]
            logits = net(augment(x[pick]))
            loss = F.cross_entropy(logits, y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.item()
            correct += (logits.argmax(1) == y[pick]).sum().item()
        print(f"epoch {epoch:2}/{epochs}  loss {loss_sum / steps:.4f}  "
              f"training accuracy {100 * correct / (steps * batch):.2f} %  "
              f"{time.monotonic() - start:.1f} s", flush=True)
    net.eval()


@torch.no_grad()
def activations(net: nn.Sequential, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run the network and return the output of every module by name."""
    x, result = to_float(images), {}
    for name, module in net.named_children():
        x = module(x)
        result[name] = x.numpy()
    return result


@torch.no_grad()
def evaluate(net: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return the float logits of the images."""
    return torch.cat([net(x) for x in to_float(images).split(500)]).numpy()


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Percentage of images whose largest logit is that of their label."""
    return 100.0 * float((logits.argmax(1) == labels).mean())


@torch.no_grad()
def fold(conv: nn.Conv2d, bn: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """Fold a batch normalisation into the weights and biases of its convolution."""
    gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    weight = conv.weight * gain.reshape(-1, 1, 1, 1)
    return weight.numpy(), (bn.bias - bn.running_mean * gain).numpy()


def quantise(net: nn.Sequential, images: np.ndarray) -> list[quantize.Layer]:
    """Quantise a trained network, calibrated on the given training images."""
    values, layers, source = activations(net, images), [], quantize.INPUT
    for i, *_, pool in CONVS:
        weight, bias = fold(net.get_submodule(f"conv{i}"), net.get_submodule(f"bn{i}"))
        result = quantize.calibrate(values[f"relu{i}"])
        layers.append(
            quantize.quantise_layer(f"conv{i}", weight, bias, source, result, pool))
        source = result
    layers.append(
        quantize.quantise_layer("fc", net.fc.weight.detach().numpy(),
                                net.fc.bias.detach().numpy(), source,
                                quantize.calibrate(values["fc"]), False))
    return layers


def summarise(layers: list[quantize.Layer]) -> None:
    """Print the parameters and multiply-accumulates of every layer."""
    size, parameters, macs = SIZE, 0, 0
    for layer in layers:
        p = layer.weight.size + layer.bias.size
        m = layer.weight.size * (size * size if layer.is_conv else 1)
        print(f"{layer.name:6} weights {str(layer.weight.shape):16} "
              f"{p:7,} parameters {m:10,} MACs")
        parameters, macs = parameters + p, macs + m
        size //= 2 if layer.pool else 1
    print(f"total  {'':24} {parameters:7,} parameters {macs:10,} MACs")


def parse_arguments() -> argparse.Namespace:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path,
                        default=Path("/usr/share/datasets/fashion-mnist"),
                        help="folder of the IDX files (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=root / "models/fashion_cnn.onnx",
                        help="ONNX file to write (default: models/fashion_cnn.onnx)")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calibration", type=int, default=1000,
                        help="training images to calibrate on (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)

    images, labels = load(args.data, "train")
    test_images, test_labels = load(args.data, "t10k")
    net = build().to(memory_format=torch.channels_last)
    start = time.monotonic()
    train(net, images, labels, args.epochs, args.batch, args.rate)
    print(f"trained in {time.monotonic() - start:.0f} s")

    float_accuracy = accuracy(evaluate(net, test_images), test_labels)
    layers = quantise(net, images[:args.calibration])
    int8_accuracy = accuracy(quantize.run(layers, test_images), test_labels)
    summarise(layers)
    print(f"float accuracy {float_accuracy:.2f} % on {len(test_labels)} test images")
    print(f"int8  accuracy {int8_accuracy:.2f} % on {len(test_labels)} test images")

    model = quantize.to_onnx(layers, {
        "dataset": "Fashion-MNIST",
        "labels": ",".join(LABELS),
        "seed": str(args.seed),
        "epochs": str(args.epochs),
        "float_accuracy": f"{float_accuracy:.2f}",
        "int8_accuracy": f"{int8_accuracy:.2f}",
    })
    onnx.save(model, str(args.out))
    print(f"wrote {args.out} ({args.out.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
