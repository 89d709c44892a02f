// SPDX-License-Identifier: Apache-2.0
// What the subcommands print: tables for people, one JSON object for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "sim/backends/backend.hpp"

namespace weft::cli {

using Json = nlohmann::ordered_json;

// Where tables go: stdout, but stderr when the JSON or the CSV is on stdout (--json -, --csv -).
std::FILE* TableStream(const std::string& json_option, const std::string& csv_option = "");

// Writes to `json_option`: a file, "-" for stdout, "" for nowhere.
void WriteJson(const std::string& json_option, const Json& json);

// Columns as wide as their widest cell; the first is aligned left, the others right.
void PrintTable(std::FILE* stream, const std::vector<std::vector<std::string>>& rows);

std::string ShapeText(const Shape& shape);          // 28x28x16
std::string ShortName(const std::string& name);     // its end, if it is long
std::string PercentText(double fraction);           // 98.35 %
std::string MismatchText(const LayerStats& stats);  // "-": nothing was compared
// macs, cycles, utilisation, mismatches, ...; null without cycles, or where nothing was compared.
Json StatsJson(const LayerStats& stats, bool has_cycles);

// A line on the terminal that shows what takes how long, when nothing can tell how far it is; silent when
// stdout or stderr is not a terminal.
class Activity {
 public:
  explicit Activity(std::string what);

 private:
  std::jthread line_;
};

// A line on the terminal that shows how far a long run is; silent when stdout or stderr is not a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(int64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void Show(int64_t done);

 private:
  int64_t total_;
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace weft::cli
