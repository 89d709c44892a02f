// SPDX-License-Identifier: Apache-2.0
// The layer that `weft conv` runs: made from options, with random numbers or with the user's arrays.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "sw_model/layer.hpp"
#include "sw_model/tensor.hpp"

namespace weft::cli {

struct ConvOptions {  // as on the command line; empty: not given
  std::string in, filters, stride = "1", pad = "0", dilation = "1", pool;
  std::string input_file, weights_file, bias, multiplier_file, shift_file, clamp, rounding = "tflite";
  std::optional<double> factor;
  int batch = 1, groups = 1;
  int input_zp = 0, output_zp = 0;  // with the user's arrays
  bool has_batch = false, has_zero_point = false, relu = false, floor = false;
  uint64_t seed = 1;
};

struct ConvCase {
  TensorI8 input;
  ConvLayer layer;
};

void AddConvLayerFlags(CLI::App* command, ConvOptions* options);

// Throws Error for whatever does not fit. Without --input and --weights the numbers are random, the same for
// the same seed everywhere: input and weights uniform in -128..127 and -127..127, bias within one standard
// deviation of the sums, multiplier and shift such that outputs have a standard deviation of about 40, zero
// points in -16..16.
ConvCase MakeConvCase(const ConvOptions& options);

// Such an input, and everything of a layer that is a number; its shapes are there. `spread` is the standard
// deviation of the layer's inputs.
inline constexpr double kUniformSpread = 74, kOutputSpread = 40;
TensorI8 RandomMap(uint64_t seed, const Shape& shape);
void FillRandom(uint64_t seed, double spread, ConvLayer* layer);

}  // namespace weft::cli
