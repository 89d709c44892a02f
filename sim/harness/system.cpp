// SPDX-License-Identifier: Apache-2.0
#include "sim/harness/system.hpp"

#include <cstring>
#include <exception>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr uint64_t kBase = 0x40000000;    // of the window, anywhere
constexpr int64_t kWatchdog = 2'000'000;  // beside what the memory may take
constexpr int kRegisterCycles = 100;      // no register access takes longer

}  // namespace

System::System(const Config& config, const SystemOptions& options)
    : config_(config),
      model_(LoadSystemModel(config)),
      memory_(config, options.memory, options.stalls, options.seed) {
  bus_.context = this;
  bus_.read = [](void* system, uint32_t offset) {
    return static_cast<System*>(system)->ReadRegister(offset);
  };
  bus_.write = [](void* system, uint32_t offset, uint32_t value) {
    static_cast<System*>(system)->WriteRegister(offset, value);
  };
  bus_.wait = [](void* system) { static_cast<System*>(system)->WaitForInterrupt(); };
  memory_.base = kBase;
  pins_.reset = true;
  for (int i = 0; i < 4; i++) Cycle();
  pins_.reset = false;
}

void System::Cycle() {
  if (now_ >= deadline_) throw Timeout("the hardware has not ended in time");
  std::exception_ptr refused;  // the probe sees the cycle in which the memory refuses something, too
  try {
    memory_.Drive(now_, &pins_);
  } catch (const Error&) {
    refused = std::current_exception();
  }
  model_->Settle(pins_);
  if (probe != nullptr) probe->Cycle(now_);
  if (refused) std::rethrow_exception(refused);
  model_->Edge(&pins_);
  now_++;
  while (layer_ends_.size() < layer_bytes_.size() &&
         memory_.bytes_confirmed() >= layer_bytes_[layer_ends_.size()])
    layer_ends_.push_back({now_, model_->Counts()});
}

uint32_t System::ReadRegister(uint32_t offset) {
  pins_.s_ar_valid = pins_.s_r_ready = true;
  pins_.s_ar_addr = offset;
  for (int i = 0; i < kRegisterCycles; i++) {
    const bool taken = pins_.s_ar_ready, answered = pins_.s_r_valid;
    const uint32_t value = pins_.s_r_data, response = pins_.s_r_resp;
    Cycle();
    if (taken) pins_.s_ar_valid = false;
    if (!answered) continue;
    pins_.s_r_ready = false;
    if (response != 0) throw Error("the register at {:#x} answers a read with an error", offset);
    return value;
  }
  throw Error("the register at {:#x} does not answer", offset);
}

void System::WriteRegister(uint32_t offset, uint32_t value) {
  pins_.s_aw_valid = pins_.s_w_valid = pins_.s_b_ready = true;
  pins_.s_aw_addr = offset;
  pins_.s_w_data = value;
  for (int i = 0; i < kRegisterCycles; i++) {
    const bool address = pins_.s_aw_ready, data = pins_.s_w_ready, answered = pins_.s_b_valid;
    const uint32_t response = pins_.s_b_resp;
    Cycle();
    if (address) pins_.s_aw_valid = false;
    if (data) pins_.s_w_valid = false;
    if (!answered) continue;
    pins_.s_b_ready = false;
    if (response != 0) throw Error("the register at {:#x} answers a write with an error", offset);
    return;
  }
  throw Error("the register at {:#x} does not answer", offset);
}

void System::WaitForInterrupt() {
  const int64_t begin = now_;
  while (!pins_.irq) {
    if (later_after >= 0 && now_ - begin >= later_after) {
      later_after = -1;
      later();
      continue;  // it may have stepped
    }
    Cycle();
  }
  interrupt_ = now_;
  later_after = -1;
  if (on_interrupt) on_interrupt();
}

void System::Load(const Program& program) {
  // What nobody has written must not matter.
  memory_.bytes.assign(program.window_bytes, 0xa5);
  std::memcpy(memory_.bytes.data(), program.image.data(), program.image.size());
}

void System::Write(const Place& place, const TensorI8& tensor) {
  if (tensor.shape != place.shape) throw Error("a tensor of another shape than its place");
  const weft_place p = DriverPlace(place);
  weft_put(memory_.bytes.data(), &p, tensor.data.data());
}

TensorI8 System::Read(const Place& place) const {
  TensorI8 tensor(place.shape);
  const weft_place p = DriverPlace(place);
  weft_get(memory_.bytes.data(), &p, tensor.data.data());
  return tensor;
}

int System::RunList(uint32_t list_bytes, uint64_t window_bytes, uint32_t watchdog, int64_t most_cycles) {
  const weft_run run{kBase, window_bytes, list_bytes, watchdog};
  const int error = weft_start(&bus_, &run);
  if (error != WEFT_OK) throw Error("the driver does not start: {}", weft_code_name(error));
  return Wait(most_cycles);
}

uint32_t System::Watchdog() const { return uint32_t(kWatchdog + 4 * int64_t{memory_.timing().latency}); }

int System::Wait(int64_t most_cycles) {
  deadline_ = now_ + most_cycles;
  const int code = weft_wait(&bus_);
  deadline_ = INT64_MAX;
  return code;
}

void System::Step(int64_t cycles) {
  for (int64_t i = 0; i < cycles; i++) Cycle();
}

CycleResult System::Run(const Program& program, int64_t most_cycles) {
  const int error = weft_check_list(&bus_, memory_.bytes.data(), program.list_bytes);
  if (error != WEFT_OK) throw Error("the program does not run here: {}", weft_code_name(error));
  layer_bytes_.clear();
  layer_ends_.clear();
  memory_.Clear();
  int64_t bytes = 0;
  for (const ProgramLayer& layer : program.layers) layer_bytes_.push_back(bytes += layer.traffic.written);
  CycleResult result =
      ReadCounters(bus_, RunList(program.list_bytes, program.window_bytes, Watchdog(), most_cycles));
  if (memory_.conflicts() != 0) throw Error("{} write bursts that race with others", memory_.conflicts());
  if (layer_ends_.size() != layer_bytes_.size()) throw Error("the program does not write what its layers do");
  // The interrupt is there in the second cycle after the last one that counts. The last layer ends with the
  // program.
  for (const LayerEnd& layer : layer_ends_)
    result.layers.push_back({layer.end - interrupt_ + result.cycles + 1, layer.counts});
  result.layers.back() = {result.cycles, result.counts};
  return result;
}

}  // namespace weft
