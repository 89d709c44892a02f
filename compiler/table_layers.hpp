// SPDX-License-Identifier: Apache-2.0
// Functions of one or two bytes that are given as tables, as the hardware computes them.
#pragma once

#include <optional>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft {

// Zero points, factor and clamp that give a whole table; nothing if there are none.
std::optional<RescaleLayer> FindRescale(const TableI8& table);

// A table as a sum whose other summand is 0.
SumLayer SumOfTable(const TableI8& table);

// Two tables of summands that give all 65,536 entries of a PairLayer's; nothing if there are none.
std::optional<SumLayer> FindSum(const std::vector<int8_t>& table);

}  // namespace weft
