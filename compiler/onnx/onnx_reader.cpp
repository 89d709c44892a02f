// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_reader.hpp"

#include <onnx/onnx_pb.h>

#include <fstream>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_translator.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

using onnx::GraphProto;
using onnx_access::Printable;

void CheckIsQuantised(const GraphProto& graph) {
  for (const onnx::NodeProto& node : graph.node())
    if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear" ||
        node.op_type().starts_with("QLinear") || node.op_type() == "QGemm" ||
        node.op_type() == "ConvInteger" || node.op_type() == "MatMulInteger")
      return;
  throw Error(
      "the model is not quantised: quantise it to int8 first (weft quantize, or onnxruntime's "
      "quantize_static)");
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

Graph Translate(const onnx::ModelProto& model, Rounding rounding, const std::filesystem::path& folder) {
  Graph graph;
  CheckIsQuantised(model.graph());
  OnnxTranslator(&graph, rounding, folder).Read(model);
  FuseMaxPools(&graph);
  graph.metadata = Metadata(model);
  return graph;
}

onnx::ModelProto ParseModelProto(std::string_view file_contents) {
  onnx::ModelProto model;
  if (file_contents.empty()) throw Error("the file is empty");
  if (file_contents.size() > size_t(INT32_MAX)) throw Error("the file is larger than 2 GiB");
  if (!model.ParseFromArray(file_contents.data(), int(file_contents.size())) ||
      model.graph().node_size() == 0)
    throw Error("not an ONNX model, or damaged");
  return model;
}

}  // namespace

Graph ParseOnnx(std::string_view file_contents, Rounding rounding, const std::filesystem::path& folder) {
  return Translate(ParseModelProto(file_contents), rounding, folder);
}

std::string WithInputSize(std::string_view file_contents, int height, int width) {
  onnx::ModelProto model = ParseModelProto(file_contents);
  std::vector<onnx::TensorShapeProto::Dimension*> free;
  for (onnx::ValueInfoProto& input : *model.mutable_graph()->mutable_input()) {
    auto* shape = input.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (int i = 1; i < shape->dim_size(); ++i)
      if (shape->dim(i).dim_value() <= 0) free.push_back(shape->mutable_dim(i));
  }
  if (free.size() != 2)
    throw Error("its input has {} free dimensions besides the batch, and a size is two: leave --size out",
                free.size());
  free[0]->set_dim_value(height);
  free[1]->set_dim_value(width);
  return model.SerializeAsString();
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

Graph ReadOnnx(const std::filesystem::path& path, Rounding rounding) {
  const std::string contents = ReadModelFile(path);
  try {
    return ParseOnnx(contents, rounding, path.has_parent_path() ? path.parent_path() : ".");
  } catch (const Error& error) {
    throw Error("{}: {}", path.string(), error.what());
  }
}

}  // namespace weft
