// SPDX-License-Identifier: Apache-2.0
// The golden model made fast: the same bits as golden::Conv and golden::MaxPool, for whole data sets.
// Give it batches (n > 1): the filters are laid out anew in every call.
#pragma once

#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft {

TensorI8 ConvFast(const TensorI8& in, const ConvLayer& layer);   // == golden::Conv(in, layer)
TensorI8 MaxPoolFast(const TensorI8& in, const Window& window);  // == golden::MaxPool(in, window)

}  // namespace weft
