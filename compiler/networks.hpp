// SPDX-License-Identifier: Apache-2.0
// Well-known networks, for benchmarks: graphs of what their layers ask of an accelerator, without their
// weights.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"
#include "sw_model/layer.hpp"

namespace weft {

// Which of a network's operators are measured: as is usual, its convolutions (and the fully connected layers
// of small networks); with the fully connected layers in any case; all but a softmax.
enum class NetworkScope : uint8_t { kUsual, kFullyConnected, kWhole };

struct Network {
  std::string name;
  Graph graph;                   // nodes in the order in which they run; filters have a shape only
  std::vector<int> given;        // tensors that no node of the graph writes, beside its input: what operators
                                 // that are left out would give
  bool fully_connected = false;  // its fully connected layers are in the graph
  std::string left_out;          // operators that are not; empty: none
};

std::vector<std::string> NetworkNames();

// Padding and strides are those of the published models; a max-pool that does not overlap is fused into the
// convolution before it. Throws Error for an unknown name.
Network MakeNetwork(const std::string& name, NetworkScope scope = NetworkScope::kUsual);

// MACs whose tap lies inside the map: golden::Macs without the multiplications by padding.
int64_t UsefulMacs(const Shape& in, const ConvLayer& layer);

}  // namespace weft
