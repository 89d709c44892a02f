// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/list_program.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "compiler/residual.hpp"
#include "compiler/schedule.hpp"

namespace weft {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 34;  // of a job; more than any window holds

// Words that hold a position, which may be negative, in less than 32 bits.
bool IsPosition(int word) {
  if (word >= kJobWalk && word < kJobXlim) {
    const int field = (word - kJobWalk) % kJobWalkWords;
    return field == kJobWalkDX || field == kJobWalkDY;
  }
  return word == kJobX0 || word == kJobY0 || word == kJobKyY || word == kJobKxAddr || word == kJobGroupAddr;
}

// The bits of each word that the hardware looks at, the sign of positions extended.
Job MakeJob(const uint32_t* words) {
  Job job;
  for (int w = 0; w < kJobWords; w++)
    job.words[size_t(w)] = uint32_t(ListField{w, 0, kJobWordBits[size_t(w)], IsPosition(w)}.Get(words));
  return job;
}

// Follows a list and builds the program; every member function says whether the list is still sound.
class Reader {
 public:
  Reader(std::span<const uint8_t> memory, const ListStart& start, const Config& config)
      : memory_(memory), start_(start), config_(config), bus_(uint32_t(config.bus_bytes)) {}

  std::optional<ListProgram> Read() {
    list_.program.list_bytes = start_.list_bytes;
    list_.program.window_bytes = start_.window_bytes;
    const uint32_t first = std::min<uint32_t>(start_.list_bytes, kListFirstBytes) / bus_ * bus_;
    if (first == 0 || !AddBlock(start_.list_offset, first) || !Header()) return {};
    do {
      if (!Next()) return {};
    } while (list_.program.commands.back().op != ListOp::kEnd);
    if (std::accumulate(words_.begin(), words_.end(), 0U) != 0 || !Deliver()) return {};
    return std::move(list_);
  }

 private:
  [[nodiscard]] bool InWindow(uint64_t offset, uint64_t bytes) const {
    return offset % bus_ == 0 && offset + bytes <= start_.window_bytes;
  }
  bool AddBlock(uint64_t offset, uint64_t bytes) {
    if (!InWindow(offset, bytes) || offset + bytes > memory_.size()) return false;
    const size_t before = words_.size();
    words_.resize(before + bytes / 4);
    std::memcpy(&words_[before], &memory_[offset], bytes);
    return true;
  }
  const uint32_t* Take(int count) {  // nothing: they are not there
    if (next_ + size_t(count) > words_.size()) return nullptr;
    next_ += size_t(count);
    return &words_[next_ - size_t(count)];
  }

  bool Header() {
    const uint32_t* header = Take(kHeaderWords);
    return header != nullptr && header[kHeaderMagic] == kListMagic &&
           header[kHeaderConfig0] == config_.Register0() && header[kHeaderConfig1] == config_.Register1();
  }

  bool Next() {
    if (next_ >= words_.size()) return false;
    const std::optional<Command> is = Command::OfFirstWord(words_[next_]);
    if (!is) return false;
    list_.program.commands.push_back(*is);
    const uint32_t* words = Take(is->size());
    if (words == nullptr) return false;
    if (is->op == ListOp::kRead) return AddRead(words);
    return is->op == ListOp::kEnd || AddJob(words);
  }

  bool AddRead(const uint32_t* words) {
    Command& c = list_.program.commands.back();
    const auto count = [&](int word) {
      return uint32_t(ListField{word, 0, kReadWordBits[size_t(word)]}.Get(words));
    };
    c.offset = words[kReadOffset];
    c.param_words = count(kReadParamWords);
    c.words = count(kReadBusWords);
    c.count = count(kReadCount) + 1;
    c.pitch = words[kReadPitch];
    // Marks are counted modulo 2^16: the count that is next to those of the jobs so far.
    const auto behind = int16_t(uint16_t(count(kReadWait)) - uint16_t(given_));
    c.wait = uint32_t(std::max<int64_t>(given_ + behind, 0));
    const uint64_t bytes = (uint64_t{c.param_words} + c.words) * bus_;
    if (c.words == 0 || bytes / bus_ > ListField{0, 0, kPixelsW}.mask() || int(c.read) >= kReadKinds ||
        (c.read != ReadKind::kGroups && c.read != ReadKind::kDepthwise && c.param_words != 0))
      return false;
    uint32_t offset = c.offset;
    for (uint32_t i = 0; i < c.count; i++, offset += c.pitch)
      if (!InWindow(offset, bytes)) return false;
    return c.read != ReadKind::kList || (c.count == 1 && AddBlock(c.offset, bytes));
  }

  bool AddJob(const uint32_t* words) {
    Command& c = list_.program.commands.back();
    c.job = int(list_.program.jobs.size());
    StoreWordArray store{};
    if (c.stores)
      for (int w = 0; w < (c.adds ? kStoreWords : kStorePlainWords); w++)
        store[size_t(w)] = uint32_t(ListField{w, 0, kStoreWordBits[size_t(w)]}.Get(words + 1 + kJobWords));
    const AddKind kind = AddKindOf(store.data());
    const bool adds = IsSum(kind, config_);
    std::optional<DepthwiseWalk> walk;
    if (kind == AddKind::kDepthwise && config_.depthwise_taps > 0) {
      std::copy_n(words + 1 + kJobWords + kStorePlainWords, kStoreWords - kStorePlainWords,
                  store.begin() + kStorePlainWords);  // words that share a place count with all bits
      walk = DepthwiseWalk::Decode(store.data());
      if (!walk) return false;
    }
    Job job = MakeJob(words + 1);
    if (!TakesLines(&job)) return false;
    if (!FillJob(&job, store, c.stores, adds, walk)) return false;
    list_.program.jobs.push_back(job);
    list_.program.stores.push_back(MakeStore(job, store, c.stores, adds, walk));
    c.marks = MarksOf(job, list_.program.stores.back());
    given_ += c.marks;
    list_.stores.push_back(store);
    return true;
  }

  // A job behind one that keeps its lines reads the same ones.
  bool TakesLines(Job* job) const {
    if (list_.program.jobs.empty() || !list_.program.jobs.back().keeps_lines()) return true;
    job->lines_there = true;
    const Job& before = list_.program.jobs.back();
    return std::ranges::all_of(std::array{kJobYlim, kJobPitch, kJobLines, kJobBusWords},
                               [&](int w) { return job->words[size_t(w)] == before.words[size_t(w)]; });
  }

  // What follows from the words, as far as the cycle model looks.
  bool FillJob(Job* job, const StoreWordArray& store, bool stores, bool adds,
               const std::optional<DepthwiseWalk>& walk) const {
    const auto word = [&](int w) { return int64_t{job->words[size_t(w)]}; };
    const int64_t run = (word(kJobChunkLast) + 1) * word(kJobChunkLen) + word(kJobChunkRem);
    const int64_t longest = word(kJobChunkLen) + (word(kJobChunkRem) > 0 ? 1 : 0);
    const int64_t taps = (word(kJobKyLast) + 1) * (word(kJobKxLast) + 1) * run;
    if (word(kJobChunkLen) < 1 || longest > config_.Word() || word(kJobChunkRem) > word(kJobChunkLast) ||
        taps * config_.Cpad() > start_.window_bytes)
      return false;
    job->reduction = {0, int(word(kJobKyLast)) + 1, 0, int(word(kJobKxLast)) + 1, 0, int(run)};
    job->pixels = 1;
    for (int loop = 0; loop < kJobWalkTurns; loop++) {
      job->pixels *= job->walk(loop, kJobWalkLast) + 1;
      if (job->pixels > kMostPixels) return false;
    }
    job->groups = int(word(kJobGroupLast)) + 1;
    job->per_group = int(word(kJobCols));
    const int64_t last = word(kJobColsLast);
    if (last < 1 || last > config_.cols ||
        (job->groups > 1 && (job->per_group < last || job->per_group > config_.cols)))
      return false;
    if (job->groups == 1) job->per_group = int(last);
    job->channels = (job->groups - 1) * job->per_group + int(last);
    const bool one_tile = job->pixels <= config_.rows && job->groups == 1;
    if (word(kJobPool) == 0 || word(kJobBusWords) != word(kJobLines) * word(kJobPitch)) return false;
    if (!stores) return one_tile;
    if (walk) return job->drains() && job->clears() && FillInner(job, store, *walk);
    return job->drains() && (job->clears() || one_tile) && FillOutputs(job, store, adds, one_tile);
  }

  bool FillOutputs(Job* job, const StoreWordArray& store, bool adds, bool one_tile) const {
    const int64_t pool = job->words[kJobPool], sums = adds ? int64_t{store[kStorePool]} : 1;
    if (sums == 0 || pool * sums > UINT16_MAX) return false;
    job->window = int(pool * sums);
    const int64_t cols = int64_t{store[kStoreCols]} + 1, rows = int64_t{store[kStoreRows]} + 1;
    const int64_t total = store[kStoreTotal];
    const bool whole = total * job->window == job->pixels;
    job->single_tile = !whole;  // a pooling window that begins in a job before it
    if (total == 0 || total % (cols * rows) != 0 || (!whole && !(one_tile && total == 1 && !adds)))
      return false;
    job->rows = int(rows);
    job->cols = int(cols);
    job->lines.images = int(total / (cols * rows));
    // A tile's outputs of a column group, then those of the next one.
    const bool passes =
        job->pixels <= config_.rows || job->groups == 1
            ? store[kStorePass] >= total
            : config_.rows % job->window == 0 && int64_t{store[kStorePass]} * job->window == config_.rows;
    if (job->groups > 1 && int64_t{store[kStoreGroup]} != job->per_group) return false;
    return passes && int(kStoreGroupsLast.Get(store.data())) + 1 == job->groups;
  }

  // The engine's outputs are the inner tensor.
  bool FillInner(Job* job, const StoreWordArray& store, const DepthwiseWalk& walk) const {
    const Window window{.kh = walk.kh,
                        .kw = walk.kw,
                        .stride_h = walk.stride_y,
                        .stride_w = walk.stride_x,
                        .pad = {.top = walk.top, .left = walk.left}};
    job->rows = walk.rows;
    job->cols = walk.cols;
    job->lines.images = walk.images;
    const int64_t outputs = int64_t{walk.images} * walk.out_rows * walk.out_cols;
    const bool groups = walk.groups == job->groups && walk.params == walk.groups * config_.AddSteps() &&
                        (job->groups == 1 ||
                         (job->per_group == config_.cols && int64_t{store[kStoreGroup]} == job->per_group));
    return IsFusable(window) && walk.phases == DepthwisePhases(window, config_) && groups &&
           job->words[kJobPool] == 1 && store[kStorePool] == 1 &&
           job->pixels == int64_t{walk.images} * walk.rows * walk.cols && store[kStoreTotal] == outputs &&
           int(store[kStorePass]) == walk.out_cols;
  }

  // The walks as the cycle model asks for them: an output's offset is linear in image, row, column and
  // channel, and of a residual it needs its rows' bus words.
  [[nodiscard]] Store MakeStore(const Job& job, const StoreWordArray& words, bool stores, bool adds,
                                const std::optional<DepthwiseWalk>& walk) const {
    Store store;
    if (!stores) return store;
    store.depthwise = walk;
    const int cols = walk ? walk->out_cols : job.cols, rows = walk ? walk->out_rows : job.rows;
    const uint32_t x = words[kStoreX], across = x * uint32_t(cols - 1), y = words[kStoreY] + across,
                   image = words[kStoreImage] + across + y * uint32_t(rows - 1);
    store.out = {{job.lines.images, int(image), 1, 1}, words[kStoreOffset], 1};
    store.target.factor_w = int(x);
    store.target.factor_h = int(y);
    store.mark_rows = int(kStoreGroupsMark.Get(words.data()));
    if (!adds) return store;
    store.add = RescaleLayer{};
    if (AddKindOf(words.data()) == AddKind::kAlone) return store;
    const uint32_t lines = words[kStoreResLines], pitch = lines > 0 ? words[kStoreResWords] / lines : 0;
    store.pool.kh = int(kStoreWindowRows.Get(words.data())) + 1;
    store.pool.stride_h = int(lines);
    store.pool.stride_w = 0;  // so that ResidualOf gives a row of `pitch` bus words
    store.pool.kw = pitch > 1 ? int(pitch) : 2;
    store.residual.emplace().shape.c = pitch > 1 ? config_.bus_bytes : config_.bus_bytes / 2;
    return store;
  }

  // Whether the reads bring what the jobs stream, in their order; says for which job each one is.
  bool Deliver() {
    const std::vector<Job>& jobs = list_.program.jobs;
    size_t line_job = 0, group_job = 0, residual_job = 0, depthwise_job = 0;
    int64_t lines = 0, groups = 0, residuals = 0, depthwise = 0;  // of that job so far
    bool tables = false;
    for (Command& c : list_.program.commands) {
      if (c.op == ListOp::kJob && list_.program.stores[size_t(c.job)].add && !tables) return false;
      if (c.op != ListOp::kRead) continue;
      if (c.read == ReadKind::kTables) {
        tables = true;
        if (c.count != 1 || c.words * bus_ != uint32_t{kTableBytes}) return false;
      }
      if (c.read == ReadKind::kLines &&
          !Advance(
              &c, &line_job, &lines, [&](size_t j) { return jobs[j].streamed_lines(); },
              [&](size_t j) { return c.words == jobs[j].words[kJobPitch]; }))
        return false;
      if (c.read == ReadKind::kResidual &&
          !Advance(
              &c, &residual_job, &residuals, [&](size_t j) { return ResidualLines(j); },
              [&](size_t j) { return c.words == ResidualPitch(j); }))
        return false;
      if (c.read == ReadKind::kGroups &&
          !Advance(
              &c, &group_job, &groups, [&](size_t j) { return int64_t{jobs[j].groups}; },
              [&](size_t j) {
                return c.param_words == ParameterBusWords(jobs[j], config_) &&
                       c.words == WeightBusWords(jobs[j], config_);
              }))
        return false;
      if (c.read == ReadKind::kDepthwise &&
          !Advance(
              &c, &depthwise_job, &depthwise, [&](size_t j) { return DepthwiseGroups(j); },
              [&](size_t j) {
                const DepthwiseWalk& walk = *list_.program.stores[j].depthwise;
                return c.param_words == DepthwiseParameterBusWords(config_) &&
                       c.words == DepthwiseWeightBusWords({.kh = walk.kh, .kw = walk.kw, .pad = {}}, config_);
              }))
        return false;
    }
    const auto none_left = [&](size_t job, int64_t done, const auto& of) {
      for (; job < jobs.size(); job++, done = 0)
        if (of(job) != done) return false;
      return true;
    };
    return none_left(line_job, lines, [&](size_t j) { return jobs[j].streamed_lines(); }) &&
           none_left(group_job, groups, [&](size_t j) { return int64_t{jobs[j].groups}; }) &&
           none_left(residual_job, residuals, [&](size_t j) { return ResidualLines(j); }) &&
           none_left(depthwise_job, depthwise, [&](size_t j) { return DepthwiseGroups(j); });
  }
  template <typename Of, typename Fits>
  bool Advance(Command* c, size_t* job, int64_t* done, const Of& of, const Fits& fits) {
    const size_t jobs = list_.program.jobs.size();
    while (*job < jobs && *done == of(*job)) ++*job, *done = 0;
    if (*job == jobs || *done + c->count > of(*job) || !fits(*job)) return false;
    c->job = int(*job);
    c->first = int(*done);
    *done += c->count;
    return true;
  }
  [[nodiscard]] int64_t DepthwiseGroups(size_t j) const {
    const std::optional<DepthwiseWalk>& walk = list_.program.stores[j].depthwise;
    return walk ? walk->groups : 0;
  }
  [[nodiscard]] int64_t ResidualLines(size_t j) const {
    const Job& job = list_.program.jobs[j];
    const Store& store = list_.program.stores[j];
    if (!store.residual) return 0;
    return int64_t{job.lines.images} *
           (int64_t{job.rows - 1} * list_.stores[j][kStoreResLines] + store.pool.kh);
  }
  [[nodiscard]] uint32_t ResidualPitch(size_t j) const {
    const StoreWordArray& store = list_.stores[j];
    return store[kStoreResLines] > 0 ? store[kStoreResWords] / store[kStoreResLines] : 0;
  }

  std::span<const uint8_t> memory_;
  ListStart start_;
  const Config& config_;
  uint32_t bus_;
  ListProgram list_;
  std::vector<uint32_t> words_;  // of the list, as far as it is read
  size_t next_ = 0;
  int64_t given_ = 0;  // marks of the jobs so far
};

}  // namespace

std::optional<ListProgram> ReadList(std::span<const uint8_t> memory, const ListStart& start,
                                    const Config& config) {
  return Reader(memory, start, config).Read();
}

}  // namespace weft
