// SPDX-License-Identifier: Apache-2.0
// Runs of WeftTlm: right after the reset, at any quantum, ended in the middle, several at once.
#include <array>

#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

// A start in the first cycles after the reset waits until the engine is clean; the quantum of the processor
// changes nothing, and neither does what its time was before.
TEST(WeftTlm, StartsRightAfterTheReset) {
  TestPlatform platform;
  // Large, so that its engine is not clean yet when the driver has written all registers.
  platform::Device& lt = platform.Add("32x32", InsideKind::kLooselyTimed);
  const GoodRun good("32x32");
  const Memory memory{32, 40};
  platform.Run([&](platform::Cpu&) {
    const RunRecord first = good.Run(&platform, &lt), second = good.Run(&platform, &lt);
    good.ExpectGood(first);
    good.ExpectGood(second);
    EXPECT_EQ(first.counters.cycles, second.counters.cycles);
    EXPECT_EQ(int64_t(first.counters.cycles),
              CountCycles(good.good.program(), Config::Load("32x32"), memory).cycles);
    EXPECT_GT(first.wait, second.wait);
  });
}

class Quanta : public testing::TestWithParam<std::tuple<InsideKind, int>> {};
INSTANTIATE_TEST_SUITE_P(
    Insides, Quanta,
    testing::Combine(testing::Values(InsideKind::kLooselyTimed, InsideKind::kCycleAccurate),
                     testing::Values(1, 7, 1000, 100000)),
    [](const auto& info) {
      return fmt::format("{}_{}cycles", std::get<0>(info.param) == InsideKind::kLooselyTimed ? "lt" : "rtl",
                         std::get<1>(info.param));
    });

// From one cycle to one millisecond; once the processor sleeps until the interrupt, once it asks STATUS again
// and again, in its own time.
TEST_P(Quanta, GiveEqualResults) {
  TestPlatform platform;
  platform::Device& device = platform.Add("4x4", std::get<0>(GetParam()));
  tlm::tlm_global_quantum::instance().set(std::get<1>(GetParam()) * platform.period);
  const GoodRun good("4x4");
  const int64_t expected = CountCycles(good.good.program(), Config::Load("4x4"), Memory{4, 40}).cycles;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(1000 * platform.period);
    const RunRecord slept = good.Run(&platform, &device);
    good.ExpectGood(slept);
    EXPECT_EQ(int64_t(slept.counters.cycles), expected);
    EXPECT_EQ(slept.wait, expected + 3);
    device.bus.wait = [](void*) {};  // weft_wait asks
    cpu.Pass(1000 * platform.period);
    const RunRecord asked = good.Run(&platform, &device);
    good.ExpectGood(asked);
    EXPECT_EQ(int64_t(asked.counters.cycles), expected);
  });
}

// Ends a run at any time: the code, the cycles it took and the state after it are equal, and so is the next
// run.
TEST(WeftTlm, AbortAndSoftResetInMidRun) {
  TestPlatform platform;
  platform::Device& lt = platform.Add("4x4", InsideKind::kLooselyTimed);
  platform::Device& rtl = platform.Add("4x4", InsideKind::kCycleAccurate);
  const GoodRun good("4x4");
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    const RunRecord whole = good.Run(&platform, &lt);
    ExpectSame(whole, good.Run(&platform, &rtl));
    for (const int cycles : {0, 1, 5, 60, 333, 1001, 2500})
      for (const bool reset : {false, true}) {
        SCOPED_TRACE(fmt::format("{} after {} cycles", reset ? "SOFT_RESET" : "ABORT", cycles));
        std::array<std::vector<uint32_t>, 2> seen;
        for (platform::Device* device : {&lt, &rtl}) {
          device->Load(good.good.program());
          EXPECT_EQ(device->Start(good.good.program(), 100000), WEFT_OK);
          cpu.Pass(cycles * platform.period);
          EXPECT_THROW(device->WriteRegister(WEFT_WATCHDOG, 1), std::runtime_error);  // locked
          EXPECT_THROW(device->WriteRegister(WEFT_CONTROL, WEFT_CONTROL_START), std::runtime_error);
          device->WriteRegister(WEFT_CONTROL, reset ? WEFT_CONTROL_SOFT_RESET : WEFT_CONTROL_ABORT);
          cpu.Pass(500 * platform.period);  // what is in flight comes to its end
          for (const uint32_t offset : {WEFT_STATUS, WEFT_IRQ_STATUS, WEFT_CYCLES_LO, WEFT_ERROR_ADDR_LO})
            if (!(reset && offset == WEFT_CYCLES_LO))
              seen[device == &rtl].push_back(device->ReadRegister(offset));
          // Each has its own window.
          if (!reset) seen[device == &rtl].back() -= uint32_t(device->window());
        }
        EXPECT_EQ(seen[0], seen[1]);
        EXPECT_EQ(seen[0].at(0),
                  reset ? WEFT_STATUS_IDLE
                        : WEFT_STATUS_IDLE | WEFT_STATUS_ERROR | WEFT_CODE_ABORTED << WEFT_STATUS_CODE_SHIFT);
        const RunRecord a = good.Run(&platform, &lt), b = good.Run(&platform, &rtl);
        good.ExpectGood(a);
        ExpectSame(a, b);
        EXPECT_EQ(a.counters.cycles, whole.counters.cycles);
      }
  });
}

// Several at once on one bus, of different configurations and insides: each as if it were alone.
using Kind = std::pair<std::string, InsideKind>;
class AtOnce : public testing::TestWithParam<std::vector<Kind>> {};
constexpr InsideKind kLt = InsideKind::kLooselyTimed, kRtl = InsideKind::kCycleAccurate;
INSTANTIATE_TEST_SUITE_P(Insides, AtOnce,
                         testing::Values(std::vector<Kind>{{"4x4", kRtl}, {"8x8", kRtl}},
                                         std::vector<Kind>{{"8x8", kLt}, {"4x4", kRtl}},
                                         std::vector<Kind>{{"4x4", kLt}, {"8x8", kRtl}},
                                         std::vector<Kind>{{"4x4", kLt}, {"4x4", kRtl}, {"5x7", kLt}}),
                         [](const auto& info) {
                           std::string name;
                           for (const auto& [config, kind] : info.param)
                             name += (name.empty() ? "" : "_") + config + (kind == kLt ? "lt" : "rtl");
                           return name;
                         });

TEST_P(AtOnce, EachAsIfAlone) {
  TestPlatform platform;
  std::vector<GoodRun> good;
  for (const auto& [config, kind] : GetParam()) {
    platform.Add(config, kind);
    good.emplace_back(config);
  }
  const auto& devices = platform.devices;
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    std::vector<RunRecord> alone;
    for (size_t i = 0; i < good.size(); i++) {
      alone.push_back(good[i].Run(&platform, devices[i].get()));
      good[i].ExpectGood(alone[i]);
    }
    for (int turn = 0; turn < 3; turn++) {
      for (size_t i = 0; i < good.size(); i++) good[i].Begin(devices[i].get());
      for (const auto& device : devices) EXPECT_NE(device->ReadRegister(WEFT_STATUS) & WEFT_STATUS_BUSY, 0U);
      for (size_t i = 0; i < good.size(); i++) {
        const RunRecord beside = good[i].End(&platform, devices[i].get());
        good[i].ExpectGood(beside);
        ExpectSameRun(beside, alone[i]);
      }
    }
  });
}

}  // namespace
}  // namespace weft
