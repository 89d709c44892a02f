#include "compiler/program.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include "compiler/geometry.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint32_t kAlign = 64;  // of everything in the window: a multiple of every bus

uint32_t AlignUp(uint64_t offset) {
  const uint64_t aligned = (offset + kAlign - 1) / kAlign * kAlign;
  if (aligned > UINT32_MAX)
    throw Error("the program needs more than 4 GiB of memory; run fewer images at once");
  return uint32_t(aligned);
}

// The commands with the reads of the list in between: the first command that begins in a block is preceded by
// the read of the block after the next, up to `last_block`. Returns the words of the list.
int AddListReads(const std::vector<Command>& commands, int last_block, const Config& config,
                 std::vector<Command>* all) {
  all->clear();
  int words = kListHeader, block = -1;
  const auto add = [&](const Command& c) {
    all->push_back(c);
    words += c.size();
  };
  for (const Command& c : commands) {
    if (words / kListBlock > block) {
      block = words / kListBlock;
      Command list{.op = Command::Op::kRead, .read = Command::Read::kList};
      list.offset = uint32_t(block + 2) * kListBlock * 4;
      list.words = uint32_t(kListBlock * 4 / config.bus_bytes);
      if (block + 2 <= last_block) add(list);
    }
    add(c);
  }
  return words;
}

}  // namespace

int Command::size() const {
  return op == Op::kRead ? kReadWords : op == Op::kJob ? 1 + kJobWords + kStoreWords : 1;
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

void ProgramBuilder::AddLayer(const PreparedLayer& layer, int in, const Target& out, bool reads_outputs) {
  program_.layers.push_back({layer.layer.name, int(program_.jobs.size()), int(layer.jobs.size()),
                             CountTraffic(layer.jobs, config_)});
  layers_.push_back({layer, in, out, reads_outputs});
  for (const Job& job : layer.jobs) {
    program_.jobs.push_back(job);
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

// The lines of a transfer: one command for those of each image.
void ProgramBuilder::AddLines(const Transfer& t, uint32_t wait, std::vector<Command>* commands) const {
  const Job& job = program_.jobs[size_t(t.job)];
  const Place& in = tensors_[size_t(LayerOf(t.job).in)];
  for (int line = t.first; line < t.first + t.count;) {
    const int image = line / job.lines.count, y = line % job.lines.count;
    Command c{
        .op = Command::Op::kRead, .read = Command::Read::kLines, .job = t.job, .first = line, .wait = wait};
    c.words = job.words[kPitch];
    c.count = uint32_t(std::min(job.lines.count - y, t.first + t.count - line));
    c.pitch = in.row_pitch;
    c.offset = in.At(job.lines.image0 + image, job.lines.y0 + y, 0, 0) + uint32_t(job.lines.offset);
    commands->push_back(c);
    line += int(c.count);
  }
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
  std::vector<Command> commands;
  int next_job = 0;
  for (const Transfer& t : MakeSchedule(program_.jobs, config_, starts)) {
    const Job& job = program_.jobs[size_t(t.job)];
    const bool lines = t.kind == Transfer::Kind::kLines;
    if (lines) {
      AddLines(t, t.after_stores ? stored[size_t(t.job)] : 0, &commands);
    } else {
      Command c{.op = Command::Op::kRead, .read = Command::Read::kGroups, .job = t.job, .first = t.first};
      c.param_words = uint32_t(ParameterBusWords(job, config_));
      c.words = uint32_t(WeightBusWords(job, config_));
      c.count = uint32_t(t.count);
      c.pitch = (c.param_words + c.words) * uint32_t(config_.bus_bytes);
      c.offset = groups_at_[size_t(t.job)] + uint32_t(t.first) * c.pitch;
      commands.push_back(c);
    }
    // A job follows its first column groups, so that they load while the jobs before it fill the engine's
    // queue. The very first one follows the lines of its first tile, which load while it is read.
    const bool at_once = t.job > 0 || LinesOfTile(job, 0, config_).need == 0;
    if (next_job == t.job && (at_once || lines)) {
      commands.push_back({.op = Command::Op::kJob, .job = t.job});
      next_job++;
    }
  }
  commands.push_back({});
  return commands;
}

std::vector<uint32_t> ProgramBuilder::Encode(const Command& c) const {
  if (c.op == Command::Op::kEnd) return {uint32_t(c.op)};
  if (c.op == Command::Op::kRead)
    return {uint32_t(c.op) | uint32_t(c.read) << 8,
            c.offset,
            c.param_words,
            c.words,
            c.count - 1,
            c.pitch,
            c.wait & 0xffff};
  const Job& job = program_.jobs[size_t(c.job)];
  std::vector<uint32_t> words = {uint32_t(c.op) | (job.rows > 0 ? 1U << 8 : 0)};
  words.insert(words.end(), job.words.begin(), job.words.end());
  const Store& s = program_.stores[size_t(c.job)];
  const uint32_t x = uint32_t(s.target.factor_w * s.out.shape.c),
                 row = x * uint32_t(std::max(job.cols - 1, 0));
  const uint32_t y = uint32_t(s.target.factor_h) * s.out.row_pitch;
  const uint32_t image = y * uint32_t(std::max(job.rows - 1, 0));
  const uint32_t total = uint32_t(job.lines.images) * uint32_t(job.rows) * uint32_t(job.cols);
  const uint32_t pass = job.groups == 1 ? total : uint32_t(config_.rows / job.window);
  const uint32_t store[kStoreWords] = {s.At(job.lines.image0, job.oy0, job.ox0, job.k0),
                                       uint32_t(job.per_group),
                                       x,
                                       y - row,
                                       s.out.image_pitch() - image - row,
                                       uint32_t(job.cols - 1),
                                       uint32_t(job.rows - 1),
                                       pass,
                                       total,
                                       uint32_t(job.groups - 1)};
  words.insert(words.end(), std::begin(store), std::end(store));
  return words;
}

std::vector<uint32_t> ProgramBuilder::EncodeList() const {
  const auto log2 = [](int v) { return uint32_t(std::countr_zero(unsigned(v))); };
  const Config& c = config_;
  std::vector<uint32_t> list = {
      kListMagic,
      kListVersion,
      0,
      0,
      uint32_t(c.bus_bytes) << 24 | uint32_t(c.lanes) << 16 | uint32_t(c.cols) << 8 | uint32_t(c.rows),
      uint32_t(c.acc_bits) << 16 | log2(c.weight_buffer_bytes) << 8 | log2(c.line_buffer_bytes),
      uint32_t(program_.jobs.size()),
      0};
  for (const Command& command : program_.commands) {
    const std::vector<uint32_t> words = Encode(command);
    list.insert(list.end(), words.begin(), words.end());
  }
  list[2] = uint32_t(list.size());
  uint32_t sum = 0;
  for (const uint32_t word : list) sum += word;
  list[3] = -sum;
  return list;
}

Program ProgramBuilder::Build() {
  for (int j = 0; j < int(program_.jobs.size()); j++) PlaceGroups(LayerOf(j), program_.jobs[size_t(j)], j);
  const std::vector<Command> commands = MakeCommands();
  const int upper = AddListReads(commands, INT_MAX, config_, &program_.commands);
  const int words = AddListReads(commands, (upper - 1) / kListBlock, config_, &program_.commands);
  program_.list_bytes = uint32_t(RoundUp(std::max(words, upper), kListBlock)) * 4;

  const uint32_t data_at = program_.list_bytes, tensors_at = AlignUp(data_at + data_bytes_);
  for (Place& tensor : tensors_) tensor.offset += tensors_at;
  program_.window_bytes = AlignUp(tensors_at + tensors_end_);
  for (Command& c : program_.commands)
    if (c.op == Command::Op::kRead && c.read != Command::Read::kList)
      c.offset += c.read == Command::Read::kGroups ? data_at : tensors_at;
  for (size_t j = 0; j < program_.jobs.size(); j++) {
    const Layer& layer = LayerOf(int(j));
    program_.stores.push_back({tensors_[size_t(layer.out.tensor)], layer.out});
  }

  const std::vector<uint32_t> list = EncodeList();
  program_.image.resize(program_.list_bytes);
  std::memcpy(program_.image.data(), list.data(), list.size() * 4);
  program_.image.insert(program_.image.end(), data_.begin(), data_.end());
  return program_;
}

}  // namespace weft
