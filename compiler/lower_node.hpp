// SPDX-License-Identifier: Apache-2.0
// The layers that compute a node on its own.
#pragma once

#include <optional>
#include <vector>

#include "compiler/lower.hpp"

namespace weft {

// What a node adds, as tables, if it is such a sum of its two inputs, of one shape, or a table of one input.
std::optional<SumLayer> SumOf(const Graph& graph, const Node& node);

// None: the host computes it.
std::vector<LoweredLayer> LowerNode(const Graph& graph, int node, const std::optional<SumLayer>& sum);

}  // namespace weft
