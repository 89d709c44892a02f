// SPDX-License-Identifier: Apache-2.0
#include "compiler/program.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstring>
#include <numeric>

#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

constexpr uint32_t kAlign = 64;  // of everything in the window: a multiple of every bus

uint32_t AlignUp(uint64_t offset) {
  const uint64_t aligned = (offset + kAlign - 1) / kAlign * kAlign;
  if (aligned > UINT32_MAX)
    throw Error("the program needs more than 4 GiB of memory; run fewer images at once");
  return uint32_t(aligned);
}

// Words of a job's command.
int JobSize(bool adds) {
  return int(RoundUp(1 + kJobWords + (adds ? kStoreWords : kStorePlainWords), kListAlign));
}

// The list's block that a word is in.
constexpr int BlockOf(int word) {
  return word < kListFirstWords ? 0 : 1 + (word - kListFirstWords) / kListBlockWords;
}

// The commands with the reads of the list in between, up to `last_block`: the first command that begins in a
// block is preceded by the read of the block after the next. The first of them come behind the reads that the
// first job needs at once. Returns the words of the list.
int AddListReads(const std::vector<Command>& commands, int last_block, const Config& config,
                 std::vector<Command>* all) {
  all->clear();
  int words = kHeaderWords, read = 0;  // the last block that is read
  const auto add = [&](const Command& c) {
    all->push_back(c);
    words += c.size();
  };
  const auto read_until = [&](int block) {
    for (; read < std::min(block, last_block); read++) {
      Command list{.op = ListOp::kRead, .read = ReadKind::kList};
      list.offset = uint32_t(kListFirstWords + read * kListBlockWords) * 4;
      list.words = uint32_t(kListBlockBytes / config.bus_bytes);
      add(list);
    }
  };
  const auto job = std::ranges::find(commands, ListOp::kJob, &Command::op);
  const int behind = 2 * kReadWords + JobSize(job != commands.end() && job->adds);
  for (const Command& c : commands) {
    // As long as this read, those of the list and the first job behind it are all in the first block.
    const bool waits = read == 0 && c.op == ListOp::kRead && words + c.size() + behind <= kListFirstWords;
    if (!waits) read_until(BlockOf(words) + 2);
    add(c);
  }
  return words;
}

}  // namespace

int Command::size() const {
  if (op == ListOp::kRead) return kReadWords;
  return op == ListOp::kJob ? JobSize(adds) : kListAlign;
}

std::optional<Command> Command::OfFirstWord(uint32_t word) {
  const auto op = ListOp(kCommandOpcode.Get(&word));
  if (op == ListOp::kEnd) return Command{};
  if (op == ListOp::kRead) return Command{.op = op, .read = ReadKind(kCommandKind.Get(&word))};
  if (op != ListOp::kJob) return {};
  return Command{.op = op, .stores = kCommandStores.Get(&word) != 0, .adds = kCommandAdds.Get(&word) != 0};
}

uint64_t ProgramBuilder::TensorBytes(const Shape& s) const {
  return uint64_t(RoundUp(int64_t{s.n} * s.h * RoundUp(int64_t{s.w} * s.c, config_.bus_bytes), kAlign));
}

int ProgramBuilder::AddTensor(const Shape& shape) { return AddTensorAt(shape, tensors_end_); }

int ProgramBuilder::AddTensorAt(const Shape& shape, uint64_t offset) {
  const uint32_t pitch = uint32_t(RoundUp(int64_t{shape.w} * shape.c, config_.bus_bytes));
  tensors_end_ = std::max(tensors_end_, uint64_t{AlignUp(offset + TensorBytes(shape))});
  tensors_.push_back({shape, uint32_t(offset), pitch});
  return int(tensors_.size()) - 1;
}

ResidualBox ResidualOf(const Job& job, const Window& pool, int channels, const Config& config) {
  ResidualBox box{};
  box.step = std::min(pool.stride_h, pool.kh);
  box.y0 = job.oy0 * pool.stride_h;
  box.rows = (job.rows - 1) * box.step + pool.kh;
  box.cols = (job.cols - 1) * pool.stride_w + pool.kw;
  const int64_t left = int64_t{job.ox0} * pool.stride_w * channels, first = left + job.k0;
  const bool one = box.cols == 1;
  const int64_t begin = one ? first : left, bytes = one ? job.channels : int64_t{box.cols} * channels;
  box.begin = LineBegin(begin, config);
  box.pitch = LinePitch(begin, begin + bytes, config);
  box.first = first - box.begin;
  return box;
}

bool CanAdd(const PreparedLayer& layer, int channels, const Config& config) {
  const Window pool = layer.layer.max_pool.value_or(Window{});
  return std::ranges::all_of(layer.jobs, [&](const Job& job) {
    if (job.single_tile && layer.layer.max_pool) return false;
    if (job.rows == 0) return true;
    const ResidualBox box = ResidualOf(job, pool, channels, config);
    const int touched = (config.rows - 2) / (job.cols * job.window) + 2;  // rows of outputs, by a tile
    const int64_t lines = std::min(int64_t{touched} * pool.kh, int64_t{job.lines.images} * box.rows);
    return lines * box.pitch <= config.ResidualBytes();
  });
}

std::optional<PreparedLayer> PrepareToAdd(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                          int channels, const Config& config) {
  PreparedLayer layer = prepare({});
  JobLimits most{1, 1, 1, 1};
  for (const Job& job : layer.jobs) {
    most.images = std::max(most.images, job.lines.images);
    most.rows = std::max(most.rows, job.rows);
    most.cols = std::max(most.cols, job.cols);
    most.groups = std::max(most.groups, job.groups);
  }
  while (!CanAdd(layer, channels, config)) {
    int& cut = most.cols > 1     ? most.cols
               : most.groups > 1 ? most.groups
               : most.images > 1 ? most.images
                                 : most.rows;
    if (cut == 1) return std::nullopt;
    cut = (cut + 1) / 2;
    layer = prepare(most);
  }
  return layer;
}

void ProgramBuilder::AddLayer(const PreparedLayer& layer, int in, const Target& out, bool reads_outputs,
                              const std::optional<FusedAdd>& add) {
  if (add && !CanAdd(layer, tensors_[size_t(add->residual)].shape.c, config_))
    throw Error("layer {}: its jobs cannot add a residual", layer.layer.name);
  Traffic traffic = CountTraffic(layer.jobs, config_);
  if (add) {
    traffic.read += kTableBytes;
    for (const Job& job : layer.jobs) {
      if (job.rows == 0) continue;
      const ResidualBox box = ResidualOf(job, layer.layer.max_pool.value_or(Window{}),
                                         tensors_[size_t(add->residual)].shape.c, config_);
      traffic.read += job.lines.images * box.rows * box.pitch;
    }
  }
  program_.layers.push_back({layer.layer.name, int(program_.jobs.size()), int(layer.jobs.size()), traffic});
  layers_.push_back({layer, in, out, reads_outputs, add});
  for (const Job& job : layer.jobs) {
    program_.jobs.push_back(job);
    if (add) program_.jobs.back().words[kJobPool] = 1;  // the engine does not pool, the adder does
    job_layer_.push_back(int(layers_.size()) - 1);
  }
  layers_.back().prepared.jobs.clear();
}

// The parameters and weights of a job's column groups, one group after the other. Jobs of a layer that differ
// in the region only share them.
void ProgramBuilder::PlaceGroups(const Layer& layer, const Job& job, int j) {
  const Job::Reduction& r = job.reduction;
  const auto key =
      std::tuple(job_layer_[size_t(j)], job.k0, job.groups, r.ky0, r.ky1, r.kx0, r.kx1, r.c0, r.c1);
  const auto [at, added] = shared_.try_emplace(key, uint32_t(data_bytes_));
  groups_at_.push_back(at->second);
  if (!added) return;
  const int64_t words = job.groups * (ParameterBusWords(job, config_) + WeightBusWords(job, config_));
  if (with_data_)
    for (int g = 0; g < job.groups; g++) {
      for (const auto& bytes : {PackParameters(job, g, layer.prepared.layer, config_),
                                PackWeights(job, g, layer.prepared.layer, config_)})
        data_.insert(data_.end(), bytes.begin(), bytes.end());
    }
  data_bytes_ = AlignUp(data_bytes_ + uint64_t(words) * uint64_t(config_.bus_bytes));
  if (with_data_) data_.resize(data_bytes_);
}

// Rows of a tensor as a job streams them: `per_image` rows of each image from (image0, y0) on, `words` bus
// words each. `stretch` rows follow each other, the next ones begin `step` rows after them.
struct ProgramBuilder::Rows {
  ReadKind read;
  int job;
  const Place& place;
  int image0, y0, per_image, stretch, step;
  int64_t begin;  // byte of the row
  uint32_t words, wait;
};

// One command for the rows of each stretch.
void ProgramBuilder::AddRows(const Rows& rows, int first, int count, std::vector<Command>* commands) {
  for (int row = first; row < first + count;) {
    const int image = row / rows.per_image, y = row % rows.per_image, ahead = y % rows.stretch;
    Command c;
    c.op = ListOp::kRead;
    c.read = rows.read;
    c.job = rows.job;
    c.first = row;
    c.words = rows.words;
    c.count = uint32_t(std::min({rows.per_image - y, rows.stretch - ahead, first + count - row}));
    c.pitch = rows.place.row_pitch;
    c.offset = rows.place.At(rows.image0 + image, rows.y0 + y / rows.stretch * rows.step + ahead, 0, 0) +
               uint32_t(rows.begin);
    c.wait = rows.wait;
    commands->push_back(c);
    row += int(c.count);
  }
}

ProgramBuilder::Rows ProgramBuilder::LineRows(int j, uint32_t wait) const {
  const Job& job = program_.jobs[size_t(j)];
  const Place& in = tensors_[size_t(LayerOf(j).in)];
  return {ReadKind::kLines,
          j,
          in,
          job.lines.image0,
          job.lines.y0,
          job.lines.count,
          job.lines.count,
          0,
          job.lines.offset,
          job.words[kJobPitch],
          wait};
}

ProgramBuilder::Rows ProgramBuilder::ResidualRows(int j, uint32_t wait) const {
  const Job& job = program_.jobs[size_t(j)];
  const Place& residual = tensors_[size_t(LayerOf(j).add->residual)];
  const Window pool = PoolOf(j);
  const ResidualBox box = ResidualOf(job, pool, residual.shape.c, config_);
  const bool gaps = pool.stride_h > pool.kh;
  return {ReadKind::kResidual,
          j,
          residual,
          job.lines.image0,
          box.y0,
          box.rows,
          gaps ? pool.kh : box.rows,
          gaps ? pool.stride_h : 0,
          box.begin,
          uint32_t(box.pitch / config_.bus_bytes),
          wait};
}

// The last lines of a job and its residual. A residual row may wait for room until the tiles before it are
// done, so all lines that those need come before it; and more, as far as the buffer holds them beside what
// the tile before still reads.
void ProgramBuilder::AddLinesAndResidual(const Transfer& t, Rows lines, const Rows& residual,
                                         std::vector<Command>* commands) const {
  const Job& job = program_.jobs[size_t(t.job)];
  const Window pool = PoolOf(t.job);
  const int step = ResidualOf(job, pool, residual.place.shape.c, config_).step;
  const int64_t tiles = job.tiles(config_), pitch = int64_t{job.words[kJobPitch]} * config_.bus_bytes;
  int next_line = t.first, next_row = 0;
  const auto add_lines = [&](int end) {
    if (end <= next_line) return;
    AddRows(lines, next_line, end - next_line, commands);
    lines.wait = 0;
    next_line = end;
  };
  int64_t ahead = 0;  // the last tile whose lines are added with this one's
  for (int64_t tile = 0; tile < tiles; tile++) {
    const int64_t row = (std::min((tile + 1) * config_.rows, job.pixels) - 1) / (job.cols * job.window);
    const int rows = int(row / job.rows) * residual.per_image + int(row % job.rows) * step + pool.kh;
    if (rows <= next_row) continue;
    const int64_t free = LinesOfTile(job, std::max<int64_t>(tile - 1, 0), config_).free;
    ahead = std::max(ahead, tile);
    while (ahead + 1 < tiles &&
           (LinesOfTile(job, ahead + 1, config_).need - free) * pitch <= config_.line_buffer_bytes)
      ahead++;
    add_lines(int(LinesOfTile(job, ahead, config_).need));
    AddRows(residual, next_row, rows - next_row, commands);
    next_row = rows;
  }
  add_lines(t.first + t.count);
}

// The commands without those that read the list, their offsets from the begin of the data or of the tensors.
std::vector<Command> ProgramBuilder::MakeCommands() const {
  std::vector<int> starts;
  for (size_t l = 0; l < layers_.size(); l++)
    if (l == 0 || layers_[l].reads_outputs) starts.push_back(program_.layers[l].first_job);
  std::vector<uint32_t> stored;  // jobs with outputs before each job
  uint32_t count = 0;
  for (const Job& job : program_.jobs) {
    stored.push_back(count);
    count += job.rows > 0 ? 1 : 0;
  }
  const std::vector<Transfer> schedule = MakeSchedule(program_.jobs, config_, starts);
  std::vector<Command> commands;
  int next_job = 0;
  uint32_t tables_free = 0;  // jobs after which the tables may be loaded again
  for (size_t i = 0; i < schedule.size(); i++) {
    const Transfer& t = schedule[i];
    const Job& job = program_.jobs[size_t(t.job)];
    const Layer& layer = LayerOf(t.job);
    const ProgramLayer& its = program_.layers[size_t(job_layer_[size_t(t.job)])];
    const bool lines = t.kind == Transfer::Kind::kLines;
    // The residual comes last, but with the lines of a single tile, which keeps column groups waiting.
    const bool adds_now =
        layer.add && job.rows > 0 &&
        (job.tiles(config_) == 1 ? t.first == 0 && (lines || job.words[kJobLines] == 0)
                                 : i + 1 == schedule.size() || schedule[i + 1].job != t.job);
    if (layer.add && next_job == t.job && t.job == its.first_job) {
      // Once, before everything else of the layer: they load while the layer before it runs.
      Command tables;
      tables.op = ListOp::kRead;
      tables.read = ReadKind::kTables;
      tables.job = t.job;
      tables.offset = layer.tables_at;
      tables.words = uint32_t(kTableBytes / config_.bus_bytes);
      tables.wait = tables_free;
      commands.push_back(tables);
      const auto job_of = program_.jobs.begin() + t.job;
      tables_free = stored[size_t(t.job)] + uint32_t(std::count_if(job_of, job_of + its.jobs,
                                                                   [](const Job& j) { return j.rows > 0; }));
    }
    const Transfer none{Transfer::Kind::kLines, t.job, int(job.words[kJobLines]), 0};
    const uint32_t wait = t.after_stores ? stored[size_t(t.job)] : 0;
    if (!lines) {
      Command c;
      c.op = ListOp::kRead;
      c.read = ReadKind::kGroups;
      c.job = t.job;
      c.first = t.first;
      c.param_words = uint32_t(ParameterBusWords(job, config_));
      c.words = uint32_t(WeightBusWords(job, config_));
      c.count = uint32_t(t.count);
      c.pitch = (c.param_words + c.words) * uint32_t(config_.bus_bytes);
      c.offset = groups_at_[size_t(t.job)] + uint32_t(t.first) * c.pitch;
      commands.push_back(c);
    } else if (!adds_now) {
      AddRows(LineRows(t.job, wait), t.first, t.count, &commands);
    }
    // A job follows its first column groups, so that they load while the jobs before it fill the engine's
    // queue. The very first one follows the lines of its first tile, too, which load while it is read, but
    // comes before any residual.
    const bool at_once = t.job > 0 || layer.add;
    if (next_job == t.job && (at_once || !lines)) {
      Command c;
      c.op = ListOp::kJob;
      c.job = t.job;
      c.stores = job.rows > 0;
      c.adds = layer.add.has_value();
      commands.push_back(c);
      next_job++;
    }
    if (adds_now)
      AddLinesAndResidual(lines ? t : none, LineRows(t.job, wait),
                          ResidualRows(t.job, stored[size_t(its.first_job)]), &commands);
  }
  commands.push_back({});
  return commands;
}

// The words of a command, zeros behind the last one.
std::vector<uint32_t> ProgramBuilder::Encode(const Command& c) const {
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
    std::ranges::copy(program_.jobs[size_t(c.job)].words, words.begin() + 1);
    std::ranges::copy(EncodeStore(c), words.begin() + 1 + kJobWords);
  }
  return words;
}

// Where a job's outputs go. The step of a loop takes back what the loops inside it have moved.
std::vector<uint32_t> ProgramBuilder::EncodeStore(const Command& c) const {
  const Job& job = program_.jobs[size_t(c.job)];
  const Store& s = program_.stores[size_t(c.job)];
  const auto x = uint32_t(s.target.factor_w * s.out.shape.c), y = s.target.factor_h * s.out.row_pitch;
  const uint32_t across = x * uint32_t(std::max(job.cols - 1, 0)),
                 down = y * uint32_t(std::max(job.rows - 1, 0));
  const uint32_t total = uint32_t(job.lines.images) * uint32_t(job.rows) * uint32_t(job.cols);
  std::vector<uint32_t> store(c.adds ? kStoreWords : kStorePlainWords);
  store[kStoreOffset] = s.At(job.lines.image0, job.oy0, job.ox0, job.k0);
  store[kStoreGroup] = uint32_t(job.per_group);
  store[kStoreX] = x;
  store[kStoreY] = y - across;
  store[kStoreImage] = s.out.image_pitch() - down - across;
  store[kStoreCols] = uint32_t(job.cols - 1);
  store[kStoreRows] = uint32_t(job.rows - 1);
  store[kStorePass] = job.groups == 1 ? total : uint32_t(config_.rows / job.window);
  store[kStoreTotal] = total;
  store[kStoreGroups] = uint32_t(job.groups - 1);
  if (!c.adds) return store;

  const weft::AddLayer& add = s.add->add;
  kStoreAddEnable.Set(store.data(), 1);
  kStoreAddShift.Set(store.data(), add.shift_out);
  kStoreAddClampHi.Set(store.data(), add.clamp_hi);
  kStoreAddClampLo.Set(store.data(), add.clamp_lo);
  kStoreAddZp.Set(store.data(), add.zp_out);
  store[kStoreAddMult] = uint32_t(add.mult_out);
  const ResidualBox box = ResidualOf(job, s.pool, s.residual.shape.c, config_);
  const auto words = uint32_t(box.pitch / config_.bus_bytes);
  const int64_t channels = s.residual.shape.c;  // also where a single column has no pixel beside it
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
  kStoreWindowRows.Set(store.data(), s.pool.kh - 1);
  kStoreWindowCols.Set(store.data(), s.pool.kw - 1);
  store[kStorePool] = uint32_t(job.window);
  return store;
}

// What each operand of the addition adds, for every code: that of the layer's outputs first.
void ProgramBuilder::PlaceTables(Layer* layer) {
  const weft::AddLayer& add = layer->add->add;
  std::array<golden::TableI32, 2> tables = {golden::AddTable(add.zp1, add.mult1, add.shift1),
                                            golden::AddTable(add.zp2, add.mult2, add.shift2)};
  if (!layer->add->outputs_first) std::swap(tables[0], tables[1]);
  layer->tables_at = uint32_t(data_bytes_);
  data_bytes_ += kTableBytes;
  if (!with_data_) return;
  data_.resize(data_bytes_);
  std::memcpy(&data_[layer->tables_at], tables.data(), kTableBytes);
}

std::vector<uint32_t> ProgramBuilder::EncodeList() const {
  std::vector<uint32_t> list(kHeaderWords);
  list[kHeaderMagic] = kListMagic;
  list[kHeaderConfig0] = config_.Register0();
  list[kHeaderConfig1] = config_.Register1();
  for (const Command& command : program_.commands) {
    const std::vector<uint32_t> words = Encode(command);
    list.insert(list.end(), words.begin(), words.end());
  }
  list[kHeaderChecksum] = -std::accumulate(list.begin(), list.end(), 0U);
  return list;
}

// The hardware counts stored jobs modulo 2^16 and takes a read for one that waits if it is 2^15 behind. So
// reads wait for jobs that are stored for certain rather than for none.
void ProgramBuilder::RenewWaits() {
  constexpr uint32_t kBehind = 1 << 14;  // jobs: far more than are under way
  uint32_t given = 0;
  for (Command& c : program_.commands) {
    if (c.op == ListOp::kJob) given += program_.jobs[size_t(c.job)].rows > 0 ? 1 : 0;
    if (c.op == ListOp::kRead && given > kBehind) c.wait = std::max(c.wait, given - kBehind);
  }
}

Program ProgramBuilder::Build() {
  for (int j = 0; j < int(program_.jobs.size()); j++) PlaceGroups(LayerOf(j), program_.jobs[size_t(j)], j);
  for (Layer& layer : layers_)
    if (layer.add) PlaceTables(&layer);
  const std::vector<Command> commands = MakeCommands();
  // As few blocks as hold the list: what reads one is a part of it too.
  int last_block = BlockOf(AddListReads(commands, INT_MAX, config_, &program_.commands) - 1);
  while (last_block > 0 &&
         BlockOf(AddListReads(commands, last_block - 1, config_, &program_.commands) - 1) < last_block)
    last_block--;
  const int words = AddListReads(commands, last_block, config_, &program_.commands);
  RenewWaits();
  program_.list_bytes = AlignUp(uint64_t(words) * 4);
  for (Command& c : program_.commands)  // its last block is cut off
    if (c.op == ListOp::kRead && c.read == ReadKind::kList)
      c.words = std::min(c.words, (program_.list_bytes - c.offset) / uint32_t(config_.bus_bytes));

  const uint32_t data_at = program_.list_bytes, tensors_at = AlignUp(data_at + data_bytes_);
  for (Place& tensor : tensors_) tensor.offset += tensors_at;
  program_.window_bytes = AlignUp(tensors_at + tensors_end_);
  for (Command& c : program_.commands)
    if (c.op == ListOp::kRead && c.read != ReadKind::kList)
      c.offset += c.read == ReadKind::kGroups || c.read == ReadKind::kTables ? data_at : tensors_at;
  for (size_t j = 0; j < program_.jobs.size(); j++) {
    const Layer& layer = LayerOf(int(j));
    program_.stores.push_back({tensors_[size_t(layer.out.tensor)], layer.out, layer.add,
                               layer.add ? tensors_[size_t(layer.add->residual)] : Place{}, PoolOf(int(j))});
  }

  const std::vector<uint32_t> list = EncodeList();
  program_.image.resize(program_.list_bytes);
  std::memcpy(program_.image.data(), list.data(), list.size() * 4);
  program_.image.insert(program_.image.end(), data_.begin(), data_.end());
  return program_;
}

}  // namespace weft
