// SPDX-License-Identifier: Apache-2.0
#include "sw_model/cycles/list_model.hpp"

#include <algorithm>

#include "sw_model/cycles/latency.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr size_t kWritesInFlight = 64;  // OUTSTANDING of write_dma, bursts
constexpr size_t kBurstsInFlight = 32;  // OUTSTANDING of read_dma
constexpr size_t kSegments = 32;        // its queue
// Pixels in residual_add.
size_t AddDepth(const Config& config) { return config.depthwise_taps > 0 ? 16 : 8; }

int64_t MaxBeats(const Config& config) { return config.bus_bytes <= 16 ? 16 : 256 / config.bus_bytes; }

}  // namespace

WriteModel::WriteModel(const Program& program, const Config& config, const Memory& memory,
                       SystemObserver* observer)
    : StoreModel(config),
      residual(config.ResidualBytes() / config.bus_bytes),
      depthwise(
          config,
          [this](const DepthwiseModel::Output& output, int64_t valid) {
            return WriteDepthwise(output, valid);
          },
          [this](int job) { return reads->DepthwiseSeen(job); }),
      program_(program),
      config_(config),
      observer_(observer),
      latency_(memory.latency),
      beat_cycles_(memory.ReadCycles(config)),
      beat_loads_(size_t(2 * MaxBeats(config)), -1),
      retirements_(kWritesInFlight, -1) {
  pixel_leaves_.fill(latency::kNever);
}

int64_t WriteModel::MarkSeen(size_t marks) const {
  if (marks == 0) return 0;
  if (marks_.size() < marks) throw Error("the list waits for mark {}, which comes after it", marks);
  return marks_[marks - 1];
}

int64_t WriteModel::Load(int job, int64_t offered) {
  if (!cursors_.empty() && !cursors_.back().done())
    throw Error("the jobs wait for each other: job {} for the outputs of job {}", job, job_);
  job_ = job;
  cursors_.clear();
  cursors_.emplace_back(program_.jobs[size_t(job)], config_);
  const Store& store = program_.stores[size_t(job)];
  const int64_t write_load = std::max(offered, walk_end_ + 1);
  walk_ = write_load + 1;
  // A depthwise convolution's job after another one comes while that one's outputs are on their way.
  add_load_ = std::max({offered, add_end_ + 1,
                        store.depthwise && inner_ ? depthwise.next_load()
                                                  : std::max(add_output_ + 1, depthwise.other_load())});
  Tell(SystemEvent::kWriteStore, write_load, offered);
  Tell(SystemEvent::kAddStore, add_load_, offered);
  inner_ = store.depthwise.has_value();
  if (inner_) depthwise.Load(job, *store.depthwise, add_load_);
  if (store.residual)
    residual_box_ = ResidualOf(program_.jobs[size_t(job)], store.pool, store.residual->shape.c, config_);
  return std::max(write_load, add_load_);
}

int64_t WriteModel::Take(int64_t valid, int job, int channels) {
  if (job != job_) reads->Loaded(job);
  const bool adds = program_.stores[size_t(job)].add.has_value();
  const int64_t left = inner_ ? TakeInner(valid)
                       : adds ? TakeAdded(valid, channels)
                              : TakePlain(valid, channels);
  Tell(SystemEvent::kPixel, left, valid);
  if (cursors_.back().done()) {
    add_end_ = left;
    if (program_.stores[size_t(job)].residual)
      residual_lines_ += int64_t{program_.jobs[size_t(job)].lines.images} * residual_box_.rows;
  }
  return left;
}

int64_t WriteModel::TakePlain(int64_t valid, int channels) {
  const int64_t taken = WritePixel(std::max(valid, add_load_ + 1), channels);
  walk_end_ = walked_;
  return taken;
}

int64_t WriteModel::TakeAdded(int64_t valid, int channels) {
  window_pixel_ = window_pixel_ + 1 == program_.jobs[size_t(job_)].window ? 0 : window_pixel_ + 1;
  const bool window_end = window_pixel_ == 0;
  const int64_t taken = AddResidual(valid, window_end), output = taken + config_.AddSteps() + latency::kAdd;
  Tell(SystemEvent::kSum, output - latency::kSumToOutput);
  if (!window_end) {
    add_returns_.push(output - 1);
    return taken;
  }
  add_output_ = WritePixel(output, channels);
  walk_end_ = walked_;
  add_returns_.push(add_output_);
  return taken;
}

int64_t WriteModel::TakeInner(int64_t valid) {
  const int64_t taken = depthwise.Take(valid);
  cursors_.back().Next();
  inner_end = taken + 1;
  return taken;
}

int64_t WriteModel::WriteDepthwise(const DepthwiseModel::Output& output, int64_t valid) {
  const Job& job = program_.jobs[size_t(job_)];
  const Store& store = program_.stores[size_t(job_)];
  const int64_t offset =
      store.At(job.lines.image0 + output.image, output.row, output.col, job.FirstChannel(output.group));
  const bool row_end = output.group == job.groups - 1 && output.col == store.depthwise->out_cols - 1;
  const int64_t row = int64_t{output.image} * store.depthwise->out_rows + output.row;
  Tell(SystemEvent::kSum, valid - latency::kSumToOutput);
  add_output_ =
      WriteBytes(valid, offset, job.ChannelsOf(output.group), row_end && EndsWithMark(job, store, row));
  walk_end_ = walked_;
  return add_output_;
}

int64_t WriteModel::AddResidual(int64_t valid, bool window_end) {
  const Job& job = program_.jobs[size_t(job_)];
  const Store& store = program_.stores[size_t(job_)];
  const OutputCursor& cursor = cursors_.back();
  const ResidualBox& box = residual_box_;
  const int image = cursor.image() - job.lines.image0, row = cursor.y() - job.oy0;
  add_take_ = std::max({valid, add_load_ + 1, add_take_ + config_.AddSteps()});
  if (store.residual) {
    add_take_ = std::max(add_take_, add_load_ + 2);  // whether its lines are there is a register
    const int64_t lines = residual_lines_ + int64_t{image} * box.rows + row * box.step + store.pool.kh;
    add_take_ = std::max(add_take_, reads->ResidualSeen(lines));
  }
  if (add_returns_.size() == AddDepth(config_)) {
    add_take_ = std::max(add_take_, add_returns_.top() + 1);
    add_returns_.pop();
  }
  if (store.residual && window_end && cursor.group() == job.groups - 1 &&
      cursor.x() == job.ox0 + job.cols - 1) {
    residual_freed_ += (row == job.rows - 1 ? store.pool.kh : box.step) * box.pitch / config_.bus_bytes;
    residual.Free(add_take_ + 2, residual_freed_);
  }
  return add_take_;
}

int64_t WriteModel::WritePixel(int64_t valid, int channels) {
  OutputCursor& cursor = cursors_.back();
  const Job& job = program_.jobs[size_t(job_)];
  const Store& store = program_.stores[size_t(job_)];
  const int64_t offset = store.At(cursor.image(), cursor.y(), cursor.x(), job.FirstChannel(cursor.group()));
  const bool row_end = cursor.group() == job.groups - 1 && cursor.x() == job.ox0 + job.cols - 1;
  const int64_t row = int64_t{cursor.image() - job.lines.image0} * job.rows + cursor.y() - job.oy0;
  cursor.Next();
  return WriteBytes(valid, offset, channels, row_end && EndsWithMark(job, store, row));
}

int64_t WriteModel::WriteBytes(int64_t valid, int64_t offset, int channels, bool mark) {
  bytes_ += channels;
  int64_t& place = pixel_leaves_[pixels_++ % pixel_leaves_.size()];
  const int64_t pop = std::max(valid, walked_);  // in S0, which is free when the pixel before it leaves
  Tell(SystemEvent::kOutput, pop, valid);
  walked_ = std::max({pop + 1, walk_, walked_ + 1, place + latency::kRoom});
  Tell(SystemEvent::kPlaced, walked_);
  const int64_t s2 = std::max(walked_ + 1 + latency::kFifo, s2_free_);
  place = s2;
  const int64_t last = (offset + channels - 1) / config_.bus_bytes;
  for (int64_t word = offset / config_.bus_bytes; word <= last; word++) {
    const int64_t offered = std::max(s2 + 1, move_ + 1);
    move_ = std::max(offered, final_);
    if (open_ && word != word_) move_ = CloseBeat(move_, word != word_ + 1 || word % MaxBeats(config_) == 0);
    Tell(SystemEvent::kFragment, move_, offered);
    open_ = true;
    word_ = word;
  }
  s2_free_ = move_;
  if (mark) {
    final_ = CloseBeat(move_ + 1, true);
    open_ = false;
    marks_.push_back(confirmed_ + 1);
  }
  return pop;
}

int64_t WriteModel::CloseBeat(int64_t time, bool last) {
  const int64_t offered = time;
  time = std::max(time, beat_loads_[beats_++ % beat_loads_.size()] + 1);
  Tell(SystemEvent::kBeat, time, offered);
  if (!last) return time;
  int64_t& slot = retirements_[bursts_++ % kWritesInFlight];
  issue_ = std::max({time + 1, issue_ + 1, slot + 1});
  Tell(SystemEvent::kIssue, issue_);
  for (; beats_sent_ < beats_; beats_sent_++) {
    const int64_t load = std::max(issue_, taken_);
    taken_ = std::max(load + 1, taken_ + beat_cycles_);
    Tell(SystemEvent::kWrite, taken_);
    beat_loads_[beats_sent_ % beat_loads_.size()] = load;
  }
  confirmed_ = taken_ + latency_ + 1;
  slot = confirmed_;
  Tell(SystemEvent::kRetire, confirmed_);
  return time;
}

ListModel::ListModel(const Program& program, const Config& config, const Memory& memory, WriteModel* store,
                     SystemObserver* observer)
    : Supply(program.jobs, config, memory),
      program_(program),
      store_(*store),
      observer_(observer),
      latency_(memory.latency),
      max_beats_(MaxBeats(config)),
      piece_words_(std::min(config.bus_bytes / 4, kListAlign)),
      burst_done_(kBurstsInFlight, -1),
      segment_load_(kSegments, -1) {
  store->reads = this;
  Command first{.op = ListOp::kRead, .read = ReadKind::kList};
  first.words = std::min<uint32_t>(program.list_bytes, kListFirstBytes) / uint32_t(config.bus_bytes);
  queue_.push_back(first);
  pushes_.push_back(0);
  Tell(SystemEvent::kCommand, 0);
}

// ---- command_reader

int64_t ListModel::TakePiece() {
  const auto bus_word = size_t(piece_++ * piece_words_ * 4 / config_.bus_bytes);
  while (list_times_.size() <= bus_word) {
    const bool pending =
        loads_.size() < queue_.size() || repeat_ > 0;  // or Step would parse on, and end here
    if (!pending || !Step()) throw Error("the list waits for a piece of itself that is never read");
  }
  piece_time_ = std::max(piece_time_, list_times_[bus_word] + latency::QUEUE_LATENCY) + 1;
  return piece_time_;
}

void ListModel::TakePieces(int64_t words) {
  for (int64_t i = 0; i < words; i += piece_words_) TakePiece();
}

bool ListModel::ParseCommand() {
  if (next_command_ == program_.commands.size()) return false;
  const Command& c = program_.commands[next_command_++];
  if (piece_ == 0) TakePieces(kHeaderWords);
  switch (c.op) {
    case ListOp::kRead: {
      TakePieces(c.size() - piece_words_);
      const size_t n = queue_.size();
      while (loads_.size() < n) Step();
      const int64_t room = n > 0 ? loads_[n - 1] + latency::kRoom : 0;
      const int64_t offered = TakePiece();
      piece_time_ = std::max(offered, room);
      queue_.push_back(c);
      pushes_.push_back(piece_time_);
      Tell(SystemEvent::kCommand, piece_time_, offered);
      return true;
    }
    case ListOp::kJob: {
      const int64_t free = Gone() + 1;
      piece_time_ = std::max(TakePiece(), free);
      TakePieces(c.size() - piece_words_);
      offered_.push_back(piece_time_ + 1);
      return true;
    }
    case ListOp::kEnd:
      break;
  }
  while (Step()) {
  }
  const int64_t free = Gone() + 2;
  TakePieces(c.size() - piece_words_);
  // Whether all is quiet is a register.
  end_ = std::max({TakePiece(), free, beat_ + 2, store_.done() + 1});
  return false;
}

int64_t ListModel::Accept(int job, int64_t room) {
  while (offered_.size() <= size_t(job))
    if (!ParseCommand()) throw Error("job {} is not in the list", job);
  accepted_.push_back(std::max(offered_[size_t(job)], room));
  Tell(SystemEvent::kEngineJob, accepted_.back(), offered_[size_t(job)]);
  return accepted_.back();
}

int64_t ListModel::Loaded(int job) {
  const auto j = size_t(job);
  if (loaded_.size() <= j)
    loaded_.push_back(program_.jobs[j].rows > 0 ? store_.Load(job, offered_[j]) : offered_[j]);
  return loaded_[j];
}

int64_t ListModel::Gone() {
  if (offered_.empty()) return -1;
  const size_t job = offered_.size() - 1;
  if (accepted_.size() <= job)
    throw Error("the jobs wait for each other: the list for the engine to take job {}", job);
  const int64_t time = std::max(accepted_[job], Loaded(int(job))) + 1;
  Tell(SystemEvent::kJob, time, offered_[job]);
  return time;
}

int64_t ListModel::Finish(int64_t /*stored*/) {
  while (ParseCommand()) {
  }
  return end_ + 2;  // seen a cycle later, which counts too
}

// ---- read_dma

bool ListModel::Step() {
  if (repeat_ == 0) {  // the next read
    while (loads_.size() == queue_.size())
      if (next_command_ >= program_.commands.size() || program_.commands[next_command_].op == ListOp::kEnd ||
          !ParseCommand())
        return false;
    loads_.push_back(std::max(pushes_[loads_.size()] + latency::kFifo, request_));
  }
  const size_t n = loads_.size() - 1;
  const Command c = queue_[n];
  const int64_t earliest =
      repeat_ == 0 ? std::max(loads_[n] + 1, store_.MarkSeen(c.wait) + (c.wait > 0 ? 1 : 0)) : request_ + 1;
  Request(c, earliest);
  repeat_ = repeat_ + 1 == c.count ? 0 : repeat_ + 1;
  return true;
}

// A line, a column group's parameters and weights, or a piece of the list.
void ListModel::Request(const Command& c, int64_t earliest) {
  const uint32_t index = repeat_;
  offset_ = int64_t{c.offset} + int64_t{index} * c.pitch;
  words_left_ = int64_t{c.param_words} + c.words;
  beats_left_ = 0;
  const auto room = [&](size_t segment) { return segment_load_[segment % kSegments] + 1; };
  int64_t announced = -1;
  if (c.param_words > 0) {
    announced = std::max(earliest, room(segments_));
    earliest = announced + 1;
  }
  request_ = std::max({earliest, burst_, room(segments_ + (c.param_words > 0 ? 1 : 0))});
  burst_ = request_;  // its first burst is a cycle later
  Tell(SystemEvent::kRequest, request_);
  if (c.read == ReadKind::kList) {
    BeginSegment(request_, SystemEvent::kList);
    for (uint32_t i = 0; i < c.words; i++) list_times_.push_back(Beat(0));
    return;
  }
  if (c.read == ReadKind::kLines) {
    BeginSegment(request_, SystemEvent::kLines);
    for (uint32_t i = 0; i < c.words; i++) Beat(lines.RoomFor(++line_words_));
    line_times_.push_back(beat_);
    return;
  }
  if (c.read == ReadKind::kTables) {
    BeginSegment(request_, SystemEvent::kTables);
    for (uint32_t i = 0; i < c.words; i++) table_free_ = Beat(table_free_) + config_.bus_bytes / 4;
    return;
  }
  if (c.read == ReadKind::kResidual) {
    BeginSegment(request_, SystemEvent::kResidual);
    for (uint32_t i = 0; i < c.words; i++) {
      const int64_t room = store_.residual.RoomFor(++residual_words_);
      Beat(room < 0 ? room : std::max(room, store_.inner_end));
    }
    residual_times_.push_back(beat_);
    return;
  }
  if (c.read == ReadKind::kDepthwise) {
    const DepthwiseWalk& walk = *program_.stores[size_t(c.job)].depthwise;
    BeginSegment(announced, SystemEvent::kDepthwise);
    ReadEntries(c.param_words, walk.params / walk.groups, &depthwise_params_, &store_.depthwise.params);
    BeginSegment(request_, SystemEvent::kDepthwise);
    ReadEntries(c.words, walk.weights / walk.groups, &depthwise_weights_, &store_.depthwise.weights);
    if (c.first + int(index) + 1 == walk.groups) depthwise_times_[c.job] = beat_;
    return;
  }
  Group* group = &At(c.job, c.first + int(index));
  if (c.param_words > 0) {
    BeginSegment(announced, SystemEvent::kParams);
    for (uint32_t i = 0; i < c.param_words; i++) {
      if (i % uint32_t(config_.ParamBeats()) == 0)
        param_entries_++;  // an entry's first bus word needs the room
      group->params_time = Beat(params.RoomFor(param_entries_));
    }
  }
  BeginSegment(request_, SystemEvent::kWeights);
  ReadWeights(group, c.words);
  group->loaded = true;
}

// So many entries of a ring, whose count goes on; an entry's first bus word needs the room.
void ListModel::ReadEntries(int64_t words, int64_t entries, int64_t* count, RingModel* ring) {
  for (int64_t i = 0; i < words; i++) {
    if (i % (words / entries) == 0) ++*count;
    Beat(ring->RoomFor(*count));
  }
}

void ListModel::ReadWeights(Group* group, int64_t words) {
  const int64_t slices = Slices(), pack = config_.WeightPack();
  const int64_t pace = slices * read_cycles_;
  for (int64_t unit = 0; unit < words / slices; unit++) {
    weight_words_ += pack;
    const int64_t room = weights.RoomFor(weight_words_);
    int64_t time = 0;
    for (int64_t s = 0; s < slices; s++) time = Beat(room);
    std::vector<Stretch>& stretches = group->stretches;
    if (stretches.empty() || stretches.back().time + (unit - stretches.back().first) * pace != time)
      stretches.push_back({unit, time});
  }
}

void ListModel::BeginSegment(int64_t push, SystemEvent words) {
  segment_words_ = words;
  const int64_t load = std::max(push + 1, beat_);
  segment_load_[segments_++ % kSegments] = load;
  segment_from_ = load + 1;
}

// A word of the request that is being read, into a buffer that has room from cycle `room` on.
int64_t ListModel::Beat(int64_t room) {
  if (room < 0) throw Error("the jobs wait for each other: a buffer is full and nothing will free it");
  if (beats_left_ == 0) {
    const int64_t word = offset_ / config_.bus_bytes;
    beats_left_ = std::min(words_left_, max_beats_ - word % max_beats_);
    words_left_ -= beats_left_;
    offset_ += beats_left_ * config_.bus_bytes;
    const int64_t offered = burst_ + 1;
    burst_ = std::max(offered, burst_done_[bursts_ % kBurstsInFlight] + 1);
    available_ = burst_ + 1 + latency_;
    Tell(SystemEvent::kBurst, burst_, offered);
  }
  read_ = std::max({available_, read_ + read_cycles_, beat_ + 1});
  const int64_t offered = std::max(read_, segment_from_);
  beat_ = std::max(offered, room);
  Tell(segment_words_, beat_, offered);
  bus_words_++;
  if (--beats_left_ == 0) burst_done_[bursts_++ % kBurstsInFlight] = read_;
  return beat_;
}

int64_t ListModel::ResidualSeen(int64_t count) {
  while (int64_t(residual_times_.size()) < count)
    if (!Step()) throw Error("the jobs wait for residual line {}, which is never read", count);
  return residual_times_[size_t(count - 1)] + 2;  // the count, whether it is enough
}

int64_t ListModel::DepthwiseSeen(int job) {
  while (!depthwise_times_.contains(job))
    if (!Step()) throw Error("job {} waits for a depthwise convolution's weights, which are never read", job);
  return depthwise_times_[job] + latency::kDwThere;
}

}  // namespace weft
