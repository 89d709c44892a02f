// SPDX-License-Identifier: Apache-2.0
// weft wavediff: two waveform files compared, at clock edges or transfer by transfer.
#include "sim/waves/wavediff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "sim/cli/commands.hpp"
#include "sim/cli/report.hpp"
#include "sim/waves/wave_value.hpp"

namespace weft::cli {
namespace {

constexpr size_t kNamesShown = 3, kDigitsShown = 24;

// In the largest unit in which it is a whole number: "1250 ns".
std::string TimeText(uint64_t time, int timescale) {
  static constexpr std::array<const char*, 6> kUnits = {"s", "ms", "us", "ns", "ps", "fs"};
  auto unit = size_t(std::clamp((2 - timescale) / 3, 0, int(kUnits.size()) - 1));
  for (int zeros = 3 * int(unit) + timescale; zeros > 0; --zeros) time *= 10;
  for (; unit > 0 && time > 0 && time % 1000 == 0; --unit) time /= 1000;
  return fmt::format("{} {}", time, kUnits[unit]);
}

// "3f (63)"; of a wide value the digits around the difference.
std::string BothText(const std::string& value, const std::string& other) {
  const std::string hex = HexAround(value, other, kDigitsShown), decimal = DecimalText(value);
  return decimal.empty() || value.size() == 1 ? hex : fmt::format("{} ({})", hex, decimal);
}

// "1 signal", "2 signals"
std::string Count(int64_t n, const std::string& what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

Json ToJson(const WavediffOptions& options, const WavediffResult& r) {
  Json json = {{"a", options.a.string()},
               {"b", options.b.string()},
               {"equal", r.equal()},
               {"signals", r.signals},
               {"samples", r.samples},
               {"values", r.values},
               {"differences", r.differences},
               {"differing_signals", r.differing},
               {"only_in_a", r.only_a.size()},
               {"only_in_b", r.only_b.size()},
               {"other_width", r.other_width.size()},
               {"samples_only_in_a", r.samples_a},
               {"samples_only_in_b", r.samples_b}};
  json["first"] = Json::array();
  for (const SignalDifference& d : r.first)
    json["first"].push_back({{"signal", d.a},
                             {"signal_b", d.b},
                             {"cycle", d.cycle},
                             {"cycle_b", d.cycle_b},
                             {"time", TimeText(d.time, r.timescale_a)},
                             {"time_b", TimeText(d.time_b, r.timescale_b)},
                             {"a", HexText(d.value)},
                             {"b", HexText(d.value_b)},
                             {"a_decimal", DecimalText(d.value)},
                             {"b_decimal", DecimalText(d.value_b)},
                             {"samples", d.count}});
  return json;
}

void PrintNames(std::FILE* stream, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const size_t shown = std::min(names.size(), kNamesShown);
  const std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "));
  fmt::print(stream, "{}: {} ({}{})\n", what, names.size(), text, names.size() > shown ? ", ..." : "");
}

void PrintFirst(std::FILE* stream, const WavediffResult& r) {
  std::vector<std::vector<std::string>> rows = {{"signal", "cycle", "time", "A", "B", "samples"}};
  for (const SignalDifference& d : r.first) {
    const std::string cycle =
        d.cycle == d.cycle_b ? std::to_string(d.cycle) : fmt::format("{} / {}", d.cycle, d.cycle_b);
    rows.push_back({d.a, cycle, TimeText(d.time, r.timescale_a), BothText(d.value, d.value_b),
                    BothText(d.value_b, d.value), std::to_string(d.count)});
  }
  fmt::print(stream, "first difference of each signal:\n");
  PrintTable(stream, rows);
  if (r.differing > r.first.size()) fmt::print(stream, "... and {} more\n", r.differing - r.first.size());
}

int Wavediff(const WavediffOptions& options, const std::string& json) {
  const WavediffResult r = DiffWaves(options);
  std::FILE* stream = TableStream(json);
  fmt::print(stream, "A: {}\nB: {}\n", options.a.string(), options.b.string());
  if (r.differing > 0) PrintFirst(stream, r);
  PrintNames(stream, "only in A", r.only_a);
  PrintNames(stream, "only in B", r.only_b);
  PrintNames(stream, "not compared, of another width", r.other_width);
  const std::string unit = r.transfers ? "transfer" : "clock edge";
  if (r.samples_a > 0) fmt::print(stream, "A has {} that B does not have\n", Count(r.samples_a, unit));
  if (r.samples_b > 0) fmt::print(stream, "B has {} that A does not have\n", Count(r.samples_b, unit));
  const std::string in = r.differing > 0 ? " in " + Count(int64_t(r.differing), "signal") : "";
  fmt::print(stream, "{}, {}, {} compared: {}{}\n", Count(int64_t(r.signals), "signal"),
             Count(r.samples, unit), Count(r.values, "value"), Count(r.differences, "difference"), in);
  WriteJson(json, ToJson(options, r));
  return r.equal() ? 0 : 1;
}

}  // namespace

void AddWavediffCommand(CLI::App* app, int* status) {
  struct Options {
    WavediffOptions diff;
    std::string json;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("wavediff", "Compare two waveform files (FST or VCD)");
  command->add_option("A", o->diff.a, "waveform file")->required();
  command->add_option("B", o->diff.b, "waveform file: the reference; what is x here is not compared")
      ->required();
  command->add_option("--map", o->diff.map, "file of lines GLOB_A -> GLOB_B: how A's signals are named in B");
  command->add_option("--clock", o->diff.clock, "sample just before this signal's rising edges");
  command->add_option("--valid", o->diff.valid,
                      "compare only where this is 1: transfer by transfer, at any cycle");
  command->add_option("--ready", o->diff.ready, "... and this");
  command->add_option("--from", o->diff.from, "first cycle (of A)")->check(CLI::NonNegativeNumber);
  command->add_option("--to", o->diff.to, "last cycle (of A)")->check(CLI::NonNegativeNumber);
  command->add_option("--shift", o->diff.shift, "cycle n of A is cycle n + SHIFT of B");
  command->add_flag("--x-is-any", o->diff.x_is_any, "what is x in A is not compared either");
  command->add_option("--limit", o->diff.limit, "differing signals shown")->check(CLI::Range(0, 1'000'000));
  command->add_option("--json", o->json, "write JSON to a file, or to stdout with -");
  command->callback([o, status] { *status = Wavediff(o->diff, o->json); });
}

}  // namespace weft::cli
