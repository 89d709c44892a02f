// SPDX-License-Identifier: Apache-2.0
// The list interpreter of the loosely timed model, without SystemC: random networks from nothing but the
// bytes of their programs, every operator's output against the golden model, and the cycles that the cycle
// model counts of the list read back, against those of the compiler's program. Then damaged lists: whatever
// it says of one is what list_outcome.hpp allows.
#include "sim/systemc/list_runner.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/network_file.hpp"
#include "driver/weft_regs.h"
#include "sw_model/cycles/cycle_model.hpp"
#include "tests/random_count.hpp"
#include "tests/random_graph.hpp"
#include "tests/sw_model/cycles/list_damage.hpp"
#include "tests/systemc/window_of_bytes.hpp"

namespace weft {
namespace {

class ListRunners : public testing::TestWithParam<const char*> {
 protected:
  Config config_ = Config::Load(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Configs, ListRunners,
                         testing::Values("2x2", "2x2_small", "3x6", "4x4", "5x7", "8x8", "8x16"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

void ExpectSameCycles(const CycleResult& a, const CycleResult& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(a.bytes_read, b.bytes_read);
  EXPECT_EQ(a.bytes_written, b.bytes_written);
}

TEST_P(ListRunners, RandomNetworks) {
  const RandomCases cases = ShardOf(RandomCount(30));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  int64_t operators = 0, starts = 0, bytes = 0, cycles = 0;
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    const uint64_t seed = uint64_t(config_.rows * 100 + config_.cols) * 1000003 + uint64_t(i);
    Random random(seed);
    const RandomGraph r = MakeRandomGraph(seed);
    const Memory memory = RandomMemory(random, config_);
    SCOPED_TRACE(fmt::format("seed {}, memory {}:{}", seed, memory.width, memory.latency));
    const CompiledNetwork network = CompileNetwork(r.graph, 1, config_, {.keep_all = i % 2 == 0});
    for (size_t s = 0; s < network.segments.size(); s++) {
      if (network.segments[s].on_host()) continue;
      const SegmentProgram& p = network.programs[s];
      WindowOfBytes window(p.program);
      for (const SegmentProgram::Input& in : p.inputs) {
        const TensorI8& tensor = r.values[size_t(in.tensor)];
        window.Put(in.place, in.interleaved
                                 ? InterleaveInput(network.segments[s].layers[size_t(in.layer)].conv, tensor)
                                 : tensor);
      }
      const auto list = ReadList(window.bytes, window.Start(p.program), config_);
      ASSERT_TRUE(list.has_value());
      ExpectSameCycles(CountCycles(list->program, config_, memory), CountCycles(p.program, config_, memory));
      cycles += CountCycles(p.program, config_, memory).cycles;
      ListRunner runner(config_);
      const ListRunner::End end = runner.Run(*list, &window);
      ASSERT_EQ(end.code, WEFT_CODE_OK);
      for (size_t t = 0; t < p.outputs.size(); t++)
        if (p.outputs[t]) {
          EXPECT_EQ(window.Get(*p.outputs[t]), r.values[t]) << r.graph.tensors[t].name;
          bytes += int64_t(r.values[t].data.size());
        }
      starts++;
    }
    operators += int64_t(r.graph.nodes.size());
  }
  if (cases.whole()) {
    EXPECT_GT(bytes, 0);
  }
  if (!HasFailure())
    fmt::print("  {}: {} networks, {} operators, {} starts, {} bytes, {} cycles: 0 differences\n", GetParam(),
               cases.count(), operators, starts, bytes, cycles);
}

TEST_P(ListRunners, DamagedLists) {
  const GoodProgram good(config_, true);
  const Program& program = good.program();
  const RandomCases cases = ShardOf(RandomCount(2000));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  int64_t refused = 0, ran = 0;
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) {
    Random random(uint64_t(i) + 77);
    WindowOfBytes window(program);
    ListDamage damage(program, config_, ListWords{&window.bytes}, &random);
    if (i % 3 == 0) damage.RandomCommands();
    else if (i % 3 == 1) damage.MoveCommands();
    else damage.ChangeWord(random.Int(0, damage.words() - 1));
    if (i % 4 != 0) damage.FixChecksum();
    SCOPED_TRACE(fmt::format("list {},{}", i, damage.what()));
    const ListStart start = window.Start(program);
    const ListOutcome outcome = PredictOutcome(window.bytes, start, config_, int64_t{1} << 16);
    const auto list = ReadList(window.bytes, start, config_);
    if (!list) {
      refused++;
      EXPECT_TRUE(outcome.open || outcome.Codes().size() > 1 || !outcome.Codes().contains(WEFT_CODE_OK))
          << "the list is good: " << outcome.Text();
      continue;
    }
    ListRunner runner(config_);
    const ListRunner::End end = runner.Run(*list, &window);
    ran++;
    EXPECT_TRUE(outcome.open || outcome.Codes().contains(end.code)) << end.code << ": " << outcome.Text();
  }
  if (cases.whole()) {
    EXPECT_GT(refused, 0);
    EXPECT_GT(ran, 0);
  }
  fmt::print("  {}: {} damaged lists, {} refused, {} run\n", GetParam(), cases.count(), refused, ran);
}

}  // namespace
}  // namespace weft
