// weft_top with a small program that is known to be good: for tests that damage it, or its memory, and then
// run it again.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "compiler/lower.hpp"
#include "sim/system.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden.hpp"
#include "sw_model/list_model.hpp"
#include "tests/sim/engine_check.hpp"

namespace weft {

// Five layers one after the other, or only the first of them: several jobs, several column groups, a list of
// some blocks.
struct GoodProgram {
  GoodProgram(const Config& config, bool with_data, int layers = 5)
      : GoodProgram(config, with_data, FirstSpecs(layers)) {}
  static std::vector<LayerSpec> FirstSpecs(int layers) {
    std::vector<LayerSpec> specs = {
        {"conv", {1, 8, 7, 6}, 9, Conv(3, 3, 1, 1, 1)},
        {"pointwise, pooled", {1, 8, 7, 9}, 11, Conv(1, 1), 1, Pool(2, 2)},
        {"depthwise", {1, 4, 3, 11}, 11, Conv(3, 3, 1, 1, 1), 11},
        {"grouped", {1, 4, 3, 11}, 22, Conv(2, 2), 11},
        {"scores", {1, 3, 2, 22}, 10, Conv(3, 2)},
    };
    specs.resize(size_t(layers));
    return specs;
  }
  // Any layers, each of which takes what the one before gives.
  GoodProgram(const Config& config, bool with_data, const std::vector<LayerSpec>& specs) {
    graph.tensors.push_back({"input", specs[0].in});
    for (const LayerSpec& spec : specs) {
      const RandomLayer r = MakeLayer(spec, graph.nodes.size() + 1);
      if (graph.nodes.empty()) input = expected = r.input;
      const TensorI8 before = expected;
      expected = golden::Conv(before, r.layer);
      const int in = Append({.name = spec.name, .op = Op::kConv, .conv = r.layer}, {});
      if (expected.shape != before.shape) continue;
      const AddLayer add = golden::MakeAdd(0.5F, 3, 0.7F, -5, 0.9F, 2);
      expected = golden::Add(expected, before, add);
      Append({.name = "add", .op = Op::kAdd, .add = add}, {in});
    }
    graph.output = int(graph.tensors.size()) - 1;
    const std::vector<Segment> segments = Lower(graph);
    if (segments.size() != 1) throw Error("the good program is more than one");
    lowered = segments[0];
    segment = CompileSegment(graph, lowered, 1, config, false, with_data);
  }
  [[nodiscard]] const Program& program() const { return segment.program; }

  // A node that reads the last tensor and others, and gives one of the shape of `expected`. Returns the
  // tensor before.
  int Append(Node node, const std::vector<int>& others) {
    const int last = int(graph.tensors.size()) - 1;
    node.inputs = {last};
    node.inputs.insert(node.inputs.end(), others.begin(), others.end());
    node.output = last + 1;
    graph.tensors.push_back({node.name, expected.shape});
    graph.nodes.push_back(std::move(node));
    return last;
  }

  Graph graph;
  TensorI8 input, expected;
  Segment lowered;
  SegmentProgram segment;
};

class SystemCheck {
 public:
  SystemCheck(const std::string& config_name, const Memory& memory, double stalls = 0, uint64_t seed = 1,
              int layers = 5)
      : SystemCheck(config_name, memory, stalls, seed, GoodProgram::FirstSpecs(layers)) {}
  SystemCheck(const std::string& config_name, const Memory& memory, double stalls, uint64_t seed,
              const std::vector<LayerSpec>& specs)
      : config(Config::Load(config_name)),
        good(config, true, specs),
        system(config, {memory, stalls, seed}),
        stalls_(stalls) {}

  // Puts the good program and its input into memory.
  void Load() {
    system.Load(good.program());
    const SegmentProgram::Input& in = good.segment.inputs.at(0);
    system.Write(in.place, in.interleaved
                               ? InterleaveInput(good.lowered.layers.at(size_t(in.layer)).conv, good.input)
                               : good.input);
    system.memory().Clear();
  }
  // The good program gives the right output, whatever was before it, and without pauses in the same number of
  // cycles.
  CycleResult ExpectGood() {
    Load();
    CycleResult result;
    try {
      result = system.Run(good.program(), 3'000'000);
      EXPECT_EQ(
          FirstDifference(good.expected, system.Read(*good.segment.outputs.at(size_t(good.graph.output)))),
          "");
      if (stalls_ == 0 && good_cycles_ > 0) {
        EXPECT_EQ(result.cycles, good_cycles_) << "of the good program";
      }
      good_cycles_ = result.cycles;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "the good program: " << error.what();
    }
    return result;
  }

  // The list in memory.
  uint32_t Word(int64_t index) {
    uint32_t word = 0;
    std::memcpy(&word, &system.memory().bytes.at(size_t(4 * index)), 4);
    return word;
  }
  void SetWord(int64_t index, uint32_t word) {
    std::memcpy(&system.memory().bytes.at(size_t(4 * index)), &word, 4);
  }
  int64_t Words() { return Word(2); }
  // All words that the good list has add up to 0 again.
  void FixChecksum(int64_t words) {
    SetWord(3, 0);
    uint32_t sum = 0;
    for (int64_t i = 0; i < words; i++) sum += Word(i);
    SetWord(3, -sum);
  }
  // Where each command begins.
  [[nodiscard]] std::vector<int64_t> CommandsAt() const {
    std::vector<int64_t> at;
    int64_t word = kListHeader;
    for (const Command& command : good.program().commands) {
      at.push_back(word);
      word += command.size();
    }
    return at;
  }

  // Starts whatever is in memory, without the driver's checks.
  struct Start {
    uint64_t base, window_bytes, list_address;
    uint32_t list_bytes, watchdog = 20000;
  };
  [[nodiscard]] Start GoodStart() {
    const uint64_t base = system.memory().base;
    return {base, good.program().window_bytes, base, good.program().list_bytes};
  }
  void Go(const Start& start) {
    const auto put = [&](uint32_t offset, uint64_t value) {
      system.bus().write(system.bus().context, offset, uint32_t(value));
    };
    put(WEFT_WINDOW_BASE_LO, start.base);
    put(WEFT_WINDOW_BASE_HI, start.base >> 32);
    put(WEFT_WINDOW_SIZE_LO, start.window_bytes);
    put(WEFT_WINDOW_SIZE_HI, start.window_bytes >> 32);
    put(WEFT_LIST_ADDR_LO, start.list_address);
    put(WEFT_LIST_ADDR_HI, start.list_address >> 32);
    put(WEFT_LIST_BYTES, start.list_bytes);
    put(WEFT_WATCHDOG, start.watchdog);
    put(WEFT_IRQ_ENABLE, WEFT_IRQ_ENABLE_DONE | WEFT_IRQ_ENABLE_ERROR);
    put(WEFT_CONTROL, WEFT_CONTROL_START);
  }
  uint32_t Register(uint32_t offset) { return system.bus().read(system.bus().context, offset); }

  Config config;
  GoodProgram good;
  System system;

 private:
  double stalls_;
  int64_t good_cycles_ = 0;
};

inline std::string CodeName(int code) { return weft_code_name(code); }

}  // namespace weft
