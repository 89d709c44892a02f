// SPDX-License-Identifier: Apache-2.0
// Tensors that a run writes: layouts, types and names of files.
#include "sim/cli/outputs.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace weft {
namespace {

TensorI8 Counting(const Shape& shape) {
  TensorI8 tensor(shape);
  for (size_t i = 0; i < tensor.data.size(); i++) tensor.data[i] = int8_t(i);
  return tensor;
}

TEST(ToArray, AxesOfTheFile) {
  const TensorI8 x = Counting({2, 3, 4, 5});
  const auto array = [&](const std::string& axes, bool flat) {
    return ToArray(x, {.name = "x", .shape = x.shape, .axes = axes, .is_flat = flat}, ElementType::kInt8,
                   nullptr);
  };
  EXPECT_EQ(array("NHWC", false).shape, (std::vector<int64_t>{2, 3, 4, 5}));
  const NpyArray nchw = array("NCHW", false);
  EXPECT_EQ(nchw.shape, (std::vector<int64_t>{2, 5, 3, 4}));
  EXPECT_EQ(array("NCHW", true).shape, (std::vector<int64_t>{2, 60}));
  EXPECT_EQ(array("NCHW", true).bytes, nchw.bytes);
  EXPECT_EQ(array("NHWC", true).bytes, std::vector<uint8_t>(x.data.begin(), x.data.end()));
  size_t i = 0;
  for (int n = 0; n < 2; n++)
    for (int c = 0; c < 5; c++)
      for (int h = 0; h < 3; h++)
        for (int w = 0; w < 4; w++) EXPECT_EQ(int8_t(nchw.bytes[i++]), x.at(n, h, w, c));
}

TEST(ToArray, AxesThatTheFileDoesNotHave) {
  const auto shape = [](const Shape& s, const std::string& axes, bool flat = false) {
    return ToArray(Counting(s), {.name = "x", .shape = s, .axes = axes, .is_flat = flat}, ElementType::kInt8,
                   nullptr)
        .shape;
  };
  EXPECT_EQ(shape({2, 1, 1, 5}, "NC"), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(shape({2, 1, 4, 5}, "NCW"), (std::vector<int64_t>{2, 5, 4}));
  EXPECT_EQ(shape({1, 3, 4, 5}, "HWC"), (std::vector<int64_t>{3, 4, 5}));
  EXPECT_EQ(shape({2, 3, 4, 5}, "HWC"), (std::vector<int64_t>{2, 3, 4, 5}));  // all images
  EXPECT_EQ(shape({1, 1, 1, 5}, "C", true), (std::vector<int64_t>{1, 5}));
  EXPECT_THROW(shape({1, 1, 4, 5}, "NC"), std::exception);  // W is lost
}

TEST(ToArray, Types) {
  TensorI8 x(Shape{1, 1, 1, 3});
  x.data = {-128, 5, 127};
  TensorInfo info{.name = "x", .shape = x.shape, .scale = 0.1F, .zero_point = 5};
  EXPECT_EQ(ToArray(x, info, ElementType::kInt8, nullptr).bytes, (std::vector<uint8_t>{128, 5, 127}));
  EXPECT_EQ(ToArray(x, info, ElementType::kUint8, nullptr).bytes, (std::vector<uint8_t>{0, 133, 255}));
  const auto floats = [&](const std::vector<float>* reals) {
    const NpyArray array = ToArray(x, info, ElementType::kFloat32, reals);
    std::vector<float> values(array.size());
    std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
    return values;
  };
  EXPECT_EQ(floats(nullptr), (std::vector<float>{0.1F * -133, 0, 0.1F * 122}));
  const std::vector<float> reals = {0.25F, 0.5F, 0.125F};
  EXPECT_EQ(floats(&reals), floats(nullptr)) << "a quantised Softmax gives what its codes say";
  info.is_real = true;
  EXPECT_EQ(floats(&reals), reals);
}

TEST(FileNames, AreDifferentAndShort) {
  const std::string longest(300, 'x'), accents = std::string(229, 'x') + "\xC3\xA9\xC3\xA9 and more";
  const auto files = FileNames(
      {"a/b:0", "a%2Fb", "x", "x", longest + "1", longest + "2", accents, "\x01\x7F", "..", "\xC3\xA9"});
  EXPECT_EQ(files[0], "a%2Fb%3A0");
  EXPECT_EQ(files[1], "a%252Fb");
  EXPECT_EQ(files[2], "x");
  EXPECT_EQ(files[3], "x~2");
  EXPECT_NE(files[4], files[5]);
  for (const std::string& file : files) EXPECT_LE(file.size(), 239U) << file;
  EXPECT_EQ(files[6].find('\xC3'), std::string::npos) << "half a character";
  EXPECT_EQ(files[7], "%01%7F");
  EXPECT_EQ(files[9], "\xC3\xA9");
}

}  // namespace
}  // namespace weft
