// SPDX-License-Identifier: Apache-2.0
#include "compiler/onnx/onnx_filters.hpp"

#include <algorithm>

#include "compiler/onnx/onnx_access.hpp"
#include "sw_model/error.hpp"

namespace weft::onnx_filters {

using namespace onnx_expr;

namespace {

// The values less their zero points, in the file's order.
std::vector<int32_t> Centred(const Weights& weights) {
  const int type = weights.tensor->data_type();
  if (type != onnx::TensorProto::INT8 && type != onnx::TensorProto::UINT8)
    throw Error("weights '{}' must be int8 or uint8", onnx_access::Printable(weights.tensor->name()));
  const Dims dims = onnx_access::TensorDims(*weights.tensor);
  const std::vector<int64_t> values = onnx_access::IntegerValues(*weights.tensor);
  const bool along = weights.zero_point.size() > 1;
  const int64_t step = along ? Strides(dims).at(size_t(weights.axis)) : 1;
  std::vector<int32_t> centred;
  centred.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto k = along ? size_t(int64_t(i) / step) % weights.zero_point.size() : 0;
    centred.push_back(int32_t(values[i] - weights.zero_point[k]));
  }
  return centred;
}

std::vector<float> Scales(const Weights& weights, int64_t filter_axis, int64_t filters) {
  const size_t scales = weights.scale.size();
  if (scales == 1) return std::vector<float>(size_t(filters), weights.scale[0]);
  if (scales != size_t(filters) || weights.axis != filter_axis)
    throw Error("its weights have {} scales along axis {}; one, or {} along axis {}, is supported", scales,
                weights.axis, filters, filter_axis);
  return weights.scale;
}

Filters OfMaps(const Weights& weights, bool channels_first) {
  Dims dims = onnx_access::TensorDims(*weights.tensor);
  if (dims.size() == 3) dims.insert(dims.begin() + 2, 1);
  if (dims.size() != 4) throw Error("its weights have {} dimensions instead of 4", dims.size());
  const std::vector<int32_t> values = Centred(weights);
  const int64_t filters = dims[channels_first ? 1 : 0], channels = dims[channels_first ? 0 : 1];
  Filters result{.values = Tensor<int32_t>(Shape{int(filters), int(dims[2]), int(dims[3]), int(channels)}),
                 .scale = Scales(weights, channels_first ? 1 : 0, filters)};
  const Shape& s = result.values.shape;
  const auto pixels = size_t(s.h) * size_t(s.w);
  for (int k = 0; k < s.n; ++k)
    for (int c = 0; c < s.c; ++c) {
      size_t from = pixels * (channels_first ? size_t(c) * size_t(s.n) + size_t(k)
                                             : size_t(k) * size_t(s.c) + size_t(c));
      for (int y = 0; y < s.h; ++y)
        for (int x = 0; x < s.w; ++x) result.values.at(k, y, x, c) = values[from++];
    }
  return result;
}

}  // namespace

Filters OfConv(const Weights& weights) { return OfMaps(weights, false); }
Filters OfTransposedConv(const Weights& weights) { return OfMaps(weights, true); }

Filters OfDense(const Weights& weights, bool filters_first, const Shape& map,
                const std::vector<int32_t>& offsets) {
  const Dims dims = onnx_access::TensorDims(*weights.tensor);
  if (dims.size() != 2) throw Error("its weights have {} dimensions instead of 2", dims.size());
  const auto filters = size_t(dims[filters_first ? 0 : 1]), features = size_t(dims[filters_first ? 1 : 0]);
  if (features != offsets.size())
    throw Error("its weights take {} values and its input has {}", features, offsets.size());
  const std::vector<int32_t> values = Centred(weights);
  Filters result{.values = Tensor<int32_t>(Shape{int(filters), map.h, map.w, map.c}),
                 .scale = Scales(weights, filters_first ? 0 : 1, int64_t(filters))};
  for (size_t k = 0; k < filters; ++k)
    for (size_t i = 0; i < features; ++i)
      result.values.data[k * features + size_t(offsets[i])] =
          values[filters_first ? k * features + i : i * filters + k];
  return result;
}

namespace {

// The part of `value` that is left after `earlier` parts of eight bits.
int32_t Rest(int32_t value, int earlier) {
  for (int i = 0; i < earlier; ++i) value -= std::clamp(value, -128, 127);
  return value;
}

}  // namespace

int Parts(const Filters& filters) {
  int parts = 1;
  for (const int32_t value : filters.values.data)
    while (Rest(value, parts) != 0) ++parts;
  return parts;
}

TensorI8 Split(const Filters& filters, int parts) {
  Shape shape = filters.values.shape;
  shape.c *= parts;
  TensorI8 split(shape);
  for (size_t i = 0; i < filters.values.data.size(); ++i)
    for (int part = 0; part < parts; ++part)
      split.data[i * size_t(parts) + size_t(part)] =
          int8_t(std::clamp(Rest(filters.values.data[i], part), -128, 127));
  return split;
}

}  // namespace weft::onnx_filters
