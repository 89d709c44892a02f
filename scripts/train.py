#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train a network of scripts/networks.py on Fashion-MNIST and export it as int8 ONNX.

Needs PyTorch, ONNX and NumPy; on Debian:

    apt-get install python3-torch python3-onnx dataset-fashion-mnist
    python3 scripts/train.py [--network resnet8]

Training is single-threaded and repeatable from its seed on one machine.
"""

from __future__ import annotations

import argparse
import gzip
import time
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

import quantize
from arguments import positive, whole
from networks import INPUT, NETWORKS, Network, Step

LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
          "Sneaker", "Bag", "Ankle boot")

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


class FloatNet(nn.Module):
    """A network in float, with batch normalisation for training."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        for step in network.steps[1:]:
            source = network[step.sources[0]]
            if step.op == "conv":
                self.add_module(step.name, nn.Conv2d(
                    source.channels, step.channels, step.filter, step.stride,
                    step.filter // 2, groups=step.groups, bias=False))
                self.add_module(f"{step.name}_bn", nn.BatchNorm2d(step.channels))
            elif step.op == "fc":
                features = source.channels * source.size * source.size
                self.add_module(step.name, nn.Linear(features, step.channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.values(x)[self.network.steps[-1].name].flatten(1)

    def values(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """The result of every step."""
        values = {INPUT: x}
        for step in self.network.steps[1:]:
            y = self.evaluate(step, [values[source] for source in step.sources])
            values[step.name] = F.relu(y) if step.relu else y
        return values

    def evaluate(self, step: Step, x: list[torch.Tensor]) -> torch.Tensor:
        if step.op == "pad":
            return F.pad(x[0], [step.amount] * 4)
        if step.op == "repeat":
            return torch.cat(x * step.amount, 1)
        if step.op == "max":
            return F.max_pool2d(x[0], 2)
        if step.op == "add":
            return x[0] + x[1]
        if step.op == "average":
            return x[0].mean((2, 3), keepdim=True)
        if step.op == "fc":
            flat = F.dropout(x[0].flatten(1), self.network.dropout, self.training)
            return self.get_submodule(step.name)(flat)
        conv = self.get_submodule(step.name)
        return self.get_submodule(f"{step.name}_bn")(conv(x[0]))


def augment(x: torch.Tensor) -> torch.Tensor:
    """Mirror each image with probability 1/2; shift the batch by up to a pixel."""
    x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
    dy, dx = torch.randint(0, 3, (2,)).tolist()
    return F.pad(x, (1, 1, 1, 1))[:, :, dy:dy + SIZE, dx:dx + SIZE]


def train(net: FloatNet, images: np.ndarray, labels: np.ndarray, epochs: int,
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
def activations(net: FloatNet, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run the network and return the result of every step by name."""
    return {name: x.numpy() for name, x in net.values(to_float(images)).items()}


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


def quantise(net: FloatNet, images: np.ndarray) -> list[quantize.Layer]:
    """Quantise a trained network, calibrated on the given training images."""
    values, layers, results = activations(net, images), [], {INPUT: quantize.INPUT}
    for step in net.network.steps[1:]:
        sources = [results[name] for name in step.sources]
        result, weight, bias = sources[0], None, None
        if step.op in ("conv", "add", "fc") or not step.keeps_scale:
            result = quantize.calibrate(values[step.name])
        if step.op == "conv":
            weight, bias = fold(net.get_submodule(step.name),
                                net.get_submodule(f"{step.name}_bn"))
        elif step.op == "fc":
            linear = net.get_submodule(step.name)
            weight, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
        layers.append(quantize.quantise_layer(step, sources, result, weight, bias))
        results[step.name] = result
    return layers


def summarise(layers: list[quantize.Layer]) -> None:
    """Print the parameters and multiply-accumulates of every layer that has any."""
    parameters, macs = 0, 0
    for layer in layers:
        if layer.weight is None:
            continue
        p = layer.weight.size + layer.bias.size
        m = layer.weight.size * layer.step.size**2
        print(f"{layer.step.name:16} weights {str(layer.weight.shape):16} "
              f"{p:7,} parameters {m:10,} MACs")
        parameters, macs = parameters + p, macs + m
    print(f"total  {'':34} {parameters:7,} parameters {macs:10,} MACs")


def parse_arguments() -> argparse.Namespace:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path,
                        default=Path("/usr/share/datasets/fashion-mnist"),
                        help="folder of the IDX files (default: %(default)s)")
    parser.add_argument("--network", choices=NETWORKS, default="fashion_cnn",
                        help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, help="ONNX file to write (default: "
                        "models/NETWORK.onnx)")
    parser.add_argument("--epochs", type=whole(1), help="(default: the network's own)")
    parser.add_argument("--batch", type=whole(1), default=128)
    parser.add_argument("--rate", type=positive, default=0.1, help="peak learning rate")
    parser.add_argument("--seed", type=whole(0), default=1)
    parser.add_argument("--calibration", type=whole(1), default=1000,
                        help="training images to calibrate on (default: %(default)s)")
    args = parser.parse_args()
    args.out = args.out or root / f"models/{args.network}.onnx"
    args.epochs = args.epochs or NETWORKS[args.network]().epochs
    return args


def main() -> None:
    args = parse_arguments()
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)

    images, labels = load(args.data, "train")
    test_images, test_labels = load(args.data, "t10k")
    net = FloatNet(NETWORKS[args.network]()).to(memory_format=torch.channels_last)
    start = time.monotonic()
    train(net, images, labels, args.epochs, args.batch, args.rate)
    print(f"trained in {time.monotonic() - start:.0f} s")

    float_accuracy = accuracy(evaluate(net, test_images), test_labels)
    layers = quantise(net, images[:args.calibration])
    logits = quantize.run(layers, test_images)
    int8_accuracy = accuracy(logits, test_labels)
    summarise(layers)
    print(f"float accuracy {float_accuracy:.2f} % on {len(test_labels)} test images")
    print(f"int8  accuracy {int8_accuracy:.2f} % on {len(test_labels)} test images")

    model = quantize.to_onnx(args.network, layers, {
        "dataset": "Fashion-MNIST",
        "labels": ",".join(LABELS),
        "seed": str(args.seed),
        "epochs": str(args.epochs),
        "float_accuracy": f"{float_accuracy:.2f}",
        "int8_accuracy": f"{int8_accuracy:.2f}",
        # of the test images' int8 logits, which another implementation must match
        "logits_crc32": f"{zlib.crc32(logits.astype(np.int8).tobytes()):08x}",
    })
    onnx.save(model, str(args.out))
    print(f"wrote {args.out} ({args.out.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
