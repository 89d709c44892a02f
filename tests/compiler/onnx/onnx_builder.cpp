// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/onnx/onnx_builder.hpp"

namespace weft {

using onnx::AttributeProto;
using onnx::TensorProto;

OnnxBuilder::OnnxBuilder() {
  model_.set_ir_version(8);
  model_.add_opset_import()->set_version(13);
  model_.mutable_graph()->set_name("test");
}

void OnnxBuilder::Input(const std::string& name, const Ints& dims, int type) {
  onnx::ValueInfoProto* input = model_.mutable_graph()->add_input();
  input->set_name(name);
  auto* tensor = input->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  for (const int64_t dim : dims) {
    auto* d = tensor->mutable_shape()->add_dim();
    if (dim == 0) d->set_dim_param("batch");
    else d->set_dim_value(dim);
  }
}

void OnnxBuilder::Output(const std::string& name) { model_.mutable_graph()->add_output()->set_name(name); }

TensorProto* OnnxBuilder::Tensor(const std::string& name, int type, const Ints& dims) {
  TensorProto* tensor = model_.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (const int64_t dim : dims) tensor->add_dims(dim);
  return tensor;
}

std::string OnnxBuilder::Floats(const std::string& name, const Ints& dims, const std::vector<float>& values) {
  TensorProto* tensor = Tensor(name, TensorProto::FLOAT, dims);
  for (const float v : values) tensor->add_float_data(v);
  return name;
}

std::string OnnxBuilder::Integers(const std::string& name, int type, const Ints& dims,
                                  const std::vector<int>& values) {
  TensorProto* tensor = Tensor(name, type, dims);
  for (const int v : values) tensor->add_int32_data(v);
  return name;
}

std::string OnnxBuilder::Shape(const std::string& name, const Ints& values) {
  TensorProto* tensor = Tensor(name, TensorProto::INT64, {int64_t(values.size())});
  for (const int64_t v : values) tensor->add_int64_data(v);
  return name;
}

onnx::NodeProto* OnnxBuilder::Op(const std::string& type, const std::vector<std::string>& inputs,
                                 const std::string& output) {
  onnx::NodeProto* node = model_.mutable_graph()->add_node();
  node->set_op_type(type);
  node->set_name(output);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  return node;
}

std::string OnnxBuilder::Requantise(const std::string& in, float scale, int zero_point, bool is_unsigned) {
  const int type = is_unsigned ? TensorProto::UINT8 : TensorProto::INT8;
  const std::string s = Floats(in + "_scale", {}, {scale});
  const std::string z = Integers(in + "_zp", type, {}, {zero_point});
  Op("QuantizeLinear", {in, s, z}, in + "_q");
  Op("DequantizeLinear", {in + "_q", s, z}, in + "_dq");
  return in + "_dq";
}

int8_t WeightValue(size_t i) { return int8_t((i % 2 == 0 ? -1 : 1) * int((i + 1) / 2 % 128)); }

std::string OnnxBuilder::Weights(const std::string& name, const Ints& dims, const std::vector<float>& scales,
                                 int64_t axis) {
  size_t count = 1;
  for (const int64_t dim : dims) count *= size_t(dim);
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(char(WeightValue(i)));
  Tensor(name, TensorProto::INT8, dims)->set_raw_data(bytes);
  const Ints scale_dims = scales.size() == 1 ? Ints{} : Ints{int64_t(scales.size())};
  const std::string s = Floats(name + "_scale", scale_dims, scales);
  const std::string z =
      Integers(name + "_zp", TensorProto::INT8, scale_dims, std::vector<int>(scales.size(), 0));
  Set(Op("DequantizeLinear", {name, s, z}, name + "_dq"), "axis", axis);
  return name + "_dq";
}

std::string OnnxBuilder::Int32Bias(const std::string& name, const std::vector<int>& values,
                                   const std::vector<float>& scales) {
  Integers(name, TensorProto::INT32, {int64_t(values.size())}, values);
  const std::string s = Floats(name + "_scale", {int64_t(scales.size())}, scales);
  Set(Op("DequantizeLinear", {name, s}, name + "_dq"), "axis", int64_t{0});
  return name + "_dq";
}

namespace {
AttributeProto* Attribute(onnx::NodeProto* node, const std::string& name,
                          AttributeProto::AttributeType type) {
  AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}
}  // namespace

void Set(onnx::NodeProto* node, const std::string& name, int64_t value) {
  Attribute(node, name, AttributeProto::INT)->set_i(value);
}

void Set(onnx::NodeProto* node, const std::string& name, const Ints& values) {
  AttributeProto* attribute = Attribute(node, name, AttributeProto::INTS);
  for (const int64_t v : values) attribute->add_ints(v);
}

void Set(onnx::NodeProto* node, const std::string& name, float value) {
  Attribute(node, name, AttributeProto::FLOAT)->set_f(value);
}

void Set(onnx::NodeProto* node, const std::string& name, const std::string& value) {
  Attribute(node, name, AttributeProto::STRING)->set_s(value);
}

}  // namespace weft
