// SPDX-License-Identifier: Apache-2.0
// What `weft run` and `weft board run` share: a network on images, and what becomes of its outputs.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "sim/backends/board.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/options.hpp"
#include "sw_model/config.hpp"

namespace weft::cli {

struct RunOptions {
  std::string model, labels, json, output, dump;
  InputFlags input;
  int limit = 0, batch = 0, top = 0;  // 0: not given
  int64_t most_cycles = 0;            // as well
  bool has_config = false;
  ModelFlags model_flags;
  BackendFlags backend;
  FigureFlags figures;
};

// Hardware that is there, whose configuration networks are compiled for.
struct Hardware {
  Board* board;
  Config config;
};

// All but the backend's.
void AddRunFlags(CLI::App* command, RunOptions* options);
// The exit status. Without hardware on the backend of the options.
int RunNetwork(const RunOptions& options, const Hardware* hardware = nullptr);

}  // namespace weft::cli
