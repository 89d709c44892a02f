// SPDX-License-Identifier: Apache-2.0
// Runs compiled networks: on the hardware (or its cycle model) one start a segment, what the hardware cannot
// do on the host. The golden model, and the RTL that writes a trace, run the network's graph layer by layer.
#pragma once

#include <map>
#include <memory>

#include "compiler/network_file.hpp"
#include "sim/backends/backend.hpp"
#include "sim/harness/machine.hpp"

namespace weft {

class NetworkBackend {
 public:
  virtual ~NetworkBackend() = default;
  // Runs a batch of images; one of fewer images than the network is compiled for is filled up. With
  // BackendOptions::check every operator whose output the hardware leaves in memory is compared with the
  // golden model. `given` are tensors that no node of the graph writes, beside its input.
  using Tensors = std::map<int, TensorI8>;
  virtual NetworkResult Run(const CompiledNetwork& network, const TensorI8& images, const Tensors& given) = 0;
  NetworkResult Run(const CompiledNetwork& network, const TensorI8& images) {
    return Run(network, images, {});
  }
};

// For networks that are compiled for `config`. Throws Error for an unknown backend, or one that is not built
// for this configuration.
std::unique_ptr<NetworkBackend> MakeNetworkBackend(const BackendOptions& options, const Config& config);

// A board, as a backend of the engine "board". Throws Error for options that it does not know.
std::unique_ptr<NetworkBackend> MakeBoardBackend(const BackendOptions& options, const Config& config,
                                                 Machine* board);

}  // namespace weft
