// SPDX-License-Identifier: Apache-2.0
// Softmax, and what the host computes in float32.
#include <algorithm>

#include "compiler/onnx/onnx_emitter.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {

using namespace onnx_expr;

namespace {

// Runs `f` for each slice along the axes that a softmax is over: `count` elements, `step` apart from `first`.
template <typename F>
void ForEachSlice(const Dims& dims, const SoftmaxOp& softmax, const F& f) {
  const auto axis = size_t(softmax.axis);
  const std::vector<int64_t> strides = Strides(dims);
  const int64_t step = softmax.is_flat ? 1 : strides[axis];
  const int64_t count = softmax.is_flat ? strides[axis] * dims[axis] : dims[axis];
  const int64_t block = step * count;
  for (int64_t outer = 0; outer < Count(dims); outer += block)
    for (int64_t inner = 0; inner < step; ++inner) f(outer + inner, step, count);
}

}  // namespace

std::optional<Quantised> OnnxEmitter::Softmax(const Order& order) {
  const auto* in = order.expr->in[0]->As<Quantised>();
  if (!IsFused(order) || in == nullptr) return {};
  const SoftmaxOp softmax = *order.expr->As<SoftmaxOp>();
  const std::vector<int32_t> offsets = Offsets(*in, Info(in->tensor).shape);
  const Shape shape = PhysicalShape(in->dims);
  const std::vector<int32_t> to =
      Offsets({.tensor = 0, .dims = in->dims, .map = nullptr, .codes = {}}, shape);
  Node node{.name = order.expr->name, .op = Op::kHost, .inputs = {in->tensor}};
  node.host = {
      .what = "Softmax", .shape = shape, .run = [=, in = *in, out = order.codes](const auto& inputs) {
        const TensorI8& x = *inputs.at(0);
        TensorI8 y(Shape{x.shape.n, shape.h, shape.w, shape.c});
        for (size_t image = 0; image < x.data.size(); image += offsets.size())
          ForEachSlice(in.dims, softmax, [&](int64_t first, int64_t step, int64_t count) {
            std::vector<int8_t> values;
            for (int64_t i = 0; i < count; ++i)
              values.push_back(x.data[image + size_t(offsets[size_t(first + i * step)])]);
            values = golden::QLinearSoftmax(values, in.codes, out);
            for (int64_t i = 0; i < count; ++i)
              y.data[image + size_t(to[size_t(first + i * step)])] = values[size_t(i)];
          });
        return y;
      }};
  return Emit(std::move(node), in->dims, order.codes, order.output);
}

namespace {

// The expression down to such leaves, independent of the file: its constants are copied.
ExprPtr Frozen(const ExprPtr& expr, const std::vector<const Expr*>& leaves,
               std::unordered_map<const Expr*, ExprPtr>* made) {
  if (std::ranges::find(leaves, expr.get()) != leaves.end()) return expr;
  if (const auto known = made->find(expr.get()); known != made->end()) return known->second;
  const auto frozen = std::make_shared<Expr>(*expr);
  if (expr->IsConstant()) frozen->detail = ConstantValues(*expr);
  for (ExprPtr& in : frozen->in) in = Frozen(in, leaves, made);
  return made->emplace(expr.get(), frozen).first->second;
}

}  // namespace

OnnxEmitter::Island OnnxEmitter::MakeIsland(const Expr& root) {
  Island island;
  std::vector<const Expr*> seen;
  const std::function<void(const Expr&)> visit = [&](const Expr& expr) {
    if (std::ranges::find(seen, &expr) != seen.end()) return;
    seen.push_back(&expr);
    for (const ExprPtr& in : expr.in) {
      if (in->IsConstant() || std::ranges::find(seen, in.get()) != seen.end()) continue;
      if (in->As<FloatInput>() != nullptr) {
        island.real_input = in.get();
        seen.push_back(in.get());
      } else if (const auto tensor = Lossless(in, true)) {
        island.leaves.push_back({in.get(), *tensor, Offsets(*tensor, Info(tensor->tensor).shape)});
        island.inputs.push_back(tensor->tensor);
        seen.push_back(in.get());
      } else {
        visit(*in);
      }
    }
  };
  visit(root);
  if (island.real_input == nullptr && island.inputs.empty()) throw Error("it has no quantised input");
  if (island.real_input != nullptr && !island.inputs.empty())
    throw Error("its inputs are codes and the float32 input '{}': put QuantizeLinear behind that",
                island.real_input->output);
  return island;
}

FloatArray OnnxEmitter::Island::Run(const Expr& root, const std::vector<const TensorI8*>& tensors,
                                    size_t image) const {
  Values values;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Leaf& leaf = leaves[i];
    FloatArray array{.dims = leaf.value.dims, .data = {}};
    array.data.reserve(leaf.offsets.size());
    for (const int32_t offset : leaf.offsets)
      array.data.push_back(golden::Dequantise(tensors[i]->data[image * leaf.offsets.size() + size_t(offset)],
                                              leaf.value.codes));
    values.emplace(leaf.expr, std::move(array));
  }
  return Evaluate(root, &values);
}

// The host computes the codes while it reads the images.
Quantised OnnxEmitter::OfRealInput(const Order& order, const Expr& real_input) {
  if (of_real_input_ && of_real_input_->expr == order.expr && of_real_input_->codes == order.codes &&
      of_real_input_->clamp == order.clamp)
    return {graph_.input, order.expr->dims, nullptr, order.codes};
  if (of_real_input_ || input_has_scale_)
    throw Error("the float32 input '{}' has codes in two places: put one QuantizeLinear behind it",
                real_input.output);
  of_real_input_ = order;
  std::unordered_map<const Expr*, ExprPtr> made;
  const ExprPtr root = Frozen(order.expr, {&real_input}, &made);
  const Quantised value = AddTensor(order.output, root->dims, order.codes);
  TensorInfo& info = graph_.tensors[size_t(graph_.input)];
  const std::vector<int32_t> from = Offsets(real_input.As<FloatInput>()->input, info.shape);
  const std::vector<int32_t> to = Offsets(value, PhysicalShape(root->dims));
  graph_.real_input = {
      .info = info,
      .what = root->op,
      .run = [=, &real_input, clamp = order.clamp, codes = order.codes](const std::vector<float>& image) {
        FloatArray array{.dims = real_input.dims, .data = {}};
        for (const int32_t offset : from) array.data.push_back(image.at(size_t(offset)));
        Values values{{&real_input, std::move(array)}};
        const FloatArray& reals = Evaluate(*root, &values);
        std::vector<int8_t> result(to.size());
        for (size_t i = 0; i < to.size(); ++i)
          result[size_t(to[i])] = golden::Quantise(clamp.Of(reals.data[i]), codes);
        return result;
      }};
  info = std::move(graph_.tensors.back());
  graph_.tensors.pop_back();
  return {graph_.input, root->dims, nullptr, order.codes};
}

Quantised OnnxEmitter::OnHost(const Order& order) {
  const Island island = MakeIsland(*order.expr);
  if (island.real_input != nullptr) return OfRealInput(order, *island.real_input);
  std::vector<const Expr*> leaves;
  for (const Island::Leaf& leaf : island.leaves) leaves.push_back(leaf.expr);
  std::unordered_map<const Expr*, ExprPtr> made;
  const ExprPtr root = Frozen(order.expr, leaves, &made);
  const Shape shape = PhysicalShape(root->dims);
  const std::vector<int32_t> to =
      Offsets({.tensor = 0, .dims = root->dims, .map = nullptr, .codes = {}}, shape);
  const bool is_average = root->As<AverageOp>() != nullptr && root->op != "ReduceMean" && IsFused(order);
  const auto code = [is_average, clamp = order.clamp, codes = order.codes](float real) {
    return is_average ? golden::QLinearAverage(real, 1, codes) : golden::Quantise(clamp.Of(real), codes);
  };
  Node node{.name = root->name, .op = Op::kHost, .inputs = island.inputs};
  node.host = {.what = root->op, .shape = shape, .run = [=](const std::vector<const TensorI8*>& inputs) {
                 const int n = inputs.at(0)->shape.n;
                 TensorI8 y(Shape{n, shape.h, shape.w, shape.c});
                 for (size_t image = 0; image < size_t(n); ++image) {
                   const FloatArray result = island.Run(*root, inputs, image);
                   for (size_t i = 0; i < to.size(); ++i)
                     y.data[image * to.size() + size_t(to[i])] = code(result.data[i]);
                 }
                 return y;
               }};
  return Emit(std::move(node), root->dims, order.codes, order.output);
}

// A softmax over the channels of one pixel has a node of its own; anything else is the host's in float32.
int OnnxEmitter::Real(const ExprPtr& expr) {
  const auto* softmax = expr->As<SoftmaxOp>();
  const std::optional<Quantised> in = softmax != nullptr ? Lossless(expr->in[0], true) : std::nullopt;
  const Shape shape = PhysicalShape(expr->dims);
  const bool is_pixel =
      shape.h == 1 && shape.w == 1 && expr->dims.size() > 1 && expr->dims[0] == 1 && expr->dims[1] == shape.c;
  const Codes none{.scale = 1.0F / 256, .zero_point = -128};
  if (in && is_pixel &&
      (softmax->axis == 1 || (softmax->axis == int64_t(expr->dims.size()) - 1 && expr->dims.size() == 2))) {
    const Quantised logits = Proper(*in, expr->name);
    if (Info(logits.tensor).scale == in->codes.scale) {
      const int tensor = Emit({.name = expr->name, .op = Op::kSoftmax, .inputs = {logits.tensor}}, expr->dims,
                              none, expr->output)
                             .tensor;
      graph_.tensors.back().is_real = true;
      return tensor;
    }
  }
  const Island island = MakeIsland(*expr);
  if (island.real_input != nullptr)
    throw Error("no QuantizeLinear is between it and the input '{}'", island.real_input->output);
  std::vector<const Expr*> leaves;
  for (const Island::Leaf& leaf : island.leaves) leaves.push_back(leaf.expr);
  std::unordered_map<const Expr*, ExprPtr> made;
  const ExprPtr root = Frozen(expr, leaves, &made);
  const std::vector<int32_t> to =
      Offsets({.tensor = 0, .dims = expr->dims, .map = nullptr, .codes = {}}, shape);
  Node node{.name = expr->name, .op = Op::kHost, .inputs = island.inputs};
  node.host = {.what = expr->op, .shape = shape, .reals = [=](const std::vector<const TensorI8*>& inputs) {
                 std::vector<float> reals(size_t(inputs.at(0)->shape.n) * to.size());
                 for (size_t image = 0; image < size_t(inputs[0]->shape.n); ++image) {
                   const FloatArray result = island.Run(*root, inputs, image);
                   for (size_t i = 0; i < to.size(); ++i)
                     reals[image * to.size() + size_t(to[i])] = result.data[i];
                 }
                 return reals;
               }};
  const int tensor = Emit(std::move(node), expr->dims, {.scale = 1, .zero_point = 0}, expr->output).tensor;
  graph_.tensors.back().is_real = true;
  return tensor;
}

}  // namespace weft
