// SPDX-License-Identifier: Apache-2.0
#include "compiler/networks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

// Adds layers from the input to the output; every method returns the index of the layer it adds.
class Builder {
 public:
  Builder(std::string name, Shape in, bool with_fc, std::string left_out) : shape_(in) {
    network_.name = std::move(name);
    network_.with_fc = with_fc;
    network_.left_out = std::move(left_out);
  }

  [[nodiscard]] const Shape& shape() const { return shape_; }
  void set_shape(const Shape& shape) {
    shape_ = shape;
  }  // branches off, or comes out of an operator that is left out

  void Conv(const std::string& name, int channels, int kernel, int stride, Padding pad, int groups = 1) {
    NetworkLayer l;
    l.in = shape_;
    l.layer.name = name;
    l.layer.filters.shape = {channels, kernel, kernel, shape_.c / groups};
    l.layer.window = {
        .kh = kernel, .kw = kernel, .stride_h = stride, .stride_w = stride, .pad = pad, .floor = true};
    l.layer.groups = groups;
    shape_ = golden::OutputShape(shape_, l.layer);
    network_.layers.push_back(l);
  }
  // Padded by the same number of zeros on all sides.
  void Conv(const std::string& name, int channels, int kernel, int stride, int pad) {
    Conv(name, channels, kernel, stride, Padding{pad, pad, pad, pad});
  }
  // Padded as TensorFlow's SAME does: ceil(in / stride) outputs, the odd line of padding at the end.
  void Same(const std::string& name, int channels, int kernel, int stride, int groups = 1) {
    const auto [top, bottom] = SamePadding(shape_.h, kernel, stride);
    const auto [left, right] = SamePadding(shape_.w, kernel, stride);
    Conv(name, channels, kernel, stride, Padding{top, bottom, left, right}, groups);
  }
  void Depthwise(const std::string& name, int kernel, int stride) {
    Same(name, shape_.c, kernel, stride, shape_.c);
  }
  void FullyConnected(const std::string& name, int channels) {
    Conv(name, channels, 1, 1, 0);
    NetworkLayer& l = network_.layers.back();
    l.layer.filters.shape = {channels, l.in.h, l.in.w, l.in.c};
    l.layer.window.kh = l.in.h;
    l.layer.window.kw = l.in.w;
    l.fully_connected = true;
    shape_ = golden::OutputShape(l.in, l.layer);
  }
  // Fuses a max-pool into the layer before.
  void Pool(int size) {
    NetworkLayer& l = network_.layers.back();
    l.layer.max_pool =
        Window{.kh = size, .kw = size, .stride_h = size, .stride_w = size, .pad = {}, .floor = true};
    shape_ = golden::OutputShape(l.in, l.layer);
  }
  void GlobalAverage() { shape_.h = shape_.w = 1; }

  [[nodiscard]] const Network& network() const { return network_; }

 private:
  static std::array<int, 2> SamePadding(int in, int kernel, int stride) {
    const int out = (in + stride - 1) / stride;
    const int total = std::max(0, (out - 1) * stride + kernel - in);
    return {total / 2, total - total / 2};
  }

  Network network_;
  Shape shape_;
};

Network Vgg16(int batch) {
  Builder b("vgg16", {batch, 224, 224, 3}, false, "");
  const int counts[5] = {2, 2, 3, 3, 3}, channels[5] = {64, 128, 256, 512, 512};
  for (int block = 0; block < 5; block++) {
    for (int i = 0; i < counts[block]; i++)
      b.Conv(fmt::format("conv{}_{}", block + 1, i + 1), channels[block], 3, 1, 1);
    b.Pool(2);
  }
  b.FullyConnected("fc6", 4096);
  b.FullyConnected("fc7", 4096);
  b.FullyConnected("fc8", 1000);
  return b.network();
}

// Version 1.5: a bottleneck's stride is in its 3x3 convolution.
Network ResNet50(int batch) {
  Builder b("resnet50", {batch, 224, 224, 3}, false,
            "3x3/2 max-pool (overlapping), residual additions, average pool");
  b.Conv("conv1", 64, 7, 2, 3);
  b.set_shape({batch, 56, 56, 64});
  const int counts[4] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; stage++)
    for (int i = 0; i < counts[stage]; i++) {
      const int width = 64 << stage, stride = i == 0 && stage > 0 ? 2 : 1;
      const std::string name = fmt::format("res{}{}", stage + 2, char('a' + i));
      const Shape in = b.shape();
      b.Conv(name + "_1x1a", width, 1, 1, 0);
      b.Conv(name + "_3x3", width, 3, stride, 1);
      b.Conv(name + "_1x1b", 4 * width, 1, 1, 0);
      if (i > 0) continue;
      b.set_shape(in);
      b.Conv(name + "_down", 4 * width, 1, stride, 0);
    }
  b.GlobalAverage();
  b.FullyConnected("fc", 1000);
  return b.network();
}

Network MobileNetV1(int batch) {
  Builder b("mobilenetv1", {batch, 224, 224, 3}, false, "average pool");
  b.Same("conv1", 32, 3, 2);
  struct Block {
    int channels, stride;
  };
  const Block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                          {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int i = 1;
  for (const Block& block : blocks) {
    b.Depthwise(fmt::format("dw{}", i), 3, block.stride);
    b.Same(fmt::format("pw{}", i++), block.channels, 1, 1);
  }
  b.GlobalAverage();
  b.FullyConnected("fc", 1000);
  return b.network();
}

Network MobileNetV2(int batch) {
  Builder b("mobilenetv2", {batch, 224, 224, 3}, false, "residual additions, average pool");
  b.Same("conv1", 32, 3, 2);
  struct Stage {
    int expansion, channels, count, stride;
  };
  const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                          {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  int block = 1;
  for (const Stage& stage : stages)
    for (int i = 0; i < stage.count; i++, block++) {
      if (stage.expansion > 1) b.Same(fmt::format("expand{}", block), stage.expansion * b.shape().c, 1, 1);
      b.Depthwise(fmt::format("dw{}", block), 3, i == 0 ? stage.stride : 1);
      b.Same(fmt::format("project{}", block), stage.channels, 1, 1);
    }
  b.Same("conv_last", 1280, 1, 1);
  b.GlobalAverage();
  b.FullyConnected("fc", 1000);
  return b.network();
}

Network ConvNetJsCifar(int batch) {
  Builder b("convnetjs-cifar", {batch, 32, 32, 3}, true, "");
  const int channels[3] = {16, 20, 20};
  for (int i = 0; i < 3; i++) {
    b.Conv(fmt::format("conv{}", i + 1), channels[i], 5, 1, 2);
    b.Pool(2);
  }
  b.FullyConnected("fc", 10);
  return b.network();
}

Network LeNet5(int batch) {
  Builder b("lenet5", {batch, 28, 28, 1}, true, "");
  b.Conv("conv1", 6, 5, 1, 2);
  b.Pool(2);
  b.Conv("conv2", 16, 5, 1, 0);
  b.Pool(2);
  b.FullyConnected("fc1", 120);
  b.FullyConnected("fc2", 84);
  b.FullyConnected("fc3", 10);
  return b.network();
}

// MLPerf Tiny's image classification network.
Network ResNet8(int batch) {
  Builder b("resnet8", {batch, 32, 32, 3}, true, "residual additions, average pool");
  b.Same("conv1", 16, 3, 1);
  for (int stack = 1; stack <= 3; stack++) {
    const int channels = 8 << stack, stride = stack == 1 ? 1 : 2;
    const std::string name = fmt::format("stack{}", stack);
    const Shape in = b.shape();
    b.Same(name + "_3x3a", channels, 3, stride);
    b.Same(name + "_3x3b", channels, 3, 1);
    if (stack == 1) continue;
    b.set_shape(in);
    b.Same(name + "_down", channels, 1, stride);
  }
  b.GlobalAverage();
  b.FullyConnected("fc", 10);
  return b.network();
}

using Maker = Network (*)(int batch);
constexpr std::array<std::pair<const char*, Maker>, 7> kNetworks{{{"vgg16", Vgg16},
                                                                  {"resnet50", ResNet50},
                                                                  {"mobilenetv1", MobileNetV1},
                                                                  {"mobilenetv2", MobileNetV2},
                                                                  {"convnetjs-cifar", ConvNetJsCifar},
                                                                  {"lenet5", LeNet5},
                                                                  {"resnet8", ResNet8}}};

// Taps of one axis that lie inside the map, summed over all positions of the window.
int64_t TapsInside(int in, int out, int filter, int stride, int dilation, int pad) {
  int64_t taps = 0;
  for (int o = 0; o < out; o++)
    for (int k = 0; k < filter; k++) {
      const int64_t at = int64_t{o} * stride - pad + int64_t{k} * dilation;
      taps += at >= 0 && at < in ? 1 : 0;
    }
  return taps;
}

}  // namespace

std::vector<NetworkLayer> Network::Measured(bool fc_too) const {
  std::vector<NetworkLayer> measured;
  for (const NetworkLayer& l : layers)
    if (!l.fully_connected || with_fc || fc_too) measured.push_back(l);
  return measured;
}

std::vector<std::string> NetworkNames() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kNetworks) names.emplace_back(name);
  return names;
}

Network MakeNetwork(const std::string& name, int batch) {
  for (const auto& [known, make] : kNetworks)
    if (name == known) return make(batch);
  throw Error("there is no network '{}'; name one of {}", name, fmt::join(NetworkNames(), ", "));
}

int64_t UsefulMacs(const Shape& in, const ConvLayer& layer) {
  const Shape out = golden::ConvShape(in, layer);
  const Window& w = layer.window;
  return int64_t{in.n} * layer.filters.shape.n * layer.filters.shape.c *
         TapsInside(in.h, out.h, w.kh, w.stride_h, w.dilation_h, w.pad.top) *
         TapsInside(in.w, out.w, w.kw, w.stride_w, w.dilation_w, w.pad.left);
}

}  // namespace weft
