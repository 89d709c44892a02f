// SPDX-License-Identifier: Apache-2.0
// WeftTlm with its insides in one platform: the same program on the loosely timed and on the cycle accurate one
// gives equal bytes, equal counters, and the interrupt in the same cycle after the start.
#include "tests/random_count.hpp"
#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

TEST(WeftTlm, RandomNetworksAreEqualOnBoth) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const Config config = Config::Load("4x4");
  const int64_t count = RandomCount(10);
  int64_t cycles = 0, bytes = 0, starts = 0;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(100 * platform.period);  // a start right after the reset waits until the engine is clean
    for (int64_t i = 0; i < count && !testing::Test::HasFailure(); i++) {
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
  EXPECT_GT(starts, 0);
  fmt::print("  {} networks, {} starts, {} cycles, {} bytes written: 0 differences\n", count, starts, cycles, bytes);
}

}  // namespace
}  // namespace weft

int sc_main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
