// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_layers.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/onnx/onnx_access.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::onnx_layers {
namespace {

using namespace onnx_access;
using onnx::TensorProto;

// An average is a sum with equal weights. Large ones keep the requantiser's first rounding, to whole units of
// the accumulator, harmless: with weight 1 and a window of 9, one output in nine would be off by one. Up to
// this area the sums fit 32 bits.
constexpr int64_t kExactArea = INT32_MAX / (255 * 127);
constexpr int kUnsignedShift = 128;  // uint8 q stands for int8 q - 128

bool IsScale(float s) { return std::isfinite(s) && s > 0; }

int64_t RoundHalfEven(double v) { return std::llrint(v); }  // the default rounding mode

int32_t QuantiseBias(double real, double factor) {
  const double code = real / factor;
  if (!(std::abs(code) < 2147483648.0)) throw Error("bias {} does not fit 32 bits at scale {}", real, factor);
  return int32_t(std::clamp<int64_t>(RoundHalfEven(code), INT32_MIN, INT32_MAX));
}

void CheckBiasSize(size_t size, size_t filters) {
  if (size != filters) throw Error("its bias has {} values for {} output channels", size, filters);
}

void CheckSymmetric(const Weights& weights) {
  if (!weights.is_symmetric)
    throw Error("constant '{}' has a zero point that is not 0: quantise weights symmetrically",
                Printable(weights.tensor->name()));
}

std::vector<int8_t> Int8Values(const TensorProto& tensor) {
  if (tensor.data_type() != TensorProto::INT8)
    throw Error("weights '{}' must be int8", Printable(tensor.name()));
  const std::vector<int64_t> wide = IntegerValues(tensor);
  return {wide.begin(), wide.end()};
}

}  // namespace

Clamp Clamp::Then(const Clamp& next) const {
  return {std::clamp(lo, next.lo, next.hi), std::clamp(hi, next.lo, next.hi)};
}

Quantisation ActivationQuantisation(const TensorProto& scale, const TensorProto* zero_point,
                                    bool default_is_unsigned) {
  const std::vector<float> scales = FloatValues(scale);
  if (scales.size() != 1)
    throw Error("activations have {} scales; one for the whole tensor is supported", scales.size());
  if (!IsScale(scales[0])) throw Error("scale {} is not a positive number", scales[0]);
  Quantisation q{.scale = scales[0], .zero_point = 0, .is_unsigned = default_is_unsigned};
  if (zero_point != nullptr) {
    const int type = zero_point->data_type();
    if (type != TensorProto::INT8 && type != TensorProto::UINT8)
      throw Error("only int8 and uint8 activations are supported");
    const std::vector<int64_t> values = IntegerValues(*zero_point);
    if (values.size() != 1) throw Error("activations have {} zero points instead of one", values.size());
    q.is_unsigned = type == TensorProto::UINT8;
    q.zero_point = int(values[0]);
  }
  if (q.is_unsigned) q.zero_point -= kUnsignedShift;
  return q;
}

Weights MakeWeights(const TensorProto& tensor, const TensorProto& scale, const TensorProto* zero_point,
                    int64_t axis) {
  Weights weights{.tensor = &tensor, .scale = FloatValues(scale), .axis = axis};
  if (!std::all_of(weights.scale.begin(), weights.scale.end(), IsScale))
    throw Error("a scale of '{}' is not a positive number", Printable(tensor.name()));
  if (zero_point != nullptr) {
    const std::vector<int64_t> zeros = IntegerValues(*zero_point);
    weights.is_symmetric = std::count(zeros.begin(), zeros.end(), 0) == std::ssize(zeros);
    weights.zero_point = zeros.at(0);
  }
  if (weights.axis < 0) weights.axis += tensor.dims_size();
  return weights;
}

TensorI8 ConvFilters(const Weights& weights) {
  const std::vector<int64_t> dims = Dims(*weights.tensor);
  if (dims.size() != 4) throw Error("its weights have {} dimensions instead of 4", dims.size());
  const std::vector<int8_t> kcrs = Int8Values(*weights.tensor);
  TensorI8 krsc(Shape{int(dims[0]), int(dims[2]), int(dims[3]), int(dims[1])});
  const Shape& s = krsc.shape;
  size_t from = 0;
  for (int k = 0; k < s.n; ++k)
    for (int c = 0; c < s.c; ++c)
      for (int y = 0; y < s.h; ++y)
        for (int x = 0; x < s.w; ++x) krsc.at(k, y, x, c) = kcrs[from++];
  return krsc;
}

TensorI8 DenseFilters(const Weights& weights, const Shape& in, bool filters_first) {
  const std::vector<int64_t> dims = Dims(*weights.tensor);
  if (dims.size() != 2) throw Error("its weights have {} dimensions instead of 2", dims.size());
  const auto features = int64_t{in.h} * in.w * in.c;
  const int64_t filters = dims[filters_first ? 0 : 1];
  if (dims[filters_first ? 1 : 0] != features)
    throw Error("its weights take {} values and its input has {}", dims[filters_first ? 1 : 0], features);
  const std::vector<int8_t> values = Int8Values(*weights.tensor);
  TensorI8 krsc(Shape{int(filters), in.h, in.w, in.c});
  for (int k = 0; k < krsc.shape.n; ++k) {
    int64_t feature = 0;  // ONNX flattens a map in the order c, y, x
    for (int c = 0; c < in.c; ++c)
      for (int y = 0; y < in.h; ++y)
        for (int x = 0; x < in.w; ++x, ++feature)
          krsc.at(k, y, x, c) = values[filters_first ? k * features + feature : feature * filters + k];
  }
  return krsc;
}

std::vector<double> Factors(const Weights& weights, float input_scale, int64_t filter_axis, int filters) {
  CheckSymmetric(weights);
  const size_t scales = weights.scale.size();
  if (scales != 1 && (scales != size_t(filters) || weights.axis != filter_axis))
    throw Error("its weights have {} scales along axis {}; one, or {} along axis {}, is supported", scales,
                weights.axis, filters, filter_axis);
  std::vector<double> factor;
  for (int k = 0; k < filters; ++k)
    factor.push_back(double(input_scale) * double(weights.scale[scales == 1 ? 0 : size_t(k)]));
  return factor;
}

std::vector<int32_t> Bias(const TensorProto& real, const std::vector<double>& factor) {
  const std::vector<float> values = FloatValues(real);
  CheckBiasSize(values.size(), factor.size());
  std::vector<int32_t> bias;
  for (size_t k = 0; k < values.size(); ++k) bias.push_back(QuantiseBias(double(values[k]), factor[k]));
  return bias;
}

std::vector<int32_t> Bias(const Weights& quantised, const std::vector<double>& factor) {
  CheckSymmetric(quantised);
  const std::vector<int64_t> values = IntegerValues(*quantised.tensor);
  CheckBiasSize(values.size(), factor.size());
  if (quantised.scale.size() != 1) CheckBiasSize(quantised.scale.size(), factor.size());
  std::vector<int32_t> bias;
  for (size_t k = 0; k < values.size(); ++k) {
    const double scale = double(quantised.scale[quantised.scale.size() == 1 ? 0 : k]);
    const bool same_units =
        std::abs(scale - factor[k]) <= 1e-6 * factor[k];  // float's rounding of the product
    bias.push_back(
        QuantiseBias(double(values[k]) * (same_units ? 1.0 : scale), same_units ? 1.0 : factor[k]));
  }
  return bias;
}

int QuantiseReal(double real, const Quantisation& q) {
  const double steps = std::clamp(real / double(q.scale), -1e6, 1e6);
  return int(std::clamp<int64_t>(RoundHalfEven(steps) + q.zero_point, -128, 127));
}

Node PointwiseNode(const Pointwise& p, const Graph& graph, const Quantisation& output) {
  Node node{.name = p.name, .op = p.op, .inputs = p.inputs};
  const int lo = QuantiseReal(p.clamp.lo, output), hi = QuantiseReal(p.clamp.hi, output);
  const auto info = [&](size_t i) -> const TensorInfo& { return graph.tensors[p.inputs.at(i)]; };
  const auto rescale = [&](const TensorInfo& in) -> TableLayer {
    return {golden::RescaleTable(
        golden::MakeRescale(in.scale, in.zero_point, output.scale, output.zero_point, lo, hi))};
  };
  if (p.op == Op::kAdd) {
    node.add = golden::MakeAdd(info(0).scale, info(0).zero_point, info(1).scale, info(1).zero_point,
                               output.scale, output.zero_point, lo, hi);
  } else if (p.op == Op::kConcat) {
    for (size_t i = 0; i < p.inputs.size(); ++i) node.concat.inputs.push_back(rescale(info(i)));
  } else {
    node.table = rescale(info(0));
  }
  return node;
}

ConvLayer Requantised(const Accumulator& sum, const Quantisation& output) {
  ConvLayer layer = sum.layer;
  Requant& r = layer.requant;
  for (const double factor : sum.factor) {
    int32_t multiplier = 0;
    int shift = 0;
    golden::QuantizeMultiplier(factor / double(output.scale), &multiplier, &shift);
    r.multiplier.push_back(multiplier);
    r.shift.push_back(shift);
  }
  r.output_zp = output.zero_point;
  r.clamp_lo = QuantiseReal(sum.clamp.lo, output);
  r.clamp_hi = QuantiseReal(sum.clamp.hi, output);
  return layer;
}

Accumulator AsConvolution(const Average& average, const TensorInfo& in) {
  const Window& w = average.window;
  const Padding& pad = w.pad;
  if (!average.count_padding && pad != Padding{})
    throw Error("padding with a change of scale is supported only with count_include_pad 1");
  Accumulator sum{.layer = {},
                  .input = average.input,
                  .factor = {},
                  .has_bias = true,
                  .flat = false,
                  .clamp = average.clamp};
  const int64_t area = int64_t{w.kh} * w.kw;
  const int8_t weight = area <= kExactArea ? 127 : 1;
  sum.layer.name = average.name;
  sum.layer.filters = TensorI8(Shape{in.shape.c, w.kh, w.kw, 1}, weight);
  sum.layer.bias.assign(size_t(in.shape.c), 0);
  sum.layer.window = w;
  sum.layer.groups = in.shape.c;
  sum.layer.input_zp = in.zero_point;
  sum.factor.assign(size_t(in.shape.c), double(in.scale) / (double(area) * weight));
  return sum;
}

void FuseMaxPools(Graph* graph) {
  const auto readers = [&](int tensor) {
    return std::count_if(graph->nodes.begin(), graph->nodes.end(), [&](const Node& n) {
      return std::find(n.inputs.begin(), n.inputs.end(), tensor) != n.inputs.end();
    });
  };
  for (Node& pool : graph->nodes) {
    if (pool.op != Op::kMaxPool || pool.pool.pad != Padding{} || pool.pool.dilation_h != 1 ||
        pool.pool.dilation_w != 1)
      continue;
    const int between = pool.inputs.at(0);
    if (graph->IsOutput(between) || readers(between) != 1) continue;
    for (Node& conv : graph->nodes) {
      if (conv.op != Op::kConv || conv.output != between || conv.conv.max_pool) continue;
      conv.conv.max_pool = pool.pool;
      conv.unpooled = between;
      conv.output = pool.output;
      pool.inputs.clear();  // marks it as gone
    }
  }
  std::erase_if(graph->nodes, [](const Node& n) { return n.inputs.empty(); });
}

}  // namespace weft::onnx_layers
