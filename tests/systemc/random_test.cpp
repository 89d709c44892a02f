// SPDX-License-Identifier: Apache-2.0
// Random networks on the loosely timed inside and on the cycle accurate one, and damaged lists.
#include <map>

#include "sw_model/cycles/list_outcome.hpp"
#include "tests/random_count.hpp"
#include "tests/sw_model/cycles/list_damage.hpp"
#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

// A configuration, and how many networks run on it.
class RandomNetworks : public testing::TestWithParam<std::pair<std::string, int>> {};
INSTANTIATE_TEST_SUITE_P(Configs, RandomNetworks,
                         testing::Values(std::pair{"4x4", 200}, std::pair{"8x8", 20}),
                         [](const auto& info) { return info.param.first; });

TEST_P(RandomNetworks, AreEqualOnBoth) {
  TestPlatform platform;
  platform::Device& lt = platform.Add(GetParam().first, InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add(GetParam().first, InsideKind::kCycleAccurate);
  const Config config = Config::Load(GetParam().first);
  const RandomCases cases = ShardOf(RandomCount(GetParam().second));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  int64_t cycles = 0, bytes = 0, starts = 0;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(100 * platform.period);  // a start right after the reset waits until the engine is clean
    for (int64_t i = cases.first; i < cases.end && !testing::Test::HasFailure(); i++) {
      const uint64_t seed = 77'000'000 + uint64_t(i);
      SCOPED_TRACE(fmt::format("seed {}", seed));
      const RandomGraph r = MakeRandomGraph(seed);
      platform.ram.latency = int(1 + seed * 13 % 90) * platform.period;
      const CompiledNetwork network = CompileNetwork(r.graph, 1, config, {.keep_all = i % 2 == 0});
      for (size_t s = 0; s < network.segments.size(); s++) {
        if (network.segments[s].on_host()) continue;
        const SegmentProgram& p = network.programs[s];
        const RunRecord a = RunSegment(&platform, &lt, network.segments[s], p, r.values);
        const RunRecord b = RunSegment(&platform, &rtl, network.segments[s], p, r.values);
        EXPECT_EQ(a.code, int(WEFT_CODE_OK));
        ExpectSame(a, b);
        size_t k = 0;
        for (size_t t = 0; t < p.outputs.size(); t++)
          if (p.outputs[t]) {
            EXPECT_EQ(b.outputs.at(k++), r.values[t]);
          }
        cycles += int64_t(a.counters.cycles);
        bytes += int64_t(a.counters.bytes_written);
        starts++;
      }
    }
  });
  if (cases.whole()) {
    EXPECT_GT(starts, 0);
  }
  fmt::print("  {} networks, {} starts, {} cycles, {} bytes written: 0 differences\n", cases.count(), starts,
             cycles, bytes);
}

// Lists that no compiler made: the loosely timed one ends as list_outcome.hpp allows, and runs the good
// program after each of them.
TEST(WeftTlm, DamagedLists) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  const Config config = Config::Load("4x4");
  const GoodRun good("4x4");
  const Program& program = good.good.program();
  const RandomCases cases = ShardOf(RandomCount(300));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  std::map<std::string, int64_t> codes;
  platform.Run([&](platform::Cpu&) {
    for (int64_t i = cases.first; i < cases.end && !testing::Test::HasFailure(); i++) {
      Random random(uint64_t(i) + 4242);
      std::vector<uint8_t> bytes(program.window_bytes, 0xa5);
      std::memcpy(bytes.data(), program.image.data(), program.image.size());
      ListDamage damage(program, config, ListWords{&bytes}, &random);
      if (i % 3 == 0) damage.RandomCommands();
      else if (i % 3 == 1) damage.MoveCommands();
      else damage.ChangeWord(random.Int(0, damage.words() - 1));
      if (i % 4 != 0) damage.FixChecksum();
      SCOPED_TRACE(fmt::format("list {},{}", i, damage.what()));
      const ListOutcome outcome =
          PredictOutcome(bytes, {uint32_t(bytes.size()), 0, program.list_bytes}, config, int64_t{1} << 16);
      Program damaged = program;
      damaged.image = bytes;
      lt.Load(damaged);
      EXPECT_EQ(lt.Start(damaged, 20000), WEFT_OK);
      const int code = weft_wait(&lt.bus);
      codes[weft_code_name(code)]++;
      const uint32_t offset = lt.ReadRegister(WEFT_ERROR_ADDR_LO) - uint32_t(lt.window());
      EXPECT_TRUE(outcome.Allows(uint32_t(code), offset, lt.ReadRegister(WEFT_ERROR_COMMAND)))
          << weft_code_name(code) << " at " << offset << ": " << outcome.Text();
      if (i % 10 == 0) good.ExpectGood(good.Run(&platform, &lt));
    }
  });
  for (const auto& [code, n] : codes) fmt::print("  {} {}\n", n, code);
}

}  // namespace
}  // namespace weft
