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

#include "compiler/model_reader.hpp"
#include "sim/backends/backend.hpp"
#include "sim/cli/io.hpp"

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

Rounding ParseRounding(const std::string& text);  // of --rounding

// Of an option that names a file to write: its folder is there, so that this is not found out when all is
// done.
CLI::Validator CanBeWritten();

// --rounding: whose bits a model gives, if not those of its own framework. --size: of its images, if it
// leaves that free.
struct ModelFlags {
  std::string rounding, size;
  [[nodiscard]] ModelOptions Parsed() const;
  // Throws Error if one of them is given: a compiled network has both.
  void RefuseFor(const std::string& compiled) const;
};
void AddModelFlags(CLI::App* command, ModelFlags* flags);

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
InputOptions ParsedInput(const InputFlags& flags, int limit);  // at most so many images (0: all)
TensorI8 LoadInputs(const InputFlags& flags, const Graph& graph, int limit);
// The same; without --input a batch of `zeros` images, for what looks at no values (0: --input has to be
// there).
TensorI8 ImagesToRun(const InputFlags& flags, const Graph& graph, int limit, int zeros);

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
