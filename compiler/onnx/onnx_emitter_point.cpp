// SPDX-License-Identifier: Apache-2.0
// Functions of single elements as tables of codes, and joins.
#include <algorithm>
#include <numeric>

#include "compiler/onnx/onnx_emitter.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_expr;

namespace {

FloatArray AllCodes(const Codes& codes, const Dims& dims) {
  FloatArray array{.dims = dims, .data = std::vector<float>(256)};
  for (int x = -128; x <= 127; ++x) array.data[uint8_t(x)] = golden::Dequantise(int8_t(x), codes);
  return array;
}

std::vector<int8_t> Quantised8(const FloatArray& reals, const ClampOp& clamp, const Codes& codes) {
  std::vector<int8_t> result;
  result.reserve(reals.data.size());
  for (const float real : reals.data) result.push_back(golden::Quantise(clamp.Of(real), codes));
  return result;
}

TableI8 AsTable(const std::vector<int8_t>& codes) {
  TableI8 table{};
  std::ranges::copy(codes, table.begin());
  return table;
}

bool IsScalar(const Expr& expr) { return expr.IsConstant() && Count(expr.dims) == 1; }

// The code of a constant that was quantised, as ONNX Runtime's integer kernels read it.
std::optional<std::pair<int8_t, Codes>> ScalarCode(const Expr& expr) {
  const auto* weights = expr.As<Weights>();
  if (weights == nullptr || !IsScalar(expr)) return {};
  const int type = weights->tensor->data_type();
  if (type != onnx::TensorProto::INT8 && type != onnx::TensorProto::UINT8) return {};
  const bool is_unsigned = type == onnx::TensorProto::UINT8;
  const int offset = is_unsigned ? 128 : 0;
  const Codes codes{weights->scale.at(0), int(weights->zero_point.at(0)) - offset, is_unsigned};
  return std::pair{int8_t(Integers(Expr{.detail = Constant{weights->tensor}}).at(0) - offset), codes};
}

}  // namespace

// Whether ONNX Runtime makes one integer kernel of DequantizeLinear, this operator and QuantizeLinear: for
// that nothing else reads the sum, no Relu stays between, and all types are one.
bool OnnxEmitter::IsFused(const Order& order) const {
  const Expr& e = *order.expr;
  return rounding_ == Rounding::kOnnx && e.readers <= 1 && order.ClampIsVoid() &&
         std::ranges::all_of(e.in, [&](const ExprPtr& in) {
           if (const auto* tensor = in->As<Quantised>())
             return tensor->codes.is_unsigned == order.codes.is_unsigned;
           const auto code = ScalarCode(*in);
           return code && code->second.is_unsigned == order.codes.is_unsigned;
         });
}

TableI8 OnnxEmitter::RescaleTable(const Order& order, const Codes& from) const {
  const Codes& to = order.codes;
  if (rounding_ == Rounding::kOnnx)
    return golden::TableOf([&](float x) { return order.clamp.Of(x); }, from, to);
  return golden::RescaleTable(golden::MakeRescale(from.scale, from.zero_point, to.scale, to.zero_point,
                                                  order.Lowest(), order.Highest()));
}

Quantised OnnxEmitter::Rescaled(const Order& order, const Quantised& in) {
  if (order.ClampIsVoid() && in.codes == order.codes) return in;
  Node node{.name = order.expr->name, .op = Op::kTable, .inputs = {in.tensor}};
  node.table.table = RescaleTable(order, in.codes);
  return EmitLike(std::move(node), in, order.codes, order.output);
}

// ---- functions of one and of two tensors

bool OnnxEmitter::Operands(const ExprPtr& expr, std::vector<std::pair<ExprPtr, Quantised>>* found) {
  if (std::ranges::any_of(*found, [&](const auto& known) { return known.first == expr; })) return true;
  if (expr->IsConstant()) return IsScalar(*expr);
  if (const auto operand = Operand(expr)) {
    found->emplace_back(expr, *operand);
    return found->size() <= 2;
  }
  if (expr->As<PointOp>() == nullptr && expr->As<ClampOp>() == nullptr) return false;
  return std::ranges::all_of(expr->in, [&](const ExprPtr& in) { return Operands(in, found); });
}

TableI8 OnnxEmitter::OneTable(const Order& order, const Expr* in, const Codes& codes) {
  const Expr& e = *order.expr;
  if (IsFused(order) && (e.op == "Add" || e.op == "Mul") && e.in.size() == 2) {
    const bool first_is_scalar = e.in[0].get() != in;
    TableI8 table{};
    for (int x = -128; x <= 127; ++x) {
      const auto operand = [&](size_t i) {
        return e.in[i].get() == in ? std::pair{int8_t(x), codes} : *ScalarCode(*e.in[i]);
      };
      const auto [a, codes_a] = operand(0);
      const auto [b, codes_b] = operand(1);
      table[uint8_t(x)] = e.op == "Mul"
                              ? golden::QLinearMul(a, codes_a, b, codes_b, order.codes)
                              : golden::QLinearAdd(a, codes_a, b, codes_b, order.codes, first_is_scalar);
    }
    return table;
  }
  Values values{{in, AllCodes(codes, {256})}};
  return AsTable(Quantised8(Evaluate(e, &values), order.clamp, order.codes));
}

std::optional<Quantised> OnnxEmitter::PairOf(const Order& order,
                                             std::vector<std::pair<ExprPtr, Quantised>> operands) {
  const Expr& e = *order.expr;
  if (operands[0].second.dims != e.dims) std::swap(operands[0], operands[1]);
  const auto& [first, a] = operands[0];
  const auto& [second, b] = operands[1];
  const bool is_pixel = e.dims.size() == 4 && b.dims == Dims{1, e.dims[1], 1, 1};
  if (a.dims != e.dims || (b.dims != e.dims && !is_pixel)) return {};
  Node node{.name = e.name, .op = Op::kPair};
  const Quantised map_a = Proper(a, e.name), map_b = Proper(b, e.name);
  node.inputs = {map_a.tensor, map_b.tensor};
  if (rounding_ == Rounding::kTflite && e.op == "Add" && b.dims == e.dims && e.in.size() == 2 &&
      operands.size() == 2 &&
      ((e.in[0] == first && e.in[1] == second) || (e.in[0] == second && e.in[1] == first))) {
    node.op = Op::kAdd;
    if (e.in[0] == second) std::swap(node.inputs[0], node.inputs[1]);
    const Codes& c0 = e.in[0] == first ? a.codes : b.codes;
    const Codes& c1 = e.in[0] == first ? b.codes : a.codes;
    node.add = golden::MakeAdd(c0.scale, c0.zero_point, c1.scale, c1.zero_point, order.codes.scale,
                               order.codes.zero_point, order.Lowest(), order.Highest());
    return Emit(std::move(node), e.dims, order.codes, order.output);
  }
  if (IsFused(order) && (e.op == "Add" || e.op == "Mul")) {
    const bool in_order = e.in[0] == first, first_is_scalar = !in_order && b.dims != e.dims;
    const auto rule = [&](int8_t p, const Codes& codes_p, int8_t q, const Codes& codes_q) {
      return e.op == "Mul" ? golden::QLinearMul(p, codes_p, q, codes_q, order.codes)
                           : golden::QLinearAdd(p, codes_p, q, codes_q, order.codes, first_is_scalar);
    };
    node.pair.table.resize(size_t{256} * 256);
    for (int x = -128; x <= 127; ++x)
      for (int y = -128; y <= 127; ++y)
        node.pair.table[size_t{256} * uint8_t(x) + uint8_t(y)] =
            in_order ? rule(int8_t(x), a.codes, int8_t(y), b.codes)
                     : rule(int8_t(y), b.codes, int8_t(x), a.codes);
  } else {
    Values values{{first.get(), AllCodes(a.codes, {256, 1})}, {second.get(), AllCodes(b.codes, {1, 256})}};
    node.pair.table = Quantised8(Evaluate(e, &values), order.clamp, order.codes);
  }
  return Emit(std::move(node), e.dims, order.codes, order.output);
}

std::optional<Quantised> OnnxEmitter::Table(const Order& order) {
  const Expr& e = *order.expr;
  std::vector<std::pair<ExprPtr, Quantised>> operands;
  for (const ExprPtr& in : e.in)
    if (!Operands(in, &operands)) return {};
  if (operands.size() == 2) return PairOf(order, operands);
  if (operands.size() != 1 || operands[0].second.dims != e.dims) return {};
  Quantised in = operands[0].second;
  // x + x: TensorFlow Lite's sum of a map with itself is one of two maps.
  if (rounding_ == Rounding::kTflite && e.op == "Add" && e.in[0] == e.in[1]) {
    in = Proper(in, e.name);
    const Codes& c = in.codes;
    Node node{.name = e.name, .op = Op::kAdd, .inputs = {in.tensor, in.tensor}};
    node.add = golden::MakeAdd(c.scale, c.zero_point, c.scale, c.zero_point, order.codes.scale,
                               order.codes.zero_point, order.Lowest(), order.Highest());
    return Emit(std::move(node), e.dims, order.codes, order.output);
  }
  Node node{.name = e.name, .op = Op::kTable, .inputs = {in.tensor}};
  node.table.table = OneTable(order, operands[0].first.get(), in.codes);
  return EmitLike(std::move(node), in, order.codes, order.output);
}

// ---- joins

// Each input goes through a table; one that is no tensor yet is quantised as the output is.
Quantised OnnxEmitter::Join(const Order& order) {
  const Expr& e = *order.expr;
  const auto axis = size_t(e.As<JoinOp>()->axis);
  const std::string_view order_of_axes = e.dims.size() == 3 ? "NCW" : "NCHW";
  const bool is_map = e.dims.size() >= 2 && e.dims.size() <= 4 && e.dims[0] == 1 && axis > 0;
  if (!is_map || std::ranges::any_of(e.in, [](const ExprPtr& in) { return in->IsConstant(); }))
    return OnHost(order);
  Node node{.name = e.name, .op = Op::kConcat};
  node.concat.axis = int(std::string_view("HWC").find(order_of_axes[axis]));
  for (const ExprPtr& in : e.in) {
    const std::optional<Quantised> lossless = Operand(in);
    const Quantised part =
        Proper(lossless ? *lossless : Quantise(in, order.codes, in->output, order.clamp), e.name);
    node.inputs.push_back(part.tensor);
    TableLayer& table = node.concat.inputs.emplace_back();
    if (lossless) {
      table.table = RescaleTable(order, part.codes);
    } else {
      for (int x = -128; x <= 127; ++x) table.table[uint8_t(x)] = int8_t(x);
    }
  }
  return Emit(std::move(node), e.dims, order.codes, order.output);
}

}  // namespace weft
