// SPDX-License-Identifier: Apache-2.0
// What a start of weft_top does when, as the cycle model has it: reads, the array's beats and writes of each
// job, and where tensors lie in memory meanwhile.
#pragma once

#include <nlohmann/json.hpp>

#include "compiler/network_file.hpp"
#include "sw_model/memory.hpp"

namespace weft {

// One object a segment; those of the host have "on_host" only. All times are cycles since the segment's
// start:
//   "layers"   name, node, "from" and "to": from the end of the layer before to its own last output in memory
//   "jobs"     layer, and intervals [from, to) of "weights" (and parameters), "lines" (and residuals),
//              "array" and "writes"; gaps too short to be seen are closed
//   "list"     intervals in which the list itself is read
//   "busy"     "read", "array", "write": how busy each is in equal parts of the start, 0..1
//   "memory"   the window as `weft compile` lays it out, for one batch: "tensors" with offset, bytes, and
//              "from" and "to", between which they are needed
nlohmann::ordered_json TimelineJson(const CompiledNetwork& network, const Memory& memory);

}  // namespace weft
