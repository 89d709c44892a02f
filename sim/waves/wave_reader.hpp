// SPDX-License-Identifier: Apache-2.0
// Waveform files for reading: one interface over FST and VCD.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// A variable of bits. Reals, strings and events are left out of the lists of variables.
struct WaveVariable {
  std::string name;  // "tb.dut.gen_row[0].act_o": scopes and name, without the range [7:0] of a vector
  int bits;
  uint32_t handle;  // variables of one handle are the same wires under several names
};

struct WaveHeader {
  std::vector<WaveVariable> variables;  // as they are declared
  int timescale = -12;                  // a unit of time is 10^timescale seconds
  uint32_t left_out = 0;                // reals, strings and events
};

class WaveReader {
 public:
  // Called in order of time; the value has as many characters as its variable has bits: 0, 1, x, z and what
  // VHDL adds, most significant first. Returns whether to go on.
  using OnChange = std::function<bool(uint64_t time, uint32_t handle, std::string_view value)>;

  virtual ~WaveReader() = default;
  virtual const WaveHeader& Header() const = 0;
  // The changes of the variables with these handles, from the first one. Throws Error. To be called once.
  virtual void ReadChanges(const std::vector<uint32_t>& handles, const OnChange& on_change) = 0;
};

// Opens an FST or VCD file, told apart by what is in them. Throws Error. The FST library may end the process
// or crash on damaged files that pass the checks made here: see wave_samples.hpp, which does the reading in a
// child process.
std::unique_ptr<WaveReader> OpenWaves(const std::filesystem::path& path);

// The name of a variable as WaveVariable has it: "act_o [7:0]" is "act_o", "\mem [3]" is "mem[3]".
std::string PlainName(std::string_view name);

}  // namespace weft
