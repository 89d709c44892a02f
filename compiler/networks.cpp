// SPDX-License-Identifier: Apache-2.0
#include "compiler/networks.hpp"

#include <array>
#include <span>
#include <utility>

#include "compiler/network_builder.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft {
namespace {

Network Vgg16(NetworkScope scope) {
  NetworkBuilder b("vgg16", {1, 224, 224, 3}, false, scope);
  const int counts[5] = {2, 2, 3, 3, 3}, channels[5] = {64, 128, 256, 512, 512};
  for (int block = 0; block < 5; block++) {
    for (int i = 0; i < counts[block]; i++)
      b.Conv(fmt::format("conv{}_{}", block + 1, i + 1), channels[block], 3, 1, 1);
    b.Pool(2);
  }
  b.FullyConnected("fc6", 4096);
  b.FullyConnected("fc7", 4096);
  b.FullyConnected("fc8", 1000);
  return b.Build();
}

// Version 1.5: a bottleneck's stride is in its 3x3 convolution.
Network ResNet50(NetworkScope scope) {
  NetworkBuilder b("resnet50", {1, 224, 224, 3}, false, scope);
  b.Conv("conv1", 64, 7, 2, 3);
  b.OverlappingMaxPool("pool1", 3, 2, 1);
  const int counts[4] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; stage++)
    for (int i = 0; i < counts[stage]; i++) {
      const int width = 64 << stage, stride = i == 0 && stage > 0 ? 2 : 1;
      const std::string name = fmt::format("res{}{}", stage + 2, char('a' + i));
      const int in = b.at();
      int residual = in;
      b.Conv(name + "_1x1a", width, 1, 1, 0);
      b.Conv(name + "_3x3", width, 3, stride, 1);
      b.Conv(name + "_1x1b", 4 * width, 1, 1, 0);
      if (i == 0) {
        residual = b.at();
        b.From(in);
        b.Conv(name + "_down", 4 * width, 1, stride, 0);
      }
      b.Add(name + "_add", residual);
    }
  b.GlobalAverage("average_pool");
  b.FullyConnected("fc", 1000);
  return b.Build();
}

// Howard et al., arXiv 1704.04861. Its width is that of the first convolution over 32.
void AddMobileNetV1(int width, int classes, NetworkBuilder* b) {
  b->Same("conv1", width, 3, 2);
  struct Block {
    int channels, stride;  // channels in widths
  };
  const Block blocks[] = {{2, 1},  {4, 2},  {4, 1},  {8, 2},  {8, 1},  {16, 2}, {16, 1},
                          {16, 1}, {16, 1}, {16, 1}, {16, 1}, {32, 2}, {32, 1}};
  int i = 1;
  for (const Block& block : blocks) {
    b->Depthwise(fmt::format("dw{}", i), 3, block.stride);
    b->Same(fmt::format("pw{}", i++), block.channels * width, 1, 1);
  }
  b->GlobalAverage("average_pool");
  b->FullyConnected("fc", classes);
}

Network MobileNetV1(NetworkScope scope) {
  NetworkBuilder b("mobilenetv1", {1, 224, 224, 3}, false, scope);
  AddMobileNetV1(32, 1000, &b);
  return b.Build();
}

// MLPerf Tiny's visual wake words: MobileNetV1 of width 0.25 (github.com/mlcommons/tiny, vww_model.py).
Network VisualWakeWords(NetworkScope scope) {
  NetworkBuilder b("vww", {1, 96, 96, 3}, true, scope);
  AddMobileNetV1(8, 2, &b);
  return b.Build();
}

// MLPerf Tiny's keyword spotting: DS-CNN (github.com/mlcommons/tiny, keras_model.py).
Network KeywordSpotting(NetworkScope scope) {
  NetworkBuilder b("kws", {1, 49, 10, 1}, true, scope);
  b.Conv("conv1", 64, b.SameWindow(10, 4, 2));
  for (int i = 1; i <= 4; i++) {
    b.Depthwise(fmt::format("dw{}", i), 3, 1);
    b.Same(fmt::format("pw{}", i), 64, 1, 1);
  }
  b.GlobalAverage("average_pool");
  b.FullyConnected("fc", 12);
  return b.Build();
}

// Inverted residuals: `count` blocks of an expansion, a depthwise convolution and a projection each.
struct Stage {
  int expansion, channels, count, stride, kernel = 3;
};

void AddStages(std::span<const Stage> stages, NetworkBuilder* b) {
  int block = 1;
  for (const Stage& stage : stages)
    for (int i = 0; i < stage.count; i++, block++) {
      const int in = b->at();
      if (stage.expansion > 1) b->Same(fmt::format("expand{}", block), stage.expansion * b->shape().c, 1, 1);
      b->Depthwise(fmt::format("dw{}", block), stage.kernel, i == 0 ? stage.stride : 1);
      b->Same(fmt::format("project{}", block), stage.channels, 1, 1);
      if (i > 0) b->Add(fmt::format("add{}", block), in);
    }
  b->Same("conv_last", 1280, 1, 1);
  b->GlobalAverage("average_pool");
  b->FullyConnected("fc", 1000);
}

// Sandler et al., arXiv 1801.04381.
Network MobileNetV2(NetworkScope scope) {
  NetworkBuilder b("mobilenetv2", {1, 224, 224, 3}, false, scope);
  b.Same("conv1", 32, 3, 2);
  const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                          {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  AddStages(stages, &b);
  return b.Build();
}

// github.com/tensorflow/tpu, models/official/efficientnet/lite.
Network EfficientNetLite0(NetworkScope scope) {
  NetworkBuilder b("efficientnet_lite0", {1, 224, 224, 3}, false, scope);
  b.Same("conv1", 32, 3, 2);
  const Stage stages[] = {{1, 16, 1, 1},     {6, 24, 2, 2},     {6, 40, 2, 2, 5}, {6, 80, 3, 2},
                          {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5}, {6, 320, 1, 1}};
  AddStages(stages, &b);
  return b.Build();
}

// Version 1.1: github.com/forresti/SqueezeNet. Its last convolution gives the classes.
Network SqueezeNet(NetworkScope scope) {
  NetworkBuilder b("squeezenet", {1, 224, 224, 3}, false, scope);
  const auto fire = [&](int i, int squeeze, int expand) {
    const std::string name = fmt::format("fire{}", i);
    b.Conv(name + "_squeeze", squeeze, 1, 1, 0);
    const int in = b.at();
    b.Conv(name + "_1x1", expand, 1, 1, 0);
    const int first = b.at();
    b.From(in);
    b.Conv(name + "_3x3", expand, 3, 1, 1);
    b.Concat(name + "_concat", first);
  };
  b.Conv("conv1", 64, 3, 2, 0);
  b.OverlappingMaxPool("pool1", 3, 2, 0);
  fire(2, 16, 64);
  fire(3, 16, 64);
  b.OverlappingMaxPool("pool3", 3, 2, 0);
  fire(4, 32, 128);
  fire(5, 32, 128);
  b.OverlappingMaxPool("pool5", 3, 2, 0);
  fire(6, 48, 192);
  fire(7, 48, 192);
  fire(8, 64, 256);
  fire(9, 64, 256);
  b.Conv("conv10", 1000, 1, 1, 0);
  b.GlobalAverage("average_pool");
  return b.Build();
}

Network ConvNetJsCifar(NetworkScope scope) {
  NetworkBuilder b("convnetjs-cifar", {1, 32, 32, 3}, true, scope);
  const int channels[3] = {16, 20, 20};
  for (int i = 0; i < 3; i++) {
    b.Conv(fmt::format("conv{}", i + 1), channels[i], 5, 1, 2);
    b.Pool(2);
  }
  b.FullyConnected("fc", 10);
  return b.Build();
}

Network LeNet5(NetworkScope scope) {
  NetworkBuilder b("lenet5", {1, 28, 28, 1}, true, scope);
  b.Conv("conv1", 6, 5, 1, 2);
  b.Pool(2);
  b.Conv("conv2", 16, 5, 1, 0);
  b.Pool(2);
  b.FullyConnected("fc1", 120);
  b.FullyConnected("fc2", 84);
  b.FullyConnected("fc3", 10);
  return b.Build();
}

// MLPerf Tiny's image classification network.
Network ResNet8(NetworkScope scope) {
  NetworkBuilder b("resnet8", {1, 32, 32, 3}, true, scope);
  b.Same("conv1", 16, 3, 1);
  for (int stack = 1; stack <= 3; stack++) {
    const int channels = 8 << stack, stride = stack == 1 ? 1 : 2;
    const std::string name = fmt::format("stack{}", stack);
    const int in = b.at();
    int residual = in;
    b.Same(name + "_3x3a", channels, 3, stride);
    b.Same(name + "_3x3b", channels, 3, 1);
    if (stack > 1) {
      residual = b.at();
      b.From(in);
      b.Same(name + "_down", channels, 1, stride);
    }
    b.Add(name + "_add", residual);
  }
  b.GlobalAverage("average_pool");
  b.FullyConnected("fc", 10);
  return b.Build();
}

using Maker = Network (*)(NetworkScope scope);
constexpr auto kNetworks = std::to_array<std::pair<const char*, Maker>>({
    {"vgg16", Vgg16},
    {"resnet50", ResNet50},
    {"mobilenetv1", MobileNetV1},
    {"mobilenetv2", MobileNetV2},
    {"efficientnet_lite0", EfficientNetLite0},
    {"squeezenet", SqueezeNet},
    {"convnetjs-cifar", ConvNetJsCifar},
    {"lenet5", LeNet5},
    {"resnet8", ResNet8},
    {"vww", VisualWakeWords},
    {"kws", KeywordSpotting},
});

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

std::vector<std::string> NetworkNames() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kNetworks) names.emplace_back(name);
  return names;
}

Network MakeNetwork(const std::string& name, NetworkScope scope) {
  for (const auto& [known, make] : kNetworks)
    if (name == known) return make(scope);
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
