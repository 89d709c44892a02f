// SPDX-License-Identifier: Apache-2.0
// What the functions that translate operators share.
#include <algorithm>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_translator.hpp"
#include "sw_model/error.hpp"

namespace weft {

using namespace onnx_access;
using namespace onnx_expr;

const ExprPtr& OnnxSite::In(size_t i) const {
  if (!Has(i)) throw Error("input {} is missing", i);
  return in[i];
}

bool OnnxSite::IsChannelsLast() const { return translator.channels_last_.contains(node.input(0)); }

const Expr& OnnxSite::ConstantIn(size_t i) const {
  if (!In(i)->IsConstant()) throw Error("its input '{}' must be a constant", Printable(node.input(int(i))));
  return *in[i];
}

std::vector<int64_t> OnnxSite::IntegersIn(size_t i) const { return Integers(ConstantIn(i)); }
std::vector<float> OnnxSite::FloatsIn(size_t i) const { return ConstantValues(ConstantIn(i)).data; }

std::vector<int64_t> OnnxSite::InputOrAttribute(size_t i, std::string_view name,
                                                const std::vector<int64_t>& fallback) const {
  return Has(i) ? IntegersIn(i) : IntsAttribute(node, name, fallback);
}

int64_t OnnxSite::Axis(int64_t axis, size_t rank) const {
  const auto count = int64_t(rank);
  if (axis < -count || axis >= count) throw Error("it has no axis {}: its input has {}", axis, rank);
  return axis < 0 ? axis + count : axis;
}

ExprPtr OnnxSite::Make(Detail detail, std::vector<ExprPtr> inputs, Dims dims, Evaluator eval) const {
  Count(dims);  // throws if they are too many
  auto expr = std::make_shared<Expr>();
  expr->op = node.op_type();
  expr->name = LayerName(node);
  expr->output = node.output(output);
  expr->in = std::move(inputs);
  expr->dims = std::move(dims);
  expr->detail = std::move(detail);
  expr->eval = std::move(eval);
  const auto readers = translator.readers_.find(expr->output);
  expr->readers = readers == translator.readers_.end() ? 0 : readers->second;
  return expr;
}

ExprPtr OnnxSite::Move(const ExprPtr& input, Dims dims, std::vector<int32_t> from, float fill) const {
  const auto map = std::make_shared<const std::vector<int32_t>>(std::move(from));
  const auto evaluate = [=](const std::vector<const FloatArray*>& x) {
    FloatArray y{.dims = dims, .data = {}};
    y.data.reserve(map->size());
    for (const int32_t i : *map) y.data.push_back(i < 0 ? fill : x[0]->data[size_t(i)]);
    return y;
  };
  return Make(MoveOp{map, fill}, {input}, std::move(dims), evaluate);
}

ExprPtr OnnxSite::Reshaped(const ExprPtr& input, Dims dims) const {
  if (Count(dims) != Count(input->dims))
    throw Error("its input is {} and cannot become {}", ToString(input->dims), ToString(dims));
  const auto evaluate = [dims](const std::vector<const FloatArray*>& x) {
    FloatArray y = *x[0];
    y.dims = dims;
    return y;
  };
  return Make(MoveOp{}, {input}, std::move(dims), evaluate);
}

ExprPtr OnnxSite::Point(std::vector<ExprPtr> inputs, std::function<float(const float*)> f) const {
  Dims dims;
  for (const ExprPtr& input : inputs) dims = Broadcast(dims, input->dims);
  return Make(PointOp{}, std::move(inputs), dims,
              [f = std::move(f)](const std::vector<const FloatArray*>& x) { return Pointwise(x, f); });
}

}  // namespace weft
