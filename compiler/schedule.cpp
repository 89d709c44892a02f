// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule.hpp"

#include <algorithm>

#include "compiler/geometry.hpp"

namespace weft {
namespace {

// How many column groups of job `next` can be read while the jobs first .. next-1 run: what fits into the
// cycles in which those read nothing themselves, and at least one.
int GroupsAhead(const std::vector<Job>& jobs, int first, int next, const Config& config) {
  auto group_words = [&](const Job& job) {
    return ParameterBusWords(job, config) + WeightBusWords(job, config);
  };
  int64_t spare = 0;
  for (int j = first; j < next; j++) {
    const Job& job = jobs[j];
    spare += job.tiles(config) * job.groups * job.reduction.length() - job.line_bus_words() -
             job.groups * group_words(job);
  }
  const Job& job = jobs[next];
  return int(std::clamp<int64_t>(spare / group_words(job), 1, job.groups));
}

}  // namespace

TileLines LinesOfTile(const Job& job, int64_t tile, const Config& config) {
  enum { kPoolX, kPoolY, kX, kY };  // loops
  const auto turns = [&](int loop) { return job.walk(loop, kJobWalkLast) + 1; };
  const int64_t row_pixels = turns(kPoolX) * turns(kPoolY) * turns(kX);
  const int64_t rows = turns(kY);
  // Without what the loop over y takes back.
  const int64_t row_step =
      job.walk(kY, kJobWalkDY) + job.walk(kPoolY, kJobWalkLast) * job.walk(kPoolY, kJobWalkDY);
  const int64_t height = job.word(kJobYlim);
  auto line = [&](int64_t row, int64_t extra) {
    return row / rows * height +
           std::clamp<int64_t>(job.word(kJobY0) + row % rows * row_step + extra, 0, height);
  };
  const int64_t first = tile * config.rows;
  const int64_t last = std::min(first + config.rows, job.pixels) - 1;
  return {job.keeps_lines() ? 0 : line(first / row_pixels, 0), line(last / row_pixels, job.word(kJobSpan))};
}

std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config) {
  return MakeSchedule(jobs, config, {});
}

std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config,
                                   const std::vector<int>& layer_starts) {
  std::vector<Transfer> schedule;
  bool after_stores = false;
  auto add = [&](Transfer::Kind kind, int job, int first, int count) {
    if (count == 0) return;
    const bool waits = after_stores && kind == Transfer::Kind::kLines;
    schedule.push_back({kind, job, first, count, waits});
    if (waits) after_stores = false;
  };
  size_t layer = 0;
  int layer_start = 0;
  for (int j = 0; j < int(jobs.size()); j++) {
    const Job& job = jobs[j];
    const int lines = int(job.streamed_lines());
    int ahead = job.groups;
    while (layer < layer_starts.size() && layer_starts[layer] < j) layer++;
    if (j > 0 && layer < layer_starts.size() && layer_starts[layer] == j) {
      ahead = GroupsAhead(jobs, layer_start, j, config);
      after_stores = true;
      layer_start = j;
    }
    // Beside the job before, which frees its own in its last tile, and never more than half of the buffers:
    // or the lines would come late, or never.
    int64_t fit = GroupsThatFit(job, config);
    if (j > 0 && jobs[j - 1].tiles(config) > 1)
      fit = std::clamp<int64_t>(GroupsBeside(jobs[j - 1], jobs[j - 1].groups, job, config), 1, fit);
    ahead = int(std::min<int64_t>(ahead, fit));
    const int need =
        !job.lines_there && (ahead < job.groups || j == 0) ? int(LinesOfTile(job, 0, config).need) : lines;
    // Beats need all lines of their tile, but of the weights no more than their own chunk's: where nothing
    // runs meanwhile, lines come first.
    if (j == 0) add(Transfer::Kind::kLines, j, 0, need);
    add(Transfer::Kind::kGroups, j, 0, ahead);
    if (j > 0) add(Transfer::Kind::kLines, j, 0, need);
    add(Transfer::Kind::kGroups, j, ahead, job.groups - ahead);
    add(Transfer::Kind::kLines, j, need, lines - need);
  }
  return schedule;
}

int64_t ParameterBusWords(const Job& job, const Config& config) {
  return job.drains() ? int64_t{config.Steps()} * config.ParamBeats() : 0;
}

int64_t WeightBusWords(const Job& job, const Config& config) {
  return CeilDiv(int64_t{job.reduction.length()} * config.Cpad(), config.bus_bytes);
}

int64_t GroupWeightWords(const Job& job, const Config& config) {
  return RoundUp(job.reduction.length(), config.WeightPack());
}

int64_t OutputCursor::FirstOutput(int64_t tile) const {
  if (job_.single_tile) return tile == 0 ? 0 : job_.cols;
  return std::min(tile * config_.rows, job_.pixels) / job_.window;
}

void OutputCursor::SkipEmpty() {
  while (!done() && output_ == FirstOutput(tile_ + 1)) {
    if (++group_ == job_.groups) group_ = 0, tile_++;
    output_ = FirstOutput(tile_);
  }
}

void OutputCursor::Next() {
  output_++;
  SkipEmpty();
}

}  // namespace weft
