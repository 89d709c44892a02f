// SPDX-License-Identifier: Apache-2.0
#include "sim/report/placement.hpp"

#include <algorithm>

namespace weft {
namespace {

// From a layer's first operator to the one whose output it leaves in memory.
std::vector<int> NodesOf(const Graph& graph, const LoweredLayer& layer) {
  std::vector<int> nodes = {layer.node};
  for (int tensor = graph.nodes[size_t(layer.node)].output; tensor != layer.out.tensor;) {
    const auto reader = std::ranges::find_if(
        graph.nodes, [&](const Node& node) { return std::ranges::count(node.inputs, tensor) > 0; });
    if (reader == graph.nodes.end() || nodes.size() == graph.nodes.size()) break;
    nodes.push_back(int(reader - graph.nodes.begin()));
    tensor = reader->output;
  }
  return nodes;
}

}  // namespace

std::vector<Stage> FindStages(const Graph& graph, const std::vector<Segment>& segments,
                              const std::vector<std::vector<LoweredLayer>>& layers) {
  std::vector<Stage> stages;
  for (size_t s = 0; s < segments.size(); s++) {
    const Segment& segment = segments[s];
    for (int n = segment.first; segment.on_host() && n < segment.first + segment.count; n++)
      stages.push_back({.nodes = {n}, .segment = int(s), .layers = {}});
    for (size_t l = 0; l < layers[s].size(); l++) {
      const std::vector<int> nodes = NodesOf(graph, layers[s][l]);
      const auto same =
          std::ranges::find_if(stages, [&](const Stage& stage) { return stage.nodes == nodes; });
      if (same == stages.end()) stages.push_back({.nodes = nodes, .segment = int(s), .layers = {int(l)}});
      else same->layers.push_back(int(l));
    }
  }
  return stages;
}

std::vector<Stage> FindStages(const Graph& graph) {
  const std::vector<Segment> segments = Lower(graph);
  std::vector<std::vector<LoweredLayer>> layers;
  for (const Segment& segment : segments) layers.push_back(segment.layers);
  return FindStages(graph, segments, layers);
}

}  // namespace weft
