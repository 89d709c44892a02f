# SPDX-License-Identifier: Apache-2.0
"""The networks that scripts/train.py trains, as lists of steps.

A step names the steps that it reads; without names it reads the one before it.
Convolutions are FxF with padding F/2 and, in training, a batch normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass

INPUT = "input"  # the name of the image: 1 channel, 28x28
CLASSES = 10


@dataclass(frozen=True)
class Step:
    """One operator of a network."""

    name: str
    op: str  # pad, repeat, conv, max, add, average or fc
    sources: tuple[str, ...]
    channels: int  # of its result
    size: int  # height and width of its result
    filter: int = 1  # conv: height and width
    stride: int = 1  # conv
    groups: int = 1  # conv: its input channels if it is depthwise
    amount: int = 0  # pad: on each side; repeat: times
    relu: bool = False  # conv, add
    keeps_scale: bool = True  # average: its result has the scale of its source


class Network:
    """A list of steps and how to train it."""

    def __init__(self, name: str, epochs: int, dropout: float = 0.0) -> None:
        self.name, self.epochs, self.dropout = name, epochs, dropout
        self.steps = [Step(INPUT, "input", (), 1, 28)]

    def __getitem__(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    def _append(self, name: str, op: str, sources: tuple[str, ...], channels: int,
                size: int, **more) -> str:
        self.steps.append(Step(name, op, sources, channels, size, **more))
        return name

    def _last(self, source: str) -> Step:
        return self[source] if source else self.steps[-1]

    def pad(self, name: str, amount: int) -> str:
        x = self.steps[-1]
        return self._append(name, "pad", (x.name,), x.channels, x.size + 2 * amount,
                            amount=amount)

    def repeat(self, name: str, times: int) -> str:
        x = self.steps[-1]
        return self._append(name, "repeat", (x.name,), x.channels * times, x.size,
                            amount=times)

    def conv(self, name: str, channels: int, filter_size: int, stride: int = 1,
             relu: bool = True, source: str = "", depthwise: bool = False) -> str:
        x = self._last(source)
        size = (x.size + 2 * (filter_size // 2) - filter_size) // stride + 1
        return self._append(name, "conv", (x.name,), channels, size, filter=filter_size,
                            stride=stride, groups=x.channels if depthwise else 1,
                            relu=relu)

    def max(self, name: str) -> str:
        x = self.steps[-1]
        return self._append(name, "max", (x.name,), x.channels, x.size // 2)

    def add(self, name: str, first: str, second: str) -> str:
        x = self[first]
        return self._append(name, "add", (first, second), x.channels, x.size, relu=True)

    def average(self, name: str, keeps_scale: bool = True) -> str:
        x = self.steps[-1]
        return self._append(name, "average", (x.name,), x.channels, 1,
                            keeps_scale=keeps_scale)

    def fc(self, name: str) -> str:
        return self._append(name, "fc", (self.steps[-1].name,), CLASSES, 1)

    def image(self) -> None:
        """Make of the grey 28x28 image the 32x32x3 that the published network takes."""
        self.pad("pad", 2)
        self.repeat("rgb", 3)


def lenet(name: str, channels: int, filter_size: int, dropout: float = 0.0) -> Network:
    """Three convolutions, the first one of this size and with so many channels."""
    net = Network(name, epochs=20, dropout=dropout)
    net.conv("conv1", channels, filter_size)
    net.max("pool1")
    net.conv("conv2", 2 * channels, 3)
    net.max("pool2")
    net.conv("conv3", 4 * channels, 3)
    net.fc("fc")
    return net


def fashion_cnn() -> Network:
    return lenet("fashion_cnn", 16, 5, dropout=0.3)


def fashion_small() -> Network:
    """For boards with few block RAMs."""
    return lenet("fashion_small", 8, 3)


def resnet8() -> Network:
    """ResNet-8 of MLPerf Tiny (image classification)."""
    net = Network("resnet8", epochs=10)
    net.image()
    x = net.conv("conv", 16, 3)
    for stage, (channels, stride) in enumerate(((16, 1), (32, 2), (64, 2)), 1):
        net.conv(f"stage{stage}_conv1", channels, 3, stride, source=x)
        y = net.conv(f"stage{stage}_conv2", channels, 3, relu=False)
        if stride != 1:
            x = net.conv(f"stage{stage}_shortcut", channels, 1, stride, relu=False, source=x)
        x = net.add(f"stage{stage}_add", x, y)
    net.average("average")
    net.fc("fc")
    return net


def mobilenet_tiny() -> Network:
    """MobileNetV1 with a width of 0.25 and eight of its thirteen blocks, for 32x32."""
    net = Network("mobilenet_tiny", epochs=12)
    net.image()
    channels = net[net.conv("conv", 8, 3)].channels
    blocks = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1))
    for block, (wider, stride) in enumerate(blocks, 1):
        net.conv(f"block{block}_conv_dw", channels, 3, stride, depthwise=True)
        channels = net[net.conv(f"block{block}_conv_pw", wider, 1)].channels
    net.average("average")
    net.fc("fc")
    return net


def allconv() -> Network:
    """All-CNN (Springenberg et al. 2014) with a sixth of its channels."""
    net = Network("allconv", epochs=10)
    net.image()
    for i, (channels, filter_size, stride) in enumerate(
            ((16, 3, 1), (16, 3, 1), (16, 3, 2), (32, 3, 1), (32, 3, 1), (32, 3, 2),
             (32, 3, 1), (32, 1, 1)), 1):
        net.conv(f"conv{i}", channels, filter_size, stride)
    net.conv("conv9", CLASSES, 1, relu=False)
    net.average("average", keeps_scale=False)
    return net


NETWORKS = {make.__name__: make for make in (fashion_cnn, fashion_small, resnet8, mobilenet_tiny, allconv)}
