// SPDX-License-Identifier: Apache-2.0
// weft_top with a small program that is known to be good: for tests that damage it, or its memory, and then
// run it again.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/harness/system.hpp"
#include "tests/sw_model/cycles/list_damage.hpp"

namespace weft {

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
    for (const SegmentProgram::Input& in : good.segment.inputs)
      system.Write(in.place, in.interleaved
                                 ? InterleaveInput(good.lowered.layers.at(size_t(in.layer)).conv, good.input)
                                 : good.input);
    system.memory().Clear();
  }
  // The good program gives the right output, whatever was before it, and without pauses in the same number of
  // cycles.
  CycleResult ExpectGood() {
    Load();
    system.Step(system.memory().timing().ReadCycles(config));  // the last word before it has gone
    CycleResult result;
    try {
      result = system.Run(good.program(), 3'000'000);
      EXPECT_EQ(
          FirstDifference(good.expected, system.Read(*good.segment.outputs.at(size_t(good.graph.output())))),
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
  ListWords list() { return ListWords{&system.memory().bytes}; }
  uint32_t Word(int64_t index) { return list().Word(index); }
  void SetWord(int64_t index, uint32_t word) { list().SetWord(index, word); }
  [[nodiscard]] int64_t Words() const { return WordsOf(good.program()); }
  void FixChecksum() { list().FixChecksum(good.program()); }
  [[nodiscard]] std::vector<int64_t> CommandsAt() const { return weft::CommandsAt(good.program()); }

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
