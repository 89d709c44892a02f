// SPDX-License-Identifier: Apache-2.0
// The order in which memory is read for a list of jobs, and in which outputs come back: what the harness
// streams and what the cycle model counts.
#pragma once

#include <vector>

#include "compiler/job.hpp"
#include "sw_model/config.hpp"

namespace weft {

// One piece of the read stream; pieces follow each other without a gap.
struct Transfer {
  enum class Kind { kGroups, kLines };  // column groups (parameters, then weights, of each), or input lines
  Kind kind;
  int job;
  int first, count;
  // The memory is asked for this piece when all outputs of all jobs before `job` are written: its first data
  // comes `latency` cycles later.
  bool after_stores = false;
};

// The first job gets the lines of its first tile first, then its column groups, so that it can begin at once;
// every other job loads while the one before it runs: its column groups, then its lines, unless that one
// keeps them. Groups beyond half of the buffers come after the lines of the first tile, without which none of
// them would be freed.
std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config);

// The same for layers that follow each other, whose first jobs are `layer_starts`: a layer reads what the
// layer before has written, so its first lines wait for the stores (and all that comes after them in the
// stream). Before them come as many of its first job's column groups as can be read while the layer before
// computes and half of the buffers hold, after the lines of its first tile the others.
std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config,
                                   const std::vector<int>& layer_starts);

// Which lines of a job a tile needs: those from `free` on are still read by it or later, those below `need`
// must be there.
struct TileLines {
  int64_t free, need;
};
TileLines LinesOfTile(const Job& job, int64_t tile, const Config& config);

// Bus words of one column group of a job.
int64_t ParameterBusWords(const Job& job, const Config& config);
int64_t WeightBusWords(const Job& job, const Config& config);
// Weight words of one column group, whole bus words.
int64_t GroupWeightWords(const Job& job, const Config& config);

// Walks over the outputs of a job in the order in which they leave the engine.
class OutputCursor {
 public:
  OutputCursor(const Job& job, const Config& config) : job_(job), config_(config) { SkipEmpty(); }
  [[nodiscard]] bool done() const { return tile_ >= tiles(); }
  [[nodiscard]] int group() const { return group_; }
  [[nodiscard]] int image() const {
    return job_.lines.image0 + int(output_ / (int64_t{job_.rows} * job_.cols));
  }
  [[nodiscard]] int y() const { return job_.oy0 + int(output_ / job_.cols % job_.rows); }
  [[nodiscard]] int x() const { return job_.ox0 + int(output_ % job_.cols); }
  void Next();

 private:
  [[nodiscard]] int64_t tiles() const { return job_.rows == 0 ? 0 : job_.tiles(config_); }
  [[nodiscard]] int64_t FirstOutput(
      int64_t tile) const;  // the first whose last pixel lies in this tile or later
  void SkipEmpty();

  const Job& job_;
  const Config& config_;
  int64_t tile_ = 0, output_ = 0;
  int group_ = 0;
};

}  // namespace weft
