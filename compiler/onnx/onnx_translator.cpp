// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_translator.hpp"

#include "compiler/onnx/onnx_access.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_access;
using namespace onnx_layers;
using onnx::NodeProto;
using onnx::TensorProto;

Value OnnxTranslator::Translate(const NodeProto& node) {
  using Handler = Value (OnnxTranslator::*)(const NodeProto&);
  static const std::unordered_map<std::string, Handler> kHandlers = {
      {"AveragePool", &OnnxTranslator::AveragePool},
      {"Add", &OnnxTranslator::Add},
      {"Clip", &OnnxTranslator::Clip},
      {"Concat", &OnnxTranslator::Concat},
      {"Constant", &OnnxTranslator::ReadConstant},
      {"Conv", &OnnxTranslator::Conv},
      {"DequantizeLinear", &OnnxTranslator::DequantizeLinear},
      {"Dropout", &OnnxTranslator::Alias},
      {"Flatten", &OnnxTranslator::Flatten},
      {"Gemm", &OnnxTranslator::Gemm},
      {"GlobalAveragePool", &OnnxTranslator::GlobalAveragePool},
      {"Identity", &OnnxTranslator::Alias},
      {"MatMul", &OnnxTranslator::MatMul},
      {"MaxPool", &OnnxTranslator::MaxPool},
      {"Pad", &OnnxTranslator::Pad},
      {"QuantizeLinear", &OnnxTranslator::QuantizeLinear},
      {"Relu", &OnnxTranslator::Relu},
      {"Reshape", &OnnxTranslator::Reshape},
      {"Resize", &OnnxTranslator::Resize},
      {"Softmax", &OnnxTranslator::Softmax},
      {"Squeeze", &OnnxTranslator::Squeeze},
      {"Upsample", &OnnxTranslator::Upsample},
  };
  const auto handler = kHandlers.find(node.op_type());
  if (handler == kHandlers.end())
    throw Error(
        "this operator is not supported; supported are Conv, Gemm, MatMul, Add, Relu, Clip, MaxPool, "
        "AveragePool, GlobalAveragePool, Concat, Pad, Resize, Upsample, Flatten, Reshape, Squeeze and "
        "Softmax");
  if (node.output_size() < 1 || node.output(0).empty()) throw Error("it has no output");
  return (this->*handler->second)(node);
}

void OnnxTranslator::Read(const NodeProto& node) try {
  Value value = Translate(node);
  if (!values_.emplace(node.output(0), std::move(value)).second)
    throw Error("its output '{}' exists already", Printable(node.output(0)));
} catch (const Error& error) {
  throw Error("{}: {}", Label(node), error.what());
}

void OnnxTranslator::DefineInput(const onnx::ValueInfoProto& input) {
  int rank = 0;
  graph_.input = AddTensor(input.name(), InputShape(input, &rank), {});
  const bool flat = rank == 2;
  const int type = input.type().tensor_type().elem_type();
  if (type == TensorProto::FLOAT) values_.emplace(input.name(), FloatInput{flat});
  else if (type == TensorProto::INT8 || type == TensorProto::UINT8)
    values_.emplace(input.name(), Quantised{graph_.input, flat, type == TensorProto::UINT8});
  else throw Error("input '{}' is neither float, int8 nor uint8", Printable(input.name()));
}

const Value* OnnxTranslator::Find(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

// ---- Inputs of operators

const Value& OnnxTranslator::Input(const NodeProto& node, int i) const {
  if (!HasInput(node, i)) throw Error("input {} is missing", i);
  const Value* value = Find(node.input(i));
  if (value == nullptr)
    throw Error("no operator or initializer before it provides '{}'", Printable(node.input(i)));
  return *value;
}

const TensorProto& OnnxTranslator::ConstantInput(const NodeProto& node, int i) const {
  const auto* constant = std::get_if<Constant>(&Input(node, i));
  if (constant == nullptr) throw Error("its input '{}' must be a constant", Printable(node.input(i)));
  return *constant->tensor;
}

const Weights& OnnxTranslator::WeightsInput(const NodeProto& node, int i) const {
  const auto* weights = std::get_if<Weights>(&Input(node, i));
  if (weights == nullptr)
    throw Error("its weights '{}' must be int8 constants through DequantizeLinear", Printable(node.input(i)));
  return *weights;
}

Real OnnxTranslator::RealInput(const NodeProto& node, int i) const {
  const auto* real = std::get_if<Real>(&Input(node, i));
  if (real == nullptr)
    throw Error("its input '{}' must come from QuantizeLinear and DequantizeLinear",
                Printable(node.input(i)));
  return *real;
}

Real OnnxTranslator::MapInput(const NodeProto& node) const {
  const Real real = RealInput(node);
  if (real.flat) throw Error("its input '{}' has 2 dimensions instead of 4", Printable(node.input(0)));
  return real;
}

// ---- Quantisation: where nodes of the Graph are made

int OnnxTranslator::AddTensor(const std::string& name, const Shape& shape, const Quantisation& q) {
  if (shape.size() > size_t(kMaxElements)) throw Error("its output has more than {} values", kMaxElements);
  graph_.tensors.push_back(
      {.name = Printable(name), .shape = shape, .scale = q.scale, .zero_point = q.zero_point});
  return int(graph_.tensors.size()) - 1;
}

int OnnxTranslator::Emit(Node node) {
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().output;
}

Value OnnxTranslator::EmitMap(const NodeProto& node, const Real& in, Node map) {
  const TensorInfo info = Info(in.tensor);
  map.name = LayerName(node);
  map.inputs = {in.tensor};
  map.output =
      AddTensor(node.output(0), OutputShape(graph_, map), {info.scale, info.zero_point, in.is_unsigned});
  return Real{Emit(std::move(map)), false, in.is_unsigned};
}

int OnnxTranslator::EmitPointwise(const Pointwise& p, const std::string& output, const Quantisation& q) {
  Node node = PointwiseNode(p, graph_, q);
  node.output = AddTensor(output, OutputShape(graph_, node), q);
  return Emit(std::move(node));
}

int OnnxTranslator::EmitConv(const Accumulator& sum, const std::string& output, const Quantisation& q) {
  const Shape& in = Info(sum.input).shape;
  ConvLayer layer = Requantised(sum, q);
  golden::Check(in, layer);
  const int tensor = AddTensor(output, golden::OutputShape(in, layer), q);
  const std::string name = layer.name;
  return Emit(
      {.name = name, .op = Op::kConv, .inputs = {sum.input}, .output = tensor, .conv = std::move(layer)});
}

int OnnxTranslator::EmitAverage(const Average& average, const std::string& output, const Quantisation& q) {
  const TensorInfo& in = Info(average.input);
  const bool same_scale = in.scale == q.scale && in.zero_point == q.zero_point;
  const bool pads_count = average.count_padding && average.window.pad != Padding{};
  if (!same_scale || pads_count || !average.clamp.IsOpen())
    return EmitConv(AsConvolution(average, in), output, q);
  const int tensor = AddTensor(output, golden::OutputShape(in.shape, average.window, in.shape.c), q);
  return Emit({.name = average.name,
               .op = Op::kAveragePool,
               .inputs = {average.input},
               .output = tensor,
               .pool = average.window});
}

// Tensors have their scale from the start, but the graph's input gets it from its first (De)QuantizeLinear.
void OnnxTranslator::GiveScale(int tensor, const Quantisation& q) {
  TensorInfo& info = graph_.tensors[tensor];
  if (tensor == graph_.input && !input_has_scale_) {
    info.scale = q.scale;
    info.zero_point = q.zero_point;
    input_has_scale_ = true;
  }
  if (info.scale != q.scale || info.zero_point != q.zero_point)
    throw Error("its scale and zero point are not those that '{}' was quantised with: make them equal",
                info.name);
}

Value OnnxTranslator::QuantizeLinear(const NodeProto& node) {
  const Value& in = Input(node, 0);
  const bool unsigned_by_default =
      IntAttribute(node, "output_dtype", TensorProto::UINT8) != TensorProto::INT8;
  const Quantisation q =
      ActivationQuantisation(ConstantInput(node, 1), OptionalConstant(node, 2), unsigned_by_default);
  if (const auto* sum = std::get_if<Accumulator>(&in))
    return Quantised{EmitConv(*sum, node.output(0), q), sum->flat, q.is_unsigned};
  if (const auto* average = std::get_if<Average>(&in))
    return Quantised{EmitAverage(*average, node.output(0), q), average->flat, q.is_unsigned};
  if (const auto* pointwise = std::get_if<Pointwise>(&in))
    return Quantised{EmitPointwise(*pointwise, node.output(0), q), pointwise->flat, q.is_unsigned};
  if (const auto* real = std::get_if<Real>(&in)) {
    const TensorInfo& info = Info(real->tensor);
    if (info.scale == q.scale && info.zero_point == q.zero_point)
      return Quantised{real->tensor, real->flat, q.is_unsigned};
    const Pointwise rescale{Op::kTable, LayerName(node), {real->tensor}, real->flat, {}};
    return Quantised{EmitPointwise(rescale, node.output(0), q), real->flat, q.is_unsigned};
  }
  if (const auto* probabilities = std::get_if<Probabilities>(&in)) {
    graph_.tensors[probabilities->tensor].is_real = false;
    graph_.tensors[probabilities->tensor].scale = q.scale;
    graph_.tensors[probabilities->tensor].zero_point = q.zero_point;
    return Quantised{probabilities->tensor, true, q.is_unsigned};
  }
  const auto* input = std::get_if<FloatInput>(&in);
  if (input == nullptr) throw Error("only activations can be quantised here; weights must be stored as int8");
  GiveScale(graph_.input, q);
  return Quantised{graph_.input, input->flat, q.is_unsigned};
}

Value OnnxTranslator::DequantizeLinear(const NodeProto& node) {
  const Value& in = Input(node, 0);
  const TensorProto* zero_point = OptionalConstant(node, 2);
  if (const auto* constant = std::get_if<Constant>(&in))
    return MakeWeights(*constant->tensor, ConstantInput(node, 1), zero_point, IntAttribute(node, "axis", 1));
  const auto* quantised = std::get_if<Quantised>(&in);
  if (quantised == nullptr) throw Error("its input '{}' is not quantised", Printable(node.input(0)));
  const Quantisation q = ActivationQuantisation(ConstantInput(node, 1), zero_point, quantised->is_unsigned);
  if (q.is_unsigned != quantised->is_unsigned) throw Error("its zero point has another type than its input");
  GiveScale(quantised->tensor, q);
  return Real{quantised->tensor, quantised->flat, quantised->is_unsigned};
}

}  // namespace weft
