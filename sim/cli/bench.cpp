// SPDX-License-Identifier: Apache-2.0
// weft bench: the cycles of a well-known network, compiled as `weft run` compiles one.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "compiler/geometry.hpp"
#include "compiler/network_file.hpp"
#include "compiler/networks.hpp"
#include "sim/backends/network_backend.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/conv_layer.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sw_model/error.hpp"
#include "sw_model/memory.hpp"

namespace weft::cli {
namespace {

struct Options {
  std::string network, engine, config = "8x8", memory, json;
  int batch = 1;
  uint64_t seed = 1;
  bool with_fc = false, whole = false, layers = true;
  FigureFlags figures;
};

struct BenchRow {
  std::string name, op;
  LayerStats stats;
  int64_t useful_macs = 0;
  int64_t array_macs = 0,
          array_useful = 0;  // without those of depthwise convolutions that are part of a layer
  int64_t roofline = 0;      // cycles that it takes at least: its MACs on the array, or its compulsory bytes
};

struct Bench {
  std::vector<BenchRow> layers;
  BenchRow total;
};

Shape ShapeOf(const CompiledNetwork& network, int tensor) {
  Shape shape = network.graph.tensors[tensor].shape;
  shape.n = network.batch;
  return shape;
}

int64_t RooflineOf(const LayerStats& stats, const Config& config, const Memory& memory) {
  const int64_t array = int64_t{config.rows} * config.cols;
  return std::max({CeilDiv(stats.macs, array), CeilDiv(stats.compulsory_read, memory.width),
                   CeilDiv(stats.compulsory_written, memory.width)});
}

// What the nodes of the graph took, each from the end of the one before to its own last output.
Bench Summarise(const CompiledNetwork& network, const NetworkResult& result, const Memory& memory) {
  Bench bench;
  for (size_t i = 0; i < network.graph.nodes.size(); i++) {
    const Node& node = network.graph.nodes[i];
    BenchRow& row = bench.layers.emplace_back();
    row.name = node.name;
    row.op = OpName(node.op);
    row.stats = result.nodes[i];
    if (node.op == Op::kConv) row.useful_macs = UsefulMacs(ShapeOf(network, node.inputs[0]), node.conv);
    if (row.stats.cycles > 0) {
      row.array_macs = row.stats.macs;
      row.array_useful = row.useful_macs;
      row.roofline = RooflineOf(row.stats, network.config, memory);
    }
    bench.total.useful_macs += row.useful_macs;
    bench.total.array_macs += row.array_macs;
    bench.total.array_useful += row.array_useful;
    bench.total.roofline += row.roofline;
    Accumulate(row.stats, &bench.total.stats);
  }
  bench.total.name = "total";
  return bench;
}

// Random numbers for all layers: outputs spread alike in all of them.
void FillNetwork(uint64_t seed, Graph* graph) {
  for (Node& node : graph->nodes) {
    if (node.op != Op::kConv) continue;
    const bool first = node.inputs[0] == graph->input;
    FillRandom(seed++, first ? kUniformSpread : kOutputSpread, &node.conv);
  }
}

// The whole network as one program, as `weft run` has it.
Bench RunBench(const Options& options, Network network, const Config& config, const Memory& memory) {
  const bool rtl = options.engine == "rtl";
  BackendOptions backend;
  backend.engine = options.engine;
  backend.config = options.config;
  backend.memory = options.memory;
  backend.check = rtl;
  if (rtl) FillNetwork(options.seed, &network.graph);
  const CompiledNetwork compiled = CompileNetwork(std::move(network.graph), options.batch, config,
                                                  {.keep_all = rtl,
                                                   .with_data = rtl,
                                                   .read_cycles = memory.ReadCycles(config),
                                                   .in_order = !options.whole});
  uint64_t seed = options.seed + 1'000'000;
  const auto input = [&](int tensor) {
    return rtl ? RandomMap(seed++, ShapeOf(compiled, tensor)) : TensorI8();
  };
  TensorI8 images = input(compiled.graph.input);
  images.shape.n = options.batch;
  NetworkBackend::Tensors given;
  for (const int tensor : network.given) given[tensor] = input(tensor);
  return Summarise(compiled, MakeNetworkBackend(backend, config)->Run(compiled, images, given), memory);
}

// ---- What is printed

double Fraction(int64_t a, int64_t b) { return b > 0 ? double(a) / double(b) : 0; }

int64_t CompulsoryBytes(const BenchRow& row) {
  return row.stats.compulsory_read + row.stats.compulsory_written;
}

double UsefulUtilisation(const BenchRow& row) {
  return row.stats.utilisation * Fraction(row.array_useful, row.array_macs);
}

Json RowJson(const BenchRow& row, bool rtl) {
  Json json = {{"macs", row.stats.macs},
               {"useful_macs", row.useful_macs},
               {"cycles", row.stats.cycles},
               {"utilisation", row.stats.utilisation},
               {"useful_utilisation", UsefulUtilisation(row)},
               {"stalls", row.stats.stalls},
               {"bytes_read", row.stats.bytes_read},
               {"bytes_written", row.stats.bytes_written},
               {"bytes_per_mac", Fraction(row.stats.bytes_read + row.stats.bytes_written, row.stats.macs)},
               {"compulsory_bytes", CompulsoryBytes(row)},
               {"compulsory_bytes_per_mac", Fraction(CompulsoryBytes(row), row.stats.macs)},
               {"roofline_cycles", row.roofline},
               {"of_roofline", Fraction(row.roofline, row.stats.cycles)}};
  if (rtl) {
    json["predicted_cycles"] = row.stats.predicted_cycles;
    json["mismatches"] = row.stats.mismatches ? Json(*row.stats.mismatches) : Json(nullptr);
    json["outputs_compared"] = row.stats.outputs_compared;
  }
  return json;
}

Json BenchJson(const Options& options, const Network& network, const Bench& bench, const Memory& memory) {
  const bool rtl = options.engine == "rtl";
  Json json = {{"network", network.name},  {"engine", options.engine},
               {"config", options.config}, {"memory", fmt::format("{}:{}", memory.width, memory.latency)},
               {"batch", options.batch},   {"fully_connected", network.fully_connected}};
  json.update(RowJson(bench.total, rtl));
  json["layers"] = Json::array();
  for (const BenchRow& row : bench.layers) {
    Json layer = {{"name", row.name}, {"op", row.op}};
    layer.update(RowJson(row, rtl));
    json["layers"].push_back(layer);
  }
  return json;
}

void PrintLayers(std::FILE* stream, const Bench& bench) {
  std::vector<std::vector<std::string>> rows = {{"layer", "MACs", "cycles", "utilisation"}};
  for (const auto& [cause, cycles] : bench.total.stats.stalls) rows[0].push_back(cause);
  rows[0].insert(rows[0].end(), {"read", "written", "compulsory", "of roofline"});
  auto add = [&](const BenchRow& row) {
    std::vector<std::string> cells = {row.name, std::to_string(row.stats.macs),
                                      std::to_string(row.stats.cycles),
                                      row.stats.cycles > 0 ? PercentText(row.stats.utilisation) : "-"};
    for (const auto& [cause, cycles] : bench.total.stats.stalls)
      cells.push_back(row.stats.cycles > 0 ? fmt::format("{:.0f}", row.stats.stalls.at(cause)) : "-");
    cells.insert(cells.end(),
                 {std::to_string(row.stats.bytes_read), std::to_string(row.stats.bytes_written),
                  std::to_string(CompulsoryBytes(row)),
                  row.stats.cycles > 0 ? PercentText(Fraction(row.roofline, row.stats.cycles)) : "-"});
    rows.push_back(cells);
  };
  for (const BenchRow& row : bench.layers) add(row);
  add(bench.total);
  PrintTable(stream, rows);
}

void Print(std::FILE* stream, const Options& options, const Network& network, const Bench& bench) {
  const BenchRow& total = bench.total;
  if (options.layers) PrintLayers(stream, bench);
  fmt::print(stream, "{}, {} layers, batch {}{}\n", network.name, bench.layers.size(), options.batch,
             network.fully_connected ? "" : ", without fully connected layers");
  if (!network.left_out.empty()) fmt::print(stream, "not on the array, not counted: {}\n", network.left_out);
  fmt::print(stream,
             "MACs: {}\ncycles: {}\nutilisation: {} ({} without the taps in the padding)\nbytes per MAC: "
             "{:.4f} (compulsory: "
             "{:.4f})\n",
             total.stats.macs, total.stats.cycles, PercentText(total.stats.utilisation),
             PercentText(UsefulUtilisation(total)),
             Fraction(total.stats.bytes_read + total.stats.bytes_written, total.stats.macs),
             Fraction(CompulsoryBytes(total), total.stats.macs));
  if (options.engine == "rtl")
    fmt::print(stream, "predicted cycles: {}\noutputs compared: {}\nmismatches: {}\n",
               total.stats.predicted_cycles, total.stats.outputs_compared, MismatchText(total.stats));
}

NetworkScope ScopeOf(const Options& options) {
  if (options.whole) return NetworkScope::kWhole;
  return options.with_fc ? NetworkScope::kFullyConnected : NetworkScope::kUsual;
}

int Run(const Options& options) {
  if (options.engine != "rtl" && options.engine != "cycles")
    throw Error("--engine '{}': use rtl or cycles", options.engine);
  if (options.batch < 1 || options.batch > 4096)
    throw Error("--batch {}: give a number from 1 to 4096", options.batch);
  const double clock = ClockFor(options.figures, options.engine);
  const Config config = Config::Load(options.config);
  const Memory memory = Memory::Parse(options.memory, config);
  const Network network = MakeNetwork(options.network, ScopeOf(options));
  const Bench bench = RunBench(options, network, config, memory);
  const Json times = TimesJson(clock, bench.total.stats.cycles, 1, options.batch);
  Print(TableStream(options.json, options.figures.csv), options, network, bench);
  PrintTimes(TableStream(options.json, options.figures.csv), times);
  Json json = BenchJson(options, network, bench, memory);
  json.update(times);
  WriteJson(options.json, json);
  WriteCsv(options.figures.csv, json);
  return bench.total.stats.mismatches.value_or(0) == 0 ? 0 : 1;
}

}  // namespace

void AddBenchCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("bench", "Count the cycles of a well-known network, on random data");
  command->add_option("NETWORK", options->network, fmt::format("{}", fmt::join(NetworkNames(), ", ")))
      ->required();
  command->add_option("--engine", options->engine, "rtl or cycles")->required();
  command->add_option("--config", options->config, "hardware configuration: a name, or a file")
      ->capture_default_str();
  command->add_option("--memory", options->memory, "memory model WIDTH:LATENCY, bytes a cycle and cycles");
  command->add_option("--batch", options->batch, "images")->capture_default_str();
  command->add_option("--seed", options->seed, "seed of the random data")
      ->capture_default_str()
      ->check([](const std::string& text) {  // CLI11 would take -1 as 2^64 - 1
        return text.starts_with('-') ? std::string("give a whole number from 0") : std::string();
      });
  command->add_flag("--with-fc", options->with_fc, "count the fully connected layers of large networks too");
  command->add_flag("--whole", options->whole,
                    "count all operators: fully connected layers, additions, pools, concatenations");
  command->add_flag("--layers,!--no-layers", options->layers, "print a table of the layers (the default)");
  AddFigureFlags(command, &options->figures);
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  command->callback([options, status] { *status = Run(*options); });
}

}  // namespace weft::cli
