// SPDX-License-Identifier: Apache-2.0
// Figures of a run in the units that people ask for: milliseconds and images a second at a clock, and tables
// as CSV.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "sim/cli/report.hpp"

namespace weft::cli {

struct FigureFlags {
  std::string clock, csv;
};
void AddClockFlag(CLI::App* command, FigureFlags* flags);
void AddFigureFlags(CLI::App* command, FigureFlags* flags);  // --clock and --csv

// "117MHz", "1.2GHz", "117" (MHz) in Hz; empty: 0. Throws Error.
double ParseClock(const std::string& text);
// ... of --clock, for an engine. Throws Error for the golden model, which counts no cycles.
double ClockFor(const FigureFlags& flags, const std::string& engine);

// What `cycles` cycles are at a clock: "clock_mhz", "latency_ms" (of each of `starts`), "images_per_second".
// Nothing without a clock or cycles.
Json TimesJson(double clock, int64_t cycles, int64_t starts, int64_t images);
// The same as a line.
void PrintTimes(std::FILE* stream, const Json& times);

// A row for each of `json`'s "layers", or one if it has none; "stalls" and the like become columns
// "stalls.fill", lists none. To a file, "-" for stdout, "" for nowhere.
void WriteCsv(const std::string& csv_option, const Json& json);

}  // namespace weft::cli
