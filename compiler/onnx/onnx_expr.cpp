// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_expr.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_expr {

using namespace onnx_access;

bool CountsUp(const std::vector<int32_t>& numbers) {
  for (size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != int32_t(i)) return false;
  return true;
}

int64_t Count(const Dims& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims)
    if (dim < 1 || dim > kMaxElements || (count *= dim) > kMaxElements)
      throw Error("a tensor of {} values has none, or more than {}", ToString(dims), kMaxElements);
  return count;
}

std::string ToString(const Dims& dims) { return fmt::format("{}", fmt::join(dims, " x ")); }

ClampOp ClampOp::Then(const ClampOp& next) const {
  return {std::clamp(lo, next.lo, next.hi), std::clamp(hi, next.lo, next.hi)};
}

float ClampOp::Of(float x) const { return std::min(std::max(x, lo), hi); }

std::vector<int64_t> Strides(const Dims& dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Dims Broadcast(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < dims.size(); ++i) {
    const auto at = [&](const Dims& d) {
      return i < dims.size() - d.size() ? 1 : d[i - (dims.size() - d.size())];
    };
    if (at(a) != at(b) && at(a) != 1 && at(b) != 1)
      throw Error("its inputs are {} and {}: these do not fit", ToString(a), ToString(b));
    dims[i] = std::max(at(a), at(b));
  }
  return dims;
}

FloatArray Pointwise(const std::vector<const FloatArray*>& in, const std::function<float(const float*)>& f) {
  FloatArray out;
  for (const FloatArray* array : in) out.dims = Broadcast(out.dims, array->dims);
  const auto count = size_t(Count(out.dims));
  out.data.resize(count);
  std::vector<std::vector<int64_t>> steps;  // of each input along each axis of the output
  for (const FloatArray* array : in) {
    std::vector<int64_t> step(out.dims.size(), 0);
    const std::vector<int64_t> own = Strides(array->dims);
    for (size_t i = 0; i < own.size(); ++i)
      if (array->dims[i] != 1) step[i + out.dims.size() - own.size()] = own[i];
    steps.push_back(step);
  }
  Dims at(out.dims.size(), 0);
  std::vector<int64_t> offset(in.size(), 0);
  std::vector<float> x(in.size());
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < in.size(); ++k) x[k] = in[k]->data[size_t(offset[k])];
    out.data[i] = f(x.data());
    for (size_t axis = at.size(); axis-- > 0;) {
      for (size_t k = 0; k < in.size(); ++k) offset[k] += steps[k][axis];
      if (++at[axis] < out.dims[axis]) break;
      for (size_t k = 0; k < in.size(); ++k) offset[k] -= steps[k][axis] * out.dims[axis];
      at[axis] = 0;
    }
  }
  return out;
}

namespace {

FloatArray Dequantised(const Weights& weights) {
  FloatArray out{.dims = onnx_access::TensorDims(*weights.tensor), .data = {}};
  const std::vector<int64_t> values = IntegerValues(*weights.tensor);
  const bool along = weights.scale.size() > 1 || weights.zero_point.size() > 1;
  const int64_t step = along ? Strides(out.dims).at(size_t(weights.axis)) : 1;
  const int64_t size = along ? out.dims.at(size_t(weights.axis)) : 1;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto k = size_t(int64_t(i) / step % size);
    const int64_t zero = weights.zero_point.at(weights.zero_point.size() > 1 ? k : 0);
    out.data.push_back(float(values[i] - zero) * weights.scale.at(weights.scale.size() > 1 ? k : 0));
  }
  return out;
}

}  // namespace

FloatArray ConstantValues(const Expr& constant) {
  if (const auto* array = constant.As<FloatArray>()) return *array;
  if (const auto* weights = constant.As<Weights>()) return Dequantised(*weights);
  const onnx::TensorProto& tensor = *std::get<Constant>(constant.detail).tensor;
  FloatArray out{.dims = onnx_access::TensorDims(tensor), .data = {}};
  if (tensor.data_type() == onnx::TensorProto::FLOAT) {
    out.data = FloatValues(tensor);
    return out;
  }
  for (const int64_t v : IntegerValues(tensor)) out.data.push_back(float(v));
  out.is_integer = true;
  return out;
}

std::vector<int64_t> Integers(const Expr& constant) {
  if (const auto* tensor = constant.As<Constant>())
    if (tensor->tensor->data_type() != onnx::TensorProto::FLOAT) return IntegerValues(*tensor->tensor);
  std::vector<int64_t> values;
  for (const float v : ConstantValues(constant).data)
    values.push_back(std::llround(std::isnan(v) ? 0.0F : std::clamp(v, -9e15F, 9e15F)));
  return values;
}

const FloatArray& Evaluate(const Expr& expr, Values* values) {
  if (const auto known = values->find(&expr); known != values->end()) return known->second;
  if (expr.IsConstant()) return values->emplace(&expr, ConstantValues(expr)).first->second;
  std::vector<const FloatArray*> in;
  for (const ExprPtr& input : expr.in) in.push_back(&Evaluate(*input, values));
  return values->emplace(&expr, expr.eval(in)).first->second;
}

}  // namespace weft::onnx_expr
