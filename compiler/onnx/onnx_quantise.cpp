// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, DequantizeLinear, and the operators that have both inside: QLinearConv and its like.
#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_translator.hpp"
#include "sw_model/error.hpp"

namespace weft {

using namespace onnx_access;
using namespace onnx_expr;
using onnx::NodeProto;
using onnx::TensorProto;

namespace {

constexpr int kUnsignedShift = 128;  // uint8 q stands for int8 q - 128

bool IsInteger8(int type) { return type == TensorProto::INT8 || type == TensorProto::UINT8; }

}  // namespace

Codes ReadCodes(const TensorProto& scale, const TensorProto* zero_point, bool default_is_unsigned) {
  const std::vector<float> scales = FloatValues(scale);
  if (scales.size() != 1)
    throw Error("activations have {} scales; one for the whole tensor is supported", scales.size());
  if (!std::isfinite(scales[0]) || !(scales[0] > 0))
    throw Error("scale {} is not a positive number", scales[0]);
  Codes codes{.scale = scales[0], .zero_point = 0, .is_unsigned = default_is_unsigned};
  if (zero_point != nullptr) {
    if (!IsInteger8(zero_point->data_type())) throw Error("only int8 and uint8 activations are supported");
    const std::vector<int64_t> values = IntegerValues(*zero_point);
    if (values.size() != 1) throw Error("activations have {} zero points instead of one", values.size());
    codes.is_unsigned = zero_point->data_type() == TensorProto::UINT8;
    codes.zero_point = int(values[0]);
  }
  if (codes.is_unsigned) codes.zero_point -= kUnsignedShift;
  return codes;
}

Weights ReadWeights(const TensorProto& tensor, const TensorProto& scale, const TensorProto* zero_point,
                    int64_t axis) {
  const std::string name = Printable(tensor.name());
  Weights weights{.tensor = &tensor, .scale = FloatValues(scale), .zero_point = {0}, .axis = axis};
  for (const float s : weights.scale)  // 0 is that of filters which are all 0
    if (!std::isfinite(s) || s < 0) throw Error("scale {} of '{}' is not a positive number", s, name);
  if (zero_point != nullptr) weights.zero_point = IntegerValues(*zero_point);
  const std::vector<int64_t> dims = TensorDims(tensor);
  const int type = tensor.data_type();
  if (!IsInteger8(type) && type != TensorProto::INT32)
    throw Error("constant '{}' must be int8, uint8 or int32", name);
  if (weights.axis < 0) weights.axis += int64_t(dims.size());
  for (const size_t count : {weights.scale.size(), weights.zero_point.size()})
    if (count != 1 && (weights.axis < 0 || weights.axis >= int64_t(dims.size()) ||
                       int64_t(count) != dims[size_t(weights.axis)]))
      throw Error("'{}' has {} scales or zero points along axis {}, which does not fit its shape", name,
                  count, axis);
  return weights;
}

// ---- QuantizeLinear and DequantizeLinear

OnnxValue OnnxTranslator::QuantizeLinear(const NodeProto& node) {
  const ExprPtr in = ExprOf(Input(node, 0), node.input(0));
  const TensorProto* zero_point = OptionalConstant(node, 2);
  const int type = zero_point != nullptr ? zero_point->data_type()
                                         : int(IntAttribute(node, "output_dtype", TensorProto::UINT8));
  if (in->IsConstant()) {
    const std::vector<float> scale = FloatValues(ConstantOf(node, 1));
    const FloatArray reals = ConstantValues(*in);
    const std::vector<int64_t> zero =
        zero_point != nullptr ? IntegerValues(*zero_point) : std::vector<int64_t>{0};
    int64_t axis = IntAttribute(node, "axis", 1);
    if (axis < 0) axis += int64_t(reals.dims.size());
    const bool along = scale.size() > 1 || zero.size() > 1;
    if (along && (axis < 0 || axis >= int64_t(reals.dims.size()))) throw Error("it has no axis {}", axis);
    const int64_t step = along ? Strides(reals.dims)[size_t(axis)] : 1;
    const double lowest = type == TensorProto::INT8 ? -128 : type == TensorProto::INT32 ? INT32_MIN : 0;
    const double highest = type == TensorProto::INT8 ? 127 : type == TensorProto::INT32 ? INT32_MAX : 255;
    TensorProto tensor;
    tensor.set_name(node.output(0));
    tensor.set_data_type(type == TensorProto::INT32 || type == TensorProto::INT8 ? type : TensorProto::UINT8);
    for (const int64_t dim : reals.dims) tensor.add_dims(dim);
    for (size_t i = 0; i < reals.data.size(); ++i) {
      const auto k = size_t(int64_t(i) / step);
      const float s = scale[scale.size() > 1 ? k % scale.size() : 0];
      const double steps = s == 0 ? 0 : std::nearbyint(double(reals.data[i] / s));
      const double code = steps + double(zero[zero.size() > 1 ? k % zero.size() : 0]);
      tensor.add_int32_data(int32_t(std::isnan(code) ? lowest : std::clamp(code, lowest, highest)));
    }
    auto constant = std::make_shared<Expr>();
    constant->name = constant->output = node.output(0);
    constant->dims = reals.dims;
    constant->detail = Constant{&Own(std::move(tensor))};
    return constant;
  }
  const Codes codes = ReadCodes(ConstantOf(node, 1), zero_point, type != TensorProto::INT8);
  return emitter_.Quantise(in, codes, node.output(0));
}

OnnxValue OnnxTranslator::DequantizeLinear(const NodeProto& node) {
  const auto expr = std::make_shared<Expr>();
  expr->name = LayerName(node);
  expr->output = node.output(0);
  const TensorProto* zero_point = OptionalConstant(node, 2);
  const OnnxValue& in = Input(node, 0);
  if (const auto* constant = std::get_if<ExprPtr>(&in)) {
    if ((*constant)->As<Constant>() == nullptr)
      throw Error("its input '{}' is not quantised", Printable(node.input(0)));
    const TensorProto& tensor = *(*constant)->As<Constant>()->tensor;
    expr->dims = (*constant)->dims;
    expr->detail = ReadWeights(tensor, ConstantOf(node, 1), zero_point, IntAttribute(node, "axis", 1));
    return expr;
  }
  Quantised value = std::get<Quantised>(in);
  const bool is_unsigned = value.codes.is_unsigned;
  value.codes = ReadCodes(ConstantOf(node, 1), zero_point, is_unsigned);
  if (value.codes.is_unsigned != is_unsigned) throw Error("its zero point has another type than its input");
  if (value.tensor == graph_.input && graph_.input_type != ElementType::kFloat32)
    emitter_.GiveScale(value.codes);
  expr->dims = value.dims;
  expr->detail = value;
  return expr;
}

std::optional<std::pair<TensorProto, int64_t>> MoveWeights(const Weights& weights, const MoveOp& move,
                                                           const Dims& dims) {
  const std::vector<int64_t> values = IntegerValues(*weights.tensor), old_dims = TensorDims(*weights.tensor);
  const auto source = [&](size_t i) { return move.from ? (*move.from)[i] : int32_t(i); };
  TensorProto tensor;
  tensor.set_name(weights.tensor->name());
  tensor.set_data_type(weights.tensor->data_type());
  for (const int64_t dim : dims) tensor.add_dims(dim);
  const auto count = size_t(Count(dims));
  for (size_t i = 0; i < count; ++i) {
    if (source(i) < 0) return {};
    tensor.add_int32_data(int32_t(values.at(size_t(source(i)))));
  }
  const size_t scales = std::max(weights.scale.size(), weights.zero_point.size());
  if (scales == 1) return std::pair{std::move(tensor), int64_t{0}};
  const int64_t old_step = Strides(old_dims)[size_t(weights.axis)];
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] != int64_t(scales)) continue;
    const int64_t step = Strides(dims)[axis];
    bool fits = true;
    for (size_t i = 0; i < count && fits; ++i)
      fits = int64_t(i) / step % int64_t(scales) == int64_t(source(i)) / old_step % int64_t(scales);
    if (fits) return std::pair{std::move(tensor), int64_t(axis)};
  }
  return {};
}

// ---- operators with integers inside

// A tensor or a constant with the scale and zero point that an operator gives for it.
ExprPtr OnnxTranslator::Real(const NodeProto& node, int value, int scale, int zero_point) {
  Input(node, value);  // throws if it is missing
  Input(node, scale);
  NodeProto dequantise;
  dequantise.set_name(LayerName(node));
  dequantise.add_input(node.input(value));
  dequantise.add_input(node.input(scale));
  if (HasInput(node, zero_point)) dequantise.add_input(node.input(zero_point));
  dequantise.add_output(node.input(value));
  if (const auto* constant = std::get_if<ExprPtr>(&Input(node, value)))  // scales of weights are one a filter
    if ((*constant)->IsConstant()) {
      auto* axis = dequantise.add_attribute();
      axis->set_name("axis");
      axis->set_type(onnx::AttributeProto::INT);
      const bool transposed = node.op_type() == "QLinearMatMul" || node.op_type() == "MatMulInteger" ||
                              (node.op_type() == "QGemm" && IntAttribute(node, "transB", 0) == 0);
      axis->set_i(transposed ? int64_t((*constant)->dims.size()) - 1 : 0);
    }
  return std::get<ExprPtr>(DequantizeLinear(dequantise));
}

namespace {

// Where an operator with integers inside has its inputs: (tensor, scale, zero point) each.
struct Form {
  const char* name;
  const char* op;           // the operator on real numbers
  std::vector<int> inputs;  // the index of each tensor
  int output;               // the index of the output's scale
  int bias = -1;            // the index of a bias in units of the sum
};
const std::vector<Form>& Forms() {
  static const std::vector<Form> kForms = {
      {"QLinearConv", "Conv", {0, 3}, 6, 8},
      {"QLinearMatMul", "MatMul", {0, 3}, 6},
      {"QGemm", "Gemm", {0, 3}, 7, 6},
      {"QLinearAdd", "Add", {0, 3}, 6},
      {"QLinearMul", "Mul", {0, 3}, 6},
      {"QLinearAveragePool", "AveragePool", {0}, 3},
      {"QLinearGlobalAveragePool", "GlobalAveragePool", {0}, 3},
      {"QLinearLeakyRelu", "LeakyRelu", {0}, 3},
      {"QLinearSigmoid", "Sigmoid", {0}, 3},
      {"QLinearSoftmax", "Softmax", {0}, 3},
      {"QLinearReduceMean", "ReduceMean", {0}, 3},
  };
  return kForms;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> OnnxIntegerOperators() {
  std::vector<std::pair<std::string, std::string>> operators = {
      {"ConvInteger", "Conv"}, {"MatMulInteger", "MatMul"}, {"QLinearConcat", "Concat"}};
  for (const Form& form : Forms()) operators.emplace_back(form.name, form.op);
  return operators;
}

// Int32 that counts in units of s_in * s_w[k].
ExprPtr OnnxTranslator::IntegerBias(const NodeProto& node, int i, const Expr& in, const Expr& weights) {
  auto expr = std::make_shared<Expr>();
  expr->name = expr->output = node.input(i);
  const auto* constant = std::get_if<ExprPtr>(&Input(node, i));
  if (constant == nullptr || (*constant)->As<Constant>() == nullptr)
    throw Error("its bias '{}' must be a constant", Printable(node.input(i)));
  expr->dims = (*constant)->dims;
  Weights bias{(*constant)->As<Constant>()->tensor, {}, {0}, int64_t(expr->dims.size()) - 1};
  if (bias.tensor->data_type() != TensorProto::INT32)
    throw Error("its bias '{}' must be int32", Printable(node.input(i)));
  for (const float scale : weights.As<Weights>()->scale)
    bias.scale.push_back(in.As<Quantised>()->codes.scale * scale);
  if (bias.scale.size() != 1 && int64_t(bias.scale.size()) != Count(expr->dims))
    throw Error("its bias has {} values for {} scales", Count(expr->dims), bias.scale.size());
  expr->detail = std::move(bias);
  return expr;
}

std::optional<OnnxValue> OnnxTranslator::QLinear(const NodeProto& node) {
  const std::string& op = node.op_type();
  const auto form = std::ranges::find_if(Forms(), [&](const Form& f) { return op == f.name; });
  NodeProto real = node;
  std::vector<ExprPtr> in;
  int output = -1;
  if (form != Forms().end()) {
    real.set_op_type(form->op);
    output = form->output;
    for (const int i : form->inputs) in.push_back(Real(node, i, i + 1, i + 2));
    if (form->bias >= 0 && HasInput(node, form->bias)) {
      if (in[0]->As<Quantised>() == nullptr || in[1]->As<Weights>() == nullptr)
        throw Error("its weights '{}' must be a constant", Printable(node.input(3)));
      in.push_back(IntegerBias(node, form->bias, *in[0], *in[1]));
    }
    if (IntAttribute(node, "channels_last", 0) != 0) throw Error("channels_last 1 is not supported");
  } else if (op == "QLinearConcat") {
    if (node.input_size() < 5 || node.input_size() % 3 != 2)
      throw Error("its inputs are not one scale and zero point for each");
    real.set_op_type("Concat");
    output = 0;
    for (int i = 2; i + 2 < node.input_size(); i += 3) in.push_back(Real(node, i, i + 1, i + 2));
  } else if (op == "ConvInteger" || op == "MatMulInteger") {
    real.set_op_type(op == "ConvInteger" ? "Conv" : "MatMul");
    in = {IntegersOf(node, 0, 2), IntegersOf(node, 1, 3)};
  } else {
    return {};
  }
  ExprPtr expr = std::get<ExprPtr>(Finish(real, Handler(real.op_type()), in, 0, false));
  if (output < 0 || !HasInput(node, output)) return expr;
  const auto inner = std::make_shared<Expr>(*expr);
  inner->readers = 1;  // the file's readers get the codes
  const bool is_unsigned = in.at(0)->As<Quantised>() == nullptr || in[0]->As<Quantised>()->codes.is_unsigned;
  return emitter_.Quantise(
      inner, ReadCodes(ConstantOf(node, output), OptionalConstant(node, output + 1), is_unsigned),
      node.output(0));
}

// The input of a ConvInteger or MatMulInteger as real numbers of scale 1.
ExprPtr OnnxTranslator::IntegersOf(const NodeProto& node, int value, int zero_point) {
  const OnnxValue& in = Input(node, value);
  auto expr = std::make_shared<Expr>();
  expr->name = expr->output = node.input(value);
  const TensorProto* zero = OptionalConstant(node, zero_point);
  TensorProto one;
  one.set_data_type(TensorProto::FLOAT);
  one.add_float_data(1);
  if (const auto* tensor = std::get_if<Quantised>(&in)) {
    Quantised quantised = *tensor;
    quantised.codes = ReadCodes(one, zero, tensor->codes.is_unsigned);
    expr->dims = quantised.dims;
    expr->detail = quantised;
    return expr;
  }
  const auto* constant = std::get<ExprPtr>(in)->As<Constant>();
  if (constant == nullptr) throw Error("its input '{}' is not quantised", Printable(node.input(value)));
  expr->dims = std::get<ExprPtr>(in)->dims;
  expr->detail = ReadWeights(*constant->tensor, one, zero, node.op_type() == "ConvInteger" ? 0 : -1);
  return expr;
}

}  // namespace weft
