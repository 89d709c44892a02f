// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/conv_layer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "sim/cli/io.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/planes.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::cli {
namespace {

constexpr int64_t kMaxSize = 65536;
constexpr size_t kMaxElements = size_t{1} << 30;

std::vector<int> Sizes(const std::string& option, const std::string& text, std::vector<size_t> counts,
                       const std::string& example) {
  const auto numbers = ParseNumbers(text, {option, 'x', std::move(counts), 1, kMaxSize, example});
  return {numbers.begin(), numbers.end()};
}

Padding ParsePadding(const std::string& text) {
  const auto p =
      ParseNumbers(text, {"--pad", ',', {1, 4}, 0, kMaxSize, "1 or 0,1,0,1 (top, bottom, left, right)"});
  if (p.size() == 1) return {int(p[0]), int(p[0]), int(p[0]), int(p[0])};
  return {.top = int(p[0]), .bottom = int(p[1]), .left = int(p[2]), .right = int(p[3])};
}

// F x F [: S]
Window ParsePool(const std::string& text, bool floor) {
  const std::string example = "2x2 or 3x3:2 (window:stride)";
  const size_t colon = text.find(':');
  const std::vector<int> f = Sizes("--pool", text.substr(0, colon), {2}, example);
  std::vector<int> stride = f;
  if (colon != std::string::npos) stride = Sizes("--pool", text.substr(colon + 1), {1, 2}, example);
  return {.kh = f[0],
          .kw = f[1],
          .stride_h = stride.front(),
          .stride_w = stride.back(),
          .pad = {},
          .floor = floor};
}

void CheckSize(const std::string& option, const Shape& shape) {
  if (shape.size() > kMaxElements) throw Error("{} has more than {} values", option, kMaxElements);
}

// Of a text, `channels` planes are one image or filter; 0: all.
TensorI8 Array(const std::string& file, int channels) {
  return IsPlanes(file) ? LoadPlanes(file, channels) : AsTensorI8(LoadNpy(file), file);
}

// ---- Shapes: of the options, of the arrays, or of both when they agree

Shape InputShape(const ConvOptions& o, const TensorI8& array) {
  if (o.in.empty() && array.data.empty())
    throw Error("--in is missing: give the input's size, as in 56x56x64");
  if (o.batch < 1 || o.batch > kMaxSize)
    throw Error("--batch {}: give a number from 1 to {}", o.batch, kMaxSize);
  Shape shape = array.shape;
  if (!o.in.empty()) {
    const std::vector<int> s = Sizes("--in", o.in, {3}, "56x56x64");
    shape = {array.data.empty() || o.has_batch ? o.batch : array.shape.n, s[0], s[1], s[2]};
  } else if (o.has_batch) {
    shape.n = o.batch;
  }
  CheckSize("--in", shape);
  if (!array.data.empty() && shape != array.shape)
    throw Error("{} holds {}x{}x{}x{} and --in, --batch tell {}x{}x{}x{}", o.input_file, array.shape.n,
                array.shape.h, array.shape.w, array.shape.c, shape.n, shape.h, shape.w, shape.c);
  return shape;
}

Shape FilterShape(const ConvOptions& o, const TensorI8& array, int channels) {
  if (o.filters.empty() && array.data.empty())
    throw Error("--filters is missing: give count and size, as in 64x3x3");
  if (o.groups < 1 || channels % o.groups != 0)
    throw Error("--groups {}: it must divide the {} input channels", o.groups, channels);
  Shape shape = array.shape;
  if (!o.filters.empty()) {
    const std::vector<int> s = Sizes("--filters", o.filters, {3}, "64x3x3");
    shape = {s[0], s[1], s[2], channels / o.groups};
  }
  CheckSize("--filters", shape);
  if (!array.data.empty() && shape != array.shape)
    throw Error("{} holds {}x{}x{}x{} and --filters with the input's channels tells {}x{}x{}x{}",
                o.weights_file, array.shape.n, array.shape.h, array.shape.w, array.shape.c, shape.n, shape.h,
                shape.w, shape.c);
  return shape;
}

Window MakeWindow(const ConvOptions& o, const Shape& filters) {
  const std::vector<int> stride = Sizes("--stride", o.stride, {1, 2}, "2 or 2x1");
  const std::vector<int> dilation = Sizes("--dilation", o.dilation, {1, 2}, "2 or 2x1");
  return {.kh = filters.h,
          .kw = filters.w,
          .stride_h = stride.front(),
          .stride_w = stride.back(),
          .dilation_h = dilation.front(),
          .dilation_w = dilation.back(),
          .pad = ParsePadding(o.pad),
          .floor = o.floor};
}

// ---- Numbers

// Uniform integers; the standard's distributions differ from one library to the next.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int Int(int lo, int hi) { return lo + int(engine_() % uint64_t(hi - lo + 1)); }
  void Fill(std::vector<int8_t>* values, int lo, int hi) {
    for (int8_t& v : *values) v = int8_t(Int(lo, hi));
  }

 private:
  std::mt19937_64 engine_;
};

void Fill(double input_spread, Random* random, ConvLayer* layer) {
  layer->filters = TensorI8(layer->filters.shape);
  random->Fill(&layer->filters.data, -127, 127);
  layer->input_zp = random->Int(-16, 16);
  layer->requant.output_zp = random->Int(-16, 16);
  const Shape& f = layer->filters.shape;
  const double spread = input_spread * 73.0 * std::sqrt(double(f.h) * f.w * f.c);  // 73: of the weights
  for (int k = 0; k < f.n; ++k) {
    const int bias = int(std::min(spread, 1e9));
    layer->bias.push_back(random->Int(-bias, bias));
    const double factor = kOutputSpread / spread * random->Int(750, 1250) / 1000.0;
    golden::QuantizeMultiplier(factor, &layer->requant.multiplier.emplace_back(),
                               &layer->requant.shift.emplace_back());
  }
}

std::vector<int32_t> PerChannel(const std::string& file, size_t channels, int32_t otherwise) {
  if (file.empty()) return std::vector<int32_t>(channels, otherwise);
  std::vector<int32_t> values = AsInt32(LoadNpy(file), file);
  if (values.size() != channels)
    throw Error("{} holds {} values for {} filters", file, values.size(), channels);
  return values;
}

// A file, or the numbers themselves.
std::vector<int32_t> Bias(const std::string& text, size_t channels) {
  if (text.empty() || text.find_first_not_of("-0123456789,") != std::string::npos)
    return PerChannel(text, channels, 0);
  const auto numbers =
      ParseNumbers(text, {"--bias", ',', {channels}, INT32_MIN, INT32_MAX, "1,0 (one a filter)"});
  return {numbers.begin(), numbers.end()};
}

void FillFromFiles(const ConvOptions& o, ConvLayer* layer) {
  if (o.multiplier_file.empty() != o.shift_file.empty() || o.factor.has_value() != o.multiplier_file.empty())
    throw Error(
        "--weights needs --factor F, or --multiplier and --shift: the int32 sums are rescaled by F, or by "
        "multiplier * 2^(shift-31)");
  const auto channels = size_t(layer->filters.shape.n);
  layer->bias = Bias(o.bias, channels);
  if (o.factor) {
    if (!(*o.factor > 0 && *o.factor < 1 << 16))
      throw Error("--factor {}: give one above 0 and below 65536", *o.factor);
    int32_t multiplier = 0;
    int shift = 0;
    golden::QuantizeMultiplier(o.rounding == "onnx" ? float(*o.factor) : *o.factor, &multiplier, &shift);
    layer->requant.multiplier.assign(channels, multiplier);
    layer->requant.shift.assign(channels, shift);
  } else {
    layer->requant.multiplier = PerChannel(o.multiplier_file, channels, 0);
    const std::vector<int32_t> shifts = PerChannel(o.shift_file, channels, 0);
    layer->requant.shift.assign(shifts.begin(), shifts.end());
  }
  layer->input_zp = o.input_zp;
  layer->requant.output_zp = o.output_zp;
}

// Random multipliers have more bits than a float32 has.
void SetRounding(const ConvOptions& o, bool random, Requant* requant) {
  requant->rounding = ParseRounding(o.rounding);
  if (random && requant->rounding == Rounding::kOnnx)
    for (int32_t& multiplier : requant->multiplier) multiplier = multiplier / 128 * 128;
}

void SetClamp(const ConvOptions& o, Requant* requant) {
  if (!o.clamp.empty()) {
    const auto clamp = ParseNumbers(o.clamp, {"--clamp", ':', {2}, -128, 127, "-128:127"});
    requant->clamp_lo = int(clamp[0]);
    requant->clamp_hi = int(clamp[1]);
  }
  if (o.relu) requant->clamp_lo = std::max(requant->clamp_lo, requant->output_zp);
}

void CheckFilesComplete(const ConvOptions& o) {
  if (o.input_file.empty() != o.weights_file.empty()) throw Error("--input and --weights need each other");
  const bool extra = !o.bias.empty() || !o.multiplier_file.empty() || !o.shift_file.empty() || o.factor;
  if (o.input_file.empty() && extra)
    throw Error("--bias, --factor, --multiplier and --shift need --input and --weights");
  if (o.input_file.empty() && o.has_zero_point)
    throw Error("--input-zp and --output-zp need --input and --weights: random layers have their own");
}

void AddShapeFlags(CLI::App* command, ConvOptions* o) {
  command->add_option("--in", o->in, "input HEIGHTxWIDTHxCHANNELS");
  command->add_option("--filters", o->filters, "COUNTxHEIGHTxWIDTH");
  command->add_option_function<int>(
      "--batch", [o](int n) { o->batch = n, o->has_batch = true; }, "images");
  command->add_option("--stride", o->stride, "S or SHxSW");
  command->add_option("--pad", o->pad, "P or TOP,BOTTOM,LEFT,RIGHT");
  command->add_option("--dilation", o->dilation, "D or DHxDW");
  command->add_option("--groups", o->groups, "groups of channels");
  command->add_option("--pool", o->pool,
                      "max-pool FHxFW[:STRIDE] after it; the stride is the window's size by default");
  command->add_flag("--relu", o->relu, "clamp at the output zero point");
  command->add_option("--rounding", o->rounding, "whose the outputs are: tflite or onnx");
  command->add_flag("--floor", o->floor, "allow a stride that does not fit: drop the remainder");
}

void AddArrayFlags(CLI::App* command, ConvOptions* o) {
  command->add_option(
      "--input", o->input_file,
      "instead of random data: int8 [H, W, C] or [N, H, W, C] (.npy), or a plane a channel (.txt)");
  command->add_option("--weights", o->weights_file,
                      "int8 [K, FH, FW, C / groups] (.npy), or a plane a channel of each filter (.txt)");
  command->add_option("--bias", o->bias, "int32 [K] (.npy), or the numbers: 1,0");
  command->add_option("--factor", o->factor,
                      "sums are multiplied by it; instead of --multiplier and --shift");
  command->add_option("--multiplier", o->multiplier_file, "int32 [K] (.npy)");
  command->add_option("--shift", o->shift_file,
                      "int32 [K] (.npy): sums are multiplied by multiplier * 2^(shift-31)");
  const auto add_zero_point = [&](const char* name, int* value, const char* what) {
    command->add_option_function<int>(
        name, [o, value](int zp) { *value = zp, o->has_zero_point = true; }, what);
  };
  add_zero_point("--input-zp", &o->input_zp, "zero point of --input");
  add_zero_point("--output-zp", &o->output_zp, "zero point of the output");
  command->add_option("--clamp", o->clamp, "LO:HI of the output");
}

}  // namespace

TensorI8 RandomMap(uint64_t seed, const Shape& shape) {
  TensorI8 map(shape);
  Random(seed).Fill(&map.data, -128, 127);
  return map;
}

void FillRandom(uint64_t seed, double spread, ConvLayer* layer) {
  Random random(seed);
  Fill(spread, &random, layer);
}

ConvCase MakeConvCase(const ConvOptions& o) {
  CheckFilesComplete(o);
  const bool random = o.input_file.empty();
  ConvCase c;
  if (!random) {
    c.input = Array(o.input_file, 0);
    c.layer.filters = Array(o.weights_file, c.input.shape.c / std::clamp(o.groups, 1, c.input.shape.c));
  }
  const Shape in = InputShape(o, c.input);
  const Shape filters = FilterShape(o, c.layer.filters, in.c);
  c.layer.name = "conv";
  c.layer.groups = o.groups;
  c.layer.window = MakeWindow(o, filters);
  if (!o.pool.empty()) c.layer.max_pool = ParsePool(o.pool, o.floor);
  golden::OutputShape(in, c.layer.window,
                      filters.n);  // refuses windows that do not fit before any memory is taken
  if (random) {
    Random numbers(o.seed);
    c.input = TensorI8(in);
    numbers.Fill(&c.input.data, -128, 127);
    c.layer.filters.shape = filters;
    Fill(kUniformSpread, &numbers, &c.layer);
  } else {
    FillFromFiles(o, &c.layer);
  }
  SetRounding(o, random, &c.layer.requant);
  SetClamp(o, &c.layer.requant);
  golden::Check(in, c.layer);
  return c;
}

void AddConvLayerFlags(CLI::App* command, ConvOptions* options) {
  AddShapeFlags(command, options);
  AddArrayFlags(command, options);
}

}  // namespace weft::cli
