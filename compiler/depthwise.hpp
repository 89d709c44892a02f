// SPDX-License-Identifier: Apache-2.0
// A depthwise convolution behind a layer: the layer's outputs, the *inner tensor*, go through it on their way
// to memory and are never there themselves. Which convolutions can be such a pair, how the layer's jobs are
// cut for it, and what is read for it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "compiler/chain.hpp"
#include "compiler/depthwise_walk.hpp"
#include "compiler/job.hpp"
#include "sw_model/config.hpp"
#include "sw_model/layer.hpp"

namespace weft {

// What the unit does with a job's outputs.
DepthwiseWalk WalkOf(const Job& job, const Shape& inner, const ConvLayer& depthwise, const Config& config);

// Weight entries of a filter row.
int DepthwisePhases(const Window& window, const Config& config);

// Whether a convolution can be such a depthwise one, on any configuration that has the unit; and whether one
// can be the layer before it.
bool IsFusable(const Window& window);
bool IsFusable(const ConvLayer& depthwise);
bool TakesDepthwise(const ConvLayer& conv);

// The layer with jobs that the unit takes: whole maps, so few column groups that the buffer holds the inner
// rows under a row of windows. `prepare` makes the layer with the limits that it is given. Nothing where that
// cannot be, or where two layers of their own are estimated to be faster or to move fewer bytes.
std::optional<PreparedLayer> PrepareDepthwise(const std::function<PreparedLayer(const JobLimits&)>& prepare,
                                              const ConvLayer& depthwise, const Config& config);
// Whether the unit takes these jobs.
bool CanFollow(const PreparedLayer& layer, const ConvLayer& depthwise, const Config& config);

// What is read for a column group: its parameters, then its weights; in bus words, and as bytes.
int64_t DepthwiseParameterBusWords(const Config& config);
int64_t DepthwiseWeightBusWords(const Window& window, const Config& config);
std::vector<uint8_t> PackDepthwise(const Job& job, int group, const ConvLayer& depthwise,
                                   const Config& config);

}  // namespace weft
