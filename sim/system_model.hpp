// The seam between the system harness and a Verilated weft_core; a library for each configuration, like the
// engine's (sim/rtl_model.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "sw_model/causes.hpp"
#include "sw_model/config.hpp"

namespace weft {

// The ports of weft_core. Outputs are those before the next clock edge; none of them depends on an input of
// the same cycle.
struct SystemPins {
  bool reset = false, start = false, abort = false;
  uint64_t base = 0;
  uint32_t size = 0, list_offset = 0, list_bytes = 0, watchdog = 0;
  bool ar_ready = false, aw_ready = false, w_ready = false;
  bool r_valid = false, r_last = false, r_error = false, b_valid = false, b_error = false;
  const uint8_t* r_data = nullptr;  // bus_bytes bytes, while r_valid

  bool busy = false, done = false;
  uint8_t code = 0;
  uint32_t error_offset = 0, error_command = 0;
  bool ar_valid = false, r_ready = false, aw_valid = false, w_valid = false;
  uint64_t ar_addr = 0, aw_addr = 0;
  uint8_t ar_len = 0;
  std::array<uint8_t, 64> w_data{};
  uint64_t w_strb = 0;
};

struct SystemCounters {
  int64_t cycles = 0, bytes_read = 0, bytes_written = 0;
  CauseCounts counts{};
};

class SystemModel {
 public:
  virtual ~SystemModel() = default;
  virtual void Cycle(
      SystemPins* pins) = 0;  // one clock edge with the inputs in pins; fills in the outputs after it
  [[nodiscard]] virtual SystemCounters Counters() const = 0;    // of the last run, after it has ended
  [[nodiscard]] virtual CauseCounts RunningCounts() const = 0;  // of the run so far
};

using SystemModelPtr = std::unique_ptr<SystemModel, void (*)(SystemModel*)>;

// Throws Error that names the command which builds the model if it is not there.
SystemModelPtr LoadSystemModel(const Config& config);

}  // namespace weft
