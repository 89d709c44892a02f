// SPDX-License-Identifier: Apache-2.0
// The files of a window of waves: the FST read back, names in the viewers' files, the picture.
#include "sim/waves/wave_files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "sim/waves/wave_layout.hpp"
#include "sim/waves/wave_picture.hpp"
#include "sim/waves/wave_reader.hpp"
#include "sim/waves/wave_value.hpp"
#include "sim/waves/wavediff.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int64_t kBegin = 18650;
constexpr size_t kCycles = 60;

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

WaveSignal RandomSignal(const std::string& scope, const std::string& name, int bits, std::mt19937* random) {
  WaveSignal s{scope, name, bits, {}, {}};
  for (size_t i = 0; i < kCycles; ++i) {
    std::string value;
    for (int b = 0; b < bits; ++b) value += (*random)() % 2 == 0 ? '0' : '1';
    s.rtl.push_back(value);
    s.golden.push_back(i % 7 == 3 ? std::string(size_t(bits), 'x') : value);
  }
  return s;
}

// Signal 2 differs from cycle `kBegin` + 25 on; signal 4 has no golden values.
WaveWindow Window() {
  std::mt19937 random{3};
  WaveWindow window;
  window.begin = kBegin;
  window.signals = {RandomSignal("conv_engine", "out_valid_o", 1, &random),
                    RandomSignal("conv_engine.u_feeder", "act_o", 64, &random),
                    RandomSignal("conv_engine.u_array.gen_row[0].gen_col[12]", "y_q", 8, &random),
                    RandomSignal("conv_engine.u_feeder", "mem[3]", 16, &random),
                    RandomSignal("", "stall", 3, &random)};
  for (size_t i = 25; i < kCycles; ++i)
    window.signals[2].golden[i] = window.signals[2].rtl[i] == "00000001" ? "00000011" : "00000001";
  window.signals[4].golden.clear();
  return window;
}

const WaveFocus kFocus{2, kBegin + 25, "conv1: output y=1 x=2 channel 3 \"differs\""};

class WaveFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_wave_files_" + std::to_string(getpid())) / "new";
};

TEST_F(WaveFiles, AllAreThere) {
  const auto files = WriteWaves(Window(), kFocus, folder_);
  std::set<std::string> names;
  for (const auto& file : files) {
    EXPECT_GT(std::filesystem::file_size(file), 100U) << file;
    names.insert(file.filename());
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"waves.fst", "waves.gtkw", "waves.surf.ron", "waves.svg", "waves.png"}));
}

TEST_F(WaveFiles, FstHasTheValues) {
  const WaveWindow window = Window();
  WriteWaves(window, kFocus, folder_);
  const auto reader = OpenWaves(folder_ / "waves.fst");
  std::map<std::string, uint32_t> handles;
  std::vector<uint32_t> all;
  for (const WaveVariable& v : reader->Header().variables) {
    handles[v.name] = v.handle;
    all.push_back(v.handle);
  }
  EXPECT_EQ(all.size(), 2 + 3 * window.signals.size());
  std::map<std::pair<uint64_t, uint32_t>, std::string> changes;
  reader->ReadChanges(all, [&](uint64_t time, uint32_t handle, std::string_view value) {
    changes[{time, handle}] = value;
    return true;
  });
  std::map<uint32_t, std::string> now;
  const auto value = [&](const std::string& name) { return now.at(handles.at(name)); };
  for (size_t i = 0; i < kCycles; ++i) {
    const uint64_t time = (kBegin + i) * kCyclePs;
    for (const uint32_t handle : all)
      if (const auto found = changes.find({time, handle}); found != changes.end())
        now[handle] = found->second;
    EXPECT_EQ(value("clk"), "1");
    EXPECT_EQ(DecimalText(value("cycle")), std::to_string(kBegin + int64_t(i)));
    for (const WaveSignal& s : window.signals) {
      const std::string name = "." + (s.scope.empty() ? s.name : s.scope + "." + s.name);
      const std::string golden = s.golden.empty() ? "xxx" : s.golden[i];
      EXPECT_EQ(value("rtl" + name), s.rtl[i]) << name << " cycle " << i;
      EXPECT_EQ(value("golden" + name), golden) << name << " cycle " << i;
      EXPECT_EQ(value("diff" + name),
                &s == &window.signals[2] && i >= 25 && s.golden[i] != "xxxxxxxx" ? "1" : "0")
          << name << " cycle " << i;
    }
    EXPECT_EQ((changes.at({time + kCyclePs / 2, handles.at("clk")})), "0");
  }
}

// The file against itself: rtl with golden finds what the window was made with, at its cycle.
TEST_F(WaveFiles, WavediffOfRtlAndGolden) {
  WriteWaves(Window(), kFocus, folder_);
  std::ofstream(folder_ / "map") << "rtl.* -> golden.*\n";
  WavediffOptions o;
  o.a = o.b = folder_ / "waves.fst";
  o.map = folder_ / "map";
  o.unknown = Unknown::kIsAnyInSecond;
  const WavediffResult r = DiffWaves(o);
  EXPECT_EQ(r.signals, 4U);
  EXPECT_EQ(r.never_known.size(), 1U) << "a signal without golden values";
  EXPECT_EQ(r.samples, int64_t(kCycles));
  ASSERT_EQ(r.first.size(), 1U);
  EXPECT_EQ(r.first[0].a, "rtl.conv_engine.u_array.gen_row[0].gen_col[12].y_q");
  EXPECT_EQ(r.first[0].cycle, kBegin + 25);
  EXPECT_EQ(r.first[0].count, 35);
}

TEST_F(WaveFiles, ViewersFindTheNames) {
  WriteWaves(Window(), kFocus, folder_);
  std::set<std::string> names;
  const auto reader = OpenWaves(folder_ / "waves.fst");
  for (const WaveVariable& v : reader->Header().variables) names.insert(v.name);
  std::ifstream gtkw(folder_ / "waves.gtkw");
  size_t found = 0;
  std::vector<std::string> shown;
  for (std::string line; std::getline(gtkw, line);) {
    if (line.starts_with("+{")) line = line.substr(line.find("} ") + 2);
    if (line.empty() || std::string("@-*[").find(line[0]) != std::string::npos) continue;
    EXPECT_TRUE(names.contains(PlainName(line))) << line;
    shown.push_back(PlainName(line));
    ++found;
  }
  EXPECT_EQ(found, 2U + 3 + 2 + 2 + 2 + 1);  // clk, cycle; the focus; three with golden; one without
  const std::string focus = "conv_engine.u_array.gen_row[0].gen_col[12].y_q";
  EXPECT_EQ(shown[2], "rtl." + focus);
  EXPECT_EQ(shown[3], "golden." + focus);
  EXPECT_EQ(shown[4], "diff." + focus);
  const std::string text = Contents(folder_ / "waves.gtkw");
  EXPECT_NE(text.find(" " + std::to_string((kBegin + 25) * kCyclePs) + " -1"), text.npos) << "the marker";
  EXPECT_NE(text.find("[timestart] " + std::to_string((kBegin + 17) * kCyclePs)), text.npos);

  const std::string surfer = Contents(folder_ / "waves.surf.ron");
  EXPECT_NE(surfer.find(R"(strs: ["rtl", "conv_engine", "u_array", "gen_row[0]", "gen_col[12]", ])"),
            surfer.npos);
  EXPECT_NE(surfer.find("cursor: Some((1, [" + std::to_string((kBegin + 25) * kCyclePs) + "]))"),
            surfer.npos);
  EXPECT_NE(surfer.find(R"(channel 3 \"differs\"")"), surfer.npos);
  int depth = 0;
  for (const char c : surfer)
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
  EXPECT_EQ(depth, 0);
}

// A packed signal has its lanes beside it: in the file as signals of their own, in the viewers signed.
TEST_F(WaveFiles, LanesAreSignalsOfTheirOwn) {
  WaveWindow window = Window();
  WaveSignal& packed = window.signals[1];
  packed.lanes = 8, packed.lane_is = "row", packed.is_signed = true;
  for (size_t i = 25; i < kCycles; ++i) {
    packed.rtl[i].replace(64 - 32, 8, "11111101");
    packed.golden[i].replace(64 - 32, 8, "11111110");
  }
  const WaveFocus focus{1, kBegin + 25, "row 3", 3};
  WriteWaves(window, focus, folder_);
  const auto reader = OpenWaves(folder_ / "waves.fst");
  std::map<std::string, WaveVariable> variables;
  for (const WaveVariable& v : reader->Header().variables) variables[v.name] = v;
  EXPECT_EQ(variables.size(), 2 + 3 * window.signals.size() + size_t{3} * 8);
  for (int row = 0; row < 8; row++)
    for (const char* role : {"rtl", "golden", "diff"}) {
      const std::string name = fmt::format("lanes.conv_engine.u_feeder.act_o.row{}.{}", row, role);
      ASSERT_TRUE(variables.contains(name)) << name;
      const bool golden = role == std::string("golden"), diff = role == std::string("diff");
      EXPECT_EQ(variables[name].bits, diff ? 1 : 8);
      std::map<uint64_t, std::string> changes;
      reader->ReadChanges({variables[name].handle}, [&](uint64_t time, uint32_t, std::string_view value) {
        changes[time] = value;
        return true;
      });
      const std::string last = std::prev(changes.end())->second;
      const auto& values = golden ? packed.golden : packed.rtl;
      if (diff) EXPECT_EQ(last, row == 3 ? "1" : "0") << name;
      else EXPECT_EQ(last, values.back().substr(size_t(64 - 8 * (row + 1)), 8)) << name;
    }
  const std::string gtkw = Contents(folder_ / "waves.gtkw"), lane = "lanes.conv_engine.u_feeder.act_o.row3.";
  EXPECT_NE(gtkw.find("@420\n+{act_o row 3 rtl} " + lane + "rtl[7:0]\n"), gtkw.npos);
  EXPECT_NE(gtkw.find("@420\n+{act_o row 3 golden} " + lane + "golden[7:0]\n"), gtkw.npos);
  EXPECT_NE(gtkw.find("@22\n+{act_o rtl} rtl.conv_engine.u_feeder.act_o[63:0]\n"), gtkw.npos);
  EXPECT_LT(gtkw.find("act_o row 3"), gtkw.find("act_o row 0")) << "the focus comes first";
  const std::string surfer = Contents(folder_ / "waves.surf.ron");
  EXPECT_NE(surfer.find("Some(\"" + lane + "rtl\")"), surfer.npos);
  EXPECT_NE(surfer.find("Some(\"act_o row 4 rtl\")"), surfer.npos);
  const std::string svg = Contents(folder_ / "waves.svg");
  EXPECT_FALSE(svg.empty());
  EXPECT_THROW(WriteWaves(window, WaveFocus{1, kBegin, "", 8}, folder_), Error);
  packed.lanes = 7;
  EXPECT_THROW(WriteWaves(window, {}, folder_), Error);
}

TEST_F(WaveFiles, PictureIsAPng) {
  WriteWaves(Window(), kFocus, folder_);
  const std::string png = Contents(folder_ / "waves.png");
  ASSERT_GT(png.size(), 10'000U);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const auto number = [&](size_t at) {
    return uint8_t(png[at]) << 24 | uint8_t(png[at + 1]) << 16 | uint8_t(png[at + 2]) << 8 |
           uint8_t(png[at + 3]);
  };
  EXPECT_EQ(number(16), kPictureWidth);
  EXPECT_GT(number(20), 300);
  EXPECT_LT(number(20), 600);
  EXPECT_NE(Contents(folder_ / "waves.svg").find("<svg"), std::string::npos);
}

TEST_F(WaveFiles, SameWindowSameFiles) {
  WriteWaves(Window(), kFocus, folder_);
  WriteWaves(Window(), kFocus, folder_ / "again");
  for (const char* name :
       {"waves.fst", "waves.gtkw", "waves.surf.ron", "waves.png"})  // cairo numbers its SVG surfaces
    EXPECT_TRUE(Contents(folder_ / name) == Contents(folder_ / "again" / name)) << name;
}

TEST_F(WaveFiles, WithoutAFocusOrWithOneAtTheEnd) {
  WriteWaves(Window(), {}, folder_);
  EXPECT_NE(Contents(folder_ / "waves.gtkw").find("[timestart] " + std::to_string(kBegin * kCyclePs)),
            std::string::npos);
  WriteWaves(Window(), WaveFocus{4, kBegin + int64_t(kCycles) - 1, ""}, folder_);
  WriteWaves(Window(), WaveFocus{0, kBegin - 5, "before the window"}, folder_);
  WaveWindow tiny = Window();
  for (WaveSignal& s : tiny.signals) s.rtl.resize(1), s.golden.resize(s.golden.empty() ? 0 : 1);
  WriteWaves(tiny, WaveFocus{1, kBegin, "one cycle"}, folder_);
  tiny.begin = 0;
  WriteWaves(tiny, {}, folder_);
}

TEST_F(WaveFiles, Refusals) {
  EXPECT_THROW(WriteWaves({}, {}, folder_), Error);
  EXPECT_THROW(WriteWaves(Window(), WaveFocus{5, 0, ""}, folder_), Error);
  EXPECT_THROW(WriteWaves(Window(), {}, "/proc/nowhere"), Error);
  WaveWindow window = Window();
  window.signals[1].rtl.pop_back();
  EXPECT_THROW(WriteWaves(window, {}, folder_), Error);
  window = Window();
  window.signals[1].golden[3] = "01";
  EXPECT_THROW(WriteWaves(window, {}, folder_), Error);
}

TEST(WaveValue, Texts) {
  EXPECT_EQ(HexText("100111111"), "13f");
  EXPECT_EQ(HexText("xxxx01x0zzzz"), "xXz");
  EXPECT_EQ(DecimalText("11111111"), "-1");
  EXPECT_EQ(DecimalText("111111111"), "511");
  EXPECT_EQ(DecimalText(std::string(26, '1')), "-1") << "an accumulator";
  EXPECT_EQ(DecimalText(std::string(63, '1')), "9223372036854775807");
  EXPECT_EQ(DecimalText(std::string(64, '1')), "-1");
  EXPECT_EQ(DecimalText(std::string(65, '1')), "");
  EXPECT_EQ(DecimalText("0x"), "");
  EXPECT_EQ(ValueText(std::string(36, '1')), "fffffffff");
  EXPECT_EQ(ValueText("11111111", FormatOf(8, false)), "255");
  EXPECT_EQ(ValueText(std::string(19, '1'), FormatOf(19, true)), "-1");
  EXPECT_EQ(ValueText(std::string(32, '1'), FormatOf(32, false)), "ffffffff") << "a word";
}

TEST(WaveValue, HexAroundADifference) {
  const std::string value(160, '0');
  EXPECT_EQ(HexAround(value, value, 40), std::string(40, '0'));
  EXPECT_EQ(HexAround(value, value, 6), "..000000");
  std::string other = value;
  other[81] = '1';
  EXPECT_EQ(HexAround(value, other, 6), "..000000..");
  EXPECT_EQ(HexAround(other, value, 6), "..000400..");
  other[1] = '1';
  EXPECT_EQ(HexAround(other, value, 6), "400000..");
  EXPECT_EQ(HexAround(other, "", 2), "..00");
}

TEST(WaveValue, PlainNames) {
  EXPECT_EQ(PlainName("act_o [7:0]"), "act_o");
  EXPECT_EQ(PlainName("act_o[7:0]"), "act_o");
  EXPECT_EQ(PlainName("mem [3]"), "mem[3]");
  EXPECT_EQ(PlainName("mem[3] [7:0]"), "mem[3]");
  EXPECT_EQ(PlainName("\\odd.name "), "odd.name");
  EXPECT_EQ(PlainName("[7:0]"), "[7:0]");
  EXPECT_EQ(PlainName("a\nb\x1b[2]"), "a?b?[2]");
}

}  // namespace
}  // namespace weft
