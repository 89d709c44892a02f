// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower.hpp"

#include <algorithm>
#include <array>

#include "compiler/copy_layers.hpp"
#include "compiler/table_layers.hpp"

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

// A copy that applies a table on the way.
std::optional<LoweredLayer> LowerTable(const Graph& graph, int index, int in, const TableLayer& table,
                                       const Target& out) {
  const auto rescale = FindRescale(table.table);
  if (!rescale) return {};
  const int channels = graph.tensors[in].shape.c;
  return LoweredLayer{
      index, MakeDepthwise(graph.nodes[index].name, channels, Window{}, *rescale), in, out, {}};
}

std::vector<LoweredLayer> LowerNode(const Graph& graph, int index) {
  const Node& node = graph.nodes[index];
  const int in = node.inputs.at(0);
  const Shape& shape = graph.tensors[in].shape;
  Target out;
  out.tensor = node.output;
  const Window copy;
  switch (node.op) {
    case Op::kConv:
      return {{index, node.conv, in, out, {}}};
    case Op::kMaxPool:
      return {{index, MakeMaxPool(node.name, shape.c, node.pool), in, out, {}}};
    case Op::kAveragePool:
      return LowerAverage(graph, index);
    case Op::kTable:
      if (const auto layer = LowerTable(graph, index, in, node.table, out)) return {*layer};
      return {};
    case Op::kPad: {
      if (node.pad.mode != PadMode::kConstant) return {};
      Window window;
      window.pad = node.pad.pad;
      return {{index, MakeDepthwise(node.name, shape.c, window, Unchanged(node.pad.value)), in, out, {}}};
    }
    case Op::kConcat: {
      std::vector<LoweredLayer> layers;
      int* const at[3] = {&out.phase_y, &out.phase_x, &out.channel};
      for (size_t i = 0; i < node.inputs.size(); i++) {
        const Shape& part = graph.tensors[node.inputs[i]].shape;
        const auto layer = LowerTable(graph, index, node.inputs[i], node.concat.inputs.at(i), out);
        if (!layer) return {};
        layers.push_back(*layer);
        *at[node.concat.axis] += std::array{part.h, part.w, part.c}[size_t(node.concat.axis)];
      }
      return layers;
    }
    case Op::kUpsample: {
      std::vector<LoweredLayer> layers;
      out.factor_h = node.upsample.factor_h;
      out.factor_w = node.upsample.factor_w;
      for (out.phase_y = 0; out.phase_y < out.factor_h; out.phase_y++)
        for (out.phase_x = 0; out.phase_x < out.factor_w; out.phase_x++)
          layers.push_back({index, MakeDepthwise(node.name, shape.c, copy, Unchanged(0)), in, out, {}});
      return layers;
    }
    case Op::kAdd:
      return {{index, MakeDepthwise(node.name, shape.c, copy, Unchanged(0)), in, out,
               FusedAdd{node.add, true, node.inputs.at(1)}}};
    case Op::kPair:
    case Op::kSlice:
    case Op::kDepthToSpace:
    case Op::kHost:
    case Op::kSoftmax:
      break;
  }
  return {};
}

bool ReadOnce(const Graph& graph, int tensor) {
  int readers = 0;
  for (const Node& other : graph.nodes) readers += int(std::ranges::count(other.inputs, tensor));
  return readers == 1 && !graph.IsOutput(tensor);
}

// Whether an addition can become part of a layer: a convolution whose output nobody else reads.
bool TakesAdd(const Graph& graph, const LoweredLayer& layer) {
  return graph.nodes[layer.node].op == Op::kConv && !layer.conv.max_pool && !layer.add &&
         ReadOnce(graph, layer.out.tensor);
}

int64_t Taps(const LoweredLayer& layer) {
  const Shape& f = layer.conv.filters.shape;
  return int64_t{f.h} * f.w * f.c;
}

// The layer `later` takes fewer cycles an output than the adder may take: if it does not need the layers from
// `first` on, and is all that writes its tensor, it runs before them, so that the addition is done by the
// longer one.
bool MoveBefore(std::vector<LoweredLayer>* layers, int later, int first) {
  const LoweredLayer& layer = (*layers)[later];
  for (int l = 0; l < later; l++) {
    const int written = (*layers)[l].out.tensor;
    if (written == layer.out.tensor || (l >= first && written == layer.in)) return false;
  }
  std::rotate(layers->begin() + first, layers->begin() + later, layers->begin() + later + 1);
  return true;
}

// Makes an addition part of the convolution that gives its later operand, if it can be.
bool FuseAdd(const Graph& graph, const Node& node, Segment* segment) {
  const auto writer = [&](int tensor) {  // the last layer of the segment that does; -1: none
    int last = -1;
    for (int l = 0; l < int(segment->layers.size()); l++)
      if (segment->layers[l].out.tensor == tensor) last = l;
    return last;
  };
  std::vector<LoweredLayer>& layers = segment->layers;
  const int writers[2] = {writer(node.inputs.at(0)), writer(node.inputs.at(1))};
  if (node.inputs[0] == node.inputs[1] || std::max(writers[0], writers[1]) < 0) return false;
  int later = writers[0] >= writers[1] ? 0 : 1;
  int at = writers[later];
  const int before = writers[1 - later];
  if (before >= 0 && TakesAdd(graph, layers[before]) && !layers[at].add &&
      Taps(layers[before]) > Taps(layers[at]) && MoveBefore(&layers, at, before)) {
    later = 1 - later;
    at = before + 1;
  }
  LoweredLayer& layer = layers[at];
  if (!TakesAdd(graph, layer)) return false;
  const int residual = node.inputs[1 - later];
  layer.add = FusedAdd{node.add, later == 0, residual};
  layer.out.tensor = node.output;
  return true;
}

// Makes a max-pool part of the layer that adds what it reads. Overlapping windows would compute their common
// pixels several times.
bool FusePool(const Graph& graph, const Node& node, Segment* segment) {
  const Window& pool = node.pool;
  if (pool.pad != Padding{} || pool.stride_h < pool.kh || pool.stride_w < pool.kw) return false;
  for (LoweredLayer& layer : segment->layers) {
    if (layer.out.tensor != node.inputs.at(0)) continue;
    if (!layer.add || layer.conv.max_pool || !ReadOnce(graph, layer.out.tensor)) return false;
    layer.conv.max_pool = pool;
    layer.out.tensor = node.output;
    return true;
  }
  return false;
}

bool Fuse(const Graph& graph, const Node& node, Segment* segment) {
  return (node.op == Op::kAdd && FuseAdd(graph, node, segment)) ||
         (node.op == Op::kMaxPool && FusePool(graph, node, segment));
}

}  // namespace

std::vector<Segment> Lower(const Graph& graph) {
  std::vector<Segment> segments;
  for (int i = 0; i < int(graph.nodes.size()); i++) {
    if (!segments.empty() && Fuse(graph, graph.nodes[i], &segments.back())) {
      segments.back().count++;
      continue;
    }
    const std::vector<LoweredLayer> layers = LowerNode(graph, i);
    if (segments.empty() || layers.empty() != segments.back().on_host()) segments.push_back({i, 0, {}});
    Segment& segment = segments.back();
    segment.count++;
    segment.layers.insert(segment.layers.end(), layers.begin(), layers.end());
  }
  return segments;
}

}  // namespace weft
