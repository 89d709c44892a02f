// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/tflite/tflite_builder.hpp"

#include <numeric>

namespace weft {

TfliteBuilder::TfliteBuilder() {
  model.version = 3;
  model.buffers.push_back(std::make_unique<schema::BufferT>());
  model.subgraphs.push_back(std::make_unique<schema::SubGraphT>());
}

int TfliteBuilder::Tensor(const std::string& name, Dims dims, float scale, int zero_point,
                          schema::TensorType type) {
  auto tensor = std::make_unique<schema::TensorT>();
  tensor->name = name;
  tensor->shape = std::move(dims);
  tensor->type = type;
  if (type == schema::TensorType::INT8 || type == schema::TensorType::UINT8) {
    tensor->quantization = std::make_unique<schema::QuantizationParametersT>();
    tensor->quantization->scale = {scale};
    tensor->quantization->zero_point = {zero_point};
  }
  graph().tensors.push_back(std::move(tensor));
  return int(graph().tensors.size()) - 1;
}

int TfliteBuilder::Input(Dims dims, float scale, int zero_point, schema::TensorType type) {
  graph().inputs = {Tensor("x", std::move(dims), scale, zero_point, type)};
  return graph().inputs[0];
}

int TfliteBuilder::Constant(Dims dims, schema::TensorType type, const void* data, size_t bytes) {
  const int index = Tensor("constant", std::move(dims), 0.5F, 0, type);
  auto buffer = std::make_unique<schema::BufferT>();
  const auto* first = static_cast<const uint8_t*>(data);
  buffer->data.assign(first, first + bytes);
  tensor(index).buffer = uint32_t(model.buffers.size());
  model.buffers.push_back(std::move(buffer));
  return index;
}

int TfliteBuilder::Codes(Dims dims, const std::vector<int8_t>& values, float scale, int zero_point) {
  const int index = Constant(std::move(dims), schema::TensorType::INT8, values.data(), values.size());
  tensor(index).quantization->scale = {scale};
  tensor(index).quantization->zero_point = {zero_point};
  return index;
}

int TfliteBuilder::Filters(Dims dims, std::vector<float> scales, int axis) {
  constexpr int kDifferent = 7;
  std::vector<int8_t> values(size_t(std::accumulate(dims.begin(), dims.end(), 1, std::multiplies<>())));
  for (size_t i = 0; i < values.size(); ++i) values[i] = int8_t(int(i) % kDifferent - kDifferent / 2);
  const int index = Codes(std::move(dims), values);
  tensor(index).name = "filters";
  tensor(index).quantization->zero_point.assign(scales.size(), 0);
  tensor(index).quantization->scale = std::move(scales);
  tensor(index).quantization->quantized_dimension = axis;
  return index;
}

int TfliteBuilder::Integers(const std::vector<int32_t>& values) {
  return Constant({int(values.size())}, schema::TensorType::INT32, values.data(),
                  values.size() * sizeof(int32_t));
}

int TfliteBuilder::Add(schema::BuiltinOperator code, std::vector<int> inputs, int output,
                       schema::BuiltinOptionsUnion options) {
  auto operator_code = std::make_unique<schema::OperatorCodeT>();
  operator_code->builtin_code = code;
  operator_code->deprecated_builtin_code = int8_t(std::min(int(code), 127));
  auto op = std::make_unique<schema::OperatorT>();
  op->opcode_index = uint32_t(model.operator_codes.size());
  op->inputs = std::move(inputs);
  op->outputs = {output};
  op->builtin_options = std::move(options);
  model.operator_codes.push_back(std::move(operator_code));
  graph().operators.push_back(std::move(op));
  graph().outputs = {output};
  return output;
}

std::string TfliteBuilder::Bytes() const {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(schema::Model::Pack(builder, &model), schema::ModelIdentifier());
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace weft
