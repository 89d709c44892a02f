// SPDX-License-Identifier: Apache-2.0
// weft info: the layers of a model, their shapes, parameters and multiplications; of a compiled network its
// starts, their layers and where their tensors lie.
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/report.hpp"
#include "sim/report/network_svg.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::cli {
namespace {

struct LayerInfo {
  std::string name, op, filter;
  std::vector<Shape> in;  // of each input
  Shape out;
  int64_t parameters = 0, macs = 0;
};

LayerInfo Describe(const Graph& graph, const Node& node) {
  LayerInfo info{.name = node.name,
                 .op = OpName(node.op),
                 .filter = "",
                 .in = {},
                 .out = graph.tensors[size_t(node.output)].shape};
  for (const int input : node.inputs) info.in.push_back(graph.tensors[size_t(input)].shape);
  if (node.op == Op::kConv) {
    info.filter = fmt::format("{}x{}", node.conv.window.kh, node.conv.window.kw);
    info.parameters = golden::Parameters(node.conv);
    info.macs = golden::Macs(info.in.at(0), node.conv);
    if (node.conv.max_pool) info.op += "+max_pool";
  } else if (node.op == Op::kMaxPool || node.op == Op::kAveragePool) {
    info.filter = fmt::format("{}x{}", node.pool.kh, node.pool.kw);
  } else if (node.op == Op::kUpsample) {
    info.filter = fmt::format("{}x{}", node.upsample.factor_h, node.upsample.factor_w);
  }
  return info;
}

Json ShapeJson(const Shape& shape) { return {shape.h, shape.w, shape.c}; }

// 32x32x16, or all of them with a plus between.
std::string ShapesText(const std::vector<Shape>& shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "" : " + ") + ShapeText(shape);
  return text;
}

Json ToJson(const LayerInfo& layer) {
  Json inputs = Json::array();
  for (const Shape& shape : layer.in) inputs.push_back(ShapeJson(shape));
  return {{"name", layer.name},
          {"op", layer.op},
          {"filter", layer.filter},
          {"input_shape", ShapeJson(layer.in.at(0))},
          {"input_shapes", inputs},
          {"output_shape", ShapeJson(layer.out)},
          {"parameters", layer.parameters},
          {"macs", layer.macs}};
}

void ModelInfo(const std::string& model, const ModelOptions& options, const std::string& json_option) {
  const Graph graph = ReadModel(model, options);
  const TensorInfo& input = graph.tensors[size_t(graph.input)];
  Json layers = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"layer", "op", "filter", "input", "output", "parameters", "MACs"}};
  int64_t parameters = 0, macs = 0;
  for (const Node& node : graph.nodes) {
    const LayerInfo layer = Describe(graph, node);
    layers.push_back(ToJson(layer));
    rows.push_back({ShortName(layer.name), layer.op, layer.filter, ShapesText(layer.in), ShapeText(layer.out),
                    std::to_string(layer.parameters), std::to_string(layer.macs)});
    parameters += layer.parameters;
    macs += layer.macs;
  }
  rows.push_back({"total", "", "", "", "", std::to_string(parameters), std::to_string(macs)});

  std::FILE* stream = TableStream(json_option);
  if (graph.real_input)
    fmt::print(stream, "{}: input {} (height x width x channels), float32 up to its {} on the host\n", model,
               ShapeText(graph.real_input->info.shape), graph.real_input->what);
  fmt::print(stream, "{}: {} {} (height x width x channels), scale {}, zero point {}\n", model,
             graph.real_input ? "its codes" : "input", ShapeText(input.shape), input.scale, input.zero_point);
  for (const auto& [key, value] : graph.metadata) fmt::print(stream, "{}: {}\n", key, value);
  PrintTable(stream, rows);
  WriteJson(json_option,
            {{"model", model},
             {"input",
              {{"shape", ShapeJson(input.shape)}, {"scale", input.scale}, {"zero_point", input.zero_point}}},
             {"parameters", parameters},
             {"macs", macs},
             {"metadata", graph.metadata},
             {"layers", layers}});
}

// ---- Compiled networks

// Jobs in a segment's list (docs/program.md).
int64_t CountJobs(const Program& program) {
  const auto word = [&](size_t index) {
    uint32_t value = 0;
    std::memcpy(&value, &program.image[4 * index], 4);
    return value;
  };
  int64_t jobs = 0;
  for (size_t at = kHeaderWords; at < program.list_bytes / 4;) {
    const std::optional<Command> command = Command::OfFirstWord(word(at));
    if (!command || command->op == ListOp::kEnd) break;
    jobs += command->op == ListOp::kJob ? 1 : 0;
    at += size_t(command->size());
  }
  return jobs;
}

Json ProgramJson(const Graph& graph, const SegmentProgram& p) {
  const Program& program = p.program;
  Json json = {{"list_bytes", program.list_bytes},
               {"jobs", CountJobs(program)},
               {"image_bytes", program.image.size()},
               {"window_bytes", program.window_bytes},
               {"layers", Json::array()},
               {"tensors", Json::array()}};
  for (size_t l = 0; l < p.layer_node.size(); l++) {
    const Node& node = graph.nodes[size_t(p.layer_node[l])];
    json["layers"].push_back({{"name", node.name},
                              {"op", OpName(node.op)},
                              {"bytes_read", program.layers[l].traffic.read},
                              {"bytes_written", program.layers[l].traffic.written}});
    if (const int depthwise = p.layer_depthwise[l]; depthwise >= 0)
      json["layers"].back()["depthwise"] = graph.nodes[size_t(depthwise)].name;
  }
  const auto add = [&](int tensor, const char* use, const Place& place) {
    json["tensors"].push_back({{"name", graph.tensors[size_t(tensor)].name},
                               {"use", use},
                               {"shape", ShapeJson(place.shape)},
                               {"offset", place.offset},
                               {"row_pitch", place.row_pitch},
                               {"bytes", place.bytes()}});
  };
  for (const SegmentProgram::Input& in : p.inputs)
    add(in.tensor, in.interleaved ? "input, interleaved" : "input", in.place);
  for (size_t t = 0; t < p.outputs.size(); t++)
    if (p.outputs[t]) add(int(t), "output", *p.outputs[t]);
  return json;
}

void PrintSegment(std::FILE* stream, const Json& segment) {
  if (segment.at("on_host").get<bool>()) {
    fmt::print(stream, "\nhost:");
    for (const Json& op : segment.at("operators"))
      fmt::print(stream, " {}", ShortName(op.get<std::string>()));
    fmt::print(stream, "\n");
    return;
  }
  fmt::print(stream, "\none start: {} jobs, list of {} bytes, image {} bytes, window {} bytes\n",
             segment.at("jobs").get<int64_t>(), segment.at("list_bytes").get<int64_t>(),
             segment.at("image_bytes").get<int64_t>(), segment.at("window_bytes").get<int64_t>());
  std::vector<std::vector<std::string>> layers = {{"layer", "op", "bytes read", "bytes written"}};
  for (const Json& l : segment.at("layers"))
    layers.push_back({ShortName(l.at("name")),
                      l.contains("depthwise") ? "conv, depthwise" : l.at("op").get<std::string>(),
                      l.at("bytes_read").dump(), l.at("bytes_written").dump()});
  PrintTable(stream, layers);
  std::vector<std::vector<std::string>> tensors = {
      {"tensor in memory", "use", "shape", "offset", "bytes of a row", "bytes"}};
  for (const Json& t : segment.at("tensors"))
    tensors.push_back({ShortName(t.at("name")), t.at("use"),
                       fmt::format("{}", fmt::join(t.at("shape").get<std::vector<int>>(), "x")),
                       fmt::format("{:#x}", t.at("offset").get<uint32_t>()), t.at("row_pitch").dump(),
                       t.at("bytes").dump()});
  PrintTable(stream, tensors);
}

void NetworkInfo(const std::string& file, const CompiledNetwork& network, const std::string& json_option) {
  const Graph& graph = network.graph;
  const TensorInfo &input = graph.tensors[size_t(graph.input)],
                   &output = graph.tensors[size_t(graph.output())];
  Json json = {{"model", file},
               {"config", network.config.name},
               {"config_key", network.config.Key()},
               {"batch", network.batch},
               {"input", {{"shape", ShapeJson(input.shape)}}},
               {"output", {{"shape", ShapeJson(output.shape)}}},
               {"segments", Json::array()}};
  for (size_t s = 0; s < network.segments.size(); s++) {
    const Segment& segment = network.segments[s];
    Json entry = {{"on_host", segment.on_host()}, {"operators", Json::array()}};
    for (int n = segment.first; n < segment.first + segment.count; n++)
      entry["operators"].push_back(graph.nodes[size_t(n)].name);
    if (!segment.on_host()) entry.update(ProgramJson(graph, network.programs[s]));
    json["segments"].push_back(std::move(entry));
  }
  std::FILE* stream = TableStream(json_option);
  fmt::print(stream, "{}: for {} ({}), {} image(s) at once, input {}, output {}\n", file, network.config.name,
             network.config.Key(), network.batch, ShapeText(input.shape), ShapeText(output.shape));
  for (const Json& segment : json["segments"]) PrintSegment(stream, segment);
  WriteJson(json_option, json);
}

// Instead of the table.
void PrintGraph(const std::string& model, const ModelFlags& flags, const std::string& format) {
  if (format != "svg") throw Error("--graph '{}': svg is the only format", format.substr(0, 60));
  const std::optional<CompiledNetwork> file = ReadNetworkFile(model);
  if (file) flags.RefuseFor(model);
  const Graph graph = file ? file->graph : ReadModel(model, flags.Parsed());
  fmt::print("{}\n", NetworkSvg(graph, FindStages(graph), false));
}

void Info(const std::string& model, const ModelFlags& flags, const std::string& json_option) {
  const std::optional<CompiledNetwork> network = ReadNetworkFile(model);
  if (!network) return ModelInfo(model, flags.Parsed(), json_option);
  flags.RefuseFor(model);
  NetworkInfo(model, *network, json_option);
}

}  // namespace

void AddInfoCommand(CLI::App* app, int* status) {
  struct Options {
    std::string model, json, graph;
    ModelFlags model_flags;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app->add_subcommand("info", "Show the layers of a model, or what a compiled network holds");
  command
      ->add_option("MODEL", options->model, "quantised network (.onnx or .tflite), or a compiled one (.weft)")
      ->required();
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -")
      ->check(CanBeWritten());
  command->add_option("--graph", options->graph, "draw the network instead, to stdout: svg");
  AddModelFlags(command, &options->model_flags);
  command->callback([options, status] {
    if (options->graph.empty()) Info(options->model, options->model_flags, options->json);
    else PrintGraph(options->model, options->model_flags, options->graph);
    *status = 0;
  });
}

}  // namespace weft::cli
