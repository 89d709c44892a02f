#include "compiler/schedule.hpp"

#include <algorithm>

#include "compiler/geometry.hpp"

namespace weft {

TileLines LinesOfTile(const Job& job, int64_t tile, const Config& config) {
  auto word = [&](int i) { return int64_t{int32_t(job.words[size_t(i)])}; };
  auto loop = [&](int i, int field) { return word(kWalk + 4 * i + field); };
  const int64_t row_pixels = (loop(0, 0) + 1) * (loop(1, 0) + 1) * (loop(2, 0) + 1);
  const int64_t rows = loop(3, 0) + 1;
  const int64_t row_step = loop(3, 3) + loop(1, 0) * loop(1, 3);  // undo what the loop over y takes back
  const int64_t height = word(kYlim);
  auto line = [&](int64_t row, int64_t extra) {
    return row / rows * height + std::clamp<int64_t>(word(kY0) + row % rows * row_step + extra, 0, height);
  };
  const int64_t first = tile * config.rows;
  const int64_t last = std::min(first + config.rows, job.pixels) - 1;
  return {line(first / row_pixels, 0), line(last / row_pixels, word(kSpan))};
}

std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config) {
  std::vector<Transfer> schedule;
  auto add = [&](Transfer::Kind kind, int job, int first, int count) {
    if (count > 0) schedule.push_back({kind, job, first, count, false});
  };
  for (int j = 0; j < int(jobs.size()); j++) {
    const Job& job = jobs[size_t(j)];
    const int lines = int(job.words[kLines]);
    if (j > 0) {
      add(Transfer::Kind::kGroups, j, 0, job.groups);
      add(Transfer::Kind::kLines, j, 0, lines);
      continue;
    }
    const int need = int(LinesOfTile(job, 0, config).need);
    add(Transfer::Kind::kGroups, j, 0, 1);
    add(Transfer::Kind::kLines, j, 0, need);
    add(Transfer::Kind::kGroups, j, 1, job.groups - 1);
    add(Transfer::Kind::kLines, j, need, lines - need);
  }
  return schedule;
}

std::vector<Transfer> MakeSchedule(const std::vector<Job>& jobs, const Config& config, const std::vector<int>& layer_starts) {
  std::vector<Transfer> schedule = MakeSchedule(jobs, config);
  auto next = schedule.begin();
  for (const int start : layer_starts) {
    if (start == 0) continue;
    next = std::find_if(next, schedule.end(), [&](const Transfer& t) { return t.job >= start && t.kind == Transfer::Kind::kLines; });
    if (next != schedule.end()) next->after_stores = true;
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
