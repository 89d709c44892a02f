// The command line's own notations (8x8x3, 1,1,0,0, 8:40) and the options that the subcommands share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/runner.hpp"

namespace weft::cli {

// The whole numbers of "56x56x64" or "1,1,0,0", as many as `counts` allows, each in lo..hi. Throws Error that
// names the option and shows `example`.
struct Notation {
  std::string option;
  char separator;
  std::vector<size_t> counts;
  int64_t lo, hi;
  std::string example;
};
std::vector<int64_t> ParseNumbers(std::string_view text, const Notation& notation);

// --engine, --config, --memory, --stalls, --seed and --check; `ParsedEngine` checks their values.
struct EngineFlags {
  EngineOptions options;
  std::string trace_window;
};
void AddEngineFlags(CLI::App* command, EngineFlags* flags);
void AddTraceFlags(CLI::App* command, EngineFlags* flags);
EngineOptions ParsedEngine(const EngineFlags& flags);

}  // namespace weft::cli
