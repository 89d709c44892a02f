// SPDX-License-Identifier: Apache-2.0
// Residuals that are added to a layer's outputs: what of them a job streams, and whether it fits.
#pragma once

#include <functional>
#include <optional>

#include "compiler/chain.hpp"
#include "compiler/job.hpp"
#include "sw_model/config.hpp"

namespace weft {

inline constexpr int kTableBytes = 2 * 256 * 4;  // what each operand of an addition adds, for every code

// What a job streams of each image's residual: the rows under its pooling windows, of each of them whole bus
// words that hold its columns, of a single column its channels only.
struct ResidualBox {
  int y0, rows;          // from row y0 on; so many, without those between two windows
  int step;              // rows from a row of windows to the next, of those that are streamed
  int cols;              // columns
  int64_t begin, pitch;  // bytes of a row: from which one on, how many
  int64_t first;         // the job's first channel of the first column, from there
};
ResidualBox ResidualOf(const Job& job, const Window& pool, int channels, const Config& config);

// Whether the engine can add a residual of so many channels (or none) to these jobs' outputs: the rows under
// what a tile gives fit the residual's buffer, and no pooling window is cut.
bool CanAdd(const PreparedLayer& layer, std::optional<int> channels, const Config& config);
// Cuts a layer so far that it can: into narrower columns, then fewer column groups, images, rows.
// `prepare` makes it with the limits that it is given. Nothing if even its smallest jobs cannot.
std::optional<PreparedLayer> PrepareToAdd(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                          std::optional<int> channels, const Config& config);

}  // namespace weft
