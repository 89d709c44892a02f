// SPDX-License-Identifier: Apache-2.0
#include "compiler/copy_layers.hpp"

#include <numeric>

namespace weft {

ConvLayer MakeDepthwise(const std::string& name, int channels, const Window& window,
                        const RescaleLayer& rescale) {
  ConvLayer layer;
  layer.name = name;
  layer.filters = TensorI8({channels, window.kh, window.kw, 1}, 1);
  layer.bias.assign(size_t(channels), 0);
  layer.window = window;
  layer.groups = channels;
  layer.input_zp = rescale.input_zp;
  layer.requant.multiplier.assign(size_t(channels), rescale.multiplier);
  layer.requant.shift.assign(size_t(channels), rescale.shift);
  layer.requant.rounding = rescale.rounding;
  layer.requant.output_zp = rescale.output_zp;
  layer.requant.clamp_lo = rescale.clamp_lo;
  layer.requant.clamp_hi = rescale.clamp_hi;
  return layer;
}

RescaleLayer Unchanged(int zp) {
  RescaleLayer rescale;
  rescale.input_zp = rescale.output_zp = zp;
  return rescale;
}

// As many groups as can be, so that there are few weights of 0.
ConvLayer MakeSelection(const std::string& name, int channels, const std::vector<int>& from,
                        const Window& window) {
  const auto outputs = int(from.size());
  const auto fits = [&](int groups) {
    if (channels % groups != 0 || outputs % groups != 0) return false;
    for (int k = 0; k < outputs; k++)
      if (from[size_t(k)] / (channels / groups) != k / (outputs / groups)) return false;
    return true;
  };
  int groups = std::gcd(channels, outputs);
  while (!fits(groups)) groups--;
  ConvLayer layer = MakeDepthwise(name, outputs, window, Unchanged(0));
  const int depth = channels / groups;
  layer.groups = groups;
  layer.filters = TensorI8({outputs, 1, 1, depth});
  for (int k = 0; k < outputs; k++) layer.filters.at(k, 0, 0, from[size_t(k)] % depth) = 1;
  return layer;
}

ConvLayer MakeMaxPool(const std::string& name, int channels, const Window& pool) {
  Window window;
  window.pad = pool.pad;
  ConvLayer layer = MakeDepthwise(name, channels, window, Unchanged(-128));
  layer.max_pool = pool;
  layer.max_pool->pad = {};
  return layer;
}

}  // namespace weft
