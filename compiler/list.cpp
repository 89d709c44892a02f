// SPDX-License-Identifier: Apache-2.0
#include "compiler/list.hpp"

#include <algorithm>
#include <climits>
#include <numeric>

#include "compiler/residual.hpp"

namespace weft {
namespace {

// The list's block that a word is in.
constexpr int BlockOf(int word) {
  return word < kListFirstWords ? 0 : 1 + (word - kListFirstWords) / kListBlockWords;
}

struct List {
  std::vector<Command> commands;
  int words = kHeaderWords;
  [[nodiscard]] int last_block() const { return BlockOf(words - 1); }

  void Add(const Command& c) {
    commands.push_back(c);
    words += c.size();
  }
};

// The commands with the reads of the list in between, up to `last_block`: the first command that begins in a
// block is preceded by the read of the block after the next. The first of them come behind the reads that the
// first job needs at once.
List WithReadsUntil(int last_block, const std::vector<Command>& commands, const Config& config) {
  List list;
  int read = 0;  // the last block that is read
  const auto read_until = [&](int block) {
    for (; read < std::min(block, last_block); read++)
      list.Add({.op = ListOp::kRead,
                .read = ReadKind::kList,
                .offset = uint32_t(kListFirstWords + read * kListBlockWords) * 4,
                .words = uint32_t(kListBlockBytes / config.bus_bytes)});
  };
  const auto job = std::ranges::find(commands, ListOp::kJob, &Command::op);
  const bool adds = job != commands.end() && job->adds;
  const int behind = 2 * kReadWords + Command{.op = ListOp::kJob, .adds = adds}.size();
  for (const Command& c : commands) {
    // As long as this read, those of the list and the first job behind it are all in the first block.
    const bool waits =
        read == 0 && c.op == ListOp::kRead && list.words + c.size() + behind <= kListFirstWords;
    if (!waits) read_until(BlockOf(list.words) + 2);
    list.Add(c);
  }
  return list;
}

// As few blocks as hold the list: what reads one is a part of it too.
List WithReads(const std::vector<Command>& commands, const Config& config) {
  int last_block = WithReadsUntil(INT_MAX, commands, config).last_block();
  while (last_block > 0 && WithReadsUntil(last_block - 1, commands, config).last_block() < last_block)
    last_block--;
  return WithReadsUntil(last_block, commands, config);
}

// The hardware counts marks modulo 2^16 and takes a read for one that waits if it is 2^15 behind. So reads
// wait for marks that are counted for certain rather than for none.
void RenewWaits(std::vector<Command>* commands) {
  constexpr uint32_t kBehind = 1 << 14;  // far more than are under way
  uint32_t given = 0;
  for (Command& c : *commands) {
    if (c.op == ListOp::kJob) given += c.marks;
    if (c.op == ListOp::kRead && given > kBehind) c.wait = std::max(c.wait, given - kBehind);
  }
}

// How the rows of a job's residual are walked.
void EncodeResidual(const Job& job, const Store& s, const Config& config, uint32_t* store) {
  const ResidualBox box = ResidualOf(job, s.pool, s.residual->shape.c, config);
  const auto words = uint32_t(box.pitch / config.bus_bytes);
  const int64_t channels = s.residual->shape.c;  // also where a single column has no pixel beside it
  // From the first column of a pooling window to its last one, from its first row to its last one; from a
  // row's first column to its last one.
  const int64_t window_across = (s.pool.kw - 1) * channels, window_down = (s.pool.kh - 1) * box.pitch;
  const int64_t row_across = (box.cols - 1) * channels;
  store[kStoreResOffset] = uint32_t(box.first);
  store[kStoreResWindowX] = uint32_t(channels);
  store[kStoreResWindowY] = uint32_t(box.pitch - window_across);
  store[kStoreResX] = uint32_t(s.pool.stride_w * channels - window_across - window_down);
  store[kStoreResY] = uint32_t(box.step * box.pitch - row_across - window_down);
  store[kStoreResImage] = uint32_t(box.pitch - row_across);
  store[kStoreResLines] = uint32_t(box.step);
  store[kStoreResWords] = uint32_t(box.step) * words;
  store[kStoreResLastWords] = uint32_t(s.pool.kh) * words;
}

// What is added to a job's outputs, and the pooling behind it.
void EncodeAdd(const Job& job, const Store& s, const Config& config, uint32_t* store) {
  kStoreAddKind.Set(store, int64_t(s.residual ? AddKind::kResidual : AddKind::kAlone));
  kStoreAddShift.Set(store, s.add->shift);
  kStoreAddClampHi.Set(store, s.add->clamp_hi);
  kStoreAddClampLo.Set(store, s.add->clamp_lo);
  kStoreAddZp.Set(store, s.add->output_zp);
  kStoreAddScaleMult.Set(store, s.add->multiplier);
  kStoreAddScaleRounding.Set(store, s.add->rounding == Rounding::kOnnx ? 1 : 0);
  kStoreWindowRows.Set(store, s.pool.kh - 1);
  kStoreWindowCols.Set(store, s.pool.kw - 1);
  store[kStorePool] = uint32_t(job.window);
  if (s.residual) EncodeResidual(job, s, config, store);
}

// The depthwise convolution that a job's outputs go through.
void EncodeDepthwise(const Store& s, uint32_t* store) {
  kStoreAddKind.Set(store, int64_t(AddKind::kDepthwise));
  kStoreAddClampHi.Set(store, s.depthwise_output.clamp_hi);
  kStoreAddClampLo.Set(store, s.depthwise_output.clamp_lo);
  kStoreAddZp.Set(store, s.depthwise_output.output_zp);
  s.depthwise->Encode(store);
  kStoreAddScaleRounding.Set(store, s.depthwise_output.rounding == Rounding::kOnnx ? 1 : 0);
  store[kStorePool] = 1;
}

// Where a job's outputs go. The step of a loop takes back what the loops inside it have moved.
std::vector<uint32_t> EncodeStore(const Job& job, const Store& s, const Config& config) {
  const auto x = uint32_t(s.target.factor_w * s.out.shape.c), y = s.target.factor_h * s.out.row_pitch;
  const int rows = s.depthwise ? s.depthwise->out_rows : job.rows,
            cols = s.depthwise ? s.depthwise->out_cols : job.cols;
  const uint32_t across = x * uint32_t(std::max(cols - 1, 0)), down = y * uint32_t(std::max(rows - 1, 0));
  const uint32_t total = uint32_t(job.lines.images) * uint32_t(rows) * uint32_t(cols);
  std::vector<uint32_t> store(s.add || s.depthwise ? kStoreWords : kStorePlainWords);
  store[kStoreOffset] = s.At(job.lines.image0, job.oy0, job.ox0, job.k0);
  store[kStoreGroup] = uint32_t(job.per_group);
  store[kStoreX] = x;
  store[kStoreY] = y - across;
  store[kStoreImage] = s.out.image_pitch() - down - across;
  store[kStoreCols] = uint32_t(cols - 1);
  store[kStoreRows] = uint32_t(rows - 1);
  store[kStorePass] = s.depthwise       ? uint32_t(cols)  // row by row, of a row group by group
                      : job.groups == 1 ? total
                                        : uint32_t(config.rows / job.window);
  store[kStoreTotal] = total;
  kStoreGroupsLast.Set(store.data(), job.groups - 1);
  kStoreGroupsMark.Set(store.data(), s.mark_rows);
  if (s.add) EncodeAdd(job, s, config, store.data());
  if (s.depthwise) EncodeDepthwise(s, store.data());
  return store;
}

// The words of a command, zeros behind the last one.
std::vector<uint32_t> Encode(const Command& c, const Program& program, const Config& config) {
  std::vector<uint32_t> words(size_t(c.size()));
  kCommandOpcode.Set(words.data(), int64_t(c.op));
  if (c.op == ListOp::kRead) {
    kCommandKind.Set(words.data(), int64_t(c.read));
    words[kReadOffset] = c.offset;
    words[kReadParamWords] = c.param_words;
    words[kReadBusWords] = c.words;
    words[kReadCount] = c.count - 1;
    words[kReadPitch] = c.pitch;
    words[kReadWait] = c.wait & 0xffff;
  }
  if (c.op == ListOp::kJob) {
    kCommandStores.Set(words.data(), c.stores);
    kCommandAdds.Set(words.data(), c.adds);
    std::ranges::copy(program.jobs[c.job].words, words.begin() + 1);
    std::ranges::copy(EncodeStore(program.jobs[c.job], program.stores[c.job], config),
                      words.begin() + 1 + kJobWords);
  }
  return words;
}

}  // namespace

uint32_t CompleteList(const Config& config, std::vector<Command>* commands) {
  List list = WithReads(*commands, config);
  const uint32_t bytes = AlignInWindow(uint64_t(list.words) * 4);
  for (Command& c : list.commands)  // its last block is cut off
    if (c.op == ListOp::kRead && c.read == ReadKind::kList)
      c.words = std::min(c.words, (bytes - c.offset) / uint32_t(config.bus_bytes));
  RenewWaits(&list.commands);
  *commands = std::move(list.commands);
  return bytes;
}

std::vector<uint32_t> EncodeList(const Program& program, const Config& config) {
  std::vector<uint32_t> list(kHeaderWords);
  list[kHeaderMagic] = kListMagic;
  list[kHeaderConfig0] = config.Register0();
  list[kHeaderConfig1] = config.Register1();
  for (const Command& command : program.commands) {
    const std::vector<uint32_t> words = Encode(command, program, config);
    list.insert(list.end(), words.begin(), words.end());
  }
  list[kHeaderChecksum] = -std::accumulate(list.begin(), list.end(), 0U);
  return list;
}

}  // namespace weft
