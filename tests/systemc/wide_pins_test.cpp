// SPDX-License-Identifier: Apache-2.0
// WeftPins with a bus of 64 bytes, whose words are sc_bv: a program on it and on the loosely timed inside.
#include "Vweft_top_wide.h"
#include "sim/systemc/weft_pins.hpp"
#include "tests/systemc/platform_fixture.hpp"

namespace weft {
namespace {

TEST(WidePins, RunTheSameAsLooselyTimed) {
  TestPlatform platform;
  WeftPins<Vweft_top_wide, 64> pins("pins");
  platform::Device& lt = platform.Add("3x6", InsideKind::kLooselyTimed);
  platform::Device& wires = platform.Add("3x6", InsideKind::kPins, 0, &pins);
  const GoodRun good("3x6");
  platform.Run([&](platform::Cpu& cpu) {
    cpu.Pass(200 * platform.period);
    const RunRecord a = good.Run(&platform, &lt), b = good.Run(&platform, &wires);
    good.ExpectGood(b);
    ExpectSame(a, b);
    fmt::print("  {} cycles, {} bytes read, {} written: the same\n", b.counters.cycles, b.counters.bytes_read,
               b.counters.bytes_written);
  });
}

}  // namespace
}  // namespace weft
