// SPDX-License-Identifier: Apache-2.0
// weft waves: runs the RTL beside the golden and cycle models and says where the first signal parts from
// them.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/report.hpp"
#include "sim/cli/waves_options.hpp"
#include "sim/cli/waves_vectors.hpp"
#include "sim/golden_waves/wave_compare.hpp"
#include "sim/golden_waves/wave_lanes.hpp"
#include "sw_model/causes.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden_fast.hpp"

namespace weft::cli {
namespace {

using Options = WavesOptions;

// What all layers of a run add up to.
struct Total {
  WaveReport report;
  std::string layer;                      // of the first difference
  int64_t layers = 0;                     // compared
  std::vector<std::string> not_compared;  // operators of the network that are no convolution
};

// "layer conv1, output channel 3, y 4, x 5, tap (ky 0, kx 1, c 2)": whatever of it applies.
std::string PlaceText(const std::string& layer, const WaveDifference& d) {
  std::string text = "layer " + layer;
  if (d.job >= 0) text += fmt::format(", job {}", d.job);
  if (d.k >= 0) text += fmt::format(", output channel {}", d.k);
  if (d.y >= 0) text += fmt::format(", image {}, y {}, x {}", d.n, d.y, d.x);
  if (d.ky >= 0) text += fmt::format(", tap (ky {}, kx {}, c {})", d.ky, d.kx, d.c);
  return text;
}

std::string SignalText(const WaveDifference& d) {
  return d.scope + "." + d.signal + LaneText(d.lane, d.lane_is, d.lane_bits);
}

Json FirstJson(const Total& total) {
  if (!total.report.first) return nullptr;
  const WaveDifference& d = *total.report.first;
  auto known = [](int value) { return value >= 0 ? Json(value) : Json(nullptr); };
  Json json = {{"layer", total.layer},
               {"job", known(d.job)},
               {"k", known(d.k)},
               {"n", known(d.n)},
               {"y", known(d.y)},
               {"x", known(d.x)},
               {"ky", known(d.ky)},
               {"kx", known(d.kx)},
               {"c", known(d.c)},
               {"cycle", d.cycle},
               {"module", d.module},
               {"signal", d.scope + "." + d.signal},
               {"lane", known(d.lane)},
               {"lane_is", d.lane >= 0 ? Json(d.lane_is) : Json(nullptr)},
               {"expected", d.expected.value},
               {"got", d.got}};
  json["fed_by"] = Json::object();
  for (const auto& [name, value] : d.fed_by) json["fed_by"][name] = value;
  return json;
}

void PrintFirst(std::FILE* stream, const Total& total) {
  const WaveDifference& d = *total.report.first;
  fmt::print(stream, "first divergence, cycle {}: {}\n", d.cycle, SignalText(d));
  fmt::print(stream, "  module:   {}\n  where:    {}\n", ModulePath(d.module), PlaceText(total.layer, d));
  fmt::print(stream, "  expected: {}\n  got:      {}\n", d.expected.value, d.got);
  if (!d.fed_by.empty()) fmt::print(stream, "  fed by:  ");
  for (const auto& [name, value] : d.fed_by) fmt::print(stream, " {} {}", name, value);
  if (!d.fed_by.empty()) fmt::print(stream, "\n");
  if (!total.report.stopped.empty()) fmt::print(stream, "  later:    {}\n", total.report.stopped);
}

// Compares every layer until one differs; what goes on from a layer is the golden output.
class WaveBackend : public LayerBackend {
 public:
  WaveBackend(const Config& config, const Options& options, Total* total)
      : config_(config),
        options_(options),
        memory_(Memory::Parse(options.memory, config)),
        total_(*total),
        manifest_(options.vectors, config, memory_) {}

  TensorI8 Run(const ConvLayer& layer, const TensorI8& in, LayerStats&) override {
    const bool with_rtl = options_.engine == "rtl";
    if (!total_.report.first) {
      if (with_rtl) Compare(layer, in);
      if (!options_.vectors.empty())
        manifest_.Add(DumpLayer(layer, in, config_, memory_, with_rtl, manifest_.Folder(layer.name)),
                      "conv_engine", layer.requant.rounding);
    }
    return ConvFast(in, layer);
  }
  void WriteManifest(std::FILE* stream) {
    if (!options_.vectors.empty()) manifest_.Write(stream, !total_.report.first);
  }

 private:
  void Compare(const ConvLayer& layer, const TensorI8& in) {
    const WaveOptions wave_options{memory_, options_.window, total_.report.cycles == 0, options_.time};
    WaveReport report = CompareWaves(layer, in, config_, wave_options);
    WaveReport& all = total_.report;
    if (all.cycles == 0 || report.first) all.window = std::move(report.window);
    all.streams.resize(report.streams.size());
    for (size_t i = 0; i < all.streams.size(); i++) all.streams[i] = all.streams[i] || report.streams[i];
    all.samples += report.samples;
    all.differences += report.differences;
    all.cycles += report.cycles;
    all.seconds += report.seconds;
    all.plain_seconds += report.plain_seconds;
    all.first = report.first;
    all.focus = report.focus;
    all.stopped = report.stopped;
    total_.layers++;
    if (report.first) total_.layer = layer.name;
  }

  const Config& config_;
  const Options& options_;
  Memory memory_;
  Total& total_;
  VectorManifest manifest_;
};

void CompareNetwork(const Options& options, WaveBackend* backend, Total* total) {
  const Graph graph = ReadModel(options.model, options.model_flags.Parsed());
  RunNetwork(graph, LoadInputs(options.input, graph, options.batch), backend);
  for (const Node& node : graph.nodes)
    if (node.op != Op::kConv) total->not_compared.push_back(node.name);
}

int Waves(const Options& options) {
  const Config config = Config::Load(options.config);
  Total total;
  WaveBackend backend(config, options, &total);
  if (options.model.empty()) {
    const ConvCase c = MakeConvCase(options.conv);
    LayerStats unused;
    backend.Run(c.layer, c.input, unused);
  } else {
    CompareNetwork(options, &backend, &total);
  }

  if (options.engine == "golden") {
    backend.WriteManifest(TableStream(options.json));
    return 0;
  }
  const WaveReport& report = total.report;
  if (report.samples == 0)
    throw Error("there is nothing to compare: no operator of {} is a convolution, which runs on the engine",
                options.model);
  const auto silent = std::count(report.streams.begin(), report.streams.end(), false);
  std::optional<WaveFocus> focus = report.focus;
  if (focus)
    focus->title =
        fmt::format("cycle {}: {}, expected {}, got {} ({})", report.first->cycle, SignalText(*report.first),
                    report.first->expected.value, report.first->got, PlaceText(total.layer, *report.first));
  const auto files = WriteWaves(report.window, focus, options.out);

  std::FILE* stream = TableStream(options.json);
  fmt::print(stream, "{} streams, {} samples compared in {} cycles, {} differences\n", report.streams.size(),
             report.samples, report.cycles, report.differences);
  if (silent > 0)
    fmt::print(stream, "{} of the streams had no sample: what they carry did not occur\n", silent);
  if (!total.not_compared.empty())
    fmt::print(stream, "{} layer(s) compared; not compared, not of the engine: {}\n", total.layers,
               fmt::join(total.not_compared, ", "));
  if (options.time)
    fmt::print(stream, "comparing took {:.2f} times as long as the run alone\n",
               report.seconds / report.plain_seconds);
  if (report.first) PrintFirst(stream, total);
  for (const auto& file : files) fmt::print(stream, "wrote {}\n", file.string());
  backend.WriteManifest(stream);
  WriteJson(options.json, {{"streams", report.streams.size()},
                           {"streams_without_samples", silent},
                           {"layers", total.layers},
                           {"not_compared", total.not_compared},
                           {"samples", report.samples},
                           {"differences", report.differences},
                           {"cycles", report.cycles},
                           {"first", FirstJson(total)}});
  return report.first ? 1 : 0;
}

void AddWaveFlags(CLI::App* command, Options* o) {
  command->add_option("--config", o->config, "hardware configuration: a name, or a file")
      ->capture_default_str();
  command->add_option("--memory", o->memory, "memory model WIDTH:LATENCY, bytes a cycle and cycles");
  command->add_option("--out", o->out, "folder for the waveform files")->capture_default_str();
  command->add_option("--dump-vectors", o->vectors,
                      "folder for every stream as text that $readmemh reads, and a manifest");
  command->add_option("--engine", o->engine, "golden: write the models' vectors, run and compare no RTL")
      ->check(CLI::IsMember({"rtl", "golden"}))
      ->capture_default_str();
  command->add_option("--window", o->window, "cycles in the waveform files")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  command->add_flag("--system", o->system,
                    "compare the streams between the modules of weft_top, not the engine's");
  command->add_flag("--time", o->time, "tell how much longer the comparison takes than the run alone");
  command->add_option("--json", o->json, "write JSON to a file, or to stdout with -");
}

}  // namespace

std::string LaneText(int lane, const std::string& lane_is, int bits) {
  if (lane < 0) return "";
  if (lane_is == "cause" && lane < kCauses) return fmt::format(", cause {}", kCauseNames[lane]);
  if (bits == 0) return fmt::format(", {} {}", lane_is, lane);
  return fmt::format(", {} {} (bits {}:{})", lane_is, lane, (lane + 1) * bits - 1, lane * bits);
}

void AddWavesCommand(CLI::App* app, int* status) {
  const auto options = std::make_shared<Options>();
  CLI::App* waves = app->add_subcommand(
      "waves", "Compare the RTL's signals with the golden model: a network, or `conv ...`");
  CLI::App* conv = waves->add_subcommand("conv", "one layer, with the options of `weft conv`");
  AddConvLayerFlags(conv, &options->conv);
  conv->add_option("--seed", options->conv.seed, "seed of the random data")->capture_default_str();
  AddWaveFlags(conv, options.get());
  waves->add_option("MODEL", options->model, "quantised network (.onnx or .tflite)");
  AddModelFlags(waves, &options->model_flags);
  AddInputFlags(waves, &options->input);
  waves->add_option("--batch", options->batch, "images at once")
      ->check(CLI::Range(1, kMostImages))
      ->capture_default_str();
  AddWaveFlags(waves, options.get());
  waves->callback([options, conv, status] {
    if (!conv->parsed() && options->model.empty())
      throw Error("say what to compare: a MODEL, or conv with a layer");
    if (conv->parsed() && !options->model.empty())
      throw Error("say what to compare: the network {} or a layer, not both", options->model);
    if (options->engine == "golden" && (options->vectors.empty() || options->system))
      throw Error("--engine golden runs no RTL: it needs --dump-vectors, and is not for --system");
    *status = options->system ? SystemWaves(*options) : Waves(*options);
  });
}

}  // namespace weft::cli
