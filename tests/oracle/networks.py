# SPDX-License-Identifier: Apache-2.0
"""Float networks as people build them, with random weights of a sensible size: residual ones, MobileNetV2's and SqueezeNet's kind."""

from __future__ import annotations

import numpy as np
import onnx

from builder import Net

CLASSES = 10
RELU_GAIN = np.sqrt(2)  # a Relu halves the power
LONG_SCOPE = "/features/" + "a_block_whose_name_is_as_long_as_exporters_make_them/" + "conv_bn_relu.0/"


def conv_batchnorm(net: Net, x: str, channels_in: int, channels: int, kernel: int = 3, relu: str = "Relu", **attributes) -> str:
    """onnxruntime's preprocessing folds the batch normalisation into the convolution."""
    x = net.conv(x, channels_in, channels, kernel, bias=False, gain=RELU_GAIN if relu else 1.0, **attributes)
    scale, bias, mean, variance = (net.const(net.random.uniform(low, high, channels)) for low, high in ((0.7, 1.3), (-0.3, 0.3), (-0.2, 0.2), (0.8, 1.2)))
    x = net.op("BatchNormalization", x, scale, bias, mean, variance)
    if relu == "Relu6":
        return net.op("Clip", x, net.const(0.0), net.const(6.0))
    return net.op(relu, x) if relu else x


def head(net: Net, x: str, channels: int) -> str:
    return net.gemm(net.op("Flatten", net.op("GlobalAveragePool", x)), channels, CLASSES)


def resnet(net: Net, blocks: int = 5) -> str:
    """ResNet of 6 * blocks + 2 layers, as for CIFAR."""
    x, channels_in = conv_batchnorm(net, net.x, 3, 16), 16
    for stage, channels in enumerate((16, 32, 64)):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = conv_batchnorm(net, x, channels_in, channels, strides=[stride, stride])
            y = conv_batchnorm(net, y, channels, channels, relu="")
            if stride == 2:
                x = conv_batchnorm(net, x, channels_in, channels, 1, relu="", strides=[2, 2])
            x, channels_in = net.op("Relu", net.op("Add", x, y)), channels
    return head(net, x, channels_in)


def mobilenet_v2(net: Net) -> str:
    """Inverted residuals with Relu6."""
    x, channels_in = conv_batchnorm(net, net.x, 3, 16, relu="Relu6", strides=[2, 2]), 16
    for channels, count, stride in ((12, 1, 1), (16, 2, 2), (24, 3, 2), (32, 3, 1), (40, 2, 1)):
        for block in range(count):
            step = stride if block == 0 else 1
            wide = 4 * channels_in
            y = conv_batchnorm(net, x, channels_in, wide, 1, relu="Relu6")
            y = conv_batchnorm(net, y, wide, wide, relu="Relu6", group=wide, strides=[step, step])
            y = conv_batchnorm(net, y, wide, channels, 1, relu="")
            x = net.op("Add", x, y) if step == 1 and channels_in == channels else y
            channels_in = channels
    return head(net, conv_batchnorm(net, x, channels_in, 96, 1, relu="Relu6"), 96)


def squeezenet(net: Net) -> str:
    """Fire modules, pools that round up, and the classes as a map."""
    def relu_conv(x: str, channels_in: int, channels: int, kernel: int, **attributes) -> str:
        return net.op("Relu", net.conv(x, channels_in, channels, kernel, gain=RELU_GAIN, **attributes))
    x, channels_in = relu_conv(net.x, 3, 24, 3, strides=[2, 2], pads=[0] * 4), 24
    for module, squeezed in enumerate((8, 8, 12, 12, 16, 16, 20, 20)):
        if module in (0, 2, 6):
            x = net.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2] if module < 6 else [1, 1], ceil_mode=1)
        y = relu_conv(x, channels_in, squeezed, 1)
        x = net.op("Concat", relu_conv(y, squeezed, 4 * squeezed, 1), relu_conv(y, squeezed, 4 * squeezed, 3), axis=1)
        channels_in = 8 * squeezed
    x = net.op("GlobalAveragePool", relu_conv(net.op("Dropout", x), channels_in, CLASSES, 1))
    return net.op("Softmax", net.op("Flatten", x), axis=1)


NETWORKS = {"resnet": resnet, "mobilenet_v2": mobilenet_v2, "squeezenet": squeezenet}


def network(name: str, size: int) -> onnx.ModelProto:
    net = Net([1, 3, size, size], seed=11, scope=LONG_SCOPE)
    return net.model(NETWORKS[name](net))
