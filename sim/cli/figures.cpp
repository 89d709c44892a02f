// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "sim/cli/options.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

// The values of an object as columns; those of an object inside it carry its name before theirs.
void Flatten(const Json& object, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>* row) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) Flatten(value, prefix + key + ".", row);
    else if (value.is_string()) row->emplace_back(prefix + key, value.get<std::string>());
    else if (!value.is_array()) row->emplace_back(prefix + key, value.is_null() ? "" : value.dump());
  }
}

// As RFC 4180 has it.
std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

void AddClockFlag(CLI::App* command, FigureFlags* flags) {
  command->add_option("--clock", flags->clock, "clock, as in 117MHz: gives milliseconds and images a second");
}

void AddFigureFlags(CLI::App* command, FigureFlags* flags) {
  AddClockFlag(command, flags);
  command->add_option("--csv", flags->csv, "write the table as CSV to a file, or to stdout with -")
      ->check(CanBeWritten());
}

double ParseClock(const std::string& text) {
  if (text.empty()) return 0;
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit(rest, text.data() + text.size());
  std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  const double factor = unit.empty() || unit == "mhz" ? 1e6
                        : unit == "ghz"               ? 1e9
                        : unit == "khz"               ? 1e3
                        : unit == "hz"                ? 1
                                                      : 0;
  const double hertz = value * factor;
  if (error != std::errc{} || !(hertz >= 1) || !(hertz <= 1e12))
    throw Error("--clock '{}': give a frequency, as in 117MHz", text.substr(0, 60));
  return hertz;
}

double ClockFor(const FigureFlags& flags, const std::string& engine) {
  if (!flags.clock.empty() && engine == "golden")
    throw Error("--clock needs the engine rtl or cycles: the engine golden counts no cycles");
  return ParseClock(flags.clock);
}

Json TimesJson(double clock, int64_t cycles, int64_t starts, int64_t images) {
  if (clock == 0 || cycles == 0) return Json::object();
  const double seconds = double(cycles) / clock;
  return {{"clock_mhz", clock / 1e6},
          {"latency_ms", 1e3 * seconds / double(starts)},
          {"images_per_second", double(images) / seconds}};
}

void PrintTimes(std::FILE* stream, const Json& times) {
  if (times.empty()) return;
  fmt::print(stream, "at {:g} MHz: {:.4g} ms a start, {:.4g} images/s\n", times.at("clock_mhz").get<double>(),
             times.at("latency_ms").get<double>(), times.at("images_per_second").get<double>());
}

void WriteCsv(const std::string& csv_option, const Json& json) {
  if (csv_option.empty()) return;
  std::vector<std::vector<std::pair<std::string, std::string>>> rows;
  if (json.contains("layers"))
    for (const Json& layer : json.at("layers")) Flatten(layer, "", &rows.emplace_back());
  else Flatten(json, "", &rows.emplace_back());
  std::vector<std::string> columns;
  for (const auto& row : rows)
    for (const auto& [column, value] : row)
      if (std::ranges::count(columns, column) == 0) columns.push_back(column);
  std::string text;
  for (size_t i = 0; i < columns.size(); i++) text += (i > 0 ? "," : "") + CsvCell(columns[i]);
  text += "\r\n";
  for (const auto& row : rows) {
    for (size_t i = 0; i < columns.size(); i++) {
      const auto cell = std::ranges::find(row, columns[i], &std::pair<std::string, std::string>::first);
      text += (i > 0 ? "," : "") + (cell == row.end() ? "" : CsvCell(cell->second));
    }
    text += "\r\n";
  }
  if (csv_option == "-") {
    fmt::print("{}", text);
    return;
  }
  std::ofstream file(csv_option, std::ios::binary);
  file << text;
  if (!file.flush()) throw Error("{}: cannot be written", csv_option);
}

}  // namespace weft::cli
