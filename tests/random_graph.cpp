// SPDX-License-Identifier: Apache-2.0
#include "tests/random_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sw_model/golden/golden.hpp"
#include "tests/random_layer.hpp"

namespace weft {
namespace {

class Builder {
 public:
  Builder(uint64_t seed, const RandomGraphLimits& limits) : random_(seed), limits_(limits) {}
  RandomGraph Build();

 private:
  using Maker = void (Builder::*)();

  // ---- what there is so far
  const Shape& shape(int tensor) const { return out_.graph.tensors[size_t(tensor)].shape; }
  const TensorInfo& info(int tensor) const { return out_.graph.tensors[size_t(tensor)]; }
  const TensorI8& value(int tensor) const { return out_.values[size_t(tensor)]; }
  int nodes() const { return int(out_.graph.nodes.size()); }
  int tensors() const { return int(out_.values.size()); }
  bool unread(int tensor) const { return reads_[size_t(tensor)] == 0; }
  int CountUnread() const { return int(std::count(reads_.begin(), reads_.end(), 0)); }

  // ---- choices
  int PickTensor();  // an unread one as a rule
  float RandomScale() { return float(std::exp2(random_.Real(-6, -4))); }
  Window RandomWindow(const Shape& in, bool pointwise);
  int GroupsFor(int channels);

  // ---- nodes
  int Append(Node node, TensorI8 value, float scale, int zero_point);
  int AppendConv(int in, int channels, const Window& window, int groups, bool scores = false);
  int AppendAdd(int a, int b);
  int AppendConcat(const std::vector<int>& inputs);
  int AppendGlobalPool(int in);
  void Conv();
  void MaxPool() { Pool(Op::kMaxPool); }
  void AveragePool() { Pool(Op::kAveragePool); }
  void Pool(Op op);
  void Residual();  // a convolution that keeps the shape, its sum with its input, perhaps a max-pool
  void Add();       // of any two maps of one shape
  void Concat();
  void Pad();
  void Upsample();
  void Rescale();
  void Head();  // pools what nothing has read yet, joins it and scores it

  Random random_;
  RandomGraphLimits limits_;
  RandomGraph out_;
  std::vector<int> reads_;  // of each tensor
  int64_t macs_ = 0;
};

int Builder::PickTensor() {
  std::vector<int> candidates;
  for (int t = 0; t < tensors(); ++t)
    if (unread(t)) candidates.push_back(t);
  if (candidates.empty() || random_.Chance(4)) return int(random_.Int(0, tensors() - 1));
  return candidates[size_t(random_.Int(0, int64_t(candidates.size()) - 1))];
}

int Builder::Append(Node node, TensorI8 value, float scale, int zero_point) {
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

Window Builder::RandomWindow(const Shape& in, bool pointwise) {
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

int Builder::GroupsFor(int channels) {
  if (!random_.Chance(3)) return 1;
  if (random_.Chance(2)) return channels;  // depthwise
  for (const int groups : {4, 3, 2})
    if (channels % groups == 0) return groups;
  return channels;
}

// Biases centre each channel's sums; one standard deviation becomes 20 to 60 steps of int8, of
// scores more, without a clamp.
int Builder::AppendConv(int in, int channels, const Window& window, int groups, bool scores) {
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
    golden::QuantizeMultiplier(steps / spread, &layer.requant.multiplier[i], &layer.requant.shift[i]);
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
  if (conv.h >= 4 && conv.w >= 4 && random_.Chance(4)) {
    const int filter = random_.Chance(4) ? 3 : 2;
    layer.max_pool =
        Window{.kh = filter, .kw = filter, .stride_h = 2, .stride_w = 2, .pad = {}, .floor = true};
  }
  macs_ += golden::Macs(shape(in), layer);
  TensorI8 out = golden::Conv(value(in), layer);
  return Append(std::move(node), std::move(out), scale, r.output_zp);
}

void Builder::Conv() {
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

// ---- pooling

void Builder::Pool(Op op) {
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

int Builder::AppendGlobalPool(int in) {
  const Op op = random_.Chance(4) ? Op::kMaxPool : Op::kAveragePool;
  Node node{.op = op, .inputs = {in}, .pool = golden::GlobalWindow(shape(in))};
  TensorI8 out =
      op == Op::kMaxPool ? golden::MaxPool(value(in), node.pool) : golden::AveragePool(value(in), node.pool);
  return Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

// ---- sums and joins

int Builder::AppendAdd(int a, int b) {
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

void Builder::Residual() {
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

void Builder::Add() {
  const int a = PickTensor();
  for (int t = tensors() - 1; t >= 0; --t)
    if (t != a && shape(t) == shape(a)) {
      AppendAdd(a, t);
      return;
    }
}

int Builder::AppendConcat(const std::vector<int>& inputs) {
  const int first = inputs[0];
  const bool keep = random_.Chance(2);  // the scale of the first
  float scale = info(first).scale;
  if (!keep)
    for (const int input : inputs) scale = std::max(scale, info(input).scale);
  const int zp = keep ? info(first).zero_point : int(random_.Int(-20, 20));
  Node node{.op = Op::kConcat, .inputs = inputs};
  std::vector<const TensorI8*> values;
  for (const int input : inputs) {
    node.concat.inputs.push_back(
        {golden::RescaleTable(golden::MakeRescale(info(input).scale, info(input).zero_point, scale, zp))});
    values.push_back(&value(input));
  }
  TensorI8 out = golden::Concat(values, node.concat);
  return Append(std::move(node), std::move(out), scale, zp);
}

void Builder::Concat() {
  std::vector<int> inputs = {PickTensor()};
  int channels = shape(inputs[0]).c;
  for (int t = tensors() - 1; t >= 0 && inputs.size() < 4; --t) {
    const bool same = shape(t).h == shape(inputs[0]).h && shape(t).w == shape(inputs[0]).w;
    if (t == inputs[0] || !same || channels + shape(t).c > limits_.max_channels) continue;
    inputs.push_back(t);
    channels += shape(t).c;
  }
  if (inputs.size() > 1) AppendConcat(inputs);
}

// ---- borders, enlargements, changes of scale

void Builder::Pad() {
  const int in = PickTensor();
  const auto border = [&](int size) { return int(random_.Int(0, std::min(2, limits_.max_size - size))); };
  Node node{.op = Op::kPad, .inputs = {in}};
  Padding& pad = node.pad.pad;
  pad.top = border(shape(in).h);
  pad.bottom = border(shape(in).h + pad.top);
  pad.left = border(shape(in).w);
  pad.right = border(shape(in).w + pad.left);
  if (pad == Padding{}) return;
  node.pad.value = info(in).zero_point;
  TensorI8 out = golden::Pad(value(in), node.pad);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

void Builder::Upsample() {
  const int in = PickTensor();
  Node node{.op = Op::kUpsample, .inputs = {in}};
  node.upsample = {int(random_.Int(1, 3)), int(random_.Int(1, 3))};
  const Shape out_shape = golden::UpsampleShape(shape(in), node.upsample);
  if (out_shape == shape(in) || std::max(out_shape.h, out_shape.w) > limits_.max_size) return;
  TensorI8 out = golden::Upsample(value(in), node.upsample);
  Append(std::move(node), std::move(out), info(in).scale, info(in).zero_point);
}

void Builder::Rescale() {
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

// ---- the whole

void Builder::Head() {
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
  out_.graph.outputs = {
      {.tensor = AppendConv(last, int(random_.Int(5, 10)), golden::GlobalWindow(shape(last)), 1, true)}};
}

RandomGraph Builder::Build() {
  const Shape in{1, int(random_.Int(6, limits_.max_size)), int(random_.Int(6, limits_.max_size)),
                 int(random_.Int(1, std::min(8, limits_.max_channels)))};
  out_.input = TensorI8(in);
  random_.Fill(out_.input.data, false);
  out_.graph.tensors.push_back({"input", in, RandomScale(), int(random_.Int(-128, 20))});
  out_.values.push_back(out_.input);
  reads_.push_back(0);
  const std::array<Maker, 14> makers = {
      &Builder::Conv,     &Builder::Conv,     &Builder::Conv,        &Builder::Conv,     &Builder::Conv,
      &Builder::Residual, &Builder::Residual, &Builder::Add,         &Builder::Concat,   &Builder::Concat,
      &Builder::MaxPool,  &Builder::Pad,      &Builder::AveragePool, &Builder::Upsample,
  };
  const auto target = int(random_.Int(limits_.min_nodes, limits_.max_nodes));
  // the head takes at most two nodes for each end, the join and the scores; a residual block two
  for (int tries = 0; tries < 200 && nodes() + 2 * (CountUnread() + 1) + 4 <= target; ++tries)
    (this->*(random_.Chance(10) ? &Builder::Rescale : random_.Pick(makers)))();
  while (nodes() + 1 < limits_.min_nodes) random_.Chance(3) ? Rescale() : Conv();
  Head();
  return std::move(out_);
}

}  // namespace

RandomGraph MakeRandomGraph(uint64_t seed, const RandomGraphLimits& limits) {
  return Builder(seed, limits).Build();
}

}  // namespace weft
