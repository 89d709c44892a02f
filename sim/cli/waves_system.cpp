// SPDX-License-Identifier: Apache-2.0
// weft waves --system: runs weft_top beside the models and says where the first of its streams parts from
// them.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "sim/backends/backend.hpp"
#include "sim/cli/io.hpp"
#include "sim/cli/report.hpp"
#include "sim/cli/waves_options.hpp"
#include "sim/cli/waves_vectors.hpp"
#include "sim/golden_waves/system_compare.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::cli {
namespace {

struct Network {
  Graph graph;
  TensorI8 images;
};

Network OneLayer(const ConvOptions& options) {
  ConvCase c = MakeConvCase(options);
  Network network{{}, std::move(c.input)};
  Shape in = network.images.shape, out = golden::OutputShape(in, c.layer);
  in.n = out.n = 1;
  network.graph.tensors = {{"input", in}, {c.layer.name, out}};
  network.graph.nodes.push_back(
      {.name = c.layer.name, .op = Op::kConv, .inputs = {0}, .output = 1, .conv = c.layer});
  network.graph.outputs = {{.tensor = 1}};
  return network;
}

Network OfFile(const WavesOptions& options) {
  Network network{ReadModel(options.model, options.model_flags.Parsed()), {}};
  network.images = LoadInputs(options.input, network.graph, options.batch);
  return network;
}

// Every tensor's golden value.
std::vector<TensorI8> GoldenTensors(const Network& network) {
  std::vector<TensorI8> tensors(network.graph.tensors.size());
  tensors[size_t(network.graph.input)] = network.images;
  NetworkResult unused;
  for (const Node& node : network.graph.nodes)
    tensors[size_t(node.output)] = RunOnHost(network.graph, node, tensors, &unused);
  return tensors;
}

// One start after the other, up to the one that differs.
SystemReport CompareNetwork(const Network& network, const WavesOptions& options, std::FILE* stream) {
  const std::vector<TensorI8> tensors = GoldenTensors(network);
  const Config config = Config::Load(options.config);
  const Memory memory = Memory::Parse(options.memory, config);
  const CompiledNetwork compiled = CompileNetwork(network.graph, network.images.shape.n, config,
                                                  {.read_cycles = memory.ReadCycles(config)});
  VectorManifest manifest(options.vectors, config, memory);
  SystemReport all;
  for (size_t s = 0; s < compiled.segments.size() && !all.first; s++) {
    if (compiled.segments[s].on_host()) continue;
    SystemWaveOptions wave_options{memory, options.window, options.time};
    std::optional<VectorFiles> vectors;
    if (!options.vectors.empty()) {
      vectors.emplace(manifest.Folder("start"), SystemVectorStreams(compiled.config), true);
      wave_options.vectors = &*vectors;
    }
    SystemReport report = CompareSystem(compiled, s, tensors, wave_options);
    if (vectors) manifest.Add(*vectors, "weft_top");
    for (size_t i = 0; i < all.streams.size(); i++) report.streams[i].transfers += all.streams[i].transfers;
    report.transfers += all.transfers;
    report.differences += all.differences;
    report.cycles += all.cycles;
    report.window_bytes += all.window_bytes;
    report.seconds += all.seconds;
    report.plain_seconds += all.plain_seconds;
    if (!all.streams.empty() && !report.first) report.window = std::move(all.window);
    all = std::move(report);
  }
  if (all.streams.empty()) throw Error("nothing of this network runs on the hardware");
  if (!options.vectors.empty()) manifest.Write(stream, !all.first);
  return all;
}

std::string SignalText(const SystemDifference& d) {
  return d.scope + "." + d.signal + LaneText(d.lane, d.lane_is, d.lane_bits);
}

// "layer conv1, job 3, image 0, y 4, x 5, channel 2": whatever of it applies.
std::string PlaceText(const SystemDifference& d) {
  const SystemPlace& p = d.place;
  std::string text = d.layer.empty() ? "" : ", layer " + d.layer;
  if (p.job >= 0) text += fmt::format(", job {}", p.job);
  if (p.line >= 0) text += fmt::format(", line {}", p.line);
  if (p.group >= 0) text += fmt::format(", column group {}", p.group);
  if (p.y >= 0) text += fmt::format(", image {}, y {}, x {}, channel {}", p.n, p.y, p.x, p.k);
  return text.empty() ? text : text.substr(2);
}

std::string TransferText(const SystemDifference& d) {
  return fmt::format("{}, number {} of {}", d.stream, d.transfer, d.transfers);
}

Json FirstJson(const SystemReport& report) {
  if (!report.first) return nullptr;
  const SystemDifference& d = *report.first;
  const SystemPlace& p = d.place;
  const auto known = [](int value) { return value >= 0 ? Json(value) : Json(nullptr); };
  return {{"layer", d.layer.empty() ? Json(nullptr) : Json(d.layer)},
          {"job", known(p.job)},
          {"k", known(p.k)},
          {"n", known(p.n)},
          {"y", known(p.y)},
          {"x", known(p.x)},
          {"line", known(p.line)},
          {"group", known(p.group)},
          {"cycle", d.cycle},
          {"module", d.module},
          {"signal", d.scope + "." + d.signal},
          {"lane", known(d.lane)},
          {"lane_is", d.lane >= 0 ? Json(d.lane_is) : Json(nullptr)},
          {"stream", d.stream},
          {"transfer", d.transfer},
          {"expected", d.expected},
          {"got", d.got}};
}

void PrintFirst(std::FILE* stream, const SystemReport& report) {
  const SystemDifference& d = *report.first;
  fmt::print(stream, "first divergence, cycle {}: {}\n", d.cycle, SignalText(d));
  const char* folder = d.module == "conv_engine" ? "engine" : "system";
  fmt::print(stream, "  module:   rtl/{}/{}.sv\n  transfer: {}\n", folder, d.module, TransferText(d));
  if (const std::string place = PlaceText(d); !place.empty()) fmt::print(stream, "  where:    {}\n", place);
  fmt::print(stream, "  expected: {}\n  got:      {}\n", d.expected, d.got);
  if (!report.stopped.empty()) fmt::print(stream, "  later:    {}\n", report.stopped);
  if (d.module == "conv_engine")
    fmt::print(stream, "  `weft waves` without --system looks into the engine\n");
}

}  // namespace

int SystemWaves(const WavesOptions& options) {
  const Network network = options.model.empty() ? OneLayer(options.conv) : OfFile(options);
  std::FILE* stream = TableStream(options.json);
  const SystemReport report = CompareNetwork(network, options, stream);
  std::optional<WaveFocus> focus = report.focus;
  if (focus)
    focus->title =
        fmt::format("cycle {}: {}, expected {}, got {} ({})", report.first->cycle, SignalText(*report.first),
                    report.first->expected, report.first->got, TransferText(*report.first));
  std::vector<std::filesystem::path> files;
  if (report.ran()) files = WriteWaves(report.window, focus, options.out);

  Json counts = Json::object();
  for (const SystemStreamCount& s : report.streams) {
    counts[s.name] = s.transfers;
    fmt::print(stream, "{:<28}{:>12}\n", s.name, s.transfers);
  }
  fmt::print(
      stream,
      "{} streams, {} transfers compared in {} cycles, {} bytes of memory at the end, {} differences\n",
      report.streams.size(), report.transfers, report.cycles, report.window_bytes, report.differences);
  if (options.time && !report.first)
    fmt::print(stream, "comparing took {:.2f} times as long as the run alone\n",
               report.seconds / report.plain_seconds);
  if (report.first) PrintFirst(stream, report);
  for (const auto& file : files) fmt::print(stream, "wrote {}\n", file.string());
  WriteJson(options.json, {{"streams", counts},
                           {"transfers", report.transfers},
                           {"bytes_at_end", report.window_bytes},
                           {"differences", report.differences},
                           {"cycles", report.cycles},
                           {"first", FirstJson(report)}});
  return report.first ? 1 : 0;
}

}  // namespace weft::cli
