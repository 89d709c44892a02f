// SPDX-License-Identifier: Apache-2.0
// A program read back from its list: what is in memory is all that the loosely timed model has, as it is all
// that the hardware has. The words are those of docs/list.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compiler/program.hpp"
#include "sw_model/cycles/list_outcome.hpp"

namespace weft {

using StoreWordArray = std::array<uint32_t, kStoreWords>;  // what a list leaves out is 0

struct ListProgram {
  // As far as the cycle model looks: jobs, stores, commands. Offsets of outputs count from the window's
  // begin, so tensors have no shapes.
  Program program;
  std::vector<StoreWordArray> stores;  // one a job
};

// The whole list, which it reads itself block by block; `memory` holds the window's begin. Nothing if it is
// not a list as a compiler makes it: a command, a read or a job that does not fit those around it, a wrong
// sum. PredictOutcome says how that can end.
std::optional<ListProgram> ReadList(std::span<const uint8_t> memory, const ListStart& start,
                                    const Config& config);

}  // namespace weft
