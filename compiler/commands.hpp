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
  // The layer before it writes its input, row y of each of its outputs into row y; its residual.
  bool follows = false, residual_follows = false;
};
struct CommandJob {
  uint32_t groups_at = 0;     // its parameters and weights
  uint32_t depthwise_at = 0;  // those of its depthwise convolution
  int out_rows = 0;           // rows of outputs of an image
  int mark_rows = 0;          // as in Store
};

// The commands without those that read the list. Offsets are from the begin of the data or of the tensors.
std::vector<Command> MakeCommands(const std::vector<Job>& jobs, const std::vector<CommandJob>& placed,
                                  const std::vector<CommandLayer>& layers, const Config& config);

}  // namespace weft
