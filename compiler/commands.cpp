// SPDX-License-Identifier: Apache-2.0
#include "compiler/commands.hpp"

#include <algorithm>

#include "compiler/residual.hpp"
#include "compiler/schedule.hpp"

namespace weft {
namespace {

// Rows of a tensor as a job streams them: `per_image` rows of each image from (image0, y0) on, `words` bus
// words each. `stretch` rows follow each other, the next ones begin `step` rows after them.
struct Rows {
  ReadKind read;
  int job;
  const Place& place;
  int image0, y0, per_image, stretch, step;
  int64_t begin;  // byte of the row
  uint32_t words, wait;
};

class CommandMaker {
 public:
  CommandMaker(const std::vector<Job>& jobs, const std::vector<CommandJob>& placed,
               const std::vector<CommandLayer>& layers, const Config& config)
      : jobs_(jobs), placed_(placed), layers_(layers), config_(config) {
    std::vector<int> starts;
    for (size_t l = 0; l < layers.size(); l++) {
      layer_of_.insert(layer_of_.end(), layers[l].jobs, int(l));
      if (l == 0 || layers[l].reads_outputs) starts.push_back(layers[l].first_job);
    }
    uint32_t marks = 0;
    for (int j = 0; j < int(jobs.size()); j++) {
      marks_before_.push_back(marks);
      marks += MarksUntil(j, RowsOf(j));
    }
    marks_before_.push_back(marks);
    schedule_ = MakeSchedule(jobs, config, starts);
  }

  std::vector<Command> Make() {
    for (size_t i = 0; i < schedule_.size(); i++) {
      const Transfer& t = schedule_[i];
      const bool adds = AddsResidual(i);
      AddTables(t);
      if (t.kind == Transfer::Kind::kGroups) AddGroups(t);
      else if (!adds) AddLines(t, t.first, t.first + t.count);
      AddJob(t);
      AddDepthwise(t);
      if (adds) AddLinesAndResidual(t);
    }
    commands_.push_back({});
    return std::move(commands_);
  }

 private:
  [[nodiscard]] const CommandLayer& LayerOf(int job) const { return layers_[layer_of_[job]]; }

  // Whether the job's residual comes with this transfer: with the last one, but of a single tile, which keeps
  // column groups waiting, with the lines.
  [[nodiscard]] bool AddsResidual(size_t transfer) const {
    const Transfer& t = schedule_[transfer];
    const Job& job = jobs_[t.job];
    if (!LayerOf(t.job).residual || job.rows == 0) return false;
    if (job.tiles(config_) > 1)
      return transfer + 1 == schedule_.size() || schedule_[transfer + 1].job != t.job;
    return t.first == 0 && (t.kind == Transfer::Kind::kLines || job.streamed_lines() == 0);
  }

  // The tables of an addition come once, before everything else of the layer: they load while the layer
  // before it runs.
  void AddTables(const Transfer& t) {
    const CommandLayer& layer = LayerOf(t.job);
    if (!layer.tables_at || next_job_ != t.job || t.job != layer.first_job || tables_of_ == t.job) return;
    tables_of_ = t.job;
    commands_.push_back({.op = ListOp::kRead,
                         .read = ReadKind::kTables,
                         .job = t.job,
                         .offset = *layer.tables_at,
                         .words = uint32_t(kTableBytes / config_.bus_bytes),
                         .wait = tables_free_});
    tables_free_ = marks_before_[layer.first_job + layer.jobs];
  }

  void AddGroups(const Transfer& t) {
    Command c{.op = ListOp::kRead, .read = ReadKind::kGroups, .job = t.job, .first = t.first};
    c.param_words = uint32_t(ParameterBusWords(jobs_[t.job], config_));
    c.words = uint32_t(WeightBusWords(jobs_[t.job], config_));
    c.count = uint32_t(t.count);
    c.pitch = (c.param_words + c.words) * uint32_t(config_.bus_bytes);
    c.offset = placed_[t.job].groups_at + uint32_t(t.first) * c.pitch;
    commands_.push_back(c);
  }

  // What a depthwise convolution reads comes right after the job's first column groups: nothing that the job
  // waits for comes before it, but what the jobs before wait for, too.
  void AddDepthwise(const Transfer& t) {
    const uint32_t words = LayerOf(t.job).depthwise_words;
    if (words == 0 || t.kind != Transfer::Kind::kGroups || t.first > 0) return;
    Command c{.op = ListOp::kRead, .read = ReadKind::kDepthwise, .job = t.job};
    c.param_words = uint32_t(DepthwiseParameterBusWords(config_));
    c.words = words;
    c.count = uint32_t(jobs_[t.job].groups);
    c.pitch = (c.param_words + c.words) * uint32_t(config_.bus_bytes);
    c.offset = placed_[t.job].depthwise_at;
    commands_.push_back(c);
  }

  // A job follows its first column groups, so that they load while the jobs before it fill the engine's
  // queue. The very first one follows the lines of its first tile, too, which load while it is read; but not
  // with an addition: it comes before any residual, and behind more reads it would not be in the list's first
  // block.
  void AddJob(const Transfer& t) {
    const bool adds = LayerOf(t.job).tables_at.has_value() || LayerOf(t.job).depthwise_words > 0;
    const bool after_groups = t.job == 0 && !adds;
    if (next_job_ != t.job || (after_groups && t.kind == Transfer::Kind::kLines)) return;
    commands_.push_back({.op = ListOp::kJob,
                         .stores = jobs_[t.job].rows > 0,
                         .adds = adds,
                         .marks = MarksUntil(t.job, RowsOf(t.job)),
                         .job = t.job});
    next_job_++;
  }

  // One command for the rows of each stretch.
  void AddRows(const Rows& rows, int first, int count) {
    for (int row = first; row < first + count;) {
      const int image = row / rows.per_image, y = row % rows.per_image, ahead = y % rows.stretch;
      Command c{.op = ListOp::kRead, .read = rows.read, .job = rows.job, .first = row};
      c.words = rows.words;
      c.count = uint32_t(std::min({rows.per_image - y, rows.stretch - ahead, first + count - row}));
      c.pitch = rows.place.row_pitch;
      c.offset = rows.place.At(rows.image0 + image, rows.y0 + y / rows.stretch * rows.step + ahead, 0, 0) +
                 uint32_t(rows.begin);
      c.wait = rows.wait;
      commands_.push_back(c);
      row += int(c.count);
    }
  }

  [[nodiscard]] int64_t RowsOf(int j) const { return int64_t{jobs_[j].lines.images} * placed_[j].out_rows; }
  // Marks of a job that are counted when so many of its rows of outputs are stored, over all images.
  [[nodiscard]] uint32_t MarksUntil(int j, int64_t rows) const {
    return jobs_[j].rows == 0 ? 0 : MarksOfRows(rows, RowsOf(j), placed_[j].mark_rows);
  }

  // Marks after which a line of a job is in memory. All lines but those that the last job of the layer before
  // writes have been there for longer.
  [[nodiscard]] uint32_t MarksOfLine(int j, int line) const {
    const CommandLayer& layer = LayerOf(j);
    const uint32_t all = marks_before_[layer.first_job];
    if (!layer.reads_outputs) return 0;
    if (!layer.follows) return all;
    const int last = layer.first_job - 1;
    const Job::Lines& lines = jobs_[j].lines;
    const int image = lines.image0 + line / lines.count - jobs_[last].lines.image0;
    const int row = lines.y0 + line % lines.count - jobs_[last].oy0;
    const uint32_t before = marks_before_[last];
    if (image < 0 || image >= jobs_[last].lines.images || row < 0 || row >= placed_[last].out_rows)
      return before;
    const int mark_rows = placed_[last].mark_rows;
    if (mark_rows == 0) return all;
    const int64_t rows = int64_t{image} * placed_[last].out_rows + row;
    return std::min(all, before + uint32_t(rows / mark_rows) + 1);
  }

  // Lines from `next` to `end` of a job, in as many commands as they have to wait for marks.
  void AddLines(const Transfer& t, int next, int end) {
    Rows rows = LineRows(t.job);
    while (next < end) {
      const uint32_t wait = MarksOfLine(t.job, next);
      int count = 1;
      rows.wait = wait > waited_ ? wait : 0;
      waited_ = std::max(waited_, wait);
      while (next + count < end && MarksOfLine(t.job, next + count) <= waited_) count++;
      AddRows(rows, next, count);
      next += count;
    }
  }

  [[nodiscard]] Rows LineRows(int j) const {
    const Job& job = jobs_[j];
    return {.read = ReadKind::kLines,
            .job = j,
            .place = LayerOf(j).in,
            .image0 = job.lines.image0,
            .y0 = job.lines.y0,
            .per_image = job.lines.count,
            .stretch = job.lines.count,
            .step = 0,
            .begin = job.lines.offset,
            .words = job.words[kJobPitch],
            .wait = 0};
  }

  [[nodiscard]] Rows ResidualRows(int j, const ResidualBox& box) const {
    const CommandLayer& layer = LayerOf(j);
    const bool gaps = layer.pool.stride_h > layer.pool.kh;
    return {.read = ReadKind::kResidual,
            .job = j,
            .place = *layer.residual,
            .image0 = jobs_[j].lines.image0,
            .y0 = box.y0,
            .per_image = box.rows,
            .stretch = gaps ? layer.pool.kh : box.rows,
            .step = gaps ? layer.pool.stride_h : 0,
            .begin = box.begin,
            .words = uint32_t(box.pitch / config_.bus_bytes),
            .wait = marks_before_[ResidualAfter(j)]};
  }

  // The job before which all outputs must be stored when a job's residual is read: those of the layer before,
  // too, if they are the residual, or if their inner tensor is in the residual's buffer.
  [[nodiscard]] int ResidualAfter(int j) const {
    const int l = layer_of_[j];
    const bool before = l > 0 && !layers_[l].residual_follows && layers_[l - 1].depthwise_words == 0;
    return layers_[before ? l - 1 : l].first_job;
  }

  // The last lines of a job (none with column groups) and its residual. A residual row may wait for room
  // until the tiles before it are done, so all lines that those need come before it; and more, as far as the
  // buffer holds them beside what the tile before still reads.
  void AddLinesAndResidual(const Transfer& t) {
    const Job& job = jobs_[t.job];
    const CommandLayer& layer = LayerOf(t.job);
    const ResidualBox box = ResidualOf(job, layer.pool, layer.residual->shape.c, config_);
    const Rows residual = ResidualRows(t.job, box);
    const bool has_lines = t.kind == Transfer::Kind::kLines;
    int next_line = has_lines ? t.first : int(job.words[kJobLines]), next_row = 0;
    const int end_line = next_line + (has_lines ? t.count : 0);
    const auto add_lines = [&](int end) {
      if (end <= next_line) return;
      AddLines(t, next_line, end);
      next_line = end;
    };
    int64_t ahead = 0;  // the last tile whose lines are added with this one's
    for (int64_t tile = 0; tile < job.tiles(config_); tile++) {
      const int64_t row = (std::min((tile + 1) * config_.rows, job.pixels) - 1) / (job.cols * job.window);
      const int rows = int(row / job.rows) * box.rows + int(row % job.rows) * box.step + layer.pool.kh;
      if (rows <= next_row) continue;
      ahead = LinesBeside(job, tile, std::max(ahead, tile));
      add_lines(int(LinesOfTile(job, ahead, config_).need));
      AddRows(residual, next_row, rows - next_row);
      next_row = rows;
    }
    add_lines(end_line);
  }

  // The last tile, from `ahead` on, whose lines the buffer holds beside what the tile before `tile` still
  // reads.
  [[nodiscard]] int64_t LinesBeside(const Job& job, int64_t tile, int64_t ahead) const {
    const int64_t pitch = int64_t{job.words[kJobPitch]} * config_.bus_bytes;
    const int64_t free = LinesOfTile(job, std::max<int64_t>(tile - 1, 0), config_).free;
    while (ahead + 1 < job.tiles(config_) &&
           (LinesOfTile(job, ahead + 1, config_).need - free) * pitch <= config_.line_buffer_bytes)
      ahead++;
    return ahead;
  }

  const std::vector<Job>& jobs_;
  const std::vector<CommandJob>& placed_;
  const std::vector<CommandLayer>& layers_;
  const Config& config_;
  std::vector<Transfer> schedule_;
  std::vector<int> layer_of_;           // of each job
  std::vector<uint32_t> marks_before_;  // of the jobs before each job, and of all
  std::vector<Command> commands_;
  int next_job_ = 0;          // that is given to the engine
  int tables_of_ = -1;        // the job whose tables were read last
  uint32_t tables_free_ = 0;  // marks after which the tables may be loaded again
  uint32_t waited_ = 0;       // marks that lines have waited for
};

}  // namespace

std::vector<Command> MakeCommands(const std::vector<Job>& jobs, const std::vector<CommandJob>& placed,
                                  const std::vector<CommandLayer>& layers, const Config& config) {
  return CommandMaker(jobs, placed, layers, config).Make();
}

}  // namespace weft
