// SPDX-License-Identifier: Apache-2.0
// Traces made of tables, and two of them compared.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sim/waves/fst.hpp"
#include "sim/waves/wavediff.hpp"
#include "sw_model/error.hpp"

namespace weft {

inline std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string Bits(uint64_t value, int bits) {
  std::string text;
  for (int i = bits - 1; i >= 0; --i) text += char('0' + (value >> i & 1));
  return text;
}

// Values of signals, cycle by cycle; written as `file` with a clock, changes at its rising edges.
struct Trace {
  std::map<std::string, std::vector<std::string>> signals;
  std::string scope = "dut";

  void WriteFst(const std::filesystem::path& file) const {
    FstWriter fst(file, -12);
    fst.PushScope(scope);
    const uint32_t clk = fst.AddVariable("clk", 1);
    std::map<std::string, uint32_t> handles;
    for (const auto& [name, values] : signals) handles[name] = fst.AddVariable(name, int(values[0].size()));
    fst.PopScope();
    const size_t cycles = signals.begin()->second.size();
    for (size_t i = 0; i <= cycles; ++i) {
      fst.SetTime(10000 * i);
      fst.SetValue(clk, "1");
      for (const auto& [name, values] : signals)
        if (i < cycles) fst.SetValue(handles[name], values[i]);
      fst.SetTime(10000 * i + 5000);
      fst.SetValue(clk, "0");
    }
    fst.Close();
  }

  // In nanoseconds, times ten: the same trace in another time scale.
  void WriteVcd(const std::filesystem::path& file) const {
    std::ofstream vcd(file);
    vcd << "$date today $end\n$timescale 1 ns $end\n$scope module " << scope
        << " $end\n$var wire 1 ! clk $end\n";
    char code = '"';
    for (const auto& [name, values] : signals) {
      const size_t bits = values[0].size();
      vcd << "$var wire " << bits << ' ' << code++ << ' ' << name;
      if (bits > 1) vcd << " [" << bits - 1 << ":0]";
      vcd << " $end\n";
    }
    vcd << "$upscope $end\n$enddefinitions $end\n";
    const size_t cycles = signals.begin()->second.size();
    for (size_t i = 0; i <= cycles; ++i) {
      vcd << '#' << 10 * i << "\n1!\n";
      code = '"';
      for (const auto& [name, values] : signals) {
        if (i < cycles) vcd << (values[i].size() == 1 ? values[i] : "b" + values[i] + " ") << code << '\n';
        ++code;
      }
      vcd << '#' << 10 * i + 5 << "\n0!\n";
    }
  }
};

inline Trace RandomTrace(int cycles, int seed) {
  std::mt19937 random{uint32_t(seed)};
  Trace trace;
  for (const auto& [name, bits] :
       {std::pair{"acc_q", 26}, {"act_o", 64}, {"ready_o", 1}, {"valid_i", 1}, {"y_o", 8}})
    for (int i = 0; i < cycles; ++i)
      trace.signals[name].push_back(Bits(uint64_t{random()} << 32 | random(), bits));
  return trace;
}

class Wavediff : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path Path(const std::string& name) const { return folder_ / name; }
  std::filesystem::path Write(const std::string& name, const std::string& contents) const {
    std::ofstream(Path(name), std::ios::binary) << contents;
    return Path(name);
  }
  WavediffResult Diff(const std::string& a, const std::string& b, WavediffOptions options = {}) const {
    options.a = Path(a);
    options.b = Path(b);
    return DiffWaves(options);
  }
  void ExpectRefused(const WavediffOptions& options, const std::string& says) const {
    try {
      DiffWaves(options);
      ADD_FAILURE() << "no Error: " << says;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    }
  }
  // The exit status of `weft wavediff` in the folder; files `out` and `err` have what it says.
  int Weft(const std::string& arguments) const {
    const std::string command = fmt::format("cd {} && {} wavediff {} >out 2>err </dev/null", folder_.string(),
                                            WEFT_BINARY, arguments);
    return WEXITSTATUS(std::system(command.c_str()));
  }
  void Verilog(const std::string& source, const std::string& vvp_flag = "") const {
    Write("tb.sv", source);
    const std::string at = folder_.string();
    const std::string command =
        "cd " + at + " && iverilog -g2012 -o tb tb.sv && vvp -n tb " + vvp_flag + " >vvp.log";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_wavediff_" + std::to_string(getpid()));
};

}  // namespace weft
