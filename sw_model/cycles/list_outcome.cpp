// SPDX-License-Identifier: Apache-2.0
#include "sw_model/cycles/list_outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "compiler/program.hpp"
#include "driver/weft_regs.h"

namespace weft {
namespace {

constexpr uint32_t kMaskPixels = (1U << kPixelsW) - 1;
constexpr int kListQueue = 4 * kListBlockWords;  // words of the list that wait, and
constexpr int kReadQueue = 8;                    // reads

// The bits of a word that the hardware looks at.
template <size_t N>
uint32_t Counted(const uint32_t* words, const std::array<int, N>& bits, int word) {
  return ListField{word, 0, bits[size_t(word)]}.Get(words);
}
uint32_t JobCount(const uint32_t* job, int word) { return Counted(job, kJobWordBits, word); }
uint32_t StoreCount(const uint32_t* store, int word) { return Counted(store, kStoreWordBits, word); }
uint32_t ReadCount(const std::vector<uint32_t>& read, int word) {
  return Counted(read.data(), kReadWordBits, word);
}

// Passes over column groups: `pass` pixels of a group, the same of the next one, ...; then the next `pass`
// pixels, up to `total`. The counters of rtl/system/output_walk.sv are 24 bits wide; the engine's as wide as
// it takes.
class Passes {
 public:
  Passes(uint64_t pass, uint64_t total, uint64_t last_group, uint64_t mask)
      : mask_(mask), pass_(pass), total_(total), last_group_(last_group), group_(last_group) {
    left_ = length_ = Length(total);
  }
  [[nodiscard]] bool pass_end() const { return left_ == 0; }
  [[nodiscard]] bool group_last() const { return group_ == 0; }
  [[nodiscard]] bool job_end() const { return pass_end() && group_last() && total_ <= pass_; }
  void Next() {
    if (!pass_end()) {
      left_--;
    } else if (!group_last()) {
      group_--;
      left_ = length_;
    } else {
      total_ = (total_ - pass_) & mask_;
      group_ = last_group_;
      left_ = length_ = Length(total_);
    }
  }

 private:
  [[nodiscard]] uint64_t Length(uint64_t total) const { return (std::min(total, pass_) - 1) & mask_; }
  uint64_t mask_, pass_, total_, last_group_, group_, left_, length_;
};

// rtl/system/output_walk.sv.
class OutputWalk {
 public:
  explicit OutputWalk(const uint32_t* store)
      : step_group_(store[kStoreGroup]),
        step_x_(store[kStoreX]),
        step_y_(store[kStoreY]),
        step_image_(store[kStoreImage]),
        cols_(StoreCount(store, kStoreCols)),
        rows_(StoreCount(store, kStoreRows)),
        at_{store[kStoreOffset], cols_, rows_},
        pass_at_(at_),
        passes_(StoreCount(store, kStorePass), StoreCount(store, kStoreTotal), kStoreGroupsLast.Get(store),
                kMaskPixels) {}
  [[nodiscard]] uint32_t offset() const { return at_.offset + group_offset_; }
  [[nodiscard]] bool job_end() const { return passes_.job_end(); }
  void Next() {
    const bool again = passes_.pass_end() && !passes_.group_last();
    if (passes_.pass_end()) group_offset_ = again ? group_offset_ + step_group_ : 0;
    const bool row_end = at_.x == 0, image_end = at_.y == 0;
    const uint32_t step = !row_end ? step_x_ : !image_end ? step_y_ : step_image_;
    const Position stepped{at_.offset + step, row_end ? cols_ : at_.x - 1,
                           !row_end    ? at_.y
                           : image_end ? rows_
                                       : at_.y - 1};
    at_ = again ? pass_at_ : stepped;
    if (passes_.pass_end() && !again) pass_at_ = stepped;
    passes_.Next();
  }

 private:
  struct Position {
    uint32_t offset, x, y;  // x and y count down
  };
  uint32_t step_group_, step_x_, step_y_, step_image_, cols_, rows_;
  Position at_, pass_at_;
  uint32_t group_offset_ = 0;
  Passes passes_;
};

// How many outputs of a job come to write_dma, and which are of its last column group; none if its words are
// such that this is not known.
std::optional<Passes> EngineOutputs(const uint32_t* job, const uint32_t* store, const Config& config) {
  const auto dim = [&](int word) { return uint64_t{JobCount(job, word)}; };
  const uint32_t len_mask = 2 * uint32_t(config.Word()) - 1;
  const uint64_t len = job[kJobChunkLen] & len_mask, chunks = dim(kJobChunkLast) + 1,
                 longer = dim(kJobChunkRem);
  const bool chunks_ok =
      (longer >= chunks ? len + 1 : len) >= 1 && (longer > 0 ? len + 1 : len) <= uint64_t(config.Word());
  // Windows of the engine's outputs, of sums those of the pool behind the addition.
  const AddKind kind = AddKindOf(store);
  const bool depthwise = kind == AddKind::kDepthwise && config.depthwise_taps > 0;  // else they pass
  const uint64_t sums = IsSum(kind, config) ? StoreCount(store, kStorePool) : 1;
  const uint64_t pool = dim(kJobPool) * sums, last_group = dim(kJobGroupLast);
  if (kJobFlagsDrains.Get(job) == 0 || !chunks_ok || pool == 0) return {};
  uint64_t pixels = 1;
  for (int loop = 0; loop < kJobWalkTurns; loop++)
    pixels = std::min(pixels * (dim(kJobWalk + kJobWalkWords * loop + kJobWalkLast) + 1),
                      uint64_t{1} << 40);  // more than anybody follows
  if (pixels % pool != 0) return {};
  if (depthwise) {
    const std::optional<DepthwiseWalk> walk = DepthwiseWalk::Decode(store);
    const bool fits = walk && pool == 1 && StoreCount(store, kStorePool) == 1 &&
                      uint64_t(walk->groups) == last_group + 1 &&
                      pixels == uint64_t(walk->images) * uint64_t(walk->rows) * uint64_t(walk->cols) &&
                      (last_group == 0 || dim(kJobCols) == uint64_t(config.cols));
    if (!fits) return {};
    const auto row = uint64_t(walk->out_cols);
    return Passes(row, row * uint64_t(walk->out_rows) * uint64_t(walk->images), last_group, ~uint64_t{0});
  }
  if (last_group == 0) return Passes(pixels / pool, pixels / pool, 0, ~uint64_t{0});
  if (uint64_t(config.rows) % pool != 0) return {};
  return Passes(uint64_t(config.rows) / pool, pixels / pool, last_group, ~uint64_t{0});
}

// Follows the list word by word.
class Follower {
 public:
  Follower(std::span<const uint8_t> memory, const ListStart& start, const Config& config, int64_t most_work)
      : memory_(memory), start_(start), config_(config), work_left_(most_work) {}

  ListOutcome Follow() {
    const auto bus = uint32_t(config_.bus_bytes);
    std::vector<uint32_t> first(kReadWords);
    kCommandKind.Set(first.data(), int64_t(ReadKind::kList));
    first[kReadOffset] = start_.list_offset;
    first[kReadBusWords] = std::min<uint32_t>(start_.list_bytes, kListFirstBytes) / bus;
    Read(first);
    if (Header())
      while (Next()) {
      }
    // An error of an access leaves the list time to go on, to where it stands now at most.
    for (const size_t i : accesses_) result_.endings[i].last = commands_;
    if (waits_) result_.endings.push_back({WEFT_CODE_WATCHDOG, 0, 0, commands_});
    result_.reads.Merge();
    result_.writes.Merge();
    if (result_.open) {
      result_.reads = result_.writes = {};
      result_.reads.Add(0, start_.window_bytes);
      result_.writes.Add(0, start_.window_bytes);
    }
    return std::move(result_);
  }

 private:
  struct Piece {  // of the list, that is read `count` times
    uint32_t offset, bytes, pitch, count;
  };

  bool Work() {
    result_.open = result_.open || --work_left_ < 0;
    return !result_.open;
  }
  void End(uint32_t code, std::optional<uint32_t> offset = 0) {
    result_.endings.push_back({code, offset, commands_, commands_});
  }
  void EndAccess(uint32_t code, std::optional<uint32_t> offset) {
    accesses_.push_back(result_.endings.size());
    End(code, offset);
  }

  // ---- rtl/system/command_reader.sv

  // The list's next word; none: what is read has ended, and so has the run, unless it ends with an access
  // that is still asked for.
  std::optional<uint32_t> TakeWord() {
    const std::optional<uint32_t> word = NextWord();
    if (!word && !result_.open && !bad_read_) End(WEFT_CODE_BAD_LIST);
    return word;
  }
  std::optional<uint32_t> NextWord() {
    while (next_piece_ < pieces_.size() && pieces_[next_piece_].count == 0) next_piece_++;
    if (next_piece_ == pieces_.size()) return {};
    if (!Work()) return {};
    Piece& piece = pieces_[next_piece_];
    uint32_t word = 0;
    if (uint64_t{piece.offset} + at_ + 4 <= memory_.size())
      std::memcpy(&word, &memory_[piece.offset + at_], 4);
    // Jobs before it may have changed it.
    for (uint64_t i = uint64_t{piece.offset} + at_; i < piece.offset + at_ + 4; i++)
      result_.open = result_.open || (i < written_.size() && written_[i]);
    sum_ += word;
    at_ += 4;
    if (at_ == piece.bytes) {
      piece.offset += piece.pitch;
      piece.count--;
      at_ = 0;
    }
    return word;
  }

  bool Header() {
    const std::array<std::optional<uint32_t>, kHeaderWords> expected = {
        kListMagic, {}, config_.Register0(), config_.Register1()};
    for (const std::optional<uint32_t>& e : expected) {
      const std::optional<uint32_t> word = TakeWord();
      if (!word) return false;
      if (e && *word != *e) {
        End(WEFT_CODE_BAD_LIST);
        return false;
      }
    }
    return true;
  }

  // The next command; false: the last one.
  bool Next() {
    std::optional<uint32_t> word = TakeWord();
    if (!word) return false;
    commands_++;
    const std::optional<Command> is = Command::OfFirstWord(*word);
    if (!is) {
      End(WEFT_CODE_BAD_COMMAND);
      return false;
    }
    if (is->op == ListOp::kEnd) {
      for (int i = 1; i < kListAlign; i++)
        if (!TakeWord()) return false;
      // Taken only when all reads and writes are done: all that was read of the list is in the sum, if the
      // queue has room for it.
      for (int behind = 1; NextWord(); behind++) waits_ = waits_ || behind > kListQueue;
      if (!result_.open && !bad_read_ && !bad_write_) End(sum_ == 0 ? WEFT_CODE_OK : WEFT_CODE_BAD_CHECKSUM);
      return false;
    }
    const bool read = is->op == ListOp::kRead;
    command_.assign(1, *word);
    while (command_.size() < size_t(is->size())) {
      word = TakeWord();
      if (!word) return false;
      command_.push_back(*word);
    }
    if (!read) command_.resize(1 + kJobWords + kStoreWords);  // what is left out is 0
    if (read) Read(command_);
    else Job();
    return !result_.open;
  }

  // ---- rtl/system/read_dma.sv

  void Read(const std::vector<uint32_t>& command) {
    const auto kind = uint32_t(kCommandKind.Get(command.data()));
    const uint32_t params = ReadCount(command, kReadParamWords), words = ReadCount(command, kReadBusWords);
    const uint32_t count = ReadCount(command, kReadCount) + 1, pitch = command[kReadPitch];
    const bool list = kind == uint32_t(ReadKind::kList);
    // More reads of the list than wait anywhere may be behind words of the list for which there is no room.
    waits_ =
        waits_ || !list || params > 0 || ReadCount(command, kReadWait) != 0 || ++list_reads_ > kReadQueue;
    if (bad_read_) return;  // what is behind it is never made
    const auto bus = uint32_t(config_.bus_bytes);
    const bool nonsense = words == 0 || (words + params) > kMaskPixels || kind >= kReadKinds;
    uint32_t offset = command[kReadOffset];
    for (uint32_t i = 0; i < count; i++, offset += pitch) {
      const uint64_t end = uint64_t{offset} + uint64_t{words + params} * bus;
      if (nonsense || end > start_.window_bytes || offset % bus != 0) {
        bad_read_ = true;
        EndAccess(nonsense ? WEFT_CODE_BAD_COMMAND : WEFT_CODE_OUT_OF_WINDOW, offset);
        break;
      }
      if (!Work()) return;
      result_.reads.Add(offset, end);
      const bool all_the_same = pitch == 0;
      if (list) pieces_.push_back({offset + params * bus, words * bus, 0, all_the_same ? count : 1});
      if (all_the_same) break;
    }
  }

  // ---- rtl/system/write_dma.sv

  void Job() {
    const uint32_t *job = &command_[1], *store = job + kJobWords;
    const bool stores = kCommandStores.Get(command_.data()) != 0;
    waits_ = true;
    std::optional<Passes> engine = EngineOutputs(job, store, config_);
    if (!stores) {
      // Its outputs, if it gives any, are taken for those of the next job that stores.
      in_step_ = in_step_ && kJobFlagsDrains.Get(job) == 0;
      return;
    }
    if (bad_write_) return;  // what is behind it is never made
    in_step_ = in_step_ && engine.has_value();
    const uint32_t most = uint32_t(config_.cols), mask = std::bit_ceil(most + 1) - 1;  // COL_W bits
    OutputWalk walk(store);
    if (!in_step_) EndAccess(WEFT_CODE_BAD_JOB, {});
    for (bool done = false; !done && Work(); walk.Next()) {
      done = walk.job_end();
      uint32_t channels = most;  // at most, if the engine is not in step
      if (in_step_) {
        channels = job[engine->group_last() ? kJobColsLast : kJobCols] & mask;
        bad_write_ = engine->job_end() != done || channels == 0 || channels > most;
        if (bad_write_) EndAccess(WEFT_CODE_BAD_JOB, walk.offset());
        engine->Next();
      }
      const uint64_t begin = walk.offset(), end = begin + channels;
      if (!bad_write_ && end > start_.window_bytes) {
        bad_write_ = in_step_ || begin + 1 > start_.window_bytes;
        EndAccess(WEFT_CODE_OUT_OF_WINDOW, walk.offset());
      }
      if (bad_write_) return;
      Write(begin, std::min<uint64_t>(end, start_.window_bytes));
    }
  }

  void Write(uint64_t begin, uint64_t end) {
    result_.writes.Add(begin, end);
    if (end > written_.size()) written_.resize(end);
    std::fill(written_.begin() + std::ptrdiff_t(begin), written_.begin() + std::ptrdiff_t(end), true);
  }

  std::span<const uint8_t> memory_;
  ListStart start_;
  const Config& config_;
  int64_t work_left_;
  ListOutcome result_;
  std::vector<size_t> accesses_;  // endings that are an access's
  std::vector<bool> written_;     // bytes, up to the last one
  std::vector<Piece> pieces_;
  size_t next_piece_ = 0;
  uint32_t at_ = 0, sum_ = 0;  // in the piece; of all words
  std::vector<uint32_t> command_;
  int64_t commands_ = 0;  // begun
  int list_reads_ = 0;
  bool waits_ = false;     // for the engine, or for outputs
  bool bad_read_ = false;  // a read that ends the run, so that no other is made
  bool bad_write_ = false;
  bool in_step_ = true;  // the engine's outputs are known, and so is whose they are
};

}  // namespace

// ---- Ranges

void ByteRanges::Add(uint64_t begin, uint64_t end) {
  if (!ranges_.empty() && begin <= ranges_.back().end && begin >= ranges_.back().begin)
    ranges_.back().end = std::max(ranges_.back().end, end);
  else ranges_.push_back({begin, end});
}

void ByteRanges::Merge() {
  std::ranges::sort(ranges_, {}, &Range::begin);
  std::vector<Range> all;
  all.swap(ranges_);
  for (const Range& r : all) Add(r.begin, r.end);
}

bool ByteRanges::Contains(uint64_t begin, uint64_t end) const {
  const auto next = std::ranges::upper_bound(ranges_, begin, {}, &Range::begin);
  return begin == end || (next != ranges_.begin() && std::prev(next)->end >= end);
}

uint64_t ByteRanges::Bytes() const {
  uint64_t bytes = 0;
  for (const Range& r : ranges_) bytes += r.end - r.begin;
  return bytes;
}

// ---- Outcomes

std::set<uint32_t> ListOutcome::Codes() const {
  std::set<uint32_t> codes;
  for (const Ending& e : endings) codes.insert(e.code);
  return codes;
}

bool ListOutcome::Allows(uint32_t code, uint32_t offset, int64_t commands) const {
  if (open) return true;
  if (code == WEFT_CODE_ABORTED) code = WEFT_CODE_WATCHDOG;
  return std::ranges::any_of(endings, [&](const Ending& e) {
    const bool silent = code == WEFT_CODE_OK;  // no error registers then
    return e.code == code &&
           (silent || ((!e.offset || *e.offset == offset) && e.first <= commands && commands <= e.last));
  });
}

std::string ListOutcome::Text() const {
  std::string text = open ? "anything" : "";
  for (const Ending& e : endings)
    text += fmt::format("{}code {} at {} after {}..{} commands", text.empty() ? "" : ", ", e.code,
                        e.offset ? fmt::format("{:#x}", *e.offset) : "?", e.first, e.last);
  return text;
}

ListOutcome PredictOutcome(std::span<const uint8_t> memory, const ListStart& start, const Config& config,
                           int64_t most_work) {
  return Follower(memory, start, config, most_work).Follow();
}

}  // namespace weft
