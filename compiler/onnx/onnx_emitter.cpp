// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_emitter.hpp"

#include <algorithm>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_selection.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_expr;

// ---- tensors

Shape PhysicalShape(const Dims& dims) {
  const auto at = [&](size_t i) { return int(dims[i]); };
  if (dims.size() == 4 && dims[0] == 1) return {1, at(2), at(3), at(1)};
  if (dims.size() == 3 && dims[0] == 1) return {1, 1, at(2), at(1)};
  return {1, 1, 1, int(Count(dims))};
}

std::vector<int32_t> Offsets(const Quantised& value, const Shape& shape) {
  if (value.map) return *value.map;
  std::vector<int32_t> offsets;
  offsets.reserve(shape.size());
  const int pixels = shape.h * shape.w;
  for (int c = 0; c < shape.c; ++c)
    for (int p = 0; p < pixels; ++p) offsets.push_back(p * shape.c + c);
  return offsets;
}

Quantised OnnxEmitter::AddTensor(const std::string& name, const Dims& dims, const Codes& codes) {
  TensorInfo info{.name = onnx_access::Printable(name, std::string::npos),
                  .shape = PhysicalShape(dims),
                  .scale = codes.scale,
                  .zero_point = codes.zero_point,
                  .is_unsigned = codes.is_unsigned};
  if (dims.size() == 3) info.axes = "NCW";
  if (dims.size() == 2) info.axes = "NC";
  info.is_flat = dims.size() < 2 || dims.size() > 4;
  graph_.tensors.push_back(std::move(info));
  return {int(graph_.tensors.size()) - 1, dims, nullptr, codes};
}

Quantised OnnxEmitter::Emit(Node node, const Dims& dims, const Codes& codes, const std::string& output) {
  const Quantised value = AddTensor(output, dims, codes);
  node.output = value.tensor;
  const Shape expected = PhysicalShape(dims), shape = OutputShape(graph_, node);
  if (shape != expected)
    throw Error("its output is {} x {} x {} (C x H x W) instead of {} x {} x {}", shape.c, shape.h, shape.w,
                expected.c, expected.h, expected.w);
  graph_.nodes.push_back(std::move(node));
  return value;
}

Quantised OnnxEmitter::EmitLike(Node node, const Quantised& in, const Codes& codes,
                                const std::string& output) {
  TensorInfo info = Info(in.tensor);
  info.name = onnx_access::Printable(output, std::string::npos);
  info.scale = codes.scale;
  info.zero_point = codes.zero_point;
  info.is_unsigned = codes.is_unsigned;
  node.output = int(graph_.tensors.size());
  graph_.tensors.push_back(std::move(info));
  graph_.nodes.push_back(std::move(node));
  return {graph_.nodes.back().output, in.dims, in.map, codes};
}

// Tensors have their scale from the start, but the graph's input gets it from its first (De)QuantizeLinear.
void OnnxEmitter::GiveScale(const Codes& codes) {
  TensorInfo& info = graph_.tensors[size_t(graph_.input)];
  if (!input_has_scale_) {
    info.scale = codes.scale;
    info.zero_point = codes.zero_point;
    info.is_unsigned = codes.is_unsigned;
    input_has_scale_ = true;
  }
  if (info.scale != codes.scale || info.zero_point != codes.zero_point ||
      info.is_unsigned != codes.is_unsigned)
    throw Error("its scale and zero point are not those that '{}' was quantised with: make them equal",
                info.name);
}

// ---- selections

Quantised OnnxEmitter::Selection(const Quantised& in, const std::vector<int32_t>& from, const Dims& dims,
                                 int fill, const std::string& name, const std::string& output) {
  const Shape shape = Info(in.tensor).shape, wanted = PhysicalShape(dims);
  if (onnx_selection::IsIdentity(shape, from, wanted)) return {in.tensor, dims, nullptr, in.codes};
  Node node = onnx_selection::MakeNode(shape, from, wanted, fill);
  node.name = name;
  if (node.op == Op::kConv) node.conv.name = name;
  node.inputs = {in.tensor};
  return Emit(std::move(node), dims, in.codes, output);
}

namespace {

// Elements that are in the order of `dims` in the order of memory.
std::vector<int32_t> InMemoryOrder(const std::vector<int32_t>& from, const Dims& dims) {
  const std::vector<int32_t> to =
      Offsets({.tensor = 0, .dims = dims, .map = nullptr, .codes = {}}, PhysicalShape(dims));
  std::vector<int32_t> ordered(from.size());
  for (size_t i = 0; i < from.size(); ++i) ordered[size_t(to[i])] = from[i];
  return ordered;
}

}  // namespace

Quantised OnnxEmitter::Proper(const Quantised& value, const std::string& name) {
  const TensorInfo& info = Info(value.tensor);
  if (!value.map && info.shape == PhysicalShape(value.dims)) return value;
  return Selection(value, InMemoryOrder(Offsets(value, info.shape), value.dims), value.dims, 0, name,
                   info.name + ".ordered");
}

Quantised OnnxEmitter::Select(const Quantised& in, const MoveOp& move, const Dims& dims,
                              const std::string& name, const std::string& output) {
  const Shape shape = Info(in.tensor).shape, wanted = PhysicalShape(dims);
  if (!move.from) return {in.tensor, dims, in.map, in.codes};
  const std::vector<int32_t> offsets = Offsets(in, shape);
  std::vector<int32_t> moved;
  moved.reserve(move.from->size());
  for (const int32_t i : *move.from) moved.push_back(i < 0 ? -1 : offsets.at(size_t(i)));
  if (onnx_selection::IsPermutation(moved, shape.size())) {  // for free: the readers choose the order
    const Quantised plain{in.tensor, dims, nullptr, in.codes};
    if (shape == wanted && moved == Offsets(plain, shape)) return plain;
    return {in.tensor, dims, std::make_shared<const std::vector<int32_t>>(std::move(moved)), in.codes};
  }
  return Selection(in, InMemoryOrder(moved, dims), dims, golden::Quantise(move.fill, in.codes), name, output);
}

int OnnxEmitter::Output(const Quantised& value, const std::string& name) {
  TensorInfo& info = graph_.tensors[size_t(value.tensor)];
  if (!value.map) {
    if (info.shape == PhysicalShape(value.dims)) return value.tensor;
    if (value.dims.size() == 2 && value.dims[0] == 1) {
      info.is_flat = true;
      return value.tensor;
    }
  } else if (value.tensor != graph_.input && value.dims.size() == 4 && CountsUp(*value.map) &&
             value.dims == Dims{1, info.shape.h, info.shape.w, info.shape.c}) {
    info.axes = "NHWC";
    return value.tensor;
  }
  return Proper(value, name).tensor;
}

// ---- expressions

bool OnnxEmitter::Order::ClampIsVoid() const {
  return clamp.lo <= golden::Dequantise(-128, codes) && clamp.hi >= golden::Dequantise(127, codes);
}

std::optional<Quantised> OnnxEmitter::Lossless(const ExprPtr& expr, bool with_clamps) {
  if (expr->codes) return expr->codes;
  if (const auto* tensor = expr->As<Quantised>()) return *tensor;
  const auto* clamp = expr->As<ClampOp>();
  const auto* move = expr->As<MoveOp>();
  const bool pools = expr->As<MaxPoolOp>() != nullptr;
  if ((clamp == nullptr || !with_clamps) && move == nullptr && !pools) return {};
  const std::optional<Quantised> in = Lossless(expr->in[0], with_clamps);
  if (!in) return {};
  const auto exact = [&](float real) {
    return golden::Dequantise(golden::Quantise(real, in->codes), in->codes) == real;
  };
  if (move != nullptr) {
    if (!exact(move->fill)) return {};
    expr->codes = Select(*in, *move, expr->dims, expr->name, expr->output);
  } else if (pools) {
    expr->codes = Pooled(*in, *expr, expr->output);
  } else {
    const float lo = golden::Dequantise(-128, in->codes), hi = golden::Dequantise(127, in->codes);
    if ((clamp->lo > lo && !exact(clamp->lo)) || (clamp->hi < hi && !exact(clamp->hi))) return {};
    if (clamp->lo <= lo && clamp->hi >= hi) expr->codes = in;
    else expr->codes = Rescaled({expr, in->codes, *clamp, expr->output}, *in);
  }
  return expr->codes;
}

Quantised OnnxEmitter::Pooled(const Quantised& in, const Expr& pool, const std::string& output) {
  const Quantised map = Proper(in, pool.name);
  return Emit(
      {.name = pool.name, .op = Op::kMaxPool, .inputs = {map.tensor}, .pool = pool.As<MaxPoolOp>()->window},
      pool.dims, in.codes, output);
}

Quantised OnnxEmitter::Quantise(const ExprPtr& expr, const Codes& codes, const std::string& output,
                                const ClampOp& clamp) try {
  const Order order{expr, codes, clamp, output};
  const auto* inner = expr->As<ClampOp>();
  if (inner != nullptr && expr->in[0]->As<FloatInput>() != nullptr) return OnHost(order);
  if (inner != nullptr) return Quantise(expr->in[0], codes, output, inner->Then(clamp));
  if (const auto* input = expr->As<FloatInput>()) {
    if (of_real_input_) return OfRealInput(order, *expr);
    GiveScale(codes);
    Quantised value = input->input;
    value.codes = codes;
    return value;
  }
  if (const auto lossless = Operand(expr)) return Rescaled(order, *lossless);
  if (const auto* move = expr->As<MoveOp>()) {
    MoveOp moved = *move;
    moved.fill = clamp.Of(move->fill);
    return Select(Quantise(expr->in[0], codes, expr->in[0]->output, clamp), moved, expr->dims, expr->name,
                  output);
  }
  if (expr->As<MaxPoolOp>() != nullptr)
    return Pooled(Quantise(expr->in[0], codes, expr->in[0]->output, clamp), *expr, output);
  if (expr->As<JoinOp>() != nullptr) return Join(order);
  std::optional<Quantised> made;
  if (expr->As<ConvOp>() != nullptr || expr->As<DenseOp>() != nullptr) made = Sum(order);
  else if (expr->As<AverageOp>() != nullptr) made = Average(order);
  else if (expr->As<SoftmaxOp>() != nullptr) made = Softmax(order);
  else if (expr->As<PointOp>() != nullptr) made = Table(order);
  return made ? *made : OnHost(order);
} catch (const NamedError&) {
  throw;
} catch (const Error& error) {
  if (expr->op.empty()) throw;
  throw NamedError("{} '{}': {}", expr->op, expr->name, error.what());
}

}  // namespace weft
