// SPDX-License-Identifier: Apache-2.0
#include "compiler/tflite/tflite_access.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int kMaxDimension = 65536;
constexpr int64_t kMaxElements = int64_t{1} << 28;  // of one tensor
constexpr size_t kMostDims = 8;

std::string Printable(const flatbuffers::String* text) {
  std::string printable = text == nullptr ? "" : text->str();
  for (char& c : printable)
    if (uint8_t(c) < 0x20 || uint8_t(c) == 0x7f) c = '?';
  return printable;
}

// Bytes of one element; 0: a type that Weft makes nothing of.
int64_t TypeSize(schema::TensorType type) {
  switch (type) {
    case schema::TensorType::INT8:
    case schema::TensorType::UINT8:
      return 1;
    case schema::TensorType::INT32:
    case schema::TensorType::FLOAT32:
      return 4;
    case schema::TensorType::INT64:
      return 8;
    default:
      return 0;
  }
}

std::vector<int> Dims(const schema::Tensor& table) {
  std::vector<int> dims;
  if (table.shape() != nullptr) dims.assign(table.shape()->begin(), table.shape()->end());
  if (dims.size() > kMostDims)
    throw Error("it has {} dimensions: at most {} are supported", dims.size(), kMostDims);
  int64_t elements = 1;
  for (const int dim : dims) {
    if (dim < 1 || dim > kMaxDimension)
      throw Error("one of its dimensions is {}: make them from 1 to {}", dim, kMaxDimension);
    elements *= dim;
    if (elements > kMaxElements) throw Error("it is too large: make it at most {} elements", kMaxElements);
  }
  return dims;
}

void ReadQuantisation(const schema::QuantizationParameters& table, TfliteTensor* tensor) {
  if (table.scale() == nullptr || table.scale()->size() == 0) return;
  tensor->scale.assign(table.scale()->begin(), table.scale()->end());
  for (const float scale : tensor->scale)
    if (!std::isfinite(scale) || scale < 0)
      throw Error("one of its scales is {}: make it a positive number", scale);
  tensor->axis = table.quantized_dimension();
  const size_t scales = tensor->scale.size();
  const bool fits = tensor->axis >= 0 && size_t(tensor->axis) < tensor->dims.size() &&
                    size_t(tensor->dims[size_t(tensor->axis)]) == scales;
  if (scales > 1 && !fits)
    throw Error("it has {} scales along dimension {}: give one, or one for each index", scales, tensor->axis);
  const auto* zero_points = table.zero_point();
  if (zero_points == nullptr || zero_points->size() == 0) return;
  if (zero_points->size() != scales)
    throw Error("it has {} scales and {} zero points: give as many", scales, zero_points->size());
  tensor->zero_point = zero_points->Get(0);
  tensor->symmetric =
      std::all_of(zero_points->begin(), zero_points->end(), [](int64_t zp) { return zp == 0; });
}

std::string ShapeText(const std::vector<int>& dims) {
  return dims.empty() ? "a scalar" : fmt::format("{}", fmt::join(dims, "x"));
}

template <typename T>
std::vector<T> Values(std::string_view data) {
  std::vector<T> values(data.size() / sizeof(T));
  std::memcpy(values.data(), data.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

const char* TypeName(schema::TensorType type) {
  constexpr const char* kNames[] = {"float32", "float16",  "int32",     "uint8",  "int64",   "string",
                                    "bool",    "int16",    "complex64", "int8",   "float64", "complex128",
                                    "uint64",  "resource", "variant",   "uint32", "uint16",  "int4"};
  const int index = int(type);
  return index >= 0 && size_t(index) < std::size(kNames) ? kNames[index] : "of an unknown type";
}

int64_t TfliteTensor::elements() const {
  int64_t elements = 1;
  for (const int dim : dims) elements *= dim;
  return elements;
}

std::string TfliteTensor::Describe() const {
  return fmt::format("'{}' ({}, {})", name, TypeName(type), ShapeText(dims));
}

bool IsTflite(std::string_view file_contents) {
  return file_contents.size() >= 8 && file_contents.substr(4, 4) == schema::ModelIdentifier();
}

TfliteTensor TfliteModel::ReadTensor(const schema::Tensor& table) const {
  TfliteTensor tensor;
  tensor.name = Printable(table.name());
  try {
    tensor.type = table.type();
    tensor.dims = Dims(table);
    if (table.shape_signature() != nullptr)
      tensor.free_dims = std::any_of(table.shape_signature()->begin(), table.shape_signature()->end(),
                                     [](int dim) { return dim < 0; });
    if (table.is_variable()) throw Error("it is a variable: only networks without state are supported");
    if (table.sparsity() != nullptr) throw Error("it is sparse: convert the model without sparsity");
    if (table.quantization() != nullptr) ReadQuantisation(*table.quantization(), &tensor);
    const auto* buffers = model_->buffers();
    if (buffers == nullptr || table.buffer() >= buffers->size())
      throw Error("its buffer {} is not in the file", table.buffer());
    const auto* data = buffers->Get(table.buffer())->data();
    if (data == nullptr || data->size() == 0) return tensor;
    const int64_t size = TypeSize(tensor.type);
    if (size != 0 && int64_t(data->size()) != tensor.elements() * size)
      throw Error("it has {} bytes instead of {}", data->size(), tensor.elements() * size);
    tensor.data = {reinterpret_cast<const char*>(data->data()), data->size()};
  } catch (const Error& error) {
    throw Error("tensor '{}': {}", tensor.name, error.what());
  }
  return tensor;
}

TfliteOperator TfliteModel::ReadOperator(const schema::Operator& table) const {
  TfliteOperator op;
  op.table = &table;
  const auto* codes = model_->operator_codes();
  if (codes == nullptr || table.opcode_index() >= codes->size())
    throw Error("an operator's code {} is not in the file: it is damaged", table.opcode_index());
  const schema::OperatorCode& code = *codes->Get(table.opcode_index());
  // Files of before 2020 have the code in one byte.
  op.code = schema::BuiltinOperator(std::max(int(code.deprecated_builtin_code()), int(code.builtin_code())));
  const std::string_view known = schema::EnumNameBuiltinOperator(op.code);
  if (op.code == schema::BuiltinOperator::CUSTOM)
    op.kind = "custom operator " + Printable(code.custom_code());
  else op.kind = known.empty() ? fmt::format("operator {}", int(op.code)) : std::string(known);
  const auto indices = [&](const flatbuffers::Vector<int>* from, int least, std::vector<int>* to) {
    if (from != nullptr) to->assign(from->begin(), from->end());
    for (const int index : *to)
      if (index < least || index >= int(tensors.size()))
        throw Error("{}: its tensor {} is not in the file: it is damaged", op.kind, index);
  };
  indices(table.inputs(), -1, &op.inputs);
  indices(table.outputs(), 0, &op.outputs);
  if (op.outputs.empty()) throw Error("{}: it has no output", op.kind);
  op.label = fmt::format("{} '{}'", op.kind, tensors[size_t(op.outputs[0])].name);
  return op;
}

TfliteModel::TfliteModel(std::string_view file_contents) : contents_(file_contents.size() / 8 + 1) {
  if (!IsTflite(file_contents)) throw Error("not a TensorFlow Lite model");
  std::memcpy(contents_.data(), file_contents.data(), file_contents.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(contents_.data());
  flatbuffers::Verifier verifier(bytes, file_contents.size());
  if (!schema::VerifyModelBuffer(verifier)) throw Error("the TensorFlow Lite model is damaged or cut short");
  model_ = schema::GetModel(bytes);
  constexpr uint32_t kVersion = 3;
  if (model_->version() != kVersion)
    throw Error("version {} of the TensorFlow Lite format: only version {} is supported", model_->version(),
                kVersion);
  if (model_->subgraphs() == nullptr || model_->subgraphs()->size() == 0)
    throw Error("the model has no graph");
  if (model_->subgraphs()->size() > 1)
    throw Error("the model has {} graphs: only models without IF, WHILE and several signatures are supported",
                model_->subgraphs()->size());
  if (model_->description() != nullptr) description = Printable(model_->description());
  const schema::SubGraph& graph = *model_->subgraphs()->Get(0);
  if (graph.tensors() != nullptr)
    for (const schema::Tensor* tensor : *graph.tensors()) tensors.push_back(ReadTensor(*tensor));
  if (graph.operators() != nullptr)
    for (const schema::Operator* op : *graph.operators()) operators.push_back(ReadOperator(*op));
  const auto ports = [&](const flatbuffers::Vector<int>* from, const char* what, std::vector<int>* to) {
    if (from == nullptr || from->size() == 0) throw Error("the model has no {}", what);
    to->assign(from->begin(), from->end());
    for (const int index : *to)
      if (index < 0 || index >= int(tensors.size()))
        throw Error("the model's {} {} is not in the file: it is damaged", what, index);
  };
  ports(graph.inputs(), "input", &inputs);
  ports(graph.outputs(), "output", &outputs);
}

std::vector<int64_t> IntegerValues(const TfliteTensor& tensor) {
  if (tensor.is_constant() && tensor.type == schema::TensorType::INT64) return Values<int64_t>(tensor.data);
  if (!tensor.is_constant() || tensor.type != schema::TensorType::INT32)
    throw Error("its input {} must be a constant of int32 or int64", tensor.Describe());
  const std::vector<int32_t> values = Values<int32_t>(tensor.data);
  return {values.begin(), values.end()};
}

std::vector<int8_t> CodeValues(const TfliteTensor& tensor) {
  if (!tensor.is_constant() || tensor.type != schema::TensorType::INT8)
    throw Error("its input {} must be a constant of int8", tensor.Describe());
  return Values<int8_t>(tensor.data);
}

const char* WayOut(schema::TensorType type) {
  switch (type) {
    case schema::TensorType::FLOAT32:
    case schema::TensorType::FLOAT16:
      return "convert the model with full integer quantisation (representative_dataset, "
             "TFLITE_BUILTINS_INT8)";
    case schema::TensorType::INT16:
      return "convert the model with int8 instead of 16 bits (TFLITE_BUILTINS_INT8)";
    case schema::TensorType::UINT8:
      return "convert the model anew, with a TensorFlow that quantises to int8 (TFLITE_BUILTINS_INT8)";
    default:
      return "convert the model with int8 (TFLITE_BUILTINS_INT8)";
  }
}

tflite_kernels::Quantisation QuantisationOf(const TfliteTensor& tensor) {
  const bool is_unsigned = tensor.type == schema::TensorType::UINT8;
  if (tensor.type != schema::TensorType::INT8 && !is_unsigned)
    throw Error("its tensor {} is not int8: {}", tensor.Describe(), WayOut(tensor.type));
  if (tensor.scale.size() != 1 || tensor.scale[0] <= 0)
    throw Error("its tensor {} has {} scales: give it one that is positive", tensor.Describe(),
                tensor.scale.size());
  const int64_t zero_point = tensor.zero_point - (is_unsigned ? 128 : 0);
  if (zero_point < -128 || zero_point > 127)
    throw Error("its tensor {} has the zero point {}: make it one of its codes", tensor.Describe(),
                tensor.zero_point);
  return {tensor.scale[0], int(zero_point)};
}

tflite_kernels::Clamp ActivationRange(schema::Activation activation,
                                      const tflite_kernels::Quantisation& out) {
  constexpr float kOpen = std::numeric_limits<float>::infinity();
  switch (activation) {
    case schema::Activation::NONE:
      return {};
    case schema::Activation::RELU:
      return tflite_kernels::ActivationRange(0.0F, kOpen, out);
    case schema::Activation::RELU_N1_TO_1:
      return tflite_kernels::ActivationRange(-1.0F, 1.0F, out);
    case schema::Activation::RELU6:
      return tflite_kernels::ActivationRange(0.0F, 6.0F, out);
    default:
      throw Error("its fused activation {} is not supported: use NONE, RELU, RELU_N1_TO_1 or RELU6",
                  int(activation));
  }
}

}  // namespace weft
