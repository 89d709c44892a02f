// SPDX-License-Identifier: Apache-2.0
// Nodes that select: element i of the output, in memory's order, is element from[i] of the input, or `fill`
// where that is -1. Slices, borders, enlargements, channel shuffles and the like are told by what they
// select.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace weft::onnx_selection {

bool IsIdentity(const Shape& in, const std::vector<int32_t>& from, const Shape& out);
bool IsPermutation(const std::vector<int32_t>& from, size_t size);

// The simplest node that does it, without name, inputs and output; any other selection is the host's.
Node MakeNode(const Shape& in, const std::vector<int32_t>& from, const Shape& out, int fill);

}  // namespace weft::onnx_selection
