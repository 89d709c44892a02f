// Runs whole networks: on the hardware (or its cycle model) one start a segment, what the hardware cannot do
// on the host.
#pragma once

#include <memory>

#include "sim/runner.hpp"

namespace weft {

class NetworkEngine {
 public:
  virtual ~NetworkEngine() = default;
  // Runs a batch of images. With EngineOptions::check every operator's output is compared with the golden
  // model.
  virtual NetworkResult Run(const Graph& graph, const TensorI8& images) = 0;
};

// Throws Error for an unknown engine or configuration.
std::unique_ptr<NetworkEngine> MakeNetworkEngine(const EngineOptions& options);

}  // namespace weft
