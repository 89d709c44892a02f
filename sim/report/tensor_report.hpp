// SPDX-License-Identifier: Apache-2.0
// What a report says of each tensor: the codes of all images counted, and the maps of the first one.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/backends/backend.hpp"

namespace weft {

class TensorReport {
 public:
  explicit TensorReport(const Graph& graph);
  void Add(const NetworkResult& batch);
  // One object a tensor, in the order of Graph::tensors; those that nobody has computed have no "source".
  [[nodiscard]] nlohmann::ordered_json ToJson() const;

 private:
  struct Seen {
    Origin origin = Origin::kNone;
    std::array<int64_t, 256> codes{};  // how often each occurs, from -128 on
    nlohmann::ordered_json maps;
  };
  const Graph& graph_;
  std::vector<Seen> tensors_;
};

}  // namespace weft
