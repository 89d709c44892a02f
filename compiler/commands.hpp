// SPDX-License-Identifier: Apache-2.0
// The order of a program's commands: what is read for which job, and when the jobs are given to the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/program.hpp"

namespace weft {

// What the commands of a layer depend on.
struct CommandLayer {
  int first_job = 0, jobs = 0;
  bool reads_outputs = false;  // of layers before it
  Place in;
  std::optional<uint32_t> tables_at;  // of an addition
  std::optional<Place> residual;      // ... of this
  Window pool;                        // ... after which comes this max-pool
  uint32_t depthwise_words = 0;  // bus words of a column group's weights of a depthwise convolution, if any
};

// The commands without those that read the list. Offsets are from the begin of the data or of the tensors;
// `groups_at` are those of each job's parameters and weights, `depthwise_at` those of its depthwise
// convolution's.
std::vector<Command> MakeCommands(const std::vector<Job>& jobs, const std::vector<uint32_t>& groups_at,
                                  const std::vector<uint32_t>& depthwise_at,
                                  const std::vector<CommandLayer>& layers, const Config& config);

}  // namespace weft
