// SPDX-License-Identifier: Apache-2.0
// The counters of rtl/engine/cycle_counters.sv as Verilator keeps them.
#pragma once

#include <cstdint>
#include <cstring>

#include "sw_model/causes.hpp"

namespace weft {

// `port` holds kCauses little-endian numbers of 48 bits (weft_pkg::COUNT_W), one behind the other.
template <typename Port>
CauseCounts UnpackCounts(const Port& port) {
  CauseCounts counts{};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&port);
  for (size_t i = 0; i < kCauses; i++) std::memcpy(&counts[i], bytes + 6 * i, 6);
  return counts;
}

}  // namespace weft
