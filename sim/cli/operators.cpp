// SPDX-License-Identifier: Apache-2.0
// weft operators: what a model may hold, as docs/operators.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "compiler/onnx/onnx_reader.hpp"
#include "compiler/tflite/tflite_reader.hpp"
#include "sim/cli/commands.hpp"

namespace weft::cli {
namespace {

constexpr const char* kHead =
    R"(# Operators

<!-- Written by `weft operators`; do not edit. -->

What a model may hold, where it runs, and with which attributes. *Hardware* means without the host: in the array, or on the way of its outputs
to memory; [architecture.md](architecture.md#operators) says how. *Host* means that `weft run` computes it with the framework's formula, and that a
program has a start before and a start behind it. `weft compile` says of a network what runs where, `weft info` what became of each
operator, and a model with others is refused with all their names. Which bits these are: [arithmetic.md](arithmetic.md).
)";

void Print(const char* title, const std::vector<OperatorRow>& rows) {
  fmt::print("\n## {}\n\n| operator | runs | with |\n|---|---|---|\n", title);
  for (const OperatorRow& row : rows) fmt::print("| `{}` | {} | {} |\n", row.name, row.runs, row.holds);
}

}  // namespace

void AddOperatorsCommand(CLI::App* app, int* status) {
  app->add_subcommand("operators", "List the operators that models may hold, and where they run")
      ->callback([status] {
        fmt::print("{}", kHead);
        Print("ONNX", OnnxOperatorRows());
        Print("TensorFlow Lite", TfliteOperatorRows());
        *status = 0;
      });
}

}  // namespace weft::cli
