// SPDX-License-Identifier: Apache-2.0
// Simulation speed: the Verilated engine beside the bare Verilated systolic_array of the same size, and the
// golden model. Everything runs on one thread and is timed in processor time; of several rounds the fastest
// counts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>

#include "Varray_8x16.h"
#include "Varray_8x8.h"
#include "compiler/chain.hpp"
#include "sim/cli/conv_layer.hpp"
#include "sim/cli/report.hpp"
#include "sim/harness/harness.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/golden/golden_fast.hpp"

namespace weft::cli {
namespace {

constexpr int kRounds = 5;

double Seconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

// Height = width, input channels, output channels and filter size of 3x3-like layers as VGG and ResNet have
// them.
struct Case {
  const char* name;
  int size, in, out, kernel;
};
constexpr Case kEngineCase{"3x3 28x28x128 -> 64", 28, 128, 64, 3};
constexpr Case kGoldenCases[] = {{"3x3 112x112x64 -> 128", 112, 64, 128, 3},
                                 {"3x3 56x56x128 -> 128", 56, 128, 128, 3},
                                 {"3x3 14x14x512 -> 512", 14, 512, 512, 3},
                                 {"1x1 56x56x256 -> 64", 56, 256, 64, 1},
                                 {"3x3 224x224x3 -> 64", 224, 3, 64, 3}};

ConvCase MakeCase(const Case& shape) {
  ConvOptions o;
  o.in = fmt::format("{}x{}x{}", shape.size, shape.size, shape.in);
  o.filters = fmt::format("{}x{}x{}", shape.out, shape.kernel, shape.kernel);
  o.pad = std::to_string(shape.kernel / 2);
  return MakeConvCase(o);
}

// The array alone: tiles of `beats` random products one after the other, drained as the engine drains them.
template <typename Model>
class BareArray {
 public:
  explicit BareArray(const Config& config) : config_(config), model_(&context_, "systolic_array") {
    std::mt19937_64 random(1);
    for (uint64_t& word : data_) word = random();
  }
  void Run(int64_t cycles, int beats) {
    constexpr int kFirst = 1 << 1, kLast = 1 << 2, kShift = 1 << 3;  // CTL_* of rtl/weft_pkg.sv
    const int steps = config_.Steps();
    int beat = 0;
    for (int64_t t = 0; t < cycles; t++) {
      std::memcpy(&model_.act_i, &data_[size_t(t) % 1024], sizeof model_.act_i);
      std::memcpy(&model_.wgt_i, &data_[size_t(t * 7 + 1) % 1024], sizeof model_.wgt_i);
      const bool shifts = beat < steps * config_.rows && beat % steps == steps - 1;
      model_.ctl_i =
          uint8_t(1 | (beat == 0 ? kFirst : 0) | (beat == beats - 1 ? kLast : 0) | (shifts ? kShift : 0));
      model_.clk_i = 1;
      model_.eval();
      model_.clk_i = 0;
      model_.eval();
      beat = beat == beats - 1 ? 0 : beat + 1;
    }
  }

 private:
  const Config& config_;
  VerilatedContext context_;
  Model model_;
  std::array<uint64_t, 1024 + 8> data_{};  // read at any of the first 1024 words
};

struct EngineSpeed {
  std::string config;
  int64_t cycles = 0;
  double engine = 0, bare = 0;  // cycles a second
  [[nodiscard]] double ratio() const { return engine / bare; }
};

// The engine and the bare array of a configuration in turn, so that both see the same machine.
template <typename Model>
EngineSpeed MeasureEngine(const std::string& name) {
  const Config config = Config::Load(name);
  const ConvCase c = MakeCase(kEngineCase);
  const PreparedLayer p = PrepareLayer(c.layer, c.input.shape, config);
  HarnessOptions options;
  options.memory = Memory::Parse("", config);
  Harness harness(config, options);
  BareArray<Model> bare(config);
  EngineSpeed speed;
  speed.config = name;
  double engine_seconds = 1e9, bare_seconds = 1e9;
  for (int round = 0; round < kRounds; round++) {
    engine_seconds = std::min(
        engine_seconds, Seconds([&] {
          speed.cycles =
              harness.Run(p.jobs, p.layer, c.input, golden::OutputShape(c.input.shape, c.layer)).cycles;
        }));
    bare_seconds = std::min(bare_seconds, Seconds([&] { bare.Run(speed.cycles, kEngineCase.in * 9); }));
  }
  speed.engine = double(speed.cycles) / engine_seconds;
  speed.bare = double(speed.cycles) / bare_seconds;
  return speed;
}

double MeasureGolden(const Case& shape) {
  const ConvCase c = MakeCase(shape);
  double seconds = 1e9;
  for (int round = 0; round < kRounds; round++)
    seconds = std::min(seconds, Seconds([&] { ConvFast(c.input, c.layer); }));
  return double(golden::Macs(c.input.shape, c.layer)) / seconds * 1e-9;
}

int Run(bool golden_only, double least_ratio, const std::string& json_option) {
  std::FILE* stream = TableStream(json_option);
  Json json;
  int status = 0;
  json["engines"] = Json::array();
  std::vector<EngineSpeed> speeds;
  if (!golden_only) speeds = {MeasureEngine<Varray_8x8>("8x8"), MeasureEngine<Varray_8x16>("8x16")};
  for (const EngineSpeed& s : speeds) {
    fmt::print(stream, "{}, {}, {} cycles: engine {:.0f} kHz, bare array {:.0f} kHz, ratio {:.2f}\n",
               s.config, kEngineCase.name, s.cycles, s.engine * 1e-3, s.bare * 1e-3, s.ratio());
    json["engines"].push_back(
        {{"config", s.config}, {"engine_hz", s.engine}, {"bare_array_hz", s.bare}, {"ratio", s.ratio()}});
    if (s.ratio() < least_ratio) status = 1;
  }
  std::vector<std::vector<std::string>> rows = {{"golden model, one thread", "GMAC/s"}};
  json["golden"] = Json::array();
  for (const Case& shape : kGoldenCases) {
    const double speed = MeasureGolden(shape);
    rows.push_back({shape.name, fmt::format("{:.1f}", speed)});
    json["golden"].push_back({{"name", shape.name},
                              {"size", shape.size},
                              {"in", shape.in},
                              {"out", shape.out},
                              {"kernel", shape.kernel},
                              {"gmacs", speed}});
  }
  PrintTable(stream, rows);
  WriteJson(json_option, json);
  return status;
}

}  // namespace
}  // namespace weft::cli

int main(int argc, char** argv) {
  CLI::App app("weft_throughput: how fast the simulation is");
  bool golden_only = false;
  double least_ratio = 0;
  std::string json;
  app.add_flag("--golden", golden_only, "the golden model only");
  app.add_option("--least", least_ratio,
                 "exit with 1 if an engine is slower than this share of its bare array");
  app.add_option("--json", json, "write JSON to a file, or to stdout with -");
  CLI11_PARSE(app, argc, argv);
  try {
    return weft::cli::Run(golden_only, least_ratio, json);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weft_throughput: {}\n", error.what());
    return 2;
  }
}
