# SPDX-License-Identifier: Apache-2.0
"""What scripts/mutants.py runs: small layers on the engine, small networks on the whole system. Together they show every fault."""

import math
import random
import struct
import subprocess

# Several jobs, bands, pieces of a sum, images; slow reads, slow writes; the largest sums and shifts. {} is the folder with the
# arrays.
ENGINE = {
    "plain": "--in 9x9x5 --filters 10x3x3 --pad 1",
    "pool": "--in 12x10x3 --filters 6x3x3 --pad 1 --pool 2x2 --relu",
    "overlap": "--in 11x11x5 --filters 4x3x3 --pool 3x3:2 --batch 2 --floor",
    "batch": "--in 11x9x12 --filters 5x3x2 --stride 2x1 --dilation 2x2 --pad 2,2,0,1 --batch 3 --floor",
    "depthwise": "--in 8x8x8 --filters 8x2x3 --groups 8 --pad 1",
    "grouped": "--in 6x6x12 --filters 12x3x3 --groups 3 --pad 1",
    "deep": "--in 6x6x40 --filters 9x3x3 --pad 1",
    "wide": "--in 5x90x6 --filters 4x3x3",
    "slow": "--in 7x7x6 --filters 5x3x3 --pad 1 --memory 1:60",
    "store": "--in 10x10x4 --filters 8x1x1 --memory 1:5",
    "many": "--in 2x3x4 --filters 600x1x1",
    "shifts": "--input {0}/shifts_in.npy --weights {0}/shifts_w.npy --bias {0}/shifts_b.npy --multiplier {0}/shifts_m.npy "
              "--shift {0}/shifts_s.npy --input-zp -7 --output-zp 3 --clamp -100:90",
    "largest": "--input {0}/largest_in.npy --weights {0}/largest_w.npy --multiplier {0}/largest_m.npy "
               "--shift {0}/largest_s.npy",
    "floats": "--input {0}/floats_in.npy --weights {0}/floats_w.npy --bias {0}/floats_b.npy --multiplier {0}/floats_m.npy "
              "--shift {0}/floats_s.npy --rounding onnx",
}

# Sums with and without a pool behind them, of several column groups, a concatenation; each on memories of several speeds. Jobs that
# meet within a bus word, a pool that is not square, a short last pass.
SYSTEM = {
    "sums": "{0}/sums.onnx --input {0}/sums.npy",
    "wide sums": "{0}/wide.onnx --input {0}/wide.npy",
    "joints": "{0}/joints.onnx --input {0}/joints.npy",
    "slow sums": "{0}/sums.onnx --input {0}/sums.npy --memory 1:5",
    "far sums": "{0}/sums.onnx --input {0}/sums.npy --memory 4:400",
    "near sums": "{0}/wide.onnx --input {0}/wide.npy --memory 4:1",
    "two images": "{0}/sums.onnx --input {0}/sums_2.npy --batch 2",
}


def write_npy(path, kind, shape, values):
    """A NumPy file without NumPy. kind: 'b' int8, 'i' int32."""
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % ({"b": "|i1", "i": "<i4"}[kind], tuple(shape))
    head += " " * ((-len(head) - 11) % 64) + "\n"
    data = struct.pack("<%d%s" % (len(values), kind), *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)


def write_arrays(folder):
    """The data of the stimuli that are not random, and the networks."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = random.Random(1)
    # Every shift that the requantiser knows, left and right.
    shifts = [-8, -31, 30, 20, 1, 0, -1, -9, 16]
    write_npy(folder / "shifts_in.npy", "b", (1, 8, 8, 3), [numbers.randint(-128, 127) for _ in range(192)])
    write_npy(folder / "shifts_w.npy", "b", (9, 1, 1, 3), [numbers.randint(-127, 127) for _ in range(27)])
    write_npy(folder / "shifts_b.npy", "i", (9,), [numbers.randint(-500, 500) for _ in range(9)])
    write_npy(folder / "shifts_m.npy", "i", (9,), [(1 << 30) + numbers.randrange(1 << 30) for _ in range(9)])
    write_npy(folder / "shifts_s.npy", "i", (9,), shifts)
    # Sums of more than 2^22, which need all 24 bits of the accumulator.
    write_npy(folder / "largest_in.npy", "b", (1, 3, 3, 50), [-128] * 450)
    write_npy(folder / "largest_w.npy", "b", (5, 3, 3, 50), [-127] * 5 * 450)
    write_npy(folder / "largest_m.npy", "i", (5,), [1 << 30] * 5)
    write_npy(folder / "largest_s.npy", "i", (5,), [-15] * 5)
    write_floats(folder, numbers)
    write_sums(folder)
    write_wide(folder)
    write_joints(folder)


def write_floats(folder, numbers):
    """Sums of 20 to 31 bits and the multipliers that bring each next to a k + 1/2, where float32's rounding shows."""
    channels = 96
    biases, multipliers, shifts = [], [], []
    for channel in range(channels):
        bias = numbers.randrange(1 << 19, 1 << 20) << channel % 12 | numbers.randrange(1 << channel % 12)
        fraction, exponent = math.frexp((numbers.randrange(128) + 0.5) / bias)
        biases.append(numbers.choice([-1, 1]) * bias)
        multipliers.append(round(fraction * (1 << 24)) << 7)
        shifts.append(exponent)
    write_npy(folder / "floats_in.npy", "b", (1, 2, 2, 1), [0] * 4)
    write_npy(folder / "floats_w.npy", "b", (channels, 1, 1, 1), [0] * channels)
    write_npy(folder / "floats_b.npy", "i", (channels,), biases)
    write_npy(folder / "floats_m.npy", "i", (channels,), [min(m, (1 << 31) - 128) for m in multipliers])
    write_npy(folder / "floats_s.npy", "i", (channels,), shifts)


def write_sums(folder):
    """Odd sizes: a sum, pooled; two branches, concatenated; strides."""
    net = Network(2, "sums", (5, 9, 11))
    first = net.conv("input", "first", 6, 3, pad=1)
    pooled = net.pool(net.add(first, net.conv(first, "second", 6, 3, pad=1), "sum"), "pooled", 2)
    both = net.concat([net.conv(pooled, "narrow", 11, 1), net.conv(pooled, "other", 5, 3, pad=1)], "both")
    net.write(folder, net.conv(both, "last", 10, 3, stride=2, pad=1))


def write_wide(folder):
    """Sums of several column groups; a copy that adds two tensors, and one behind it; a pool whose windows overlap."""
    net = Network(3, "wide", (4, 11, 8))
    first = net.conv("input", "first", 9, 1)
    wide = net.add(net.conv(first, "second", 9, 3, pad=1), first, "sum")
    again = net.add(wide, first, "again")
    net.write(folder, net.conv(net.pool(again, "pooled", 3, stride=2), "last", 13, 2))


def write_joints(folder):
    """A sum below a pool of two rows and one column; passes of 4, 4 and 1 pixels; at the end one pixel, of jobs that meet within a bus
    word."""
    net = Network(4, "joints", (7, 20, 9))
    first = net.conv("input", "first", 7, 3, pad=1)
    pooled = net.pool(net.add(net.conv(first, "second", 7, 3, pad=1), first, "sum"), "pooled", (2, 1))
    small = net.conv(net.conv(pooled, "small", 6, 3, stride=3), "thin", 9, 1)
    net.write(folder, net.concat([net.conv(small, "pixel", 3, 3), net.conv(small, "rest", 18, 3)], "both"))


class Network:
    """A quantised network with random weights, as ONNX, without Python's onnx: protoc knows the format."""

    def __init__(self, seed, name, shape):
        self.random = random.Random(seed)
        self.name = name
        self.lines = []
        self.info = {}  # of each value: scale, channels
        self.shape = shape
        self.quantised("input", 0.02, shape[0])

    def tensor(self, name, kind, dims, values):
        field = {"FLOAT": "float_data"}.get(kind, "int32_data")
        code = {"FLOAT": 1, "INT8": 3, "INT32": 6}[kind]
        self.lines.append(f'initializer {{ name: "{name}" data_type: {code} ' + "".join(f"dims: {d} " for d in dims) +
                          "".join(f"{field}: {v} " for v in values) + "}")
        return name

    def op(self, kind, inputs, output, **attributes):
        text = f'node {{ op_type: "{kind}" name: "{output}" output: "{output}" ' + "".join(f'input: "{i}" ' for i in inputs)
        for key, value in attributes.items():
            if isinstance(value, int):
                text += f'attribute {{ name: "{key}" type: INT i: {value} }} '
            else:
                text += f'attribute {{ name: "{key}" type: INTS ' + "".join(f"ints: {v} " for v in value) + "} "
        self.lines.append(text + "}")

    def quantised(self, name, scale, channels, of=None):
        """Quantises a value and gives it its name back. `of`: the value whose scale and zero point it has."""
        if of is None:
            of = name
            self.tensor(name + "_scale", "FLOAT", [], [scale])
            self.tensor(name + "_zp", "INT8", [], [self.random.randint(-9, 9)])
        s, z = of + "_scale", of + "_zp"
        self.op("QuantizeLinear", [name, s, z], name + "_q")
        self.op("DequantizeLinear", [name + "_q", s, z], name + "_dq")
        self.info[name] = (scale, channels)
        return name

    def conv(self, value, name, channels, size, stride=1, pad=0):
        scale, depth = self.info[value]
        taps, weight_scale = depth * size * size, 0.01
        w = self.tensor(name + "_w", "INT8", [channels, depth, size, size],
                        [self.random.randint(-127, 127) for _ in range(channels * taps)])
        s = self.tensor(name + "_ws", "FLOAT", [], [weight_scale])
        z = self.tensor(name + "_wz", "INT8", [], [0])
        self.op("DequantizeLinear", [w, s, z], name + "_wdq")
        b = self.tensor(name + "_b", "INT32", [channels], [self.random.randint(-20000, 20000) for _ in range(channels)])
        t = self.tensor(name + "_bs", "FLOAT", [], [scale * weight_scale])
        self.op("DequantizeLinear", [b, t], name + "_bdq")
        self.op("Conv", [value + "_dq", name + "_wdq", name + "_bdq"], name, kernel_shape=[size, size], pads=[pad] * 4,
                strides=[stride, stride])
        return self.quantised(name, scale * weight_scale * 73 * 60 * math.sqrt(taps) / 45, channels)

    def add(self, a, b, name):
        self.op("Add", [a + "_dq", b + "_dq"], name)
        return self.quantised(name, 1.1 * max(self.info[a][0], self.info[b][0]), self.info[a][1])

    def pool(self, value, name, size, stride=0):
        """size: of both sides, or (rows, columns)."""
        shape = [size, size] if isinstance(size, int) else size
        self.op("MaxPool", [value + "_dq"], name, kernel_shape=shape, strides=[stride, stride] if stride else shape)
        return self.quantised(name, *self.info[value], of=value)

    def concat(self, values, name):
        self.op("Concat", [value + "_dq" for value in values], name, axis=1)
        return self.quantised(name, max(self.info[v][0] for v in values), sum(self.info[v][1] for v in values))

    def write(self, folder, output):
        dims = "".join(f"dim {{ dim_value: {d} }} " for d in (1, *self.shape))
        text = ('ir_version: 8 opset_import { version: 13 } graph { name: "' + self.name + '" ' + "\n".join(self.lines) +
                f' input {{ name: "input" type {{ tensor_type {{ elem_type: 1 shape {{ {dims} }} }} }} }}'
                f' output {{ name: "{output}_dq" }} }}')
        model = subprocess.run(["protoc", "-I/usr/include", "--encode=onnx.ModelProto", "onnx/onnx.proto"], input=text.encode(),
                               capture_output=True, check=True).stdout
        (folder / (self.name + ".onnx")).write_bytes(model)
        c, h, w = self.shape
        for images, suffix in ((1, ""), (2, "_2")):
            write_npy(folder / (self.name + suffix + ".npy"), "b", (images, h, w, c),
                      [self.random.randint(-128, 127) for _ in range(images * c * h * w)])
