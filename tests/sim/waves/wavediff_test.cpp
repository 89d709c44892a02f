// SPDX-License-Identifier: Apache-2.0
// Waveform files of every origin compared: ours, Icarus's, hand-written VCD; damaged ones are a sentence and
// never a crash.
#include "sim/waves/wavediff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "sim/waves/fst.hpp"
#include "sim/waves/name_map.hpp"
#include "sim/waves/wave_samples.hpp"
#include "sim/waves/wave_value.hpp"
#include "sw_model/error.hpp"
#include "tests/sim/waves/wavediff_fixture.hpp"

namespace weft {
namespace {

TEST_F(Wavediff, FstReadsBackWhatWasWritten) {
  {
    FstWriter fst(Path("a.fst"), -9);
    fst.PushScope("top");
    fst.PushScope("gen_row[0]");
    const uint32_t wide = fst.AddVariable("act_o", 70), bit = fst.AddVariable("mem[3]", 1);
    fst.PopScope();
    fst.PopScope();
    fst.SetTime(5);
    fst.SetValue(wide, std::string(69, '0') + "x");
    fst.SetValue(bit, "1");
    fst.SetTime(uint64_t{1} << 40);
    fst.SetValue(wide, std::string(70, '1'));
    fst.Close();
  }
  const auto reader = OpenWaves(Path("a.fst"));
  const WaveHeader& header = reader->Header();
  EXPECT_EQ(header.timescale, -9);
  ASSERT_EQ(header.variables.size(), 2U);
  EXPECT_EQ(header.variables[0].name, "top.gen_row[0].act_o");
  EXPECT_EQ(header.variables[0].bits, 70);
  EXPECT_EQ(header.variables[1].name, "top.gen_row[0].mem[3]");
  std::vector<std::string> changes;
  reader->ReadChanges(
      {header.variables[0].handle, header.variables[1].handle},
      [&](uint64_t time, uint32_t handle, std::string_view value) {
        changes.push_back(std::to_string(time) + " " + std::to_string(handle) + " " + std::string(value));
        return true;
      });
  std::sort(changes.begin(), changes.end());
  EXPECT_EQ(changes, (std::vector<std::string>{"1099511627776 1 " + std::string(70, '1'),
                                               "5 1 " + std::string(69, '0') + "x", "5 2 1"}));
}

TEST_F(Wavediff, EqualTracesInBothFormats) {
  const Trace trace = RandomTrace(200, 1);
  trace.WriteFst(Path("a.fst"));
  trace.WriteVcd(Path("b.vcd"));
  for (const auto& [a, b] :
       {std::pair{"a.fst", "a.fst"}, {"a.fst", "b.vcd"}, {"b.vcd", "a.fst"}, {"b.vcd", "b.vcd"}}) {
    const WavediffResult r = Diff(a, b);
    EXPECT_EQ(r.differences(), 0) << a << ' ' << b;
    EXPECT_EQ(r.signals, 5U);
    EXPECT_EQ(r.samples, 200) << a << ' ' << b;
    EXPECT_EQ(r.values, 1000);
    EXPECT_EQ(r.a.only.size() + r.b.only.size() + r.other_width.size(), 0U);
  }
}

TEST_F(Wavediff, DifferencesAtTheirCycles) {
  const Trace b = RandomTrace(300, 2);
  Trace a = b;
  const auto flip = [&](const std::string& name, size_t cycle, size_t bit) {
    char& c = a.signals[name][cycle][bit];
    c = c == '0' ? '1' : '0';
  };
  for (size_t cycle = 120; cycle < 130; ++cycle) flip("y_o", cycle, 7);
  flip("act_o", 77, 0);
  flip("valid_i", 299, 0);
  a.WriteFst(Path("a.fst"));
  b.WriteVcd(Path("b.vcd"));
  const WavediffResult r = Diff("a.fst", "b.vcd");
  EXPECT_EQ(r.differences(), 12);
  EXPECT_EQ(r.signals_differing, 3U);
  ASSERT_EQ(r.first.size(), 3U);
  EXPECT_EQ(r.first[0].a, "dut.act_o");
  EXPECT_EQ(r.first[0].cycle, 77);
  EXPECT_EQ(r.first[0].time, 780000U);  // of the edge that ends the cycle
  EXPECT_EQ(r.first[0].time_b, 780U);
  EXPECT_EQ(r.first[0].value, a.signals.at("act_o")[77]);
  EXPECT_EQ(r.first[0].value_b, b.signals.at("act_o")[77]);
  EXPECT_EQ(r.first[1].a, "dut.y_o");
  EXPECT_EQ(r.first[1].cycle, 120);
  EXPECT_EQ(r.first[1].count, 10);
  EXPECT_EQ(r.first[2].cycle, 299);

  WavediffOptions window;
  window.from = 121;
  window.to = 125;
  const WavediffResult w = Diff("a.fst", "b.vcd", window);
  EXPECT_EQ(w.samples, 5);
  EXPECT_EQ(w.differences(), 5);
  EXPECT_EQ(w.first[0].cycle, 121);
  WavediffOptions limited;
  limited.limit = 1;
  EXPECT_EQ(Diff("a.fst", "b.vcd", limited).first.size(), 1U);
  EXPECT_EQ(Diff("a.fst", "b.vcd", limited).signals_differing, 3U);
}

TEST_F(Wavediff, UnknownBits) {
  Trace a, b;
  a.signals["s"] = {"0000", "00x0", "1111", "0101", "xxxx"};
  b.signals["s"] = {"0000", "0000", "1xx1", "xxxx", "0001"};
  a.WriteFst(Path("a.fst"));
  b.WriteFst(Path("b.fst"));
  const WavediffResult strict = Diff("a.fst", "b.fst");
  EXPECT_EQ(strict.samples, 5);
  EXPECT_EQ(strict.values, 5);
  EXPECT_EQ(strict.differences(), 4) << "all but cycle 0";
  EXPECT_EQ(strict.differing_by_unknown, 4);
  WavediffOptions o;
  o.unknown = Unknown::kIsAnyInSecond;
  const WavediffResult golden = Diff("a.fst", "b.fst", o);
  EXPECT_EQ(golden.values, 4) << "cycle 3 is unknown in B";
  EXPECT_EQ(golden.unknown, 1);
  EXPECT_EQ(golden.differences(), 2) << "x in A where B is known";
  o.unknown = Unknown::kIsAny;
  EXPECT_EQ(Diff("a.fst", "b.fst", o).differences(), 0);
  EXPECT_EQ(Diff("a.fst", "b.fst", o).values, 3);
}

TEST_F(Wavediff, TransfersAtAnyCycle) {
  std::mt19937 random{7};
  const auto stream = [&](int transfers, int stalls) {
    Trace t;
    for (int n = 0; n < transfers;) {
      const bool valid = random() % 10 >= uint32_t(stalls), ready = random() % 10 >= uint32_t(stalls);
      t.signals["valid"].push_back(valid ? "1" : "0");
      t.signals["ready"].push_back(ready ? "1" : "0");
      t.signals["data"].push_back(valid ? Bits(uint64_t(n) * 37, 16) : std::string(16, 'x'));
      n += valid && ready ? 1 : 0;
    }
    return t;
  };
  stream(100, 5).WriteFst(Path("slow.fst"));
  Trace fast = stream(100, 1);
  fast.WriteFst(Path("fast.fst"));
  WavediffOptions o;
  o.valid = "valid";
  o.ready = "ready";
  const WavediffResult r = Diff("slow.fst", "fast.fst", o);
  EXPECT_EQ(r.differences(), 0);
  EXPECT_EQ(r.samples, 100);
  EXPECT_GT(Diff("slow.fst", "fast.fst").values_differing, 0) << "cycle by cycle they do differ";
  stream(99, 3).WriteFst(Path("short.fst"));
  const WavediffResult shorter = Diff("slow.fst", "short.fst", o);
  EXPECT_EQ(shorter.differences(), 1) << "a transfer is missing";
  EXPECT_EQ(shorter.a.samples_alone, 1);
  EXPECT_EQ(shorter.values_differing, 0);
  EXPECT_EQ(shorter.share(), 0.99);
}

TEST_F(Wavediff, ShiftedCycles) {
  Trace a = RandomTrace(100, 3), b = a;
  for (auto& [name, values] : b.signals) values.insert(values.begin(), 4, std::string(values[0].size(), '0'));
  a.WriteFst(Path("a.fst"));
  b.WriteFst(Path("b.fst"));
  WavediffOptions o;
  o.shift = 4;
  const WavediffResult r = Diff("a.fst", "b.fst", o);
  EXPECT_EQ(r.differences(), 0);
  EXPECT_EQ(r.samples, 100);
  EXPECT_EQ(r.a.samples_alone + r.b.samples_alone, 0) << "B's first four are before A's cycle 0";
}

TEST_F(Wavediff, NameMaps) {
  const auto rename = [](const std::string& map, const std::string& name) {
    const NameMap parsed = NameMap::Parse(map, "m");
    const auto renamed = parsed.Rename(name);
    return renamed ? renamed->name : "-";
  };
  EXPECT_EQ(rename("TOP.dut.* -> tb.u.*  # all\n", "TOP.dut.a.b[3].c"), "tb.u.a.b[3].c");
  EXPECT_EQ(rename("TOP.dut.* -> tb.u.*", "TOP.dux.a"), "-");
  EXPECT_EQ(rename("*.gen_row[?].* -> *.row?_*", "a.b.gen_row[3].c"), "a.b.row3_c");
  EXPECT_EQ(rename("a.x -> b.y\na.* -> c.*\n", "a.x"), "b.y");
  EXPECT_EQ(rename("a.x -> b.y\na.* -> c.*\n", "a.xx"), "c.xx");
  EXPECT_EQ(rename("*_o -> *_q", "a_o_o"), "a_o_q");
  EXPECT_EQ(rename("** -> **", "abc"), "abc");
  const std::string stars = "*a*a*a*a*a*a*a*a*a*a*b";
  EXPECT_EQ(rename(stars + " -> " + stars, std::string(5000, 'a')), "-") << "and in no time";
}

TEST_F(Wavediff, BadNameMaps) {
  for (const auto& [map, says] : {std::pair{"", "no line"},
                                  {"# only\n", "no line"},
                                  {"\na b\n", "line 2"},
                                  {"a ->", "line 1"},
                                  {"* -> b", "line 1: the same"},
                                  {"-> b", "line 1"},
                                  {"*.? -> ?.*", "same order"}}) {
    try {
      NameMap::Parse(map, "m");
      ADD_FAILURE() << map;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
    }
  }
}

constexpr const char* kTestbench = R"(
`timescale 1ns/100ps
module lane (input wire clk, output reg [7:0] y_o);
  initial y_o = 0;
  always @(posedge clk) y_o <= y_o + 8'd3;
endmodule
module tb;
  reg clk = 0;
  real level = 0.5;
  reg [99:0] wide = 0;
  genvar i;
  generate for (i = 0; i < 3; i = i + 1) begin : gen_row
    lane u_lane (.clk(clk));
  end endgenerate
  initial begin
    if ($test$plusargs("fst")) $dumpfile("tb.fst"); else $dumpfile("tb.vcd");
    $dumpvars(0, tb);
    repeat (50) begin #5 clk = 1; wide <= {wide[98:0], ~wide[99]}; #5 clk = 0; level = level * 2; end
    $finish;
  end
endmodule
)";

TEST_F(Wavediff, IcarusVcdAndFst) {
  Verilog(kTestbench);
  Verilog(kTestbench, "-fst +fst");
  const WaveHeader header = ReadWaveHeader(Path("tb.vcd"));
  EXPECT_EQ(header.timescale, -10);
  const auto has = [&](const std::string& name, int bits) {
    return std::any_of(header.variables.begin(), header.variables.end(),
                       [&](const WaveVariable& v) { return v.name == name && v.bits == bits; });
  };
  EXPECT_TRUE(has("tb.gen_row[2].u_lane.y_o", 8));
  EXPECT_TRUE(has("tb.wide", 100));
  EXPECT_FALSE(has("tb.level", 64)) << "a real";
  const WavediffResult same = Diff("tb.vcd", "tb.fst");
  EXPECT_EQ(same.differences(), 0);
  EXPECT_EQ(same.samples, 50);
  EXPECT_GE(same.signals, 4U);

  // A golden trace of ours beside Icarus's: lane 1 is expected to count otherwise from cycle 20 on.
  Trace golden;
  golden.scope = "model";
  for (int lane = 0; lane < 3; ++lane)
    for (int i = 0; i < 50; ++i)
      golden.signals[fmt::format("y{}", lane)].push_back(
          Bits(uint64_t(3 * i + (lane == 1 && i >= 20 ? 1 : 0)), 8));
  golden.WriteFst(Path("golden.fst"));
  WavediffOptions o;
  o.map = Write("map", "tb.gen_row[?].u_lane.y_o -> model.y?\ntb.clk -> model.clk\n");
  const WavediffResult r = Diff("tb.vcd", "golden.fst", o);
  EXPECT_EQ(r.signals, 3U);
  EXPECT_EQ(r.differences(), 30);
  ASSERT_EQ(r.first.size(), 1U);
  EXPECT_EQ(r.first[0].a, "tb.gen_row[1].u_lane.y_o");
  EXPECT_EQ(r.first[0].b, "model.y1");
  EXPECT_EQ(r.first[0].cycle, 20);
  EXPECT_EQ(HexText(r.first[0].value), "3c");
  EXPECT_EQ(DecimalText(r.first[0].value_b), "61");
}

TEST_F(Wavediff, SamplesJustBeforeTheEdge) {
  // A glitch of the clock within one time is no edge; y changes at the edge and is sampled with its value
  // before.
  Write("a.vcd",
        "$timescale 10ps $end $scope module t $end $var wire 1 c clk $end $var reg 4 y y [3:0] $end $upscope "
        "$end\n"
        "$enddefinitions $end\n$dumpvars\n0c\nbx y\n$end\n#3\nb11 y\n#5\n1c\nb100 "
        "y\n#7\n0c\n1c\n0c\n#9\nb101 y\n1c\n#12\n");
  SamplePlan plan;
  const WaveHeader header = ReadWaveHeader(Path("a.vcd"));
  plan.clock = header.variables[0];
  plan.signals = {header.variables[1]};
  WaveSamples samples(Path("a.vcd"), plan);
  ASSERT_TRUE(samples.Next());
  EXPECT_EQ(samples.time(), 5U);
  EXPECT_EQ(samples.values()[0], "0011") << "widened with 0";
  ASSERT_TRUE(samples.Next());
  EXPECT_EQ(samples.time(), 9U);
  EXPECT_EQ(samples.cycle(), 1);
  EXPECT_EQ(samples.values()[0], "0100");
  EXPECT_FALSE(samples.Next());
  EXPECT_EQ(header.timescale, -11);
}

TEST_F(Wavediff, Refusals) {
  const Trace trace = RandomTrace(20, 4);
  Trace other = trace;
  other.scope = "tb";
  trace.WriteFst(Path("a.fst"));
  other.WriteVcd(Path("b.vcd"));
  WavediffOptions o;
  o.a = Path("a.fst");
  o.b = Path("none.fst");
  ExpectRefused(o, "no such file");
  o.b = Path("b.vcd");
  ExpectRefused(o, "--map");
  o.map = Path("none");
  ExpectRefused(o, "no such file");
  o.map = Write("map", "dut.* -> tb.*");
  EXPECT_EQ(DiffWaves(o).differences(), 0);
  o.clock = "clock_i";
  ExpectRefused(o, "no such signal: --clock clock_i");
  o.clock = "y_o";
  ExpectRefused(o, "8 bits");
  o.clock = "";
  o.ready = "ready_o";
  ExpectRefused(o, "--ready needs --valid");
  o.ready = "";
  o.valid = "nothing";
  ExpectRefused(o, "--valid nothing");
  o.valid = "";
  o.from = 1000;
  ExpectRefused(o, "no clock edge in common in these cycles: A has cycles 0 to 19, B 0 to 19");
  o.from = 0;
  for (const auto& [contents, says] :
       {std::pair<std::string, const char*>{"", "empty"},
        {"hello\n", "neither"},
        {"\x1f\x8b", "compressed"},
        {std::string(1, '\0') + "x", "FST"},
        {"$scope module", "header"},
        {"$var wire x ! a $end", "$var"},
        {"$timescale 3 ns $end", "time scale"},
        {"$scope module t $end $var wire 1 ! clk $end $upscope $end $upscope $end $enddefinitions $end\n",
         "$upscope"},
        {"$enddefinitions $end\n", "no signals"}}) {
    o.a = Write("bad", contents);
    ExpectRefused(o, says);
  }
}

TEST_F(Wavediff, TheProgram) {
  Trace a = RandomTrace(20, 8);
  a.WriteFst(Path("a.fst"));
  a.signals["y_o"][7] = "00000000";
  a.WriteFst(Path("b.fst"));
  EXPECT_EQ(Weft("a.fst a.fst"), 0);
  EXPECT_EQ(Weft("a.fst b.fst --json -"), 1);
  const auto json = nlohmann::json::parse(Contents(Path("out")));
  EXPECT_EQ(json.at("signals"), 5);
  EXPECT_EQ(json.at("samples"), 20);
  EXPECT_EQ(json.at("differences"), 1);
  EXPECT_EQ(json.at("first").at(0).at("signal"), "dut.y_o");
  EXPECT_EQ(json.at("first").at(0).at("cycle"), 7);
  EXPECT_EQ(json.at("first").at(0).at("time"), "80 ns");
  EXPECT_EQ(json.at("first").at(0).at("b"), "00");
  EXPECT_EQ(Weft("a.fst none.fst"), 2);
  EXPECT_NE(Contents(Path("err")).find("none.fst: no such file"), std::string::npos);
  EXPECT_EQ(Contents(Path("out")), "");
  EXPECT_EQ(Weft("a.fst"), 2);
}

// Damaged files end in a result or in a sentence.
class Damaged : public Wavediff {
 protected:
  void Try(const std::string& contents, const std::string& what) {
    WavediffOptions o;
    o.a = Write("damaged", contents);
    o.b = Path("good.fst");
    try {
      DiffWaves(o);
      ++results_;
    } catch (const Error& error) {
      EXPECT_GT(std::string(error.what()).size(), 10U) << what;
      ++sentences_;
    }
  }
  int results_ = 0, sentences_ = 0;
};

TEST_F(Damaged, CutOff) {
  const Trace trace = RandomTrace(100, 5);
  trace.WriteFst(Path("good.fst"));
  trace.WriteVcd(Path("good.vcd"));
  const std::string fst = Contents(Path("good.fst"));
  for (size_t n = 0; n < fst.size(); n += fst.size() / 60)
    Try(fst.substr(0, n), fmt::format("FST cut to {}", n));
  EXPECT_EQ(results_, 0) << "an FST file that is cut off was read";
  const std::string vcd = Contents(Path("good.vcd"));
  for (size_t n = 0; n < vcd.size(); n += vcd.size() / 60)
    Try(vcd.substr(0, n), fmt::format("VCD cut to {}", n));
  EXPECT_LT(results_, 30);
}

TEST_F(Damaged, Bytes) {
  const Trace trace = RandomTrace(100, 6);
  trace.WriteFst(Path("good.fst"));
  trace.WriteVcd(Path("good.vcd"));
  std::mt19937 random{11};
  for (const char* name : {"good.fst", "good.vcd"}) {
    const std::string good = Contents(Path(name));
    for (int i = 0; i < 100; ++i) {
      std::string bad = good;
      for (uint32_t n = random() % 4 + 1; n > 0; --n) bad[random() % bad.size()] = char(random());
      Try(bad, std::string(name) + " round " + std::to_string(i));
    }
  }
  EXPECT_GT(sentences_, 40);
}

}  // namespace
}  // namespace weft
