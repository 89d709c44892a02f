// SPDX-License-Identifier: Apache-2.0
// Convolutions that move data: depthwise ones whose weights are 1.
#pragma once

#include <string>
#include <vector>

#include "sw_model/layer.hpp"

namespace weft {

// A depthwise convolution with weights 1 and one factor for all channels.
ConvLayer MakeDepthwise(const std::string& name, int channels, const Window& window,
                        const RescaleLayer& rescale);
// The factor that changes nothing, with this zero point before and after it.
RescaleLayer Unchanged(int zp);
// Picks channels of the input: out[k] = in[from[k]].
ConvLayer MakeSelection(const std::string& name, int channels, const std::vector<int>& from,
                        const Window& window);
// A copy with a fused max-pool.
ConvLayer MakeMaxPool(const std::string& name, int channels, const Window& pool);

}  // namespace weft
