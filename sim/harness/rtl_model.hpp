// SPDX-License-Identifier: Apache-2.0
// The seam between the harness and a Verilated conv_engine. Every configuration's model is a shared library
// of its own (engines/weft_engine_<key>.so beside the program), so one program runs them all.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "sw_model/causes.hpp"
#include "sw_model/config.hpp"

namespace weft {

// The ports of conv_engine. Outputs are those before the next clock edge; none of them depends on an input of
// the same cycle.
struct EnginePins {
  bool reset = false, count = false;
  bool job_valid = false, line_valid = false, line_last = false, weight_valid = false, param_valid = false,
       out_ready = false;
  const uint32_t* job = nullptr;                                       // kJobWords words, while job_valid
  const uint8_t *line = nullptr, *weight = nullptr, *param = nullptr;  // bus_bytes bytes, while valid

  bool job_ready = false, line_ready = false, weight_ready = false, param_ready = false;
  bool out_valid = false, out_final = false;
  int out_cols = 0;
  std::array<int8_t, 64> out{};
};

class RtlModel {
 public:
  virtual ~RtlModel() = default;
  virtual void Cycle(
      EnginePins* pins) = 0;  // one clock edge with the inputs in pins; fills in the outputs after it
  [[nodiscard]] virtual CauseCounts Counts() const = 0;
  // Memory of a signal of rtl/observed.vlt, little endian; null if there is none of this name. Scopes begin
  // with conv_engine.
  [[nodiscard]] virtual const uint8_t* Find(const std::string& scope, const std::string& name) const = 0;
  virtual void StartTrace(const std::string& fst_file) = 0;  // every cycle from now on is written
  virtual void StopTrace() = 0;
};

using RtlModelPtr = std::unique_ptr<RtlModel, void (*)(RtlModel*)>;

// Loads the model of a configuration; throws Error that names the command which builds it if it is not there.
// The one with `waves` knows its signals (Find) and can write traces; the other one is faster.
RtlModelPtr LoadRtlModel(const Config& config, bool waves);

}  // namespace weft
