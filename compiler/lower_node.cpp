// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower_node.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "compiler/copy_layers.hpp"
#include "compiler/table_layers.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// With longer sums the factor below is no longer exact.
constexpr int kMostAveraged = 2048;

// sum / count rounded half away from zero = (sum * M + 2^30) >> 31 with M = floor(2^31 / count) + 1: M is at
// most 1 too large, which moves the product by less than 128 * count * 2^-31, away from zero, where ties have
// to go, and less than 1 / (2 * count), the distance of any other value from a tie, while 256 * count^2 <
// 2^31.
ConvLayer MakeAverage(const std::string& name, int channels, const Window& w) {
  const int count = w.kh * w.kw;
  RescaleLayer rescale;
  if (count > 1) {
    rescale.multiplier = int32_t((int64_t{1} << 31) / count + 1);
    rescale.shift = 0;
  }
  return MakeDepthwise(name, channels, w, rescale);
}

// Outputs along an axis whose windows lie in the map in the same way: `count` from `first` on, the first
// one's window has `taps` positions from `begin` on.
struct Clipped {
  int first, count, begin, taps;
};
std::vector<Clipped> ClipWindows(int in, int out, int filter, int stride, int pad_before) {
  std::vector<Clipped> spans;
  for (int o = 0; o < out; o++) {
    const int start = o * stride - pad_before, begin = std::max(start, 0);
    const int taps = std::min(start + filter, in) - begin;
    if (!spans.empty() && spans.back().taps == taps &&
        begin == spans.back().begin + spans.back().count * stride)
      spans.back().count++;
    else spans.push_back({o, 1, begin, taps});
  }
  return spans;
}

// An average counts the pixels inside of the map only. So each region of outputs with windows of one size is
// a layer that reads its part of the map, as negative padding says. None where that are too many.
std::vector<LoweredLayer> LowerAverage(const Graph& graph, int index) {
  constexpr size_t kMostRegions = 25;  // a filter of 5x5 that keeps the size of the map
  const Node& node = graph.nodes[index];
  const Window& pool = node.pool;
  const Shape &in = graph.tensors[node.inputs.at(0)].shape, &out = graph.tensors[node.output].shape;
  const std::vector<Clipped> rows = ClipWindows(in.h, out.h, pool.kh, pool.stride_h, pool.pad.top);
  const std::vector<Clipped> cols = ClipWindows(in.w, out.w, pool.kw, pool.stride_w, pool.pad.left);
  if (rows.size() * cols.size() > kMostRegions) return {};
  std::vector<LoweredLayer> layers;
  for (const Clipped& r : rows)
    for (const Clipped& c : cols) {
      if (r.taps < 1 || c.taps < 1 || r.taps * c.taps > kMostAveraged) return {};
      Window w = pool;
      w.kh = r.taps;
      w.kw = c.taps;
      w.pad.top = -r.begin;
      w.pad.bottom = r.begin + (r.count - 1) * w.stride_h + r.taps - in.h;
      w.pad.left = -c.begin;
      w.pad.right = c.begin + (c.count - 1) * w.stride_w + c.taps - in.w;
      const Target target{.tensor = node.output, .phase_y = r.first, .phase_x = c.first};
      layers.push_back({index, MakeAverage(node.name, in.c, w), node.inputs.at(0), target, {}});
    }
  return layers;
}

// A copy that applies a table on the way: as a factor, or as what the adder makes of one operand.
LoweredLayer LowerTable(const Graph& graph, int index, int in, const TableI8& table, const Target& out) {
  const auto rescale = FindRescale(table);
  LoweredLayer layer{index,
                     MakeDepthwise(graph.nodes[index].name, graph.tensors[in].shape.c, Window{},
                                   rescale.value_or(Unchanged(0))),
                     in,
                     out,
                     {}};
  if (!rescale) layer.add = FusedAdd{SumOfTable(table), {}};
  return layer;
}

std::vector<LoweredLayer> LowerConcat(const Graph& graph, int index) {
  const Node& node = graph.nodes[index];
  std::vector<LoweredLayer> layers;
  Target out{.tensor = node.output};
  for (size_t i = 0; i < node.inputs.size(); i++) {
    const Shape& part = graph.tensors[node.inputs[i]].shape;
    layers.push_back(LowerTable(graph, index, node.inputs[i], node.concat.inputs.at(i).table, out));
    switch (node.concat.axis) {
      case 0:
        out.phase_y += part.h;
        break;
      case 1:
        out.phase_x += part.w;
        break;
      default:
        out.channel += part.c;
    }
  }
  return layers;
}

// Of outputs along an axis of a border, `count` from `first` on, which show the map from `begin` on.
struct Strip {
  int first, count, begin;
};
std::vector<Strip> StripsOf(PadMode mode, int size, int before, int after) {
  std::vector<Strip> strips;
  for (int o = -before; o < size + after; o++) {
    const int from = golden::PaddedFrom(mode, o, size);
    if (!strips.empty() && strips.back().begin + strips.back().count == from) strips.back().count++;
    else strips.push_back({o + before, 1, from});
  }
  return strips;
}

// The window of a copy of `count` pixels from `begin` on, `step` apart.
void Cut(int size, int begin, int count, int step, int* before, int* after) {
  *before = -begin;
  *after = begin + (count - 1) * step + 1 - size;
}

// A border of one value is padding; any other one is made of copies of strips of the map.
std::vector<LoweredLayer> LowerPad(const Graph& graph, int index) {
  constexpr size_t kMostStrips = 49;  // a border of 3 pixels
  const Node& node = graph.nodes[index];
  const PadLayer& pad = node.pad;
  const Shape& in = graph.tensors[node.inputs.at(0)].shape;
  std::vector<LoweredLayer> layers;
  const auto copy = [&](const Padding& padding, const Target& out) {
    Window window;
    window.pad = padding;
    layers.push_back(
        {index, MakeDepthwise(node.name, in.c, window, Unchanged(pad.value)), node.inputs.at(0), out, {}});
  };
  if (pad.mode == PadMode::kConstant) {
    copy(pad.pad, {.tensor = node.output});
    return layers;
  }
  const std::vector<Strip> rows = StripsOf(pad.mode, in.h, pad.pad.top, pad.pad.bottom);
  const std::vector<Strip> cols = StripsOf(pad.mode, in.w, pad.pad.left, pad.pad.right);
  if (rows.size() * cols.size() > kMostStrips) return {};
  for (const Strip& r : rows)
    for (const Strip& c : cols) {
      Padding part;
      Cut(in.h, r.begin, r.count, 1, &part.top, &part.bottom);
      Cut(in.w, c.begin, c.count, 1, &part.left, &part.right);
      copy(part, {.tensor = node.output, .phase_y = r.first, .phase_x = c.first});
    }
  return layers;
}

// Copies a part of a map to `out`. Channels that follow each other are blocks of one size, at a multiple of
// that size, of all that a row holds: pixels of a map that has this many channels. Where blocks are small, a
// convolution with one weight of 1 in each filter picks the channels.
std::vector<LoweredLayer> LowerSlice(const Graph& graph, int index, const SliceLayer& slice, Target out) {
  constexpr int kLeastBlock = 8;
  const Node& node = graph.nodes[index];
  const int in = node.inputs.at(0);
  const Shape& shape = graph.tensors[in].shape;
  const auto [y, x, c] = slice.begin;
  const auto [height, width, channels] = slice.size;
  const int block = slice.step[2] == 1 || channels == 1 ? std::gcd(std::gcd(c, channels), shape.c) : 1;
  Window window;
  window.floor = true;
  window.stride_h = slice.step[0];
  Cut(shape.h, y, height, slice.step[0], &window.pad.top, &window.pad.bottom);
  if (block < std::min(kLeastBlock, channels)) {
    window.stride_w = slice.step[1];
    Cut(shape.w, x, width, slice.step[1], &window.pad.left, &window.pad.right);
    std::vector<int> from(static_cast<size_t>(channels));
    for (int k = 0; k < channels; k++) from[size_t(k)] = c + k * slice.step[2];
    return {{index, MakeSelection(node.name, shape.c, from, window), in, out, {}}};
  }
  std::vector<LoweredLayer> layers;
  const int fold = shape.c / block;
  for (int b = 0; b < channels / block; b++, out.channel += block) {
    window.stride_w = slice.step[1] * fold;
    Cut(shape.w * fold, x * fold + c / block + b, width, window.stride_w, &window.pad.left,
        &window.pad.right);
    layers.push_back({index, MakeDepthwise(node.name, block, window, Unchanged(0)), in, out, {}, fold});
  }
  return layers;
}

// A part of the channels for each position in a block of the output.
std::vector<LoweredLayer> LowerDepthToSpace(const Graph& graph, int index) {
  const Node& node = graph.nodes[index];
  const Shape& in = graph.tensors[node.inputs.at(0)].shape;
  const int block = node.depth_to_space.block, area = block * block, channels = in.c / area;
  std::vector<LoweredLayer> layers;
  for (int p = 0; p < area; p++) {
    const Target out{.tensor = node.output,
                     .factor_h = block,
                     .factor_w = block,
                     .phase_y = p / block,
                     .phase_x = p % block};
    const bool strided = node.depth_to_space.channel_first;
    const SliceLayer part{.begin = {0, 0, strided ? p : p * channels},
                          .size = {in.h, in.w, channels},
                          .step = {1, 1, strided ? area : 1}};
    const auto more = LowerSlice(graph, index, part, out);
    layers.insert(layers.end(), more.begin(), more.end());
  }
  return layers;
}

std::vector<LoweredLayer> LowerUpsample(const Graph& graph, int index) {
  const Node& node = graph.nodes[index];
  const int in = node.inputs.at(0), channels = graph.tensors[in].shape.c;
  std::vector<LoweredLayer> layers;
  Target out{.tensor = node.output, .factor_h = node.upsample.factor_h, .factor_w = node.upsample.factor_w};
  for (out.phase_y = 0; out.phase_y < out.factor_h; out.phase_y++)
    for (out.phase_x = 0; out.phase_x < out.factor_w; out.phase_x++)
      layers.push_back({index, MakeDepthwise(node.name, channels, Window{}, Unchanged(0)), in, out, {}});
  return layers;
}

}  // namespace

std::optional<SumLayer> SumOf(const Graph& graph, const Node& node) {
  if (node.op == Op::kTable) return SumOfTable(node.table.table);
  if (node.op == Op::kAdd) return golden::MakeSum(node.add);
  if (node.op != Op::kPair) return {};
  const int a = node.inputs.at(0), b = node.inputs.at(1);
  if (graph.tensors[a].shape != graph.tensors[b].shape) return {};
  return FindSum(node.pair.table);
}

std::vector<LoweredLayer> LowerNode(const Graph& graph, int index, const std::optional<SumLayer>& sum) {
  const Node& node = graph.nodes[index];
  const int in = node.inputs.at(0), channels = graph.tensors[in].shape.c;
  const Target out{.tensor = node.output};
  switch (node.op) {
    case Op::kConv:
      return {{index, node.conv, in, out, {}}};
    case Op::kMaxPool:
      return {{index, MakeMaxPool(node.name, channels, node.pool), in, out, {}}};
    case Op::kAveragePool:
      return LowerAverage(graph, index);
    case Op::kAdd:
    case Op::kPair:
      if (!sum) return {};
      return {{index, MakeDepthwise(node.name, channels, Window{}, Unchanged(0)), in, out,
               FusedAdd{*sum, node.inputs.at(1)}}};
    case Op::kTable:
      return {LowerTable(graph, index, in, node.table.table, out)};
    case Op::kConcat:
      return LowerConcat(graph, index);
    case Op::kPad:
      return LowerPad(graph, index);
    case Op::kSlice:
      return LowerSlice(graph, index, node.slice, out);
    case Op::kUpsample:
      return LowerUpsample(graph, index);
    case Op::kDepthToSpace:
      return LowerDepthToSpace(graph, index);
    case Op::kHost:
    case Op::kSoftmax:
      break;
  }
  return {};
}

}  // namespace weft
