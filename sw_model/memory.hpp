// SPDX-License-Identifier: Apache-2.0
// The memory that the engine streams from and to: `width` bytes a cycle each way, `latency` cycles from a
// request to its first data; reads come in the order of the schedule, without a gap between pieces.
#pragma once

#include <string>

#include "sw_model/config.hpp"

namespace weft {

struct Memory {
  int width = 8;     // bytes a cycle, reads and writes each; 1..bus_bytes
  int latency = 40;  // cycles, at least 1

  // "WIDTH:LATENCY"; empty: the bus width of the configuration and 40 cycles. A memory wider than the bus is
  // as fast as the bus (and says so on stderr). Throws Error.
  static Memory Parse(const std::string& text, const Config& config);
  [[nodiscard]] int ReadCycles(const Config& config) const {
    return (config.bus_bytes + width - 1) / width;
  }  // of a bus word
  [[nodiscard]] int WriteCycles(int bytes) const { return (bytes + width - 1) / width; }
};

}  // namespace weft
