// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_reader.hpp"

#include <onnx/onnx_pb.h>

#include <fstream>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_layers.hpp"
#include "compiler/onnx/onnx_translator.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

using onnx::GraphProto;
using onnx_access::Printable;

void CheckIsQuantised(const GraphProto& graph) {
  bool qdq = false, operators = false;
  for (const onnx::NodeProto& node : graph.node()) {
    qdq |= node.op_type() == "DequantizeLinear";
    operators |= node.op_type() == "QLinearConv" || node.op_type() == "ConvInteger";
  }
  if (operators)
    throw Error("the model uses QLinearConv or ConvInteger: quantise it in the QDQ format instead");
  if (!qdq)
    throw Error(
        "the model is not quantised: quantise it to int8 in the QDQ format first "
        "(onnxruntime.quantization.quantize_static)");
}

const onnx::ValueInfoProto& OnlyInput(const GraphProto& graph, const OnnxTranslator& values) {
  const onnx::ValueInfoProto* input = nullptr;
  for (const onnx::ValueInfoProto& candidate : graph.input()) {
    if (values.Find(candidate.name()) != nullptr) continue;  // old files list initializers as inputs too
    if (input != nullptr) throw Error("the model has more than one input");
    input = &candidate;
  }
  if (input == nullptr) throw Error("the model has no input");
  return *input;
}

int OnlyOutput(const GraphProto& graph, const OnnxTranslator& values) {
  if (graph.output_size() != 1) throw Error("the model has {} outputs instead of one", graph.output_size());
  const std::string& name = graph.output(0).name();
  const Value* value = values.Find(name);
  if (value == nullptr) throw Error("no operator computes the output '{}'", Printable(name));
  if (const auto* real = std::get_if<Real>(value)) return real->tensor;
  if (const auto* quantised = std::get_if<Quantised>(value)) return quantised->tensor;
  if (const auto* probabilities = std::get_if<Probabilities>(value)) return probabilities->tensor;
  throw Error("the output '{}' is not quantised (QuantizeLinear is missing before it)", Printable(name));
}

void CheckLayers(const Graph& graph) {
  if (graph.nodes.empty()) throw Error("the model has no layer");
  for (const Node& node : graph.nodes)
    if (node.op == Op::kSoftmax && node.output != graph.output())
      throw Error("Softmax '{}': it is supported only as the last operator", node.name);
}

std::map<std::string, std::string> Metadata(const onnx::ModelProto& model) {
  std::map<std::string, std::string> metadata;
  const auto add = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) metadata[Printable(key)] = Printable(value, std::string::npos);
  };
  for (const auto& entry : model.metadata_props()) add(entry.key(), entry.value());
  add("producer", model.producer_name());
  add("graph", model.graph().name());
  return metadata;
}

Graph Translate(const onnx::ModelProto& model) {
  Graph graph;
  OnnxTranslator translator(&graph);
  CheckIsQuantised(model.graph());
  for (const onnx::TensorProto& tensor : model.graph().initializer()) translator.DefineConstant(tensor);
  translator.DefineInput(OnlyInput(model.graph(), translator));
  for (const onnx::NodeProto& node : model.graph().node()) translator.Read(node);
  graph.outputs = {{.tensor = OnlyOutput(model.graph(), translator)}};
  CheckLayers(graph);
  onnx_layers::FuseMaxPools(&graph);
  graph.metadata = Metadata(model);
  return graph;
}

}  // namespace

Graph ParseOnnx(std::string_view file_contents) {
  onnx::ModelProto model;
  if (file_contents.empty()) throw Error("the file is empty");
  if (file_contents.size() > size_t(INT32_MAX)) throw Error("the file is larger than 2 GiB");
  if (!model.ParseFromArray(file_contents.data(), int(file_contents.size())) ||
      model.graph().node_size() == 0)
    throw Error("not an ONNX model, or damaged");
  return Translate(model);
}

std::string ReadModelFile(const std::filesystem::path& path) try {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) throw Error("no such file");
  if (std::filesystem::file_size(path, failed) > uintmax_t{INT32_MAX})
    throw Error("the file is larger than 2 GiB");
  std::ifstream file(path, std::ios::binary);
  std::string contents{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error("the file cannot be read");
  return contents;
} catch (const Error& error) {
  throw Error("{}: {}", path.string(), error.what());
}

Graph ReadOnnx(const std::filesystem::path& path) {
  const std::string contents = ReadModelFile(path);
  try {
    return ParseOnnx(contents);
  } catch (const Error& error) {
    throw Error("{}: {}", path.string(), error.what());
  }
}

}  // namespace weft
