// SPDX-License-Identifier: Apache-2.0
// Constant weights as filters in Weft's order, KRSC.
#pragma once

#include <vector>

#include "compiler/onnx/onnx_expr.hpp"
#include "sw_model/tensor.hpp"

namespace weft::onnx_filters {

// Weights less their zero points, up to nine bits, and the scale of each filter.
struct Filters {
  Tensor<int32_t> values;
  std::vector<float> scale;
};

Filters OfConv(const onnx_expr::Weights& weights);            // [K, C/groups, KH, KW] or [K, C/groups, KW]
Filters OfTransposedConv(const onnx_expr::Weights& weights);  // [C, K, KH, KW]
// [K, F] (`filters_first`) or [F, K]: filters as large as a map in which value i lies at offsets[i].
Filters OfDense(const onnx_expr::Weights& weights, bool filters_first, const Shape& map,
                const std::vector<int32_t>& offsets);

// How many filters of eight bits the sum of which each filter is: 1 as a rule, with zero points up to 3.
int Parts(const Filters& filters);
// These, for a map that has every channel so many times.
TensorI8 Split(const Filters& filters, int parts);

}  // namespace weft::onnx_filters
