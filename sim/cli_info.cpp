// weft info: the layers of a model, their shapes, parameters and multiplications.
#include <fmt/format.h>

#include <memory>

#include "compiler/onnx_reader.hpp"
#include "sim/cli_commands.hpp"
#include "sim/cli_report.hpp"
#include "sw_model/golden.hpp"

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

void Info(const std::string& model, const std::string& json_option) {
  const Graph graph = ReadOnnx(model);
  const TensorInfo& input = graph.tensors[size_t(graph.input)];
  Json layers = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"layer", "op", "filter", "input", "output", "parameters", "MACs"}};
  int64_t parameters = 0, macs = 0;
  for (const Node& node : graph.nodes) {
    const LayerInfo layer = Describe(graph, node);
    layers.push_back(ToJson(layer));
    rows.push_back({layer.name, layer.op, layer.filter, ShapesText(layer.in), ShapeText(layer.out),
                    std::to_string(layer.parameters), std::to_string(layer.macs)});
    parameters += layer.parameters;
    macs += layer.macs;
  }
  rows.push_back({"total", "", "", "", "", std::to_string(parameters), std::to_string(macs)});

  std::FILE* stream = TableStream(json_option);
  fmt::print(stream, "{}: input {} (height x width x channels), scale {}, zero point {}\n", model,
             ShapeText(input.shape), input.scale, input.zero_point);
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

}  // namespace

void AddInfoCommand(CLI::App* app, int* status) {
  struct Options {
    std::string model, json;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("info", "Show the layers of a model");
  command->add_option("MODEL", options->model, "quantised network (.onnx)")->required();
  command->add_option("--json", options->json, "write JSON to a file, or to stdout with -");
  command->callback([options, status] {
    Info(options->model, options->json);
    *status = 0;
  });
}

}  // namespace weft::cli
