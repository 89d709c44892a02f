// SPDX-License-Identifier: Apache-2.0
// Random networks that are well formed, with the golden value of every tensor: for tests that run whole
// graphs on something else. The same seed gives the same network on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

struct RandomGraphLimits {
  int min_nodes = 5, max_nodes = 30;
  int max_size = 16;          // height and width of every map
  int max_channels = 24;      // of every map
  int64_t max_macs = 600000;  // of the network
  bool depthwise = false;     // most nodes are convolutions with a depthwise one behind them
};

struct RandomGraph {
  Graph graph;
  TensorI8 input;                // one image
  std::vector<TensorI8> values;  // of each Graph::tensors, for that image
};

// Every node's output is read by another one, or is the network's first output: the scores of a fully
// connected layer. Any other tensor may be an output, too. Multipliers and zero points are chosen from the
// image's own values, so that outputs spread over int8.
RandomGraph MakeRandomGraph(uint64_t seed, const RandomGraphLimits& limits = {});

}  // namespace weft
