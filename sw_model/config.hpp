// SPDX-License-Identifier: Apache-2.0
// The one configuration object: everything that sizes the engine, and what follows from it.
// A configuration is a JSON file (configs/*.json); RTL parameters, C++ and documentation all come from it.
#pragma once

#include <array>
#include <string>

namespace weft {

struct Config {
  std::string name;             // of the file, or its path
  int rows = 8;                 // output pixels side by side; 2..64
  int cols = 8;                 // output channels side by side; 2..64
  int lanes = 4;                // requantiser lanes; divides cols, at most cols/2
  int line_buffer_bytes = 0;    // a power of two, at least 4 words, at most 256 KiB
  int weight_buffer_bytes = 0;  // a power of two, at least 16 weight words, at most 16 MiB
  int bus_bytes = 8;            // bytes of a stream beat; a power of two, 4..64
  int acc_bits = 32;            // accumulator width; 20..32
  int macs_per_multiplier = 1;  // MACs a cycle of one multiplier of the array; 1 or 2
  int depthwise_taps = 3;       // multipliers a column of the fused depthwise convolution; 0 (none), 1 or 3
  int residual_add = 1;         // 0: nothing is added behind the engine, and there are no taps

  // Throws Error with a sentence that says what to change.
  void Check() const;
  // NAME of a shipped configuration, or a JSON FILE. Throws Error.
  static Config Load(const std::string& name_or_file);
  // From its key; throws Error if it is none.
  static Config FromKey(const std::string& name, const std::string& key);
  // From the registers CONFIG0 and CONFIG1 of hardware; its name is its key. Throws Error if they hold none.
  // They say nothing of macs_per_multiplier, which is 1: programs and cycles are the same.
  static Config FromRegisters(uint32_t config0, uint32_t config1);
  // Identifies the hardware, whatever the file is called: "r8c8l4-lb65536-wb131072-b8-a32-d3", with two
  // MACs a multiplier "...-d3-m2", without residual_add "...-d0-n".
  [[nodiscard]] std::string Key() const;

  // The registers CONFIG0 and CONFIG1 (docs/registers.md), the latter without ADDR_BITS: the list's header
  // has them, too.
  [[nodiscard]] uint32_t Register0() const;
  [[nodiscard]] uint32_t Register1() const;

  // Derived as in rtl/engine/conv_engine.sv.
  [[nodiscard]] int Word() const;                           // bytes of the longest chunk
  [[nodiscard]] int Cpad() const;                           // bytes of a weight word
  [[nodiscard]] int Steps() const { return cols / lanes; }  // N: cycles to drain one row
  // Whether a column shares its multipliers with a neighbour: 2i with 2i + 1.
  [[nodiscard]] bool IsPaired(int col) const { return macs_per_multiplier == 2 && (col | 1) < cols; }
  [[nodiscard]] int WeightWords() const { return weight_buffer_bytes / Cpad(); }
  [[nodiscard]] int WeightPack() const;                   // weight words of a bus word, at least 1
  [[nodiscard]] int ParamEntries() const { return 512; }  // of `lanes` channels
  [[nodiscard]] int ParamBeats() const;                   // bus words of a parameter entry
  [[nodiscard]] int ResidualBytes() const;                // buffer of residual lines
  [[nodiscard]] int AddLanes() const { return lanes > 1 ? lanes / 2 : 1; }  // of what is behind the engine
  [[nodiscard]] int AddSteps() const;  // cycles in which it requantises a pixel
  // Entries of the inner tensor of a fused depthwise convolution, in the residual's buffer.
  [[nodiscard]] int DepthwiseEntries() const;
  [[nodiscard]] int OutDepth() const;   // pixels between sequencer and store
  [[nodiscard]] int WalkDepth() const;  // pixels that the walker runs ahead
};

// What is in the file: its key, the parameter of rtl/system/weft_top.sv.
struct ConfigField {
  const char *key, *parameter;
  int Config::*value;
  bool optional = false;  // a file may leave it out
};
inline constexpr std::array<ConfigField, 10> kConfigFields = {
    {{"rows", "ROWS", &Config::rows},
     {"cols", "COLS", &Config::cols},
     {"lanes", "LANES", &Config::lanes},
     {"line_buffer_bytes", "LINE_BYTES", &Config::line_buffer_bytes},
     {"weight_buffer_bytes", "WEIGHT_BYTES", &Config::weight_buffer_bytes},
     {"bus_bytes", "BUS_BYTES", &Config::bus_bytes},
     {"acc_bits", "ACC_W", &Config::acc_bits},
     {"macs_per_multiplier", "MACS_PER_MULT", &Config::macs_per_multiplier, true},
     {"depthwise_taps", "DW_TAPS", &Config::depthwise_taps},
     {"residual_add", "RESIDUAL_ADD", &Config::residual_add, true}}};

}  // namespace weft
