// SPDX-License-Identifier: Apache-2.0
// The arithmetic between ONNX and Weft: scales, weight orders and biases of the layers that the reader is
// building.
#pragma once

#include <onnx/onnx_pb.h>

#include <limits>
#include <string>
#include <vector>

#include "compiler/graph/graph.hpp"

namespace weft::onnx_layers {

// real = scale * (q - zero_point), q and zero_point as int8 also where the file has uint8
struct Quantisation {
  float scale = 1.0F;
  int zero_point = 0;
  bool is_unsigned = false;
};

// Bounds on real values, from Relu and Clip.
struct Clamp {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  [[nodiscard]] bool IsOpen() const { return lo == Clamp{}.lo && hi == Clamp{}.hi; }
  [[nodiscard]] Clamp Then(const Clamp& next) const;  // this one first
};

// A constant through DequantizeLinear: real = scale[k] * value, k along `axis` (or one scale for all).
struct Weights {
  const onnx::TensorProto* tensor = nullptr;
  std::vector<float> scale;
  int64_t axis = 0;
  bool is_symmetric = true;  // all zero points are 0
  int64_t zero_point = 0;    // the first one
};

// The real-valued result of a Conv, Gemm or MatMul that waits for its QuantizeLinear.
struct Accumulator {
  ConvLayer layer;             // all but `requant`
  int input = 0;               // index into Graph::tensors
  std::vector<double> factor;  // s_in * s_w[k]: the real value of one unit of the accumulator
  bool has_bias = false;
  bool flat = false;  // ONNX sees it as [N, K]
  Clamp clamp;
};

// The same for an average pooling.
struct Average {
  std::string name;
  int input = 0;
  Window window;
  bool count_padding = false;
  Clamp clamp;
  bool flat = false;
};

// A sum, a join or a clamp of quantised tensors that waits for its QuantizeLinear.
struct Pointwise {
  Op op = Op::kTable;  // or kAdd, kConcat
  std::string name;
  std::vector<int> inputs;  // indices into Graph::tensors
  bool flat = false;
  Clamp clamp;
};

// zero_point nullptr: 0 of the type that `default_is_unsigned` tells.
Quantisation ActivationQuantisation(const onnx::TensorProto& scale, const onnx::TensorProto* zero_point,
                                    bool default_is_unsigned);
Weights MakeWeights(const onnx::TensorProto& tensor, const onnx::TensorProto& scale,
                    const onnx::TensorProto* zero_point, int64_t axis);

// Filters in Weft's order, KRSC, from ONNX's: [K, C/groups, KH, KW], and [K, C*H*W]
// (`filters_first`) or [C*H*W, K].
TensorI8 ConvFilters(const Weights& weights);
TensorI8 DenseFilters(const Weights& weights, const Shape& in, bool filters_first);

// s_in * s_w[k]; scales along any axis but that of the filters are refused.
std::vector<double> Factors(const Weights& weights, float input_scale, int64_t filter_axis, int filters);

// Bias in units of the accumulator, rounded half to even; int32 of just these units is taken as it is.
std::vector<int32_t> Bias(const onnx::TensorProto& real, const std::vector<double>& factor);
std::vector<int32_t> Bias(const Weights& quantised, const std::vector<double>& factor);

// The int8 code of a real number, as QuantizeLinear makes it: rounded half to even, saturated.
int QuantiseReal(double real, const Quantisation& q);

Node PointwiseNode(const Pointwise& p, const Graph& graph, const Quantisation& output);  // all but its output
ConvLayer Requantised(const Accumulator& sum, const Quantisation& output);
Accumulator AsConvolution(const Average& average, const TensorInfo& in);  // depthwise, equal weights

// Moves each MaxPool into the convolution before it, if that has no other reader and the pooling has no
// padding and no dilation.
void FuseMaxPools(Graph* graph);

}  // namespace weft::onnx_layers
