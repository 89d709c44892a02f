# SPDX-License-Identifier: Apache-2.0
"""Weft: an int8 CNN accelerator's compiler, bit-exact golden model, exact cycle model, simulated RTL, and boards.

    net = weft.compile("models/fashion_cnn.onnx", config="8x8")
    scores = net.run(images)                          # on the golden model
    run = net.inspect(images, engine="rtl", check=True)
    run.total.cycles, run.layers[0].cycles, run.tensors

docs/python.md tells more. What is wrong raises weft.Error with the sentence of the command line.
"""

from weft._native._weft import Error
from weft.device import Device, Transport
from weft.network import Figures, Layer, Network, Run, Tensor, compile, load

__all__ = ["Device", "Error", "Figures", "Layer", "Network", "Run", "Tensor", "Transport", "compile", "load"]
