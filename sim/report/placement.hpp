// SPDX-License-Identifier: Apache-2.0
// Where each operator of a graph runs: which of them one pass of the engine computes together, and in which
// order the passes come.
#pragma once

#include <vector>

#include "compiler/segment.hpp"

namespace weft {

// Operators that run together: those whose outputs one layer of a program gives, or one on the host.
struct Stage {
  std::vector<int> nodes;  // of the graph, as one feeds the next
  int segment = -1;        // whose start it is
  std::vector<int>
      layers;  // of its program; none: the host's. A copy for each input of a concat is one stage
  [[nodiscard]] bool on_host() const { return layers.empty(); }
};

// As they run. `layers` are those of each segment.
std::vector<Stage> FindStages(const Graph& graph, const std::vector<Segment>& segments,
                              const std::vector<std::vector<LoweredLayer>>& layers);
std::vector<Stage> FindStages(const Graph& graph);  // before it is known for which configuration

}  // namespace weft
