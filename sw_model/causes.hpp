// SPDX-License-Identifier: Apache-2.0
// What an array cycle was spent on, in the order of weft_pkg::CAUSE_* in rtl/weft_pkg.sv, which tells what
// each means.
#pragma once

#include <array>
#include <cstdint>

namespace weft {

// kEdge is not a cause of its own: it counts PE cycles that idle rows and columns lose during beats (kMac).
// All others are array cycles and add up to the total.
enum Cause { kMac, kFill, kDrain, kWaitLines, kWaitWeights, kStore, kEdge, kFeed, kCauses };
using CauseCounts = std::array<int64_t, kCauses>;
inline constexpr const char* kCauseNames[kCauses] = {"mac",     "fill",  "drain", "lines",
                                                     "weights", "store", "edge",  "feed"};
// What has been counted between two looks.
inline CauseCounts Difference(CauseCounts later, const CauseCounts& earlier) {
  for (size_t i = 0; i < later.size(); i++) later[i] -= earlier[i];
  return later;
}

}  // namespace weft
