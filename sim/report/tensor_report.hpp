// SPDX-License-Identifier: Apache-2.0
// What a report says of each tensor: the codes of all images counted, and the maps of each image, or of the
// first ones if they are too many for a page.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/backends/backend.hpp"

namespace weft {

class TensorReport {
 public:
  TensorReport(const Graph& graph, int images);
  void Add(const NetworkResult& batch);
  // One object a tensor, in the order of Graph::tensors; those that nobody has computed have no "source".
  [[nodiscard]] nlohmann::ordered_json ToJson() const;

 private:
  using Counts = std::array<int64_t, 256>;  // how often each code occurs, from -128 on
  struct Seen {
    Origin origin = Origin::kNone;
    Counts codes{}, shown_codes{};  // the latter: of the maps
    nlohmann::ordered_json pictures = nlohmann::ordered_json::array();
  };
  void AddMaps(const TensorI8& tensor, int count, Seen* seen) const;
  [[nodiscard]] nlohmann::ordered_json MapsJson(const TensorInfo& info, const Seen& seen) const;

  const Graph& graph_;
  int images_;    // whose maps are shown
  int seen_ = 0;  // images
  std::vector<Seen> tensors_;
};

}  // namespace weft
