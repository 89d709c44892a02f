// SPDX-License-Identifier: Apache-2.0
// weft wavediff: two waveform files compared, at clock edges or transfer by transfer.
#include "sim/waves/wavediff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
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

// The lowest part of so many bits that differs; of a signal that is not made of such parts all of it.
struct LaneDifference {
  int lane = -1;
  std::string a, b;

  LaneDifference(const SignalDifference& d, int bits, Unknown unknown) : a(d.value), b(d.value_b) {
    const size_t width = d.value.size(), part = size_t(bits);
    if (bits == 0 || width <= part || width % part != 0) return;
    for (lane = 0;; lane++) {
      const size_t from = width - size_t(lane + 1) * part;
      a = d.value.substr(from, part), b = d.value_b.substr(from, part);
      if (from == 0 || Differs(a, b, unknown)) return;
    }
  }
  static std::string Text(const std::string& value) {
    const std::string number = IsKnown(value) ? ValueText(value, ValueFormat::kSigned) : "";
    return number.empty() ? HexText(value) : fmt::format("{} ({})", HexText(value), number);
  }
};

// "1 signal", "2 signals"
std::string Count(int64_t n, const std::string& what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

// Rounded down: only what is complete is 100 %.
std::string ShareText(double share) { return fmt::format("{:.2f} %", std::floor(share * 1e4) / 1e2); }

// What differs; "0 differences" only if all that is in the window was compared and is equal.
std::string Verdict(const WavediffResult& r, const std::string& unit) {
  std::vector<std::string> found;
  if (r.values_differing > 0)
    found.push_back(Count(r.values_differing, "difference") + " in " +
                    Count(int64_t(r.signals_differing), "signal"));
  if (!r.other_width.empty())
    found.push_back(Count(int64_t(r.other_width.size()), "signal") + " of another width");
  const int64_t alone = r.a.samples_alone + r.b.samples_alone;
  if (alone > 0) found.push_back(Count(alone, unit) + " of one file only");
  return found.empty() ? "0 differences" : fmt::format("{}", fmt::join(found, ", "));
}

Json ToJson(const WavediffOptions& options, const WavediffResult& r) {
  Json json = {{"a", options.a.string()},
               {"b", options.b.string()},
               {"equal", r.differences() == 0},
               {"signals", r.signals},
               {"samples", r.samples},
               {"values", r.values},
               {"differences", r.differences()},
               {"differing_signals", r.signals_differing + r.other_width.size()},
               {"only_in_a", r.a.only.size()},
               {"only_in_b", r.b.only.size()},
               {"other_width", r.other_width.size()},
               {"samples_only_in_a", r.a.samples_alone},
               {"samples_only_in_b", r.b.samples_alone},
               {"window", r.window},
               {"share", r.share()},
               {"values_unknown", r.unknown},
               {"differences_by_unknown", r.differing_by_unknown},
               {"never_known", r.never_known.size()}};
  for (const auto& [name, side] : {std::pair{"_a", &r.a}, std::pair{"_b", &r.b}}) {
    const std::string of = name;
    json["clock" + of] = side->clock;
    json["edges" + of] = side->edges.count;
    json["edges_unknown" + of] = side->edges.unknown;
    json["names_again" + of] = side->again.size();
    json["not_of_bits" + of] = side->left_out;
  }
  json["first"] = Json::array();
  for (const SignalDifference& d : r.first)
    json["first"].push_back({{"signal", d.a},
                             {"signal_b", d.b},
                             {"cycle", d.cycle},
                             {"cycle_b", d.cycle_b},
                             {"time", TimeText(d.time, r.a.timescale)},
                             {"time_b", TimeText(d.time_b, r.b.timescale)},
                             {"a", HexText(d.value)},
                             {"b", HexText(d.value_b)},
                             {"a_decimal", DecimalText(d.value)},
                             {"b_decimal", DecimalText(d.value_b)},
                             {"samples", d.count}});
  for (size_t i = 0; options.lane_bits > 0 && i < r.first.size(); i++) {
    const LaneDifference lane(r.first[i], options.lane_bits, options.unknown);
    if (lane.lane < 0) continue;
    json["first"][i].update({{"lane", lane.lane},
                             {"a_lane", ValueText(lane.a, ValueFormat::kSigned)},
                             {"b_lane", ValueText(lane.b, ValueFormat::kSigned)}});
  }
  return json;
}

void PrintNames(std::FILE* stream, const std::string& what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const size_t shown = std::min(names.size(), kNamesShown);
  const std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "));
  fmt::print(stream, "{}: {} ({}{})\n", what, names.size(), text, names.size() > shown ? ", ..." : "");
}

// The file, and what its samples are.
void PrintSide(std::FILE* stream, const char* name, const std::filesystem::path& path,
               const WavediffSide& side) {
  fmt::print(stream, "{}: {}: {} of {}, {} to {}", name, path.string(),
             Count(side.edges.count, "rising edge"), side.clock, TimeText(side.edges.first, side.timescale),
             TimeText(side.edges.last, side.timescale));
  if (!side.valid.empty()) fmt::print(stream, "; transfers where {} is 1", side.valid);
  if (!side.ready.empty()) fmt::print(stream, " and {} is 1", side.ready);
  fmt::print(stream, "\n");
}

void PrintNotCompared(std::FILE* stream, const WavediffResult& r) {
  PrintNames(stream, "of another width", r.other_width);
  PrintNames(stream, "only in A", r.a.only);
  PrintNames(stream, "only in B", r.b.only);
  PrintNames(stream, "not compared, unknown throughout", r.never_known);
  for (const auto& [name, side] : {std::pair{"A", &r.a}, std::pair{"B", &r.b}}) {
    PrintNames(stream, fmt::format("not compared, of a name that {} has twice", name), side->again);
    if (side->left_out > 0)
      fmt::print(stream, "not compared: {} of {} that are reals, strings or events\n",
                 Count(side->left_out, "signal"), name);
    if (side->edges.unknown > 0)
      fmt::print(stream, "{} of {} with valid or ready unknown: no transfer\n",
                 Count(side->edges.unknown, "clock edge"), name);
  }
}

void PrintFirst(std::FILE* stream, const WavediffOptions& options, const WavediffResult& r) {
  std::vector<std::vector<std::string>> rows = {{"signal", "cycle", "time", "A", "B", "samples"}};
  for (const SignalDifference& d : r.first) {
    const std::string cycle =
        d.cycle == d.cycle_b ? std::to_string(d.cycle) : fmt::format("{} / {}", d.cycle, d.cycle_b);
    const LaneDifference lane(d, options.lane_bits, options.unknown);
    const bool whole = lane.lane < 0;
    rows.push_back(
        {whole ? d.a : fmt::format("{}, lane {}", d.a, lane.lane), cycle, TimeText(d.time, r.a.timescale),
         whole ? BothText(d.value, d.value_b) : LaneDifference::Text(lane.a),
         whole ? BothText(d.value_b, d.value) : LaneDifference::Text(lane.b), std::to_string(d.count)});
  }
  fmt::print(stream, "first difference of each signal:\n");
  PrintTable(stream, rows);
  if (r.signals_differing > r.first.size())
    fmt::print(stream, "... and {} more\n", r.signals_differing - r.first.size());
}

int Wavediff(const WavediffOptions& options, const std::string& json) {
  const WavediffResult r = DiffWaves(options);
  std::FILE* stream = TableStream(json);
  PrintSide(stream, "A", options.a, r.a);
  PrintSide(stream, "B", options.b, r.b);
  if (!r.first.empty()) PrintFirst(stream, options, r);
  PrintNotCompared(stream, r);
  const std::string unit = r.transfers ? "transfer" : "clock edge";
  for (const auto& [alone, text] : {std::pair{r.a.samples_alone, "A has {} that B does not have\n"},
                                    std::pair{r.b.samples_alone, "B has {} that A does not have\n"}})
    if (alone > 0) fmt::print(stream, fmt::runtime(text), Count(alone, unit));
  const int64_t nowhere = r.window - r.samples - r.a.samples_alone - r.b.samples_alone;
  if (nowhere > 0) fmt::print(stream, "neither file has {} of the window's cycles\n", nowhere);
  if (r.unknown > 0) fmt::print(stream, "{} not compared: unknown (x, z)\n", Count(r.unknown, "value"));
  if (r.differing_by_unknown > 0)
    fmt::print(stream, "{} by bits that only one file knows (see --golden, --x-is-any)\n",
               Count(r.differing_by_unknown, "difference"));
  fmt::print(stream, "{}, {} ({} of the window), {} compared: {}\n", Count(int64_t(r.signals), "signal"),
             Count(r.samples, unit), ShareText(r.share()), Count(r.values, "value"), Verdict(r, unit));
  WriteJson(json, ToJson(options, r));
  return r.differences() == 0 ? 0 : 1;
}

}  // namespace

void AddWavediffCommand(CLI::App* app, int* status) {
  struct Options {
    WavediffOptions diff;
    bool golden = false, x_is_any = false;
    std::string json;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("wavediff", "Compare two waveform files (FST or VCD)");
  command->add_option("A", o->diff.a, "waveform file")->required();
  command->add_option("B", o->diff.b, "waveform file: the reference")->required();
  command->add_option("--map", o->diff.map, "file of lines GLOB_A -> GLOB_B: how A's signals are named in B");
  command->add_option("--clock", o->diff.clock, "sample just before this signal's rising edges");
  command->add_option("--valid", o->diff.valid,
                      "compare only where this is 1: transfer by transfer, at any cycle");
  command->add_option("--ready", o->diff.ready, "... and this");
  command->add_option("--from", o->diff.from, "first cycle (of A)")->check(CLI::NonNegativeNumber);
  command->add_option("--to", o->diff.to, "last cycle (of A)")->check(CLI::NonNegativeNumber);
  command->add_option("--shift", o->diff.shift, "cycle n of A is cycle n + SHIFT of B");
  command->add_flag("--golden", o->golden,
                    "B is a golden trace: bits that are x or z in it are not compared");
  command->add_flag("--x-is-any", o->x_is_any, "bits that are x or z in either file are not compared");
  command
      ->add_option("--lanes", o->diff.lane_bits,
                   "show of packed signals the first lane of so many bits that differs, as a signed number")
      ->check(CLI::Range(2, 64));
  command->add_option("--limit", o->diff.limit, "differing signals shown")->check(CLI::Range(0, 1'000'000));
  command->add_option("--json", o->json, "write JSON to a file, or to stdout with -");
  command->callback([o, status] {
    if (o->golden) o->diff.unknown = Unknown::kIsAnyInSecond;
    if (o->x_is_any) o->diff.unknown = Unknown::kIsAny;
    *status = Wavediff(o->diff, o->json);
  });
}

}  // namespace weft::cli
