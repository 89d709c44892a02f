// SPDX-License-Identifier: Apache-2.0
// The shapes of well-known networks, for benchmarks: what their layers ask of an accelerator, without their
// weights.
#pragma once

#include <string>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft {

struct NetworkLayer {
  Shape in;
  ConvLayer layer;  // the filters have a shape only
  bool fully_connected = false;
};

struct Network {
  std::string name;
  std::vector<NetworkLayer> layers;  // as they run, one after the other
  bool with_fc = false;              // fully connected layers belong to the usual measure
  std::string left_out;              // what the array does not compute; empty: nothing

  // The layers of the usual measure, or with the fully connected ones in any case.
  [[nodiscard]] std::vector<NetworkLayer> Measured(bool fc_too) const;
};

std::vector<std::string> NetworkNames();

// Padding and strides are those of the published models; a max-pool that does not overlap is fused into the
// convolution before it. Throws Error for an unknown name.
Network MakeNetwork(const std::string& name, int batch);

// MACs whose tap lies inside the map: golden::Macs without the multiplications by padding.
int64_t UsefulMacs(const Shape& in, const ConvLayer& layer);

}  // namespace weft
