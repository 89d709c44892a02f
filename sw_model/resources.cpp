// SPDX-License-Identifier: Apache-2.0
#include "sw_model/resources.hpp"

#include <algorithm>

#include "rtl/weft_pkg.hpp"
#include "sw_model/error.hpp"
#include "sw_model/list_format.hpp"

namespace weft {
namespace {

constexpr Part kParts[] = {
    {"ECP5-25F", 28, 56, 18, "Lattice FPGA-DS-02012"},   {"ECP5-45F", 72, 108, 18, "Lattice FPGA-DS-02012"},
    {"ECP5-85F", 156, 208, 18, "Lattice FPGA-DS-02012"}, {"GW2AR-18", 48, 46, 36, "Gowin DS226"},
    {"LIFCL-40", 56, 84, 36, "Lattice FPGA-DS-02049"},
};

// Memories of one shape (rtl/prim/ram.sv).
struct Rams {
  int count;
  int64_t width, depth;  // bits, words
};

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// As rtl/prim/ecp5/ram.sv chooses them: the widest shape of a block that is as deep, or several banks.
int64_t BlocksOf(const Rams& rams, int widest) {
  constexpr struct {
    int64_t depth;
    int width;
  } kShapes[] = {{512, 36}, {1024, 18}, {2048, 9}, {4096, 4}, {8192, 2}, {16384, 1}};
  const auto* shape = std::begin(kShapes);
  while (shape->width > widest) shape++;
  while (shape + 1 != std::end(kShapes) && shape->depth < rams.depth) shape++;
  return rams.count * CeilDiv(rams.width, shape->width) * CeilDiv(rams.depth, shape->depth);
}

// Of rtl/engine/line_buffer.sv: two banks of words, as wide as the bus or more of them side by side.
Rams LineRams(int bytes, int word, int bus_bytes) {
  return {2 * (word / bus_bytes), 8 * bus_bytes, bytes / (2 * word)};
}

}  // namespace

std::span<const Part> Parts() { return kParts; }

const Part& FindPart(const std::string& name) {
  std::string known;
  for (const Part& part : kParts) {
    if (part.name == name) return part;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", part.name);
  }
  throw Error("there is no part '{}'; name one of {}", name, known);
}

Resources ResourcesOf(const Config& config, int widest) {
  const int adds = config.residual_add;
  const int add_lanes = adds * std::max(1, config.lanes / 2);  // of residual_add
  constexpr int kRequantize = 4, kWalker = 1;                  // multipliers of requantize and pixel_walker
  constexpr int kEntries = rtl::weft_pkg::DW_ENTRIES;
  const int depthwise = config.depthwise_taps > 0 ? 1 : 0;
  const int weight_slices = std::max(1, config.Cpad() / config.bus_bytes);
  constexpr int kListQueueBytes = 4 * kListBlockBytes;  // of command_reader
  const Rams rams[] = {
      LineRams(config.line_buffer_bytes, config.Word(), config.bus_bytes),
      {weight_slices, 8 * config.bus_bytes, config.weight_buffer_bytes / (weight_slices * config.bus_bytes)},
      {1, 70 * config.lanes, config.ParamEntries()},  // param_buffer
      LineRams(adds * config.ResidualBytes(), std::max(config.Cpad(), config.bus_bytes),
               config.bus_bytes),                                               // residual
      {2 * add_lanes, 32, 256},                                                 // add_tables
      {depthwise, int64_t{8} * config.depthwise_taps * config.cols, kEntries},  // depthwise_params
      {depthwise, 70 * add_lanes, kEntries},                                    // ... its param_buffer
      {1, 8 * config.bus_bytes, kListQueueBytes / config.bus_bytes},            // the list's queue
  };
  Resources r;
  const int columns = (config.cols + config.macs_per_multiplier - 1) / config.macs_per_multiplier;
  r.multipliers = config.rows * columns + kRequantize * (config.lanes + add_lanes) + kWalker;
  for (const Rams& ram : rams) {
    r.ram_bits += ram.count * ram.width * ram.depth;
    r.blocks += int(BlocksOf(ram, widest));
  }
  return r;
}

}  // namespace weft
