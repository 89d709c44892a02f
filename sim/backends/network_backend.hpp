// SPDX-License-Identifier: Apache-2.0
// Runs whole networks: on the hardware (or its cycle model) one start a segment, what the hardware cannot do
// on the host.
#pragma once

#include <memory>

#include "compiler/network_file.hpp"
#include "sim/backends/backend.hpp"

namespace weft {

class NetworkBackend {
 public:
  virtual ~NetworkBackend() = default;
  // Runs a batch of images. With BackendOptions::check every operator's output is compared with the golden
  // model.
  virtual NetworkResult Run(const Graph& graph, const TensorI8& images) = 0;
};

// Throws Error for an unknown engine or configuration. With a file it runs the file's images, on the file's
// configuration, and only graphs that are the file's; a batch of fewer images than the file's is filled up.
std::unique_ptr<NetworkBackend> MakeNetworkBackend(const BackendOptions& options,
                                                   const CompiledNetwork* file = nullptr);

}  // namespace weft
