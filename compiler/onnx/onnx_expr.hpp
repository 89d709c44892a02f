// SPDX-License-Identifier: Apache-2.0
// What stands between DequantizeLinear and QuantizeLinear in an ONNX graph: expressions of real numbers. Each
// can be evaluated on the host, in float32 and ONNX's order of axes, and most say of themselves what the
// accelerator has to know.
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sw_model/error.hpp"
#include "sw_model/golden/onnx_tables.hpp"
#include "sw_model/layer.hpp"

namespace weft::onnx_expr {

using golden::Codes;
using Dims = std::vector<int64_t>;  // of activations the first one is the image, 1

// An error that names its operator already.
struct NamedError : Error {
  using Error::Error;
};

int64_t Count(const Dims& dims);  // throws Error where they are too many
std::string ToString(const Dims& dims);
bool CountsUp(const std::vector<int32_t>& numbers);  // 0, 1, 2, ...

struct FloatArray {
  Dims dims;
  std::vector<float> data;
  bool is_integer = false;  // of shapes
};

// A tensor of the Graph as ONNX sees it: element i lies at (*map)[i] in memory; without a map they are in the
// order c, y, x.
using Map = std::shared_ptr<const std::vector<int32_t>>;
struct Quantised {
  int tensor = 0;
  Dims dims;
  Map map;
  Codes codes;
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

// ---- what an expression is

struct FloatInput {  // the graph's input before its QuantizeLinear
  Quantised input;
};
struct Constant {  // of the file, or folded
  const onnx::TensorProto* tensor = nullptr;
};
struct Weights {  // integers through DequantizeLinear: real = scale[k] * (value - zero_point[k])
  const onnx::TensorProto* tensor = nullptr;
  std::vector<float> scale;         // one, or one for each k along `axis`
  std::vector<int64_t> zero_point;  // as many, or one
  int64_t axis = 0;
};
struct ConvOp {  // Conv; inputs: map, weights [K, C/groups, ...] and bias, if it has one
  Window window;
  int groups = 1;
  bool transposed = false;  // ConvTranspose: weights [C, K/groups, ...]
  std::array<int64_t, 2> output_padding{0, 0};
};
struct DenseOp {               // Gemm, MatMul; inputs: [.., F], weights [F, K] and bias, if it has one
  bool filters_first = false;  // weights [K, F]
};
struct MaxPoolOp {
  Window window;
};
struct AverageOp {
  Window window;
  bool count_padding = false;
};
// Any selection: element i is element from[i] of the input, or `fill` where that is -1. Without `from`: as it
// is, with other dims.
struct MoveOp {
  Map from;
  float fill = 0;
};
struct ClampOp {
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();
  bool operator==(const ClampOp&) const = default;
  [[nodiscard]] bool IsOpen() const { return lo == ClampOp{}.lo && hi == ClampOp{}.hi; }
  [[nodiscard]] ClampOp Then(const ClampOp& next) const;  // this one first
  [[nodiscard]] float Of(float x) const;
};
struct PointOp {};  // a function of single elements, broadcasting
struct JoinOp {     // Concat
  int64_t axis = 1;
};
struct SoftmaxOp {
  int64_t axis = 1;
  bool is_flat = false;  // over this axis and all behind it
};
struct HostOp {};  // anything else

using Detail = std::variant<HostOp, Quantised, FloatInput, Constant, FloatArray, Weights, ConvOp, DenseOp,
                            MaxPoolOp, AverageOp, MoveOp, ClampOp, PointOp, JoinOp, SoftmaxOp>;
using Evaluator = std::function<FloatArray(const std::vector<const FloatArray*>&)>;

struct Expr {
  std::string op = {}, name = {};  // for messages: Conv 'conv1'
  std::string output = {};         // the file's name of the value
  std::vector<ExprPtr> in = {};
  Dims dims = {};
  Detail detail = {};
  Evaluator eval = {};                          // of what has inputs
  int readers = 0;                              // in the file
  mutable std::optional<Quantised> codes = {};  // once it has become a tensor of the Graph without loss

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&detail);
  }
  [[nodiscard]] bool IsConstant() const {
    return As<Constant>() != nullptr || As<FloatArray>() != nullptr || As<Weights>() != nullptr;
  }
};

// ---- values

FloatArray ConstantValues(const Expr& constant);
std::vector<int64_t> Integers(const Expr& constant);

// `values` holds those of the tensors that it reads, and receives all others on the way.
using Values = std::unordered_map<const Expr*, FloatArray>;
const FloatArray& Evaluate(const Expr& expr, Values* values);

Dims Broadcast(const Dims& a, const Dims& b);  // throws Error where they do not fit
FloatArray Pointwise(const std::vector<const FloatArray*>& in,
                     const std::function<float(const float*)>& f);  // one value of each input

// Steps between the elements of an axis.
std::vector<int64_t> Strides(const Dims& dims);

}  // namespace weft::onnx_expr
