// SPDX-License-Identifier: Apache-2.0
// "0 differences" is said only of what was looked at: everything that two files do not share is a difference,
// a sentence or a line of the report.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/sim/waves/wavediff_fixture.hpp"

namespace weft {
namespace {

// A VCD file: declarations (without scope, time scale 1 ns), then the values.
std::string Vcd(const std::string& declarations, const std::string& values) {
  return "$timescale 1ns $end\n" + declarations + "$enddefinitions $end\n" + values;
}

std::string In(const std::string& scope, const std::string& declarations) {
  return "$scope module " + scope + " $end\n" + declarations + "$upscope $end\n";
}

// `cycles` periods of 10 ns from `begin` on of the clock with code c; `set` gives other values in each of
// them.
std::string Clocked(int cycles, const std::function<std::string(int)>& set, int64_t begin = 0,
                    const std::string& clock = "c") {
  std::string text;
  for (int i = 0; i < cycles; ++i)
    text += fmt::format("#{}\n0{}\n{}#{}\n1{}\n", begin + 10 * i, clock, set(i), begin + 10 * i + 5, clock);
  return text;
}

const std::string kClkAndY = In("dut", "$var wire 1 c clk $end\n$var wire 4 y y [3:0] $end\n");

std::string CountUp(int i) { return fmt::format("b{} y\n", Bits(uint64_t(i) % 16, 4)); }

class Nothing : public Wavediff {
 protected:
  // Exit status 2, one sentence that contains `says`, nothing else.
  void Refused(const std::string& arguments, const std::string& says) const {
    EXPECT_EQ(Weft(arguments), 2) << arguments << '\n' << Contents(Path("out"));
    EXPECT_EQ(Contents(Path("out")), "") << arguments;
    const std::string err = Contents(Path("err"));
    EXPECT_NE(err.find(says), std::string::npos) << arguments << '\n' << err;
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
  }
  // Compared; the report contains `says`, and "0 differences" only if `equal`.
  nlohmann::json Reported(const std::string& arguments, bool equal, const std::string& says) const {
    EXPECT_EQ(Weft(arguments + " --json json"), equal ? 0 : 1) << arguments << '\n' << Contents(Path("err"));
    const std::string out = Contents(Path("out"));
    EXPECT_NE(out.find(says), std::string::npos) << arguments << '\n' << out;
    EXPECT_EQ(out.find(": 0 differences") != std::string::npos, equal) << out;
    const auto json = nlohmann::json::parse(Contents(Path("json")));
    EXPECT_EQ(json.at("equal"), equal);
    EXPECT_EQ(json.at("differences") == 0, equal);
    return json;
  }
};

// The gated clock is the one that is called clk; the engine's is clk_i, two scopes above it.
TEST_F(Nothing, TheClockOfTheShallowestScopeWins) {
  const std::string declarations =
      In("top", "$var wire 1 c clk_i $end\n$var wire 4 y y [3:0] $end\n" +
                    In("u_walker", "$var wire 1 g clk $end\n$var wire 1 z other $end\n"));
  const auto trace = [&](int differs_at) {
    return Vcd(declarations, Clocked(100, [&](int i) {
                 return CountUp(i == differs_at ? i + 1 : i) + (i % 20 < 2 ? "1g\n" : "0g\n");
               }));
  };
  Write("a.vcd", trace(50));
  Write("b.vcd", trace(-1));
  const auto json = Reported("a.vcd b.vcd", false, "A: a.vcd: 100 rising edges of top.clk_i, 5 ns to 995 ns");
  EXPECT_EQ(json.at("samples"), 100);
  EXPECT_EQ(json.at("clock_a"), "top.clk_i");
  EXPECT_EQ(json.at("clock_b"), "top.clk_i");
  EXPECT_EQ(json.at("edges_a"), 100);
  EXPECT_EQ(json.at("edges_b"), 100);
  EXPECT_EQ(json.at("share"), 1.0);
  EXPECT_EQ(json.at("differences"), 1);
  const auto gated = Reported("a.vcd b.vcd --clock clk", true, "of the window");
  EXPECT_LT(gated.at("samples"), 10) << "what is named is taken";
  // Another file has its own name for it, in its own shallowest scope.
  Write("tb.vcd",
        Vcd("$var wire 1 c clock $end\n" + In("dut", "$var wire 1 g clk $end\n$var wire 4 y y $end\n"),
            Clocked(100, [](int i) { return CountUp(i) + "0g\n"; })));
  Write("map", "top.y -> dut.y\n");
  EXPECT_EQ(
      Reported("b.vcd tb.vcd --map map", true, "100 clock edges (100.00 % of the window)").at("clock_b"),
      "clock");
}

TEST_F(Nothing, NoEdge) {
  Write("a.vcd", Vcd(kClkAndY, Clocked(20, CountUp)));
  Write("still.vcd", Vcd(kClkAndY, "#0\n0c\nb0 y\n#10\nb1 y\n#20\n"));
  Write("high.vcd", Vcd(kClkAndY, "#0\n1c\nb0 y\n#10\nxc\n#20\n1c\n"));
  Write("empty.vcd", Vcd(kClkAndY, ""));
  for (const std::string file : {"still.vcd", "high.vcd", "empty.vcd"}) {
    Refused("a.vcd " + file, file + ": the clock dut.clk never rises");
    Refused(file + " a.vcd", file + ": the clock dut.clk never rises");
    Refused(file + " " + file, file + ": the clock dut.clk never rises");
  }
}

TEST_F(Nothing, NoTransfer) {
  const std::string declarations = In(
      "dut",
      "$var wire 1 c clk $end\n$var wire 1 v valid $end\n$var wire 1 r ready $end\n$var wire 4 y y $end\n");
  const auto trace = [&](const char* valid, const char* ready) {
    return Vcd(declarations, Clocked(20, [&](int i) { return CountUp(i) + valid + "v\n" + ready + "r\n"; }));
  };
  Write("a.vcd", trace("1", "1"));
  Write("never.vcd", trace("0", "1"));
  Write("stuck.vcd", trace("1", "0"));
  Write("unknown.vcd", trace("x", "1"));
  for (const std::string file : {"never.vcd", "unknown.vcd"}) {
    Refused("a.vcd " + file + " --valid valid", file + ": dut.valid is never 1");
    Refused(file + " " + file + " --valid valid", file + ": dut.valid is never 1");
  }
  Refused("a.vcd stuck.vcd --valid valid --ready ready", "dut.valid and dut.ready are never both 1");
  Refused("a.vcd a.vcd --valid valid --from 20", "no transfer in common in these cycles");
  EXPECT_EQ(Reported("a.vcd a.vcd --valid valid", true, "transfers where dut.valid is 1").at("samples"), 20);
  // Unknown for some edges only: told.
  Write("reset.vcd", Vcd(declarations,
                         Clocked(20, [](int i) { return CountUp(i) + (i < 5 ? "xv\n" : "1v\n") + "1r\n"; })));
  EXPECT_EQ(
      Reported("reset.vcd reset.vcd --valid valid", true, "5 clock edges of A with valid or ready unknown")
          .at("edges_unknown_a"),
      5);
}

TEST_F(Nothing, NoCycleInCommon) {
  Write("a.vcd", Vcd(kClkAndY, Clocked(20, CountUp)));
  Refused("a.vcd a.vcd --from 20",
          "no clock edge in common in these cycles: A has cycles 0 to 19, B 0 to 19");
  Refused("a.vcd a.vcd --from 7 --to 6", "--from 7 is after --to 6");
  Refused("a.vcd a.vcd --shift 20", "no clock edge in common: A has cycles 0 to 19, B -20 to -1 (shifted)");
  const auto part = Reported("a.vcd a.vcd --from 15 --to 24", true, "5 clock edges (50.00 % of the window)");
  EXPECT_EQ(part.at("share"), 0.5);
  EXPECT_NE(Contents(Path("out")).find("neither file has 5 of the window's cycles"), std::string::npos);
  // Cycles that a variable numbers.
  const std::string numbered = "$var integer 16 n cycle $end\n" + kClkAndY;
  const auto trace = [&](int first, int step) {
    return Vcd(numbered, Clocked(20, [&](int i) {
                 return fmt::format("{}b{} n\n", CountUp(i), Bits(uint64_t(first + step * i), 16));
               }));
  };
  Write("early.vcd", trace(100, 1));
  Write("late.vcd", trace(120, 1));
  Write("back.vcd", trace(120, -1));
  Refused("early.vcd late.vcd", "no clock edge in common: A has cycles 100 to 119, B 120 to 139");
  Refused("early.vcd back.vcd", "back.vcd: its signal cycle goes back from 120 to 119");
  Write("unknown.vcd", Vcd(numbered, Clocked(20, [](int i) { return CountUp(i) + "bx n\n"; })));
  Refused("early.vcd unknown.vcd", "unknown.vcd: its signal cycle is unknown at edge 0 of the clock");
}

TEST_F(Nothing, NoTimeInCommon) {
  Write("early.vcd", Vcd(kClkAndY, Clocked(20, CountUp)));
  Write("late.vcd", Vcd(kClkAndY, Clocked(20, CountUp, 5000)));
  Refused("early.vcd late.vcd", "the files have no time in common: tell with --shift");
  Refused("late.vcd early.vcd", "the files have no time in common");
  Reported("early.vcd late.vcd --shift 0", true, "20 clock edges (100.00 % of the window)");
  // Another time scale is another period, not another time.
  std::string slow = Contents(Path("late.vcd"));
  slow.replace(slow.find("1ns"), 3, "1us");
  Write("slow.vcd", slow);
  Reported("late.vcd slow.vcd", true, "5005 us to 5195 us");
}

TEST_F(Nothing, MoreEdgesInOneFile) {
  const std::string whole = Vcd(kClkAndY, Clocked(40, CountUp));
  Write("whole.vcd", whole);
  // A VCD file that is cut off between two lines looks like a whole one.
  Write("cut.vcd", whole.substr(0, whole.find("#200\n")));
  const auto json = Reported("whole.vcd cut.vcd", false, "A has 20 clock edges that B does not have");
  EXPECT_EQ(json.at("samples"), 20);
  EXPECT_EQ(json.at("samples_only_in_a"), 20);
  EXPECT_EQ(json.at("share"), 0.5);
  EXPECT_NE(Contents(Path("out"))
                .find("(50.00 % of the window), 20 values compared: 20 clock edges of one file only"),
            std::string::npos);
  Reported("cut.vcd whole.vcd", false, "B has 20 clock edges that A does not have");
  Reported("cut.vcd whole.vcd --to 19", true, "20 clock edges (100.00 % of the window)");
  // ... and behind a window, too, the file is read.
  Write("damaged.vcd", whole + "rubbish\n");
  Refused("whole.vcd damaged.vcd --to 5", "damaged.vcd: line");
}

TEST_F(Nothing, AnotherWidth) {
  const auto trace = [](int bits) {
    return Vcd(
        In("dut", fmt::format("$var wire 1 c clk $end\n$var wire {} y y $end\n$var wire 1 z z $end\n", bits)),
        Clocked(20, [](int i) { return CountUp(i) + "1z\n"; }));
  };
  Write("a.vcd", trace(4));
  Write("b.vcd", trace(5));
  const auto json = Reported("a.vcd b.vcd", false, "of another width: 1 (dut.y (4 in A, 5 in B))");
  EXPECT_EQ(json.at("signals"), 1);
  EXPECT_EQ(json.at("other_width"), 1);
  EXPECT_EQ(json.at("differing_signals"), 1);
  EXPECT_NE(Contents(Path("out")).find("compared: 1 signal of another width"), std::string::npos);
  Write("map", "dut.y -> dut.y\n");
  Refused("a.vcd b.vcd --map map", "no signal of a.vcd has the same width in b.vcd: dut.y (4 in A, 5 in B)");
}

TEST_F(Nothing, UnknownOnOneSide) {
  const auto trace = [](const char* bit) {
    return Vcd(In("dut", "$var wire 1 c clk $end\n$var wire 4 y y $end\n$var wire 1 z z $end\n"),
               Clocked(20, [&](int i) { return CountUp(i) + bit + "z\n"; }));
  };
  Write("known.vcd", trace("1"));
  Write("x.vcd", trace("x"));
  Write("z.vcd", trace("z"));
  Write("X.vcd", trace("X"));
  for (const std::string files :
       {"known.vcd x.vcd", "x.vcd known.vcd", "known.vcd z.vcd", "z.vcd known.vcd", "x.vcd z.vcd"}) {
    const auto json = Reported(files, false, "20 differences by bits that only one file knows");
    EXPECT_EQ(json.at("differences"), 20) << files;
    EXPECT_EQ(json.at("differences_by_unknown"), 20) << files;
  }
  Reported("x.vcd known.vcd --golden", false, "20 differences in 1 signal");
  const auto golden =
      Reported("known.vcd x.vcd --golden", true, "not compared, unknown throughout: 1 (dut.z)");
  EXPECT_EQ(golden.at("signals"), 1);
  EXPECT_EQ(golden.at("values"), 20);
  EXPECT_EQ(golden.at("values_unknown"), 20);
  Reported("x.vcd known.vcd --x-is-any", true, "20 values not compared: unknown (x, z)");
  Reported("x.vcd X.vcd", true, "20 values not compared: unknown (x, z)");  // in both files
  Write("map", "dut.z -> dut.z\n");
  Refused("x.vcd x.vcd --map map", "no value is known in either file");
  Refused("known.vcd x.vcd --map map --golden", "no value is known in x.vcd");
  Refused("x.vcd known.vcd --map map --x-is-any", "no value is known in both files");
}

TEST_F(Nothing, AMapThatMatchesNothing) {
  Write("a.vcd", Vcd(kClkAndY, Clocked(20, CountUp)));
  const auto with = [&](const std::string& map, const std::string& says) {
    Write("map", map);
    Refused("a.vcd a.vcd --map map", "map: line " + says);
  };
  with("tb.* -> dut.*\n", "1: tb.* -> dut.* fits no signal of A");
  with("dut.* -> tb.*\n", "1: dut.* -> tb.* fits signals of A, but B has none");
  with("dut.y -> dut.y\n# a typo:\ndut.yy -> dut.y\n", "3: dut.yy -> dut.y fits no signal of A");
  with("dut.* -> dut.*\ndut.y -> dut.y\n",
       "2: dut.y -> dut.y fits no signal of A, or lines before it fit them all");
  Write("map", "dut.clk -> dut.clk\n");
  Refused("a.vcd a.vcd --map map", "no signal of a.vcd is in a.vcd too as the map renames it");
}

TEST_F(Nothing, WhatIsLeftOutIsTold) {
  const std::string more = "$var real 64 r level $end\n$var event 1 e done $end\n";
  const std::string declarations =
      In("dut", "$var wire 1 c clk $end\n$var wire 4 y y [3:0] $end\n$var wire 4 h y [7:4] $end\n" + more);
  Write("a.vcd", Vcd(declarations, Clocked(20, [](int i) { return CountUp(i) + "b1 h\nr0.5 r\n"; })));
  Write("b.vcd", Vcd(kClkAndY, Clocked(20, CountUp)));
  const auto json = Reported("a.vcd b.vcd", true, "not compared, of a name that A has twice: 1 (dut.y)");
  EXPECT_EQ(json.at("names_again_a"), 1);
  EXPECT_EQ(json.at("not_of_bits_a"), 2);
  EXPECT_EQ(json.at("not_of_bits_b"), 0);
  EXPECT_NE(Contents(Path("out")).find("not compared: 2 signals of A that are reals, strings or events"),
            std::string::npos);
}

// A signal that belongs to the other file's clock is a signal.
TEST_F(Nothing, AMapOntoTheClock) {
  Write("a.vcd", Vcd(In("dut", "$var wire 1 c clk $end\n$var wire 1 z z $end\n"),
                     Clocked(20, [](int) { return "1z\n"; })));
  Write("map", "dut.z -> dut.clk\ndut.c* -> dut.c*\n");
  const auto json = Reported("a.vcd a.vcd --map map", false, "20 differences in 1 signal");
  EXPECT_EQ(json.at("signals"), 1);
}

}  // namespace
}  // namespace weft
