#include "sim/system.hpp"

#include <cstring>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint64_t kBase = 0x40000000;  // of the window, anywhere
constexpr const char* kCodes[] = {"OK",          "ABORTED",       "BAD_LIST",   "BAD_CHECKSUM",
                                  "BAD_COMMAND", "OUT_OF_WINDOW", "READ_ERROR", "WRITE_ERROR",
                                  "WATCHDOG",    "BAD_JOB"};
constexpr uint32_t kWatchdog = 2'000'000;

}  // namespace

System::System(const Config& config, const SystemOptions& options)
    : config_(config),
      model_(LoadSystemModel(config)),
      memory_(config, options.memory, options.stalls, options.seed) {
  memory_.base = kBase;
  pins_.reset = true;
  for (int i = 0; i < 4; i++) Cycle();
  pins_.reset = false;
  do Cycle();
  while (pins_.busy);
}

void System::Cycle() {
  memory_.Drive(now_, &pins_);
  model_->Cycle(&pins_);
  now_++;
}

void System::Load(const Program& program) {
  // What nobody has written must not matter.
  memory_.bytes.assign(program.window_bytes, 0xa5);
  std::memcpy(memory_.bytes.data(), program.image.data(), program.image.size());
}

void System::Write(const Place& place, const TensorI8& tensor) {
  const Shape& s = place.shape;
  if (tensor.shape != s) throw Error("a tensor of another shape than its place");
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      std::memcpy(&memory_.bytes[place.At(n, y, 0, 0)], tensor.data.data() + tensor.index(n, y, 0, 0),
                  size_t(s.w) * size_t(s.c));
}

TensorI8 System::Read(const Place& place) const {
  const Shape& s = place.shape;
  TensorI8 tensor(s);
  for (int n = 0; n < s.n; n++)
    for (int y = 0; y < s.h; y++)
      std::memcpy(&tensor.at(n, y, 0, 0), &memory_.bytes[place.At(n, y, 0, 0)], size_t(s.w) * size_t(s.c));
  return tensor;
}

int System::Start(uint32_t list_bytes, uint32_t window_bytes, uint32_t watchdog, int64_t most_cycles,
                  const std::vector<int64_t>& layer_bytes) {
  layer_ends_.clear();
  pins_.base = kBase;
  pins_.size = window_bytes;
  pins_.list_offset = 0;
  pins_.list_bytes = list_bytes;
  pins_.watchdog = watchdog;
  pins_.start = true;
  Cycle();
  pins_.start = false;
  const int64_t begin = now_;
  while (!pins_.done) {
    if (now_ - begin > most_cycles) throw Error("the hardware has not ended after {} cycles", most_cycles);
    Cycle();
    while (layer_ends_.size() < layer_bytes.size() &&
           memory_.bytes_confirmed() >= layer_bytes[layer_ends_.size()])
      layer_ends_.push_back({now_ - begin, model_->RunningCounts()});
  }
  const int code = pins_.code;
  while (pins_.busy) Cycle();
  memory_.Clear();
  return code;
}

CycleResult System::Run(const Program& program) {
  std::vector<int64_t> layer_bytes;
  int64_t bytes = 0;
  for (const ProgramLayer& layer : program.layers) {
    for (int j = layer.first_job; j < layer.first_job + layer.jobs; j++) {
      const Job& job = program.jobs[size_t(j)];
      bytes += int64_t{job.lines.images} * job.rows * job.cols * job.channels;
    }
    layer_bytes.push_back(bytes);
  }
  const int code =
      Start(program.list_bytes, uint32_t(program.window_bytes), kWatchdog, INT64_MAX, layer_bytes);
  if (code != 0)
    throw Error("the hardware stopped with {} at command {}, offset {:#x}", kCodes[code], pins_.error_command,
                pins_.error_offset);
  const SystemCounters c = model_->Counters();
  layer_ends_.back() = {c.cycles, c.counts};  // the last layer ends with the program
  return {c.cycles, c.counts, c.bytes_read, c.bytes_written, layer_ends_};
}

}  // namespace weft
