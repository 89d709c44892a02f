// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "compiler/geometry.hpp"
#include "compiler/job.hpp"

namespace weft {

std::vector<uint8_t> PackWeights(const Job& job, int group, const ConvLayer& layer, const Config& config) {
  const Shape& f = layer.filters.shape;
  const int kg = f.n / layer.groups;  // output channels of a convolution group
  const Job::Reduction& red = job.reduction;
  const int channel0 = job.channel0 + group * job.channel_step;
  std::vector<uint8_t> bytes(size_t(RoundUp(int64_t{red.length()} * config.Cpad(), config.bus_bytes)));
  size_t word = 0;
  for (int ky = red.ky0; ky < red.ky1; ky++)
    for (int kx = red.kx0; kx < red.kx1; kx++)
      for (int c = red.c0; c < red.c1; c++, word += size_t(config.Cpad()))
        for (int j = 0; j < job.ChannelsOf(group); j++) {
          const int k = job.FirstChannel(group) + j;
          const int own =
              channel0 + c - k / kg * f.c;  // channel within k's convolution group, if it is one of its own
          if (own >= 0 && own < f.c) bytes[word + size_t(j)] = uint8_t(layer.filters.at(k, ky, kx, own));
        }
  return bytes;
}

std::vector<uint8_t> PackParameters(const Job& job, int group, const ConvLayer& layer, const Config& config) {
  if (!job.drains()) return {};
  const int steps = config.Steps();
  const size_t entry_bytes = size_t(config.ParamBeats()) * size_t(config.bus_bytes);
  const size_t taps = layer.filters.shape.size() / size_t(layer.filters.shape.n);
  std::vector<uint8_t> bytes(entry_bytes * size_t(steps));
  for (int j = 0; j < job.ChannelsOf(group); j++) {
    const size_t k = size_t(job.FirstChannel(group) + j);
    uint32_t sum = 0;  // of the weights: the array multiplies by x, the layer by x - input_zp
    for (size_t t = 0; t < taps; t++) sum += uint32_t(int32_t{layer.filters.data[k * taps + t]});
    const uint32_t bias = uint32_t(layer.bias[k]) - uint32_t(layer.input_zp) * sum;
    const int32_t multiplier = layer.requant.multiplier[k];
    // lane l serves the columns l*steps .. in `steps` entries: all lanes' biases, multipliers, shifts
    const size_t lane = size_t(j / steps), lanes = size_t(config.lanes);
    uint8_t* entry = &bytes[size_t(j % steps) * entry_bytes];
    std::memcpy(entry + 4 * lane, &bias, 4);
    std::memcpy(entry + 4 * (lanes + lane), &multiplier, 4);
    entry[8 * lanes + lane] = uint8_t(layer.requant.shift[k]);
  }
  return bytes;
}

}  // namespace weft
