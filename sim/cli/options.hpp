// SPDX-License-Identifier: Apache-2.0
// The command line's own notations (8x8x3, 1,1,0,0, 8:40) and the options that the subcommands share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/backends/backend.hpp"

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

// --input and what the files' values stand for.
struct InputFlags {
  std::vector<std::filesystem::path> files;
  std::string layout, mean, std;
  std::optional<float> scale;
  bool resize = false;
  [[nodiscard]] bool HasFormat() const {
    return !layout.empty() || !mean.empty() || !std.empty() || scale || resize;
  }
};
void AddInputFlags(CLI::App* command, InputFlags* flags);
// At most `limit` images (0: all).
TensorI8 LoadInputs(const InputFlags& flags, const Graph& graph, int limit);

// --engine, --config, --memory, --stalls, --seed and --check; `ParsedBackend` checks their values.
struct BackendFlags {
  BackendOptions options;
  std::string trace_window;
};
void AddBackendFlags(CLI::App* command, BackendFlags* flags);
void AddTraceFlags(CLI::App* command, BackendFlags* flags);
BackendOptions ParsedBackend(const BackendFlags& flags);

// Around a run: an old trace is no result of it. Throws Error if a trace is wanted and the run left none.
void RemoveOldTrace(const BackendOptions& options);
void CheckTrace(const BackendOptions& options);

}  // namespace weft::cli
