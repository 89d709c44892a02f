// SPDX-License-Identifier: Apache-2.0
// Functions of single elements, with the formulas of ONNX Runtime's float32 kernels.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/onnx/onnx_access.hpp"
#include "compiler/onnx/onnx_handlers.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/onnx_tables.hpp"

namespace weft::onnx_handlers {

using namespace onnx_access;
using namespace onnx_expr;

namespace {

using Function = std::function<float(const float*)>;

// As Eigen and std compute them; alpha and beta of the operators that have them.
Function UnaryFunction(const std::string& op, float alpha, float beta, float gamma) {
  if (op == "Sigmoid") return [](const float* x) { return golden::Sigmoid(*x); };
  if (op == "Tanh") return [](const float* x) { return golden::Tanh(*x); };
  if (op == "LeakyRelu") return [=](const float* x) { return *x >= 0 ? *x : alpha * *x; };
  if (op == "HardSigmoid")
    return [=](const float* x) { return std::max(std::min(alpha * *x + beta, 1.0F), 0.0F); };
  if (op == "HardSwish")
    return [](const float* x) { return *x * std::max(std::min(1.0F / 6 * *x + 0.5F, 1.0F), 0.0F); };
  if (op == "Elu") return [=](const float* x) { return *x >= 0 ? *x : alpha * (std::exp(*x) - 1); };
  if (op == "Celu")
    return [=](const float* x) {
      return std::max(*x, 0.0F) + std::min(alpha * (std::exp(*x / alpha) - 1), 0.0F);
    };
  if (op == "Selu")
    return [=](const float* x) { return gamma * (*x > 0 ? *x : alpha * std::exp(*x) - alpha); };
  if (op == "ThresholdedRelu") return [=](const float* x) { return *x > alpha ? *x : 0; };
  if (op == "Softplus")
    return [](const float* x) { return *x > 0 ? *x + std::log1p(std::exp(-*x)) : std::log1p(std::exp(*x)); };
  if (op == "Softsign") return [](const float* x) { return *x / (1 + std::abs(*x)); };
  if (op == "Mish")
    return [](const float* x) {
      return *x * std::tanh(*x > 0 ? *x + std::log1p(std::exp(-*x)) : std::log1p(std::exp(*x)));
    };
  if (op == "Gelu") return [](const float* x) { return 0.5F * *x * (1 + std::erf(*x * float(M_SQRT1_2))); };
  if (op == "QuickGelu") return [=](const float* x) { return *x * golden::Sigmoid(alpha * *x); };
  if (op == "Abs") return [](const float* x) { return std::abs(*x); };
  if (op == "Neg") return [](const float* x) { return -*x; };
  if (op == "Exp") return [](const float* x) { return std::exp(*x); };
  if (op == "Log") return [](const float* x) { return std::log(*x); };
  if (op == "Sqrt") return [](const float* x) { return std::sqrt(*x); };
  if (op == "Reciprocal") return [](const float* x) { return 1 / *x; };
  if (op == "Erf") return [](const float* x) { return std::erf(*x); };
  if (op == "Floor") return [](const float* x) { return std::floor(*x); };
  if (op == "Ceil") return [](const float* x) { return std::ceil(*x); };
  if (op == "Round") return [](const float* x) { return std::nearbyint(*x); };
  if (op == "Sign") return [](const float* x) { return float((*x > 0) - (*x < 0)); };
  return {};
}

Function BinaryFunction(const std::string& op) {
  if (op == "Add") return [](const float* x) { return x[0] + x[1]; };
  if (op == "Sub") return [](const float* x) { return x[0] - x[1]; };
  if (op == "Mul") return [](const float* x) { return x[0] * x[1]; };
  if (op == "Div") return [](const float* x) { return x[0] / x[1]; };
  if (op == "PRelu") return [](const float* x) { return x[0] >= 0 ? x[0] : x[0] * x[1]; };
  if (op == "Pow")
    return [](const float* x) {
      return x[1] == 2 ? x[0] * x[0] : x[1] == 3 ? x[0] * x[0] * x[0] : std::pow(x[0], x[1]);
    };
  return {};
}

// Of any number of inputs.
Function ManyFunction(const std::string& op, size_t n) {
  if (op == "Sum" || op == "Mean")
    return [n, mean = op == "Mean"](const float* x) {
      float sum = x[0];
      for (size_t i = 1; i < n; ++i) sum += x[i];
      return mean ? sum / float(n) : sum;
    };
  if (op == "Max") return [n](const float* x) { return *std::max_element(x, x + n); };
  if (op == "Min") return [n](const float* x) { return *std::min_element(x, x + n); };
  return {};
}

float DefaultAlpha(const std::string& op) {
  if (op == "LeakyRelu") return 0.01F;
  if (op == "HardSigmoid") return 0.2F;
  if (op == "Selu") return 1.67326319217681884765625F;
  if (op == "QuickGelu") return 1.702F;
  return 1;
}

ExprPtr MakeClamp(const OnnxSite& site, const ClampOp& clamp) {
  return site.Make(clamp, {site.In(0)}, site.DimsOf(0), [=](const std::vector<const FloatArray*>& in) {
    FloatArray out = *in[0];
    for (float& x : out.data) x = clamp.Of(x);
    return out;
  });
}

float Bound(const OnnxSite& site, const char* name, size_t i, float fallback) {
  if (FindAttribute(site.node, name) != nullptr) return FloatAttribute(site.node, name, 0);  // opset 6
  if (!site.Has(i)) return fallback;
  const std::vector<float> values = site.FloatsIn(i);
  if (values.size() != 1) throw Error("its {} must be one number", name);
  const auto* codes = site.In(0)->As<Quantised>();
  if (!site.on_codes || codes == nullptr) return values[0];
  return (values[0] - float(codes->codes.zero_point + codes->codes.Offset())) * codes->codes.scale;
}

}  // namespace

ExprPtr Elementwise(const OnnxSite& site) {
  const std::string& op = site.node.op_type();
  const float alpha = FloatAttribute(site.node, "alpha", DefaultAlpha(op));
  if (const Function f = UnaryFunction(op, alpha, FloatAttribute(site.node, "beta", 0.5F),
                                       FloatAttribute(site.node, "gamma", 1.05070102214813232421875F)))
    return site.Point({site.In(0)}, f);
  if (const Function f = BinaryFunction(op)) {
    ExprPtr second = site.In(1);
    if (op == "PRelu" && second->dims.size() == 1 && second->dims[0] != 1)
      throw Error("its slope is {}: it does not fit", ToString(second->dims));
    return site.Point({site.In(0), second}, f);
  }
  std::vector<ExprPtr> in;
  for (size_t i = 0; i < site.in.size(); ++i) in.push_back(site.In(i));
  if (in.empty()) throw Error("input 0 is missing");
  return site.Point(in, ManyFunction(op, in.size()));
}

ExprPtr Add(const OnnxSite& site) {
  const ExprPtr biased = Biased(site);
  return biased ? biased : Elementwise(site);
}

ExprPtr Mul(const OnnxSite& site) {
  const ExprPtr scaled = Scaled(site);
  return scaled ? scaled : Elementwise(site);
}

ExprPtr Relu(const OnnxSite& site) { return MakeClamp(site, {.lo = 0}); }

ExprPtr Clip(const OnnxSite& site) {
  const ClampOp clamp{Bound(site, "min", 1, ClampOp{}.lo), Bound(site, "max", 2, ClampOp{}.hi)};
  if (!(clamp.lo <= clamp.hi)) throw Error("its bounds {} and {} are not in order", clamp.lo, clamp.hi);
  return MakeClamp(site, clamp);
}

ExprPtr BatchNormalization(const OnnxSite& site) {
  const Dims& dims = site.DimsOf(0);
  const std::vector<float> scale = site.FloatsIn(1), bias = site.FloatsIn(2), mean = site.FloatsIn(3),
                           variance = site.FloatsIn(4);
  const float epsilon = FloatAttribute(site.node, "epsilon", 1e-5F);
  if (dims.size() < 2) throw Error("its input has {} dimensions", dims.size());
  for (const auto* values : {&scale, &bias, &mean, &variance})
    if (int64_t(values->size()) != dims[1])
      throw Error("it has {} values for {} channels", values->size(), dims[1]);
  Dims along(dims.size() - 1, 1);
  along[0] = dims[1];
  FloatArray factor{.dims = along, .data = {}}, offset{.dims = along, .data = {}};
  for (size_t c = 0; c < scale.size(); ++c) {
    factor.data.push_back(scale[c] / std::sqrt(variance[c] + epsilon));
    offset.data.push_back(bias[c] - mean[c] * factor.data[c]);
  }
  const auto constant = [&](FloatArray array) {
    auto expr = std::make_shared<Expr>();
    expr->dims = array.dims;
    expr->detail = std::move(array);
    return expr;
  };
  return site.Point({site.In(0), constant(factor), constant(offset)},
                    [](const float* x) { return x[0] * x[1] + x[2]; });
}

}  // namespace weft::onnx_handlers
