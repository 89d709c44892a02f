// SPDX-License-Identifier: Apache-2.0
// weft bench: the cycles of a well-known network, its layers back to back on one engine.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "compiler/chain.hpp"
#include "compiler/networks.hpp"
#include "compiler/program_builder.hpp"
#include "sim/backends/layer_backend.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/conv_layer.hpp"
#include "sim/cli/figures.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sim/harness/system.hpp"
#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"
#include "sw_model/golden/golden_fast.hpp"

namespace weft::cli {
namespace {

struct Options {
  std::string network, engine, config = "8x8", memory, json;
  int batch = 1;
  uint64_t seed = 1;
  bool with_fc = false, layers = true;
  FigureFlags figures;
};

struct BenchRow {
  std::string name;
  LayerStats stats;
  int64_t useful_macs = 0, bytes_read = 0, bytes_written = 0;
};

struct Bench {
  std::vector<BenchRow> layers;
  BenchRow total;
  bool model_agrees = true;  // the RTL's cycles are those that the model counts
};

void Add(const BenchRow& layer, BenchRow* total) {
  total->stats.macs += layer.stats.macs;
  total->useful_macs += layer.useful_macs;
  total->bytes_read += layer.bytes_read;
  total->bytes_written += layer.bytes_written;
}

// What the layers of a chain took, each from the end of the layer before to its own last output.
Bench Summarise(const std::vector<NetworkLayer>& layers, const std::vector<PreparedLayer>& prepared,
                const CycleResult& result, const Config& config) {
  Bench bench;
  for (size_t i = 0; i < layers.size(); i++) {
    const NetworkLayer& l = layers[i];
    const Traffic traffic = CountTraffic(prepared[i].jobs, config);
    BenchRow& row = bench.layers.emplace_back();
    row.name = l.layer.name;
    row.useful_macs = UsefulMacs(l.in, l.layer);
    row.bytes_read = traffic.read;
    row.bytes_written = traffic.written;
    row.stats = MakeStats(CyclesOfLayer(result, i), golden::Macs(l.in, l.layer), config);
    Add(row, &bench.total);
  }
  bench.total.name = "total";
  bench.total.stats = MakeStats(result, bench.total.stats.macs, config);
  return bench;
}

// The layers as one program: each reads a tensor of its own when the outputs of the one before are in memory.
struct BenchProgram {
  BenchProgram(const Config& config, const std::vector<NetworkLayer>& layers, bool with_data)
      : builder(config, with_data) {
    for (const NetworkLayer& l : layers) {
      prepared.push_back(PrepareLayer(l.layer, l.in, config));
      const Shape out = golden::OutputShape(l.in, l.layer);
      // Without data nobody minds if the tensors share their memory.
      in.push_back(with_data ? builder.AddTensor(prepared.back().in)
                             : builder.AddTensorAt(prepared.back().in, 0));
      Target target;
      target.tensor = with_data ? builder.AddTensor(out) : builder.AddTensorAt(out, 0);
      this->out.push_back(target.tensor);
      builder.AddLayer(prepared.back(), in.back(), target, in.size() > 1);
    }
    program = builder.Build();
  }
  ProgramBuilder builder;
  std::vector<PreparedLayer> prepared;
  std::vector<int> in, out;  // tensors
  Program program;
};

// Runs random data through the RTL; `layers` receives the numbers.
Bench RunRtl(const Options& options, const Config& config, const Memory& memory,
             std::vector<NetworkLayer>* layers) {
  std::vector<TensorI8> inputs, expected;
  for (size_t i = 0; i < layers->size(); i++) {
    NetworkLayer& l = (*layers)[i];
    ConvCase c{TensorI8(l.in), l.layer};
    c.layer.filters = TensorI8(l.layer.filters.shape);
    FillRandom(options.seed + i, &c);
    l.layer = std::move(c.layer);
    expected.push_back(ConvFast(c.input, l.layer));
    inputs.push_back(NeedsInterleave(l.layer, l.in, config) ? InterleaveInput(l.layer, c.input)
                                                            : std::move(c.input));
  }
  const BenchProgram p(config, *layers, true);
  SystemOptions system_options;
  system_options.memory = memory;
  System system(config, system_options);
  system.Load(p.program);
  for (size_t i = 0; i < layers->size(); i++) system.Write(p.builder.place(p.in[i]), inputs[i]);
  const CycleResult rtl = system.Run(p.program);
  const CycleResult model = CountCycles(p.program, config, memory);

  Bench bench = Summarise(*layers, p.prepared, rtl, config);
  for (size_t i = 0; i < layers->size(); i++) {
    LayerStats &stats = bench.layers[i].stats, &total = bench.total.stats;
    DifferencesTold told;
    CompareOutputs(bench.layers[i].name, expected[i], system.Read(p.builder.place(p.out[i])), &told, &stats);
    total.outputs_compared += stats.outputs_compared;
    total.mismatches = total.mismatches.value_or(0) + *stats.mismatches;
    stats.predicted_cycles = CyclesOfLayer(model, i).cycles;
  }
  bench.total.stats.predicted_cycles = model.cycles;
  bench.model_agrees = model.cycles == rtl.cycles && model.counts == rtl.counts;
  return bench;
}

Bench RunModel(const Config& config, const Memory& memory, const std::vector<NetworkLayer>& layers) {
  const BenchProgram p(config, layers, false);
  return Summarise(layers, p.prepared, CountCycles(p.program, config, memory), config);
}

// ---- What is printed

double Fraction(int64_t a, int64_t b) { return b > 0 ? double(a) / double(b) : 0; }

double UsefulUtilisation(const BenchRow& row) {
  return row.stats.utilisation * Fraction(row.useful_macs, row.stats.macs);
}

Json RowJson(const BenchRow& row, bool rtl) {
  Json json = {{"macs", row.stats.macs},
               {"useful_macs", row.useful_macs},
               {"cycles", row.stats.cycles},
               {"utilisation", row.stats.utilisation},
               {"useful_utilisation", UsefulUtilisation(row)},
               {"stalls", row.stats.stalls},
               {"bytes_read", row.bytes_read},
               {"bytes_written", row.bytes_written},
               {"bytes_per_mac", Fraction(row.bytes_read + row.bytes_written, row.stats.macs)}};
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
               {"batch", options.batch},   {"fully_connected", network.with_fc || options.with_fc}};
  json.update(RowJson(bench.total, rtl));
  json["layers"] = Json::array();
  for (const BenchRow& row : bench.layers) {
    Json layer = {{"name", row.name}};
    layer.update(RowJson(row, rtl));
    json["layers"].push_back(layer);
  }
  return json;
}

void PrintLayers(std::FILE* stream, const Bench& bench) {
  std::vector<std::vector<std::string>> rows = {{"layer", "MACs", "cycles", "utilisation"}};
  for (const auto& [cause, cycles] : bench.total.stats.stalls) rows[0].push_back(cause);
  rows[0].insert(rows[0].end(), {"read", "written"});
  auto add = [&](const BenchRow& row) {
    std::vector<std::string> cells = {row.name, std::to_string(row.stats.macs),
                                      std::to_string(row.stats.cycles), PercentText(row.stats.utilisation)};
    for (const auto& [cause, cycles] : row.stats.stalls) cells.push_back(fmt::format("{:.0f}", cycles));
    cells.insert(cells.end(), {std::to_string(row.bytes_read), std::to_string(row.bytes_written)});
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
             network.with_fc || options.with_fc ? "" : ", without fully connected layers");
  if (!network.left_out.empty()) fmt::print(stream, "not on the array, not counted: {}\n", network.left_out);
  fmt::print(
      stream,
      "MACs: {}\ncycles: {}\nutilisation: {} ({} without the taps in the padding)\nbytes per MAC: {:.4f}\n",
      total.stats.macs, total.stats.cycles, PercentText(total.stats.utilisation),
      PercentText(UsefulUtilisation(total)),
      Fraction(total.bytes_read + total.bytes_written, total.stats.macs));
  if (options.engine == "rtl")
    fmt::print(stream, "predicted cycles: {}\noutputs compared: {}\nmismatches: {}\n",
               total.stats.predicted_cycles, total.stats.outputs_compared, MismatchText(total.stats));
}

int Run(const Options& options) {
  if (options.engine != "rtl" && options.engine != "cycles")
    throw Error("--engine '{}': use rtl or cycles", options.engine);
  if (options.batch < 1 || options.batch > 4096)
    throw Error("--batch {}: give a number from 1 to 4096", options.batch);
  const double clock = ClockFor(options.figures, options.engine);
  const Config config = Config::Load(options.config);
  const Memory memory = Memory::Parse(options.memory, config);
  const Network network = MakeNetwork(options.network, options.batch);
  std::vector<NetworkLayer> layers = network.Measured(options.with_fc);
  const bool rtl = options.engine == "rtl";
  const Bench bench = rtl ? RunRtl(options, config, memory, &layers) : RunModel(config, memory, layers);
  const Json times = TimesJson(clock, bench.total.stats.cycles, 1, options.batch);
  Print(TableStream(options.json, options.figures.csv), options, network, bench);
  PrintTimes(TableStream(options.json, options.figures.csv), times);
  Json json = BenchJson(options, network, bench, memory);
  json.update(times);
  WriteJson(options.json, json);
  WriteCsv(options.figures.csv, json);
  if (!bench.model_agrees) fmt::print(stderr, "the cycle model and the RTL differ\n");
  return bench.total.stats.mismatches.value_or(0) == 0 && bench.model_agrees ? 0 : 1;
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
  command->add_flag("--layers,!--no-layers", options->layers, "print a table of the layers (the default)");
  AddFigureFlags(command, &options->figures);
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -");
  command->callback([options, status] { *status = Run(*options); });
}

}  // namespace weft::cli
