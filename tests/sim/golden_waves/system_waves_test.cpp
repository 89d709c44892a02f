// SPDX-License-Identifier: Apache-2.0
// Random networks on weft_top, every transfer of every stream between its modules compared with the models.
// That faults are found is proven by planting them (scripts/mutants.py).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "sim/golden_waves/system_compare.hpp"
#include "sim/golden_waves/system_signals.hpp"
#include "tests/random_count.hpp"
#include "tests/random_graph.hpp"
#include "tests/sim/backends/engine_check.hpp"

namespace weft {
namespace {

class SystemWaves : public testing::TestWithParam<const char*> {
 protected:
  void Run(uint64_t seed) {
    Random random(seed);
    const RandomGraph r = MakeRandomGraph(seed);
    const Memory memory = RandomMemory(random, config_);
    SCOPED_TRACE(fmt::format("seed {}, memory {}:{}", seed, memory.width, memory.latency));
    const CompiledNetwork network = CompileNetwork(r.graph, 1, config_);
    for (size_t s = 0; s < network.segments.size(); s++) {
      if (network.segments[s].on_host()) continue;
      const SystemReport report = CompareSystem(network, s, r.values, {memory, 8});
      EXPECT_EQ(report.differences, 0);
      EXPECT_GT(report.window_bytes, 0);
      for (const SystemStreamCount& stream : report.streams) transfers_[stream.name] += stream.transfers;
      total_ += report.transfers;
      starts_++;
      if (!report.first) continue;
      const SystemDifference& d = *report.first;
      ADD_FAILURE() << fmt::format(
          "cycle {}: {}.{} lane {}, module {}: transfer {} of {} {}, layer {} job {}, expected {}, got {}; "
          "{}",
          d.cycle, d.scope, d.signal, d.lane, d.module, d.transfer, d.transfers, d.stream, d.layer,
          d.place.job, d.expected, d.got, report.stopped);
      return;
    }
  }

  Config config_ = Config::Load(GetParam());
  std::map<std::string, int64_t> transfers_;
  int64_t total_ = 0, starts_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Configs, SystemWaves, testing::Values("3x6", "4x4", "5x7", "8x8"),
                         [](const auto& info) { return fmt::format("c{}", info.param); });

TEST_P(SystemWaves, RandomGraphsEqualTheModels) {
  const uint64_t base = uint64_t(config_.rows) * 1000 + uint64_t(config_.cols);
  const RandomCases cases = ShardOf(RandomCount(3));
  if (cases.count() == 0) GTEST_SKIP() << cases.Text();
  for (int64_t i = cases.first; i < cases.end && !HasFailure(); i++) Run((base + uint64_t(i)) * 7919);
  // Until each stream had something to compare: not every network has an addition.
  const auto silent = [&] {
    return std::ranges::any_of(SystemStreams(config_),
                               [&](const SystemStream& s) { return transfers_[s.name] == 0; });
  };
  for (int64_t i = cases.end; cases.whole() && i < cases.end + 20 && silent() && !HasFailure(); i++)
    Run((base + uint64_t(i)) * 7919);
  if (cases.whole()) {
    for (const SystemStream& s : SystemStreams(config_)) EXPECT_GT(transfers_[s.name], 0) << s.name;
  }
  if (!HasFailure())
    fmt::print("  {}: {} starts, {} transfers of {} streams: 0 differences\n", GetParam(), starts_, total_,
               transfers_.size());
}

}  // namespace
}  // namespace weft
