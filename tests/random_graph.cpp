// SPDX-License-Identifier: Apache-2.0
#include "tests/random_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sw_model/golden/golden.hpp"
#include "tests/random_graph_builder.hpp"

namespace weft {

int RandomGraphBuilder::PickTensor() {
  std::vector<int> candidates;
  for (int t = 0; t < tensors(); ++t)
    if (unread(t)) candidates.push_back(t);
  if (candidates.empty() || random_.Chance(4)) return int(random_.Int(0, tensors() - 1));
  return candidates[size_t(random_.Int(0, int64_t(candidates.size()) - 1))];
}

int RandomGraphBuilder::Append(Node node, TensorI8 value, float scale, int zero_point) {
  for (const int input : node.inputs) ++reads_[size_t(input)];
  node.name = fmt::format("{}{}", OpName(node.op), nodes());
  node.conv.name = node.op == Op::kConv ? node.name : "";
  node.output = tensors();
  out_.graph.tensors.push_back({node.name, value.shape, scale, zero_point});
  out_.graph.nodes.push_back(std::move(node));
  out_.values.push_back(std::move(value));
  reads_.push_back(0);
  return tensors() - 1;
}

// ---- convolutions

Window RandomGraphBuilder::RandomWindow(const Shape& in, bool pointwise) {
  const auto axis = [&](int size) {
    RandomAxis a{pointwise ? 1 : int(random_.Pick(std::array{2, 3, 3, 3, 5})),
                 size >= 6 && random_.Chance(4) ? 2 : 1, !pointwise && random_.Chance(5) ? 2 : 1, 0, 0};
    if (!random_.Chance(4)) {  // the size stays, but for the stride
      const int total = a.dilation * (a.filter - 1);
      a.before = total / 2;
      a.after = total - a.before;
    }
    return FitAxis(a, size, true);
  };
  const RandomAxis h = axis(in.h), w = random_.Chance(5) || in.h != in.w ? axis(in.w) : h;
  return MakeWindow(h, w, true);
}

int RandomGraphBuilder::GroupsFor(int channels) {
  if (!random_.Chance(3)) return 1;
  if (random_.Chance(2)) return channels;  // depthwise
  for (const int groups : {4, 3, 2})
    if (channels % groups == 0) return groups;
  return channels;
}

// Biases centre each channel's sums; one standard deviation becomes 20 to 60 steps of int8, of
// scores more, without a clamp.
int RandomGraphBuilder::AppendConv(int in, int channels, const Window& window, int groups, Way way) {
  const bool scores = way == Way::kScores;
  Node node{.op = Op::kConv, .inputs = {in}};
  ConvLayer& layer = node.conv;
  const int depth = shape(in).c / groups;
  layer.window = window;
  layer.groups = groups;
  layer.input_zp = info(in).zero_point;
  layer.filters = TensorI8({channels, window.kh, window.kw, depth});
  for (int8_t& w : layer.filters.data) w = int8_t((random_.Int(-127, 127) + random_.Int(-127, 127)) / 2);
  const auto k = size_t(channels);
  layer.bias.assign(k, 0);
  layer.requant.rounding = random_.Chance(2) ? Rounding::kOnnx : Rounding::kTflite;
  layer.requant.multiplier.assign(k, 0);
  layer.requant.shift.assign(k, 0);
  const TensorI32 acc = golden::Accumulate(value(in), layer);
  const double pixels = double(acc.data.size()) / double(k);
  std::vector<double> mean(k, 0), square(k, 0);
  for (size_t i = 0; i < acc.data.size(); ++i) {
    mean[i % k] += acc.data[i] / pixels;
    square[i % k] += double(acc.data[i]) * acc.data[i] / pixels;
  }
  for (size_t i = 0; i < k; ++i) {
    double spread = std::sqrt(std::max(square[i] - mean[i] * mean[i], 0.0));
    // a map of one pixel has no spread, and a constant one none to speak of
    if (spread < std::abs(mean[i]) / 64 + 1) spread = std::abs(mean[i]) + 100;
    layer.bias[i] = int32_t(-mean[i] + spread * random_.Real(-1, 1));
    const double steps = scores ? random_.Real(60, 110) : random_.Real(20, 60);
    int32_t& multiplier = layer.requant.multiplier[i];
    if (layer.requant.rounding == Rounding::kOnnx)
      golden::FloatMultiplier(float(steps / spread), &multiplier, &layer.requant.shift[i]);
    else golden::QuantizeMultiplier(steps / spread, &multiplier, &layer.requant.shift[i]);
  }
  Requant& r = layer.requant;
  float scale = RandomScale();
  r.output_zp = int(random_.Int(-20, 20));
  const bool pixel = acc.data.size() == k;  // a clamp could leave nothing of it
  switch (random_.Int(scores || pixel ? 2 : 0, 3)) {
    case 0:  // Relu as quantisers write it
      r.output_zp = r.clamp_lo = -128;
      break;
    case 1:  // Relu6; the weights' scales can be whatever makes 6.0 this many steps
      r.clamp_lo = r.output_zp = int(random_.Pick(std::array{-128, -128, -100}));
      r.clamp_hi = r.output_zp + int(random_.Int(60, 227));
      scale = 6.0F / float(r.clamp_hi - r.output_zp);
      break;
    default:
      break;
  }
  const Shape conv = golden::ConvShape(shape(in), layer);
  if (conv.h >= 4 && conv.w >= 4 && way != Way::kNoPool && random_.Chance(4)) {
    const int filter = random_.Chance(4) ? 3 : 2;
    layer.max_pool =
        Window{.kh = filter, .kw = filter, .stride_h = 2, .stride_w = 2, .pad = {}, .floor = true};
  }
  macs_ += golden::Macs(shape(in), layer);
  TensorI8 out = golden::Conv(value(in), layer);
  return Append(std::move(node), std::move(out), scale, r.output_zp);
}

void RandomGraphBuilder::Conv() {
  const int in = PickTensor();
  const int groups = GroupsFor(shape(in).c);
  int channels = int(random_.Int(1, limits_.max_channels));
  if (groups > 1)
    channels = groups * int(random_.Int(1, std::max(1, std::min(2, limits_.max_channels / groups))));
  const Window window = RandomWindow(shape(in), groups == 1 && random_.Chance(3));
  const int64_t macs = int64_t(golden::OutputShape(shape(in), window, channels).size()) * window.kh *
                       window.kw * (shape(in).c / groups);
  if (macs_ + macs <= limits_.max_macs) AppendConv(in, channels, window, groups);
}

void RandomGraphBuilder::Depthwise() {
  const int in = PickTensor(), channels = int(random_.Int(1, limits_.max_channels));
  const Window first = RandomWindow(shape(in), random_.Chance(2));
  const Shape inner = golden::OutputShape(shape(in), first, channels);
  const auto axis = [&](int size, int most) {
    const int filter = std::min(random_.Chance(2) ? 3 : int(random_.Int(1, most)), size);
    const int before = int(random_.Int(0, filter - 1)), after = int(random_.Int(0, filter - 1));
    const int stride = random_.Chance(2) ? 1 : int(random_.Int(1, std::min(filter, 4)));
    return FitAxis({filter, stride, 1, before, after}, size, true);
  };
  const Window second = MakeWindow(axis(inner.h, 7), axis(inner.w, 6), true);
  const int64_t macs = int64_t(inner.size()) * (first.kh * first.kw * shape(in).c + second.kh * second.kw);
  const Shape outer = golden::OutputShape(inner, second, channels);
  if (macs_ + macs > limits_.max_macs || std::max(outer.h, outer.w) > limits_.max_size) return;
  const int between = AppendConv(in, channels, first, 1, Way::kNoPool);
  AppendConv(between, channels, second, channels, Way::kNoPool);
}

// ---- pooling

void RandomGraphBuilder::Pool(Op op) {
  const int in = PickTensor();
  if (std::min(shape(in).h, shape(in).w) < 4) return;
  RandomLimits limits;
  limits.max_stride = 2;

  limits.max_pad = 1;
  Node node{.op = op, .inputs = {in}, .pool = RandomPoolWindow(random_, shape(in), limits)};
  const Shape pooled = golden::OutputShape(shape(in), node.pool, shape(in).c);
  if (node.pool.kh * node.pool.kw == 1 || std::max(pooled.h, pooled.w) > limits_.max_size) return;

  TensorI8 out =
      op == Op::kMaxPool ? golden::MaxPool(value(in), node.pool) : golden::AveragePool(value(in), node.pool);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

int RandomGraphBuilder::AppendGlobalPool(int in) {
  const Op op = random_.Chance(4) ? Op::kMaxPool : Op::kAveragePool;
  Node node{.op = op, .inputs = {in}, .pool = golden::GlobalWindow(shape(in))};
  TensorI8 out =
      op == Op::kMaxPool ? golden::MaxPool(value(in), node.pool) : golden::AveragePool(value(in), node.pool);
  return Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

// ---- the whole

void RandomGraphBuilder::Head() {
  std::vector<int> ends;
  for (int t = 0; t < tensors(); ++t)
    if (unread(t)) ends.push_back(t);
  int last = ends[0];
  if (ends.size() > 1) {
    int channels = 0;
    for (int& end : ends) {
      if (shape(end).h * shape(end).w > 1) end = AppendGlobalPool(end);
      channels += shape(end).c;
    }
    const int each = limits_.max_channels / int(ends.size());  // what does not fit is made narrower
    for (int& end : ends)
      if (channels > limits_.max_channels && shape(end).c > each) end = AppendConv(end, each, Window{}, 1);
    last = AppendConcat(ends);
  } else if (random_.Chance(2) && shape(last).h * shape(last).w > 1) {
    last = AppendGlobalPool(last);
  }
  out_.graph.outputs = {{.tensor = AppendConv(last, int(random_.Int(5, 10)),
                                              golden::GlobalWindow(shape(last)), 1, Way::kScores)}};
}

void RandomGraphBuilder::Outputs() {
  while (random_.Chance(4)) out_.graph.outputs.push_back({.tensor = int(random_.Int(0, tensors() - 1))});
}

RandomGraph RandomGraphBuilder::Build() {
  using B = RandomGraphBuilder;
  const Shape in{1, int(random_.Int(6, limits_.max_size)), int(random_.Int(6, limits_.max_size)),
                 int(random_.Int(1, std::min(8, limits_.max_channels)))};
  out_.input = TensorI8(in);
  random_.Fill(out_.input.data, false);
  out_.graph.tensors.push_back({"input", in, RandomScale(), int(random_.Int(-128, 20))});
  out_.values.push_back(out_.input);
  reads_.push_back(0);
  const std::array<Maker, 28> makers = {
      &B::Depthwise, &B::Depthwise, &B::Conv,     &B::Conv,     &B::Conv,         &B::Conv,         &B::Conv,
      &B::Conv,      &B::Conv,      &B::Residual, &B::Residual, &B::Add,          &B::Pair,         &B::Pair,
      &B::Concat,    &B::Concat,    &B::MaxPool,  &B::MaxPool,  &B::AveragePool,  &B::Pad,          &B::Pad,
      &B::Table,     &B::Table,     &B::Upsample, &B::Upsample, &B::DepthToSpace, &B::DepthToSpace, &B::Slice,
  };
  const auto target = int(random_.Int(limits_.min_nodes, limits_.max_nodes));
  // the head takes at most two nodes for each end, the join and the scores; what comes last three more
  for (int tries = 0; tries < 200 && nodes() + 2 * (CountUnread() + 1) + 5 <= target; ++tries)
    (this->*(limits_.depthwise && !random_.Chance(4) ? &B::Depthwise
             : random_.Chance(10)                    ? &B::Rescale
             : random_.Chance(30)                    ? &B::Host
                                                     : random_.Pick(makers)))();
  while (nodes() + 1 < limits_.min_nodes) random_.Chance(3) ? Rescale() : Conv();
  Head();
  Outputs();
  return std::move(out_);
}

RandomGraph MakeRandomGraph(uint64_t seed, const RandomGraphLimits& limits) {
  return RandomGraphBuilder(seed, limits).Build();
}

}  // namespace weft
