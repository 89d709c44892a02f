// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower.hpp"

#include <algorithm>

#include "compiler/lower_node.hpp"

namespace weft {
namespace {

bool ReadOnce(const Graph& graph, int tensor) {
  int readers = 0;
  for (const Node& other : graph.nodes) readers += int(std::ranges::count(other.inputs, tensor));
  return readers == 1 && !graph.IsOutput(tensor);
}

// Whether an addition can become part of a layer: a convolution whose output nobody else reads.
bool TakesAdd(const Graph& graph, const LoweredLayer& layer) {
  return graph.nodes[layer.node].op == Op::kConv && !layer.conv.max_pool && !layer.add && !layer.depthwise &&
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

// Makes a sum part of the convolution that gives its later operand, or its only one, if it can be.
bool FuseAdd(const Graph& graph, const Node& node, const SumLayer& sum, Segment* segment) {
  const auto writer = [&](int tensor) {  // the last layer of the segment that does; -1: none
    int last = -1;
    for (int l = 0; l < int(segment->layers.size()); l++)
      if (segment->layers[l].out.tensor == tensor) last = l;
    return last;
  };
  std::vector<LoweredLayer>& layers = segment->layers;
  const int second = node.inputs.size() > 1 ? node.inputs[1] : -1;
  const int writers[2] = {writer(node.inputs.at(0)), writer(second)};
  if (node.inputs[0] == second || std::max(writers[0], writers[1]) < 0) return false;
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
  layer.add = FusedAdd{sum, {}};
  if (later == 1) std::swap(layer.add->sum.first, layer.add->sum.second);
  if (second >= 0) layer.add->residual = node.inputs[size_t(1 - later)];
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

// Whether a node that follows could become part of this one.
bool IsSummed(const Graph& graph, const Node& node) {
  return ReadOnce(graph, node.output) && std::ranges::any_of(graph.nodes, [&](const Node& reader) {
           return std::ranges::count(reader.inputs, node.output) > 0 && SumOf(graph, reader);
         });
}

// Makes a depthwise convolution part of the convolution before it. Not where a sum follows, which is part of
// the depthwise one where that is a layer of its own.
bool FuseDepthwise(const Graph& graph, int index, Segment* segment) {
  const Node& node = graph.nodes[index];
  if (!IsFusable(node.conv) || IsSummed(graph, node)) return false;
  for (LoweredLayer& layer : segment->layers) {
    if (layer.out.tensor != node.inputs.at(0)) continue;
    if (!TakesAdd(graph, layer) || !TakesDepthwise(layer.conv)) return false;
    layer.depthwise = FusedDepthwise{index, node.conv};
    layer.out.tensor = node.output;
    return true;
  }
  return false;
}

bool Fuse(const Graph& graph, int index, const std::optional<SumLayer>& sum, Segment* segment) {
  const Node& node = graph.nodes[index];
  return (sum && FuseAdd(graph, node, *sum, segment)) ||
         (node.op == Op::kMaxPool && FusePool(graph, node, segment)) ||
         (node.op == Op::kConv && FuseDepthwise(graph, index, segment));
}

}  // namespace

std::vector<Segment> Lower(const Graph& graph, bool adds) {
  std::vector<Segment> segments;
  for (int i = 0; i < int(graph.nodes.size()); i++) {
    const std::optional<SumLayer> sum = adds ? SumOf(graph, graph.nodes[i]) : std::nullopt;
    if (!segments.empty() && Fuse(graph, i, sum, &segments.back())) {
      segments.back().count++;
      continue;
    }
    std::vector<LoweredLayer> layers = LowerNode(graph, i, sum);
    if (!adds && std::ranges::any_of(layers, [](const LoweredLayer& layer) { return layer.add.has_value(); }))
      layers.clear();
    if (segments.empty() || layers.empty() != segments.back().on_host()) segments.push_back({i, 0, {}});
    Segment& segment = segments.back();
    segment.count++;
    segment.layers.insert(segment.layers.end(), layers.begin(), layers.end());
  }
  return segments;
}

}  // namespace weft
