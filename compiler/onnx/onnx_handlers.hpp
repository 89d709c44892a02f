// SPDX-License-Identifier: Apache-2.0
// The functions that translate operators, one file a family; onnx_operators.cpp lists what belongs to each.
#pragma once

#include <functional>

#include "compiler/onnx/onnx_translator.hpp"

namespace weft::onnx_handlers {

using onnx_expr::Dims;
using onnx_expr::ExprPtr;

// onnx_sums.cpp
ExprPtr Conv(const OnnxSite& site);
ExprPtr ConvTranspose(const OnnxSite& site);
ExprPtr Gemm(const OnnxSite& site);
ExprPtr MatMul(const OnnxSite& site);
ExprPtr Biased(const OnnxSite& site);  // Add of a sum and a constant, or nullptr
ExprPtr Scaled(const OnnxSite& site);  // Mul of a sum of integers and a constant, or nullptr

// onnx_pools.cpp
ExprPtr MaxPool(const OnnxSite& site);
ExprPtr AveragePool(const OnnxSite& site);
ExprPtr GlobalAveragePool(const OnnxSite& site);
ExprPtr GlobalMaxPool(const OnnxSite& site);
ExprPtr ReduceMean(const OnnxSite& site);
ExprPtr ReduceMax(const OnnxSite& site);
ExprPtr ReduceMin(const OnnxSite& site);
ExprPtr ReduceSum(const OnnxSite& site);
ExprPtr Softmax(const OnnxSite& site);

// onnx_points.cpp
ExprPtr Add(const OnnxSite& site);
ExprPtr BatchNormalization(const OnnxSite& site);
ExprPtr Clip(const OnnxSite& site);
ExprPtr Elementwise(const OnnxSite& site);  // all other functions of single elements
ExprPtr Mul(const OnnxSite& site);
ExprPtr Relu(const OnnxSite& site);

// onnx_moves.cpp
ExprPtr Alias(const OnnxSite& site);
ExprPtr Concat(const OnnxSite& site);
ExprPtr ConstantValue(const OnnxSite& site);
ExprPtr ConstantOfShape(const OnnxSite& site);
ExprPtr DepthToSpace(const OnnxSite& site);
ExprPtr Expand(const OnnxSite& site);
ExprPtr Flatten(const OnnxSite& site);
ExprPtr Gather(const OnnxSite& site);
ExprPtr Reshape(const OnnxSite& site);
ExprPtr Shape(const OnnxSite& site);
ExprPtr Slice(const OnnxSite& site);
ExprPtr SpaceToDepth(const OnnxSite& site);
ExprPtr Split(const OnnxSite& site);
ExprPtr Squeeze(const OnnxSite& site);
ExprPtr Tile(const OnnxSite& site);
ExprPtr Transpose(const OnnxSite& site);
ExprPtr Unsqueeze(const OnnxSite& site);

// onnx_pad.cpp
ExprPtr Pad(const OnnxSite& site);
// The selection for which element `place` of the output is the input's at source(place), or the fill where
// that is negative.
ExprPtr Selected(const OnnxSite& site, const Dims& dims, const std::function<int64_t(const Dims&)>& source,
                 float fill = 0);

// onnx_resize.cpp
ExprPtr Resize(const OnnxSite& site);
ExprPtr Upsample(const OnnxSite& site);

// Calls `f` with the place of every element of such a tensor, the last axis first.
void ForEachPlace(const Dims& dims, const std::function<void(const Dims& place)>& f);

// [1, C, H, W] or [1, C, W] as the shape of a map; throws Error for anything else.
weft::Shape MapShape(const Dims& dims);

}  // namespace weft::onnx_handlers
