// SPDX-License-Identifier: Apache-2.0
#include "sw_model/config.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "driver/weft_regs.h"
#include "rtl/weft_pkg.hpp"
#include "sw_model/error.hpp"
#include "sw_model/folders.hpp"

namespace weft {
namespace {

int PowerOfTwoAtLeast(int x) { return int(std::bit_ceil(unsigned(x))); }

void RequireRange(const Config& c, const char* key, int value, int lo, int hi) {
  if (value < lo || value > hi)
    throw Error("configuration {}: {} is {}, choose {} to {}", c.name, key, value, lo, hi);
}

void RequirePowerOfTwo(const Config& c, const char* key, int value, int lo, int hi) {
  RequireRange(c, key, value, lo, hi);
  if (!std::has_single_bit(unsigned(value)))
    throw Error("configuration {}: {} is {}, choose a power of two such as {}", c.name, key, value,
                PowerOfTwoAtLeast(value));
}

std::string ShippedNames() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(FindFolder(WEFT_CONFIG_DIRS), ignored))
    if (file.path().extension() == ".json") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void Config::Check() const {
  RequireRange(*this, "rows", rows, 2, 64);
  RequireRange(*this, "cols", cols, 2, 64);
  RequireRange(*this, "lanes", lanes, 1, cols / 2);
  if (cols % lanes != 0)
    throw Error("configuration {}: lanes is {}, choose a divisor of cols ({})", name, lanes, cols);
  RequirePowerOfTwo(*this, "bus_bytes", bus_bytes, 4, 64);
  RequirePowerOfTwo(*this, "line_buffer_bytes", line_buffer_bytes, 4 * Word(), 1 << 18);
  RequirePowerOfTwo(*this, "weight_buffer_bytes", weight_buffer_bytes, 16 * std::max(Cpad(), bus_bytes),
                    1 << 24);
  RequireRange(*this, "acc_bits", acc_bits, 20, 32);
  RequireRange(*this, "macs_per_multiplier", macs_per_multiplier, 1, 2);
  if (depthwise_taps != 0 && depthwise_taps != 1 && depthwise_taps != 3)
    throw Error("configuration {}: depthwise_taps is {}, choose 0, 1 or 3", name, depthwise_taps);
  RequireRange(*this, "residual_add", residual_add, 0, 1);
  if (residual_add == 0 && depthwise_taps != 0)
    throw Error(
        "configuration {}: depthwise_taps is {} without residual_add, choose 0, or 1 for residual_add", name,
        depthwise_taps);
}

Config Config::Load(const std::string& name_or_file) {
  namespace fs = std::filesystem;
  fs::path path = FindFolder(WEFT_CONFIG_DIRS) / (name_or_file + ".json");
  if (name_or_file.find('/') != std::string::npos || !fs::is_regular_file(path)) path = name_or_file;
  if (!fs::is_regular_file(path))
    throw Error("there is no configuration '{}': name one of {}, or a JSON file", name_or_file,
                ShippedNames());
  Config config;
  config.name = name_or_file;
  try {
    std::ifstream file(path);
    const auto json = nlohmann::json::parse(file);
    for (const auto& item : json.items())
      if (std::ranges::none_of(kConfigFields, [&](const ConfigField& f) { return f.key == item.key(); }))
        throw Error("configuration {}: '{}' is not a key; see docs/configuration.md", name_or_file,
                    item.key());
    for (const ConfigField& field : kConfigFields) {
      if (!json.contains(field.key) && field.optional) continue;
      if (!json.contains(field.key))
        throw Error("configuration {}: '{}' is missing", name_or_file, field.key);
      const auto& value = json.at(field.key);
      if (!value.is_number_integer() || value.get<int64_t>() < 0 || value.get<int64_t>() > (1 << 30))
        throw Error("configuration {}: {} must be a whole number, not {}", name_or_file, field.key,
                    value.dump());
      config.*field.value = value.get<int>();
    }
  } catch (const nlohmann::json::exception& e) {
    throw Error("configuration {} is not valid JSON: {}", name_or_file, e.what());
  }
  config.Check();
  return config;
}

Config Config::FromKey(const std::string& name, const std::string& key) {
  Config c;
  c.name = name;
  const int numbers = std::sscanf(key.c_str(), "r%9dc%9dl%9d-lb%9d-wb%9d-b%9d-a%9d-d%9d-m%9d", &c.rows,
                                  &c.cols, &c.lanes, &c.line_buffer_bytes, &c.weight_buffer_bytes,
                                  &c.bus_bytes, &c.acc_bits, &c.depthwise_taps, &c.macs_per_multiplier);
  c.residual_add = key.ends_with("-n") ? 0 : 1;
  if (numbers < 8 || c.Key() != key) throw Error("'{}' is not the key of a configuration", key);
  c.Check();
  return c;
}

Config Config::FromRegisters(uint32_t config0, uint32_t config1) {
  const auto field = [](uint32_t value, uint32_t mask, int shift) { return int((value & mask) >> shift); };
  const auto bytes = [&](uint32_t mask, int shift) { return 1 << std::min(field(config1, mask, shift), 30); };
  Config c;
  c.rows = field(config0, WEFT_CONFIG0_ROWS_MASK, WEFT_CONFIG0_ROWS_SHIFT);
  c.cols = field(config0, WEFT_CONFIG0_COLS_MASK, WEFT_CONFIG0_COLS_SHIFT);
  c.lanes = field(config0, WEFT_CONFIG0_LANES_MASK, WEFT_CONFIG0_LANES_SHIFT);
  c.bus_bytes = field(config0, WEFT_CONFIG0_BUS_BYTES_MASK, WEFT_CONFIG0_BUS_BYTES_SHIFT);
  c.line_buffer_bytes = bytes(WEFT_CONFIG1_LOG2_LINE_BYTES_MASK, WEFT_CONFIG1_LOG2_LINE_BYTES_SHIFT);
  c.weight_buffer_bytes = bytes(WEFT_CONFIG1_LOG2_WEIGHT_BYTES_MASK, WEFT_CONFIG1_LOG2_WEIGHT_BYTES_SHIFT);
  c.acc_bits = field(config1, WEFT_CONFIG1_ACC_BITS_MASK, WEFT_CONFIG1_ACC_BITS_SHIFT);
  c.depthwise_taps = field(config1, WEFT_CONFIG1_DEPTHWISE_TAPS_MASK, WEFT_CONFIG1_DEPTHWISE_TAPS_SHIFT);
  c.residual_add = (config1 & WEFT_CONFIG1_NO_RESIDUAL_ADD) == 0 ? 1 : 0;
  c.name = c.Key();
  c.Check();
  return c;
}

std::string Config::Key() const {
  return fmt::format("r{}c{}l{}-lb{}-wb{}-b{}-a{}-d{}{}{}", rows, cols, lanes, line_buffer_bytes,
                     weight_buffer_bytes, bus_bytes, acc_bits, depthwise_taps,
                     macs_per_multiplier == 1 ? "" : fmt::format("-m{}", macs_per_multiplier),
                     residual_add == 0 ? "-n" : "");
}

uint32_t Config::Register0() const {
  return uint32_t(rows) << WEFT_CONFIG0_ROWS_SHIFT | uint32_t(cols) << WEFT_CONFIG0_COLS_SHIFT |
         uint32_t(lanes) << WEFT_CONFIG0_LANES_SHIFT | uint32_t(bus_bytes) << WEFT_CONFIG0_BUS_BYTES_SHIFT;
}

uint32_t Config::Register1() const {
  const auto log2 = [](int bytes) { return uint32_t(std::countr_zero(unsigned(bytes))); };
  return log2(line_buffer_bytes) << WEFT_CONFIG1_LOG2_LINE_BYTES_SHIFT |
         log2(weight_buffer_bytes) << WEFT_CONFIG1_LOG2_WEIGHT_BYTES_SHIFT |
         uint32_t(acc_bits) << WEFT_CONFIG1_ACC_BITS_SHIFT |
         uint32_t(depthwise_taps) << WEFT_CONFIG1_DEPTHWISE_TAPS_SHIFT |
         (residual_add == 0 ? WEFT_CONFIG1_NO_RESIDUAL_ADD : 0U);
}

int Config::Word() const { return std::max(PowerOfTwoAtLeast(2 * rows), bus_bytes); }
int Config::Cpad() const { return PowerOfTwoAtLeast(cols); }
int Config::WeightPack() const { return std::max(1, bus_bytes / Cpad()); }
int Config::ParamBeats() const { return (9 * lanes + bus_bytes - 1) / bus_bytes; }
int Config::ResidualBytes() const { return std::max(line_buffer_bytes / 2, 4 * std::max(Cpad(), bus_bytes)); }
int Config::AddSteps() const { return (cols + AddLanes() - 1) / AddLanes(); }
int Config::DepthwiseEntries() const { return ResidualBytes() / std::max(Cpad(), bus_bytes); }
int Config::OutDepth() const {
  const int on_its_way = Word() + cols + rtl::weft_pkg::PIXEL_LATENCY;
  return PowerOfTwoAtLeast((on_its_way + rtl::weft_pkg::PLACE_MARGIN) / Steps() + 3 * rows);
}
int Config::WalkDepth() const { return 4 * PowerOfTwoAtLeast(rows); }

}  // namespace weft
