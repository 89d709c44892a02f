// SPDX-License-Identifier: Apache-2.0
// weft board: the same as weft run on a board behind a serial line (docs/board.md), and what a board is.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "driver/weft_regs.h"
#include "sim/backends/uart_transport.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/report.hpp"
#include "sim/cli/run.hpp"
#include "sw_model/error.hpp"

namespace weft::cli {
namespace {

struct BoardOptions {
  std::string port, json;
  int baud = 1'000'000;
  double patience = 1.5;
  RunOptions run;
};

// What the registers and the loader say of a board.
struct Found {
  Config config;
  uint64_t memory_bytes;
  uint32_t version;
};

// The board, which has to be a Weft.
std::unique_ptr<Board> Open(const BoardOptions& options, Found* found) {
  if (std::isnan(options.patience))
    throw Error("--patience nan: give seconds");  // CLI11's range lets it pass
  auto transport = std::make_unique<UartTransport>(options.port, options.baud, options.patience);
  UartTransport& line = *transport;
  auto board = std::make_unique<Board>(std::move(transport));
  *found = {Config::FromRegisters(line.ReadRegister(WEFT_CONFIG0), line.ReadRegister(WEFT_CONFIG1)),
            line.WindowBytes(), line.ReadRegister(WEFT_VERSION)};
  return board;
}

int Run(const BoardOptions& options) {
  Found found;
  const std::unique_ptr<Board> board = Open(options, &found);
  const Hardware hardware{board.get(), found.config};
  return RunNetwork(options.run, &hardware);
}

int Info(const BoardOptions& options) {
  Found found;
  Open(options, &found);
  const uint32_t v = found.version;
  const std::string version = fmt::format("{}.{}.{}", v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
  fmt::print(TableStream(options.json, ""), "{}: Weft {}, configuration {}, {} bytes of memory\n",
             options.port, version, found.config.Key(), found.memory_bytes);
  WriteJson(options.json, {{"port", options.port},
                           {"version", version},
                           {"config_key", found.config.Key()},
                           {"memory_bytes", found.memory_bytes}});
  return 0;
}

}  // namespace

void AddBoardCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<BoardOptions>();
  CLI::App* command = app->add_subcommand("board", "Use a board behind a serial line");
  command->require_subcommand(1);
  command->add_option("--port", options->port, "the serial line, as /dev/ttyUSB0")->required();
  command->add_option("--baud", options->baud, "bits a second of the bitstream's line")
      ->capture_default_str();
  command
      ->add_option("--patience", options->patience,
                   "seconds to wait for an answer; a simulated board may need more")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  CLI::App* run = command->add_subcommand("run", "Run a network on images on the board");
  AddRunFlags(run, &options->run);
  run->add_flag("--check", options->run.backend.options.check, "compare every output with the golden model");
  options->run.backend.options.engine = "board";
  run->callback([options, status] { *status = Run(*options); });
  CLI::App* info = command->add_subcommand("info", "Show what the board is");
  info->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  for (CLI::App* part : {run, info}) part->fallthrough();  // --port may also stand behind it
  info->callback([options, status] { *status = Info(*options); });
}

}  // namespace weft::cli
