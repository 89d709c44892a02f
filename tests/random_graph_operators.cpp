// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "sw_model/golden/golden.hpp"
#include "tests/random_graph_builder.hpp"

namespace weft {

// ---- sums and joins

int RandomGraphBuilder::AppendAdd(int a, int b) {
  const auto scale = float(double(std::max(info(a).scale, info(b).scale)) * random_.Real(0.8, 1.6));
  const bool relu = random_.Chance(2), relu6 = relu && random_.Chance(3);
  const int zp = relu ? -128 : int(random_.Int(-20, 20));
  const int hi = relu6 ? std::min(127, zp + int(std::lround(6.0F / scale))) : 127;
  Node node{.op = Op::kAdd, .inputs = {a, b}};
  node.add = golden::MakeAdd(info(a).scale, info(a).zero_point, info(b).scale, info(b).zero_point, scale, zp,
                             relu ? zp : -128, hi);
  TensorI8 out = golden::Add(value(a), value(b), node.add);
  return Append(std::move(node), std::move(out), scale, zp);
}

void RandomGraphBuilder::Residual() {
  const int x = PickTensor();
  const Shape& s = shape(x);
  Window window;
  window.kh = window.kw = random_.Chance(3) ? 1 : 3;
  if (window.kh == 3) window.pad = {1, 1, 1, 1};
  const int groups = random_.Chance(3) ? s.c : 1;
  if (macs_ + int64_t(s.size()) * window.kh * window.kw * s.c / groups > limits_.max_macs) return;
  const int y = AppendConv(x, s.c, window, groups);
  if (shape(x) != shape(y)) return;  // a fused max-pool
  const int first = random_.Chance(2) ? x : y;
  const int second = random_.Chance(8) ? first : first == x ? y : x;
  const int sum = AppendAdd(first, second);
  if (std::min(s.h, s.w) < 4 || !random_.Chance(2)) return;
  const int filter = random_.Chance(3) ? 3 : 2;
  Node pool{.op = Op::kMaxPool, .inputs = {sum}};
  pool.pool = {.kh = filter,
               .kw = 2,
               .stride_h = filter,
               .stride_w = 2 + int(random_.Int(0, 1)),
               .pad = {},
               .floor = true};
  TensorI8 out = golden::MaxPool(value(sum), pool.pool);
  Append(std::move(pool), std::move(out), info(sum).scale, info(sum).zero_point);
}

void RandomGraphBuilder::Add() {
  const int a = PickTensor();
  for (int t = tensors() - 1; t >= 0; --t)
    if (t != a && shape(t) == shape(a)) {
      AppendAdd(a, t);
      return;
    }
}

int RandomGraphBuilder::AppendConcat(const std::vector<int>& inputs, int axis) {
  const int first = inputs[0];
  const bool keep = random_.Chance(2);  // the scale of the first
  float scale = info(first).scale;
  if (!keep)
    for (const int input : inputs) scale = std::max(scale, info(input).scale);
  const int zp = keep ? info(first).zero_point : int(random_.Int(-20, 20));
  Node node{.op = Op::kConcat, .inputs = inputs, .concat = {.inputs = {}, .axis = axis}};
  std::vector<const TensorI8*> values;
  for (const int input : inputs) {
    TableLayer& table = node.concat.inputs.emplace_back(TableLayer{
        golden::RescaleTable(golden::MakeRescale(info(input).scale, info(input).zero_point, scale, zp))});
    if (random_.Chance(6)) std::ranges::reverse(table.table);  // no factor gives that
    values.push_back(&value(input));
  }
  TensorI8 out = golden::Concat(values, node.concat);
  return Append(std::move(node), std::move(out), scale, zp);
}

void RandomGraphBuilder::Concat() {
  std::vector<int> inputs = {PickTensor()};
  const auto axis = size_t(random_.Pick(std::array{2, 2, 1, 0}));
  const auto sizes = [&](int tensor) {
    const Shape& s = shape(tensor);
    return std::array<int, 3>{s.h, s.w, s.c};
  };
  std::array<int, 3> joined = sizes(inputs[0]);
  const int most = axis == 2 ? limits_.max_channels : limits_.max_size;
  for (int t = tensors() - 1; t >= 0 && inputs.size() < 4; --t) {
    std::array<int, 3> with = sizes(t);
    with[axis] += joined[axis];
    std::array<int, 3> others = joined;
    others[axis] = with[axis];
    if (t == inputs[0] || with != others || with[axis] > most) continue;
    inputs.push_back(t);
    joined = with;
  }
  if (inputs.size() == 1 && axis != 2 && 2 * joined[axis] <= most) inputs.push_back(inputs[0]);
  if (inputs.size() > 1) AppendConcat(inputs, int(axis));
}

// ---- borders, enlargements, changes of scale

void RandomGraphBuilder::Pad() {
  const int in = PickTensor();
  Node node{.op = Op::kPad, .inputs = {in}};
  Padding& pad = node.pad.pad;
  node.pad.mode =
      random_.Pick(std::array{PadMode::kConstant, PadMode::kEdge, PadMode::kReflect, PadMode::kSymmetric});
  const bool reflects = node.pad.mode == PadMode::kReflect;
  const auto border = [&](int size) {
    const int most = std::min(shape(in).h, shape(in).w) - (reflects ? 1 : 0);
    return int(random_.Int(0, std::min({2, most, limits_.max_size - size})));
  };
  pad.top = border(shape(in).h);
  pad.bottom = border(shape(in).h + pad.top);
  pad.left = border(shape(in).w);
  pad.right = border(shape(in).w + pad.left);
  if (pad == Padding{}) return;
  node.pad.value = info(in).zero_point;
  TensorI8 out = golden::Pad(value(in), node.pad);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

void RandomGraphBuilder::Upsample() {
  const int in = PickTensor();
  Node node{.op = Op::kUpsample, .inputs = {in}};
  node.upsample = {int(random_.Int(1, 3)), int(random_.Int(1, 3))};
  const Shape out_shape = golden::UpsampleShape(shape(in), node.upsample);
  if (out_shape == shape(in) || std::max(out_shape.h, out_shape.w) > limits_.max_size) return;
  TensorI8 out = golden::Upsample(value(in), node.upsample);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

void RandomGraphBuilder::Rescale() {
  const int in = PickTensor();
  const auto scale = float(double(info(in).scale) * std::exp2(random_.Real(-0.7, 0.7)));
  const bool relu = random_.Chance(2), relu6 = relu && random_.Chance(3);
  const int zp = relu ? int(random_.Pick(std::array{-128, -90})) : int(random_.Int(-20, 20));
  const int hi = relu6 ? std::min(127, zp + int(std::lround(6.0F / scale))) : 127;
  Node node{.op = Op::kTable, .inputs = {in}};
  node.table.table = golden::RescaleTable(
      golden::MakeRescale(info(in).scale, info(in).zero_point, scale, zp, relu ? zp : -128, hi));
  TensorI8 out = golden::Table(value(in), node.table);
  Append(std::move(node), std::move(out), scale, zp);
}

// ---- functions of one byte, and of two

void RandomGraphBuilder::Table() {
  const int in = PickTensor();
  Node node{.op = Op::kTable, .inputs = {in}};
  const auto kind = random_.Int(0, 3);
  for (int x = -128; x <= 127; ++x) {
    const double real = double(x - info(in).zero_point) / 32;
    const double y = kind == 0   ? 127 * std::tanh(real)
                     : kind == 1 ? 40 * real / (1 + std::exp(-2 * real))  // SiLU
                     : kind == 2 ? (x < info(in).zero_point ? 3 : 32) * real
                                 : double(random_.Int(-128, 127));
    node.table.table[uint8_t(x)] = int8_t(std::clamp(std::nearbyint(y), -128.0, 127.0));
  }
  TensorI8 out = golden::Table(value(in), node.table);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

// Sums in float32 as ONNX Runtime has them, differences, products and the larger one.
void RandomGraphBuilder::Pair() {
  const int a = PickTensor();
  int b = a;
  for (int t = tensors() - 1; t >= 0 && b == a; --t)
    if (t != a && shape(t) == shape(a)) b = t;
  const bool gates = b == a && shape(a).h * shape(a).w > 1;
  if (gates) b = AppendGlobalPool(a);
  Node node{.op = Op::kPair, .inputs = {a, b}};
  const auto kind = gates ? 2 : random_.Int(0, 3);
  const bool halves = random_.Chance(4);
  const float ra = halves ? 0.5F : float(random_.Real(0.3, 1.2)),
              rb = halves ? 0.5F : float(random_.Real(-1.2, 1.2)), zp = float(random_.Int(-20, 20));
  for (int x1 = 0; x1 < 256; ++x1)
    for (int x2 = 0; x2 < 256; ++x2) {
      const float p = int8_t(x1), q = int8_t(x2);
      const float y = kind <= 1 ? p * ra + (q * rb + zp) : kind == 2 ? p * (q + 140) / 160 : std::max(p, q);
      node.pair.table.push_back(int8_t(std::clamp(std::nearbyint(y), -128.0F, 127.0F)));
    }
  TensorI8 out = golden::Pair(value(a), value(b), node.pair);
  Append(std::move(node), std::move(out), info(a).scale, info(a).zero_point);
}

// ---- parts of maps

void RandomGraphBuilder::Slice() {
  const int in = PickTensor();
  const std::array<int, 3> sizes{shape(in).h, shape(in).w, shape(in).c};
  Node node{.op = Op::kSlice, .inputs = {in}};
  SliceLayer& part = node.slice;
  for (size_t i = 0; i < 3; ++i) {
    part.size[i] = sizes[i];
    if (!random_.Chance(2)) continue;
    part.step[i] = int(random_.Int(1, std::min(3, sizes[i])));
    part.size[i] = int(random_.Int(1, (sizes[i] - 1) / part.step[i] + 1));
    part.begin[i] = int(random_.Int(0, sizes[i] - 1 - (part.size[i] - 1) * part.step[i]));
    if (i == 2 && sizes[i] % 2 == 0 && random_.Chance(2)) {  // one of two halves
      part.step[i] = 1;
      part.size[i] = sizes[i] / 2;
      part.begin[i] = random_.Chance(2) ? 0 : sizes[i] / 2;
    }
  }
  TensorI8 out = golden::Slice(value(in), part);
  if (out.shape == shape(in)) return;
  --reads_[size_t(in)];  // somebody has to read the rest, too
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

void RandomGraphBuilder::DepthToSpace() {
  const int wide = PickTensor(), block = random_.Chance(4) ? 3 : 2;
  const int most = limits_.max_channels / (block * block);
  if (most == 0 || std::max(shape(wide).h, shape(wide).w) * block > limits_.max_size) return;
  const int in = AppendConv(wide, block * block * int(random_.Int(1, most)), Window{}, 1);
  Node node{.op = Op::kDepthToSpace, .inputs = {in}};
  node.depth_to_space = {.block = block, .channel_first = random_.Chance(2)};
  if (shape(in).c % (block * block) != 0 || std::max(shape(in).h, shape(in).w) * block > limits_.max_size)
    return;
  TensorI8 out = golden::DepthToSpace(value(in), node.depth_to_space);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

// ---- the host's

void RandomGraphBuilder::Host() {
  const int in = PickTensor();
  Node node{.op = Op::kHost, .inputs = {in, in}};
  node.host = {.what = "Reverse", .shape = shape(in), .run = [](const std::vector<const TensorI8*>& inputs) {
                 TensorI8 out = *inputs.at(1);
                 const auto image = int64_t(out.data.size()) / out.shape.n;
                 for (auto at = out.data.begin(); at != out.data.end(); at += image)
                   std::reverse(at, at + image);
                 return out;
               }};
  TensorI8 out = node.host.run({&value(in), &value(in)});
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

}  // namespace weft
