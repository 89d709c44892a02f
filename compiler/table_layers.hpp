// SPDX-License-Identifier: Apache-2.0
// Tables of any function, as what the hardware computes: a factor, or sums of two tables.
#pragma once

#include <optional>

#include "sw_model/layer.hpp"

namespace weft {

// Zero points, factor and clamp that give a whole table; nothing if there are none.
std::optional<RescaleLayer> FindRescale(const TableI8& table);

}  // namespace weft
