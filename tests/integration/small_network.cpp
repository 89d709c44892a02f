// SPDX-License-Identifier: Apache-2.0
// Writes a network of three convolutions and a sum on 28x28 grey images: small enough for a simulator that
// interprets.
#include <fstream>

#include "tests/compiler/onnx/onnx_builder.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  weft::OnnxBuilder net;
  net.Input("image", {0, 1, 28, 28});
  const auto conv = [&](const std::string& in, const std::string& out, int64_t channels, int64_t inputs,
                        int64_t stride) {
    auto* node = net.Op("Conv", {in, net.Weights(out + "_w", {channels, inputs, 3, 3}, {0.05F})}, out);
    weft::Set(node, "pads", weft::Ints{1, 1, 1, 1});
    weft::Set(node, "strides", weft::Ints{stride, stride});
    return net.Requantise(out, 0.1F, -5);
  };
  const std::string a = conv(net.Requantise("image", 1 / 255.0F, -128), "a", 8, 1, 2);
  net.Op("Add", {a, conv(a, "b", 8, 8, 1)}, "sum");
  net.Output(conv(net.Requantise("sum", 0.2F, 3), "c", 12, 8, 2));
  std::ofstream file(argv[1], std::ios::binary);
  file << net.Bytes();
  return file.flush() ? 0 : 1;
}
