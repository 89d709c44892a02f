// SPDX-License-Identifier: Apache-2.0
// Images of every kind of file: the same image gives the same codes.
#include <gtest/gtest.h>
#include <stb/stb_image_write.h>

#include <cmath>
#include <numeric>
#include <random>

#include "sim/cli/resize.hpp"
#include "tests/sim/cli/files_fixture.hpp"

namespace weft {
namespace {

TEST_F(Files, IdxImagesPlainAndGzipped) {
  const std::string idx = Idx({2, 2, 3}, kSix + kSix);
  for (const auto& path : {Write("i", idx), WriteGz("i.gz", idx)}) {
    const TensorI8 images = LoadImages({path}, kFormat, {});
    EXPECT_EQ(images.shape, (Shape{2, 2, 3, 1}));
    EXPECT_EQ(std::vector<int8_t>(images.data.begin(), images.data.begin() + 6), kSixCodes);
  }
}

TEST_F(Files, ImagesAreQuantisedWithTheInputsScale) {
  InputFormat format = kFormat;
  format.scale = 1.0F / 64;  // pixel 255 -> 64 steps
  format.zero_point = 10;
  EXPECT_EQ(LoadImages({Write("i", Idx({1, 2, 3}, kSix))}, format, {}).data,
            (std::vector<int8_t>{10, 10, 11, 42, 42, 74}));
}

TEST_F(Files, LimitAndSeveralFiles) {
  const auto path = Write("i", Idx({2, 2, 3}, kSix + kSix));
  EXPECT_EQ(LoadImages({path, path}, kFormat, {}).shape.n, 4);
  EXPECT_EQ(LoadImages({path, path}, kFormat, {.limit = 3}).shape.n, 3);
  EXPECT_EQ(LoadImages({path, Path("none")}, kFormat, {.limit = 1}).shape.n, 1);
}

TEST_F(Files, PngGreyAndRgb) {
  stbi_write_png(Path("g.png").c_str(), 3, 2, 1, kSix.data(), 3);
  EXPECT_EQ(LoadImages({Path("g.png")}, kFormat, {}).data, kSixCodes);
  InputFormat rgb = kFormat;
  rgb.shape = {1, 1, 2, 3};
  stbi_write_png(Path("c.png").c_str(), 2, 1, 3, kSix.data(), 6);
  EXPECT_EQ(LoadImages({Path("c.png")}, rgb, {}).data, kSixCodes);
}

TEST_F(Files, NpyImages) {
  EXPECT_EQ(LoadImages({WriteNpy("|u1", "(2, 3, 1)", kSix)}, kFormat, {}).data, kSixCodes);
  EXPECT_EQ(LoadImages({WriteNpy("|i1", "(1, 2, 3, 1)", kSix)}, kFormat, {}).data,
            (std::vector<int8_t>{0, 1, 2, 127, -128, -1}));
  const std::vector<float> reals = {0, 1, 128.0F / 255, -1, 9, 100.0F / 255};
  const std::string bytes(reinterpret_cast<const char*>(reals.data()), 24);
  EXPECT_EQ(LoadImages({WriteNpy("<f4", "(2, 3, 1)", bytes)}, kFormat, {}).data,
            (std::vector<int8_t>{-128, 127, 0, -128, 127, -28}));
}

// 4 x 5 pixels of three channels, by (y, x, c).
std::string Picture() {
  std::string pixels(60, '\0');
  std::mt19937 random(3);
  for (char& pixel : pixels) pixel = char(random());
  return pixels;
}
const InputFormat kRgb{.shape = {1, 4, 5, 3}, .scale = 1.0F / 255, .zero_point = -128};

std::vector<int8_t> Codes(const std::string& pixels) {
  std::vector<int8_t> codes;
  for (const char pixel : pixels) codes.push_back(int8_t(uint8_t(pixel) - 128));
  return codes;
}

// From HWC to CHW.
std::string ChannelsFirst(const std::string& picture, size_t item) {
  std::string chw;
  const size_t pixels = picture.size() / item / 3;
  for (size_t c = 0; c < 3; c++)
    for (size_t p = 0; p < pixels; p++) chw += picture.substr((3 * p + c) * item, item);
  return chw;
}

template <typename T>
std::string Reals(const std::string& pixels, float factor) {
  std::string bytes;
  for (const char pixel : pixels) {
    const auto real = T(float(uint8_t(pixel)) * factor);
    bytes.append(reinterpret_cast<const char*>(&real), sizeof(T));
  }
  return bytes;
}

TEST_F(Files, EveryFormOfOneImage) {
  const std::string rgb = Picture(), chw = ChannelsFirst(rgb, 1);
  const std::vector<int8_t> expected = Codes(rgb);
  const auto codes = [&](const std::filesystem::path& path, const InputOptions& options = {}) {
    return LoadImages({path}, kRgb, options).data;
  };
  stbi_write_png(Path("p.png").c_str(), 5, 4, 3, rgb.data(), 15);
  EXPECT_EQ(codes(Path("p.png")), expected);
  stbi_write_bmp(Path("p.bmp").c_str(), 5, 4, 3, rgb.data());
  EXPECT_EQ(codes(Path("p.bmp")), expected);
  EXPECT_EQ(codes(Write("p.ppm", "P6\n# of a test\n5 4\n255\n" + rgb)), expected);
  std::string rgba;
  for (size_t i = 0; i < rgb.size(); i++) rgba += rgb[i] + (i % 3 == 2 ? std::string("\xFF") : "");
  stbi_write_png(Path("a.png").c_str(), 5, 4, 4, rgba.data(), 20);
  EXPECT_EQ(codes(Path("a.png")), expected);
  for (const std::string shape : {"(4, 5, 3)", "(1, 4, 5, 3)"}) {
    EXPECT_EQ(codes(WriteNpy("|u1", shape, rgb)), expected);
    EXPECT_EQ(codes(WriteNpy("|i1", shape, {expected.begin(), expected.end()})), expected);
    EXPECT_EQ(codes(WriteNpy("<f4", shape, Reals<float>(rgb, 1 / 255.0F))), expected);
    EXPECT_EQ(codes(WriteNpy("<f8", shape, Reals<double>(rgb, 1 / 255.0F))), expected);
    EXPECT_EQ(codes(WriteNpy("<f4", shape, Reals<float>(rgb, 1)), {.scale = 1 / 255.0F}), expected);
    EXPECT_EQ(codes(WriteNpy("|u1", shape, rgb), {.layout = Layout::kHwc}), expected);
  }
  for (const std::string shape : {"(3, 4, 5)", "(1, 3, 4, 5)"})
    for (const Layout layout : {Layout::kOfShape, Layout::kChw}) {
      EXPECT_EQ(codes(WriteNpy("|u1", shape, chw), {.layout = layout}), expected);
      EXPECT_EQ(
          codes(WriteNpy("<f8", shape, ChannelsFirst(Reals<double>(rgb, 1 / 255.0F), 8)), {.layout = layout}),
          expected);
    }
  EXPECT_EQ(codes(WriteNpy("|u1", "(1, 60)", rgb), {.layout = Layout::kHwc}), expected);
  EXPECT_EQ(codes(WriteNpy("|u1", "(60,)", chw), {.layout = Layout::kChw}), expected);
  std::string fortran(60, '\0');  // [y, x, c], y the fastest
  for (size_t i = 0; i < 60; i++) fortran[i / 15 + 4 * (i / 3 % 5) + 20 * (i % 3)] = rgb[i];
  EXPECT_EQ(codes(WriteNpy("|u1", "(4, 5, 3)", fortran, "True")), expected);
}

TEST_F(Files, JpegIsNearlyTheImage) {
  std::string smooth;
  for (int i = 0; i < 256; i++) smooth += char(i / 16 * 8 + i % 16 * 4);
  stbi_write_jpg(Path("s.jpg").c_str(), 16, 16, 1, smooth.data(), 100);
  InputFormat format = kFormat;  // stb writes RGB of a grey image, too
  format.shape = {1, 16, 16, 3};
  const TensorI8 image = LoadImages({Path("s.jpg")}, format, {});
  for (size_t i = 0; i < 256; i++)
    for (size_t c = 0; c < 3; c++) EXPECT_NEAR(image.data[3 * i + c], Codes(smooth)[i], 4) << i;
}

TEST_F(Files, PixelsAreScaledAsAsked) {
  const auto code = [&](const InputOptions& options, float scale) {
    InputFormat format{.shape = {1, 1, 1, 3}, .scale = scale, .zero_point = 0};
    return LoadImages({WriteNpy("|u1", "(3,)", "\x10\x80\xF0")}, format, options).data;
  };
  EXPECT_EQ(code({.scale = 1, .mean = {128}}, 1), (std::vector<int8_t>{-112, 0, 112}));
  EXPECT_EQ(code({.scale = 1, .mean = {16, 108, 250}, .std = {1, 2, 0.5F}}, 1),
            (std::vector<int8_t>{0, 10, -20}));
  EXPECT_EQ(code({.std = {2}}, 1 / 255.0F), (std::vector<int8_t>{8, 64, 120}));
  const auto says = [&](const InputOptions& options) { return MessageOf([&] { code(options, 1); }); };
  EXPECT_NE(says({.mean = {1, 2}}).find("--mean: 2 values, and the network's input has 3 channels"),
            std::string::npos);
  EXPECT_NE(MessageOf([&] {
              LoadImages({WriteNpy("|i1", "(2, 3)", kSix)}, kFormat, {.std = {2}});
            }).find("int8 arrays are the input's codes"),
            std::string::npos);
}

TEST_F(Files, PixelsOfAModelThatTakesUint8) {
  InputFormat format = kFormat;
  format.type = ElementType::kUint8;
  format.scale = 1.0F / 128;
  format.zero_point = 0;
  EXPECT_EQ(LoadImages({Write("i", Idx({1, 2, 3}, kSix))}, format, {}).data, kSixCodes);
  EXPECT_EQ(LoadImages({WriteNpy("|u1", "(2, 3)", kSix)}, format, {}).data, kSixCodes);
  EXPECT_EQ(LoadImages({WriteNpy("|u1", "(2, 3)", kSix)}, format, {.scale = 1 / 255.0F}).data,
            (std::vector<int8_t>{0, 1, 1, 64, 64, 127}));
}

// Ties: 0.5, 1.5, 2.5, -0.5, -1.5, -2.5
TEST_F(Files, RealsAreRoundedAsTheFrameworkDoes) {
  InputFormat format = kFormat;
  format.scale = 1;
  format.zero_point = 0;
  const std::vector<float> ties = {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F};
  const auto path = WriteNpy("<f4", "(2, 3)", std::string(reinterpret_cast<const char*>(ties.data()), 24));
  EXPECT_EQ(LoadImages({path}, format, {}).data, (std::vector<int8_t>{0, 2, 2, 0, -2, -2}));
  format.rounding = Rounding::kTflite;
  EXPECT_EQ(LoadImages({path}, format, {}).data, (std::vector<int8_t>{1, 2, 3, -1, -2, -3}));
}

// Expected values are Pillow 12.0's.
TEST(Resized, IsPillowsBilinear) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 35; i++) pixels.push_back(uint8_t(i * i * 37 % 251));
  EXPECT_EQ(Resized(pixels, {1, 5, 7, 1}, {1, 3, 4, 1}),
            (std::vector<uint8_t>{50, 146, 134, 133, 110, 172, 148, 152, 128, 194, 161, 126}));
  EXPECT_EQ(Resized(pixels, {1, 5, 7, 1}, {1, 2, 9, 1}),
            (std::vector<uint8_t>{74, 71, 126, 186, 147, 157, 125, 124, 178, 100, 118, 163, 203, 189, 152,
                                  132, 131, 145}));
  EXPECT_EQ(Resized(pixels, {1, 5, 7, 1}, {1, 5, 7, 1}), pixels);
  std::vector<uint8_t> colours;  // each channel for itself
  for (const uint8_t pixel : pixels) colours.insert(colours.end(), {pixel, uint8_t(255 - pixel), pixel});
  const std::vector<uint8_t> one = Resized(pixels, {1, 5, 7, 1}, {1, 3, 4, 1}),
                             three = Resized(colours, {1, 5, 7, 3}, {1, 3, 4, 3});
  for (size_t i = 0; i < one.size(); i++) EXPECT_EQ(three[3 * i], three[3 * i + 2]) << i;
  for (size_t i = 0; i < one.size(); i++) EXPECT_EQ(three[3 * i], one[i]) << i;
}

TEST_F(Files, ImagesAreResizedIfAsked) {
  stbi_write_png(Path("g.png").c_str(), 3, 2, 1, kSix.data(), 3);
  InputFormat format = kFormat;
  format.shape = {1, 3, 5, 1};
  const std::vector<uint8_t> pixels = Resized({kSix.begin(), kSix.end()}, {1, 2, 3, 1}, format.shape);
  EXPECT_EQ(LoadImages({Path("g.png")}, format, {.resize = true}).data,
            Codes(std::string(pixels.begin(), pixels.end())));
  EXPECT_EQ(LoadImages({Path("g.png")}, kFormat, {.resize = true}).data, kSixCodes);
  EXPECT_NE(MessageOf([&] { LoadImages({Path("g.png")}, format, {}); }).find("--resize"), std::string::npos);
  EXPECT_NE(MessageOf([&] {
              LoadImages({WriteNpy("|u1", "(2, 3)", kSix)}, format, {.resize = true});
            }).find("the network takes 3 x 5 x 1"),
            std::string::npos);
}

TEST_F(Files, FoldersAndLists) {
  std::filesystem::create_directory(Path("d"));
  for (const char name : {'c', 'a', 'b'}) {
    const std::string pixels(6, name);
    stbi_write_png(Path(std::string("d/") + name + ".PNG").c_str(), 3, 2, 1, pixels.data(), 3);
  }
  Write("d/readme.txt", "no image");
  const auto first = [](const TensorI8& images) {
    std::string pixels;
    for (int n = 0; n < images.shape.n; n++) pixels += char(images.data[size_t(6 * n)] + 128);
    return pixels;
  };
  EXPECT_EQ(first(LoadImages({Path("d")}, kFormat, {})), "abc");
  EXPECT_EQ(first(LoadImages({Path("d")}, kFormat, {.limit = 2})), "ab");
  const std::string list = Path("d/c.PNG").string() + "\r\n\n" + Path("d/a.PNG").string() + "\n";
  EXPECT_EQ(first(LoadImages({"@" + Write("list", list).string()}, kFormat, {})), "ca");
  Write("d/z.png", "no image");
  EXPECT_NE(MessageOf([&] { LoadImages({Path("d")}, kFormat, {}); }).find("d/z.png: neither"),
            std::string::npos);
  std::filesystem::create_directory(Path("e"));
  EXPECT_NE(MessageOf([&] { LoadImages({Path("e")}, kFormat, {}); }).find("this folder holds no file"),
            std::string::npos);
  EXPECT_NE(
      MessageOf([&] { LoadImages({"@" + Write("list", "\n").string()}, kFormat, {}); }).find("names no file"),
      std::string::npos);
}

std::string FormText(const std::vector<int64_t>& shape, const InputFormat& format,
                     Layout layout = Layout::kOfShape) {
  try {
    const ArrayForm form = FormOf(shape, format, layout, "x");
    return std::to_string(form.images) + (form.chw ? " chw" : " hwc");
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ArrayForm, OfTheShape) {
  const InputFormat map{.shape = {1, 4, 5, 3}}, square{.shape = {1, 3, 3, 3}}, grey{.shape = {1, 4, 5, 1}},
      line{.shape = {1, 1, 5, 3}}, vector{.shape = {1, 1, 1, 6}};
  InputFormat flat = map;
  flat.is_flat = true;
  EXPECT_EQ(FormText({4, 5, 3}, map), "1 hwc");
  EXPECT_EQ(FormText({3, 4, 5}, map), "1 chw");
  EXPECT_EQ(FormText({7, 3, 4, 5}, map), "7 chw");
  EXPECT_EQ(FormText({7, 4, 5}, grey), "7 hwc");
  EXPECT_EQ(FormText({4, 5}, grey), "1 hwc");
  EXPECT_EQ(FormText({7, 1, 4, 5}, grey), "7 hwc");
  EXPECT_EQ(FormText({7, 20}, grey), "7 hwc");
  EXPECT_EQ(FormText({3, 5}, line), "1 chw");
  EXPECT_EQ(FormText({7, 5, 3}, line), "7 hwc");
  EXPECT_EQ(FormText({6}, vector), "1 hwc");
  EXPECT_EQ(FormText({7, 6}, vector), "7 hwc");
  EXPECT_EQ(FormText({7, 60}, flat), "7 chw") << "the file's own order";
  EXPECT_EQ(FormText({7, 60}, flat, Layout::kHwc), "7 hwc");
  flat.axes = "NHWC";
  EXPECT_EQ(FormText({7, 60}, flat), "7 hwc");
  for (const auto& [shape, format] : {std::pair<std::vector<int64_t>, InputFormat>{{3, 3, 3}, square},
                                      {{2, 3, 3, 3}, square},
                                      {{60}, map},
                                      {{7, 60}, map}}) {
    EXPECT_NE(FormText(shape, format).find("say --layout hwc or --layout chw"), std::string::npos);
    EXPECT_NE(FormText(shape, format, Layout::kChw).find(" chw"), std::string::npos);
  }
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{5, 4, 3}, {60, 1}, {1, 1, 4, 5, 3}, {}, {4, 5}})
    EXPECT_NE(FormText(shape, map).find("and the network takes 4 x 5 x 3"), std::string::npos);
  EXPECT_NE(FormText({3, 4, 5}, map, Layout::kHwc).find("; --layout hwc)"), std::string::npos);
}

// Any bytes are an image or a sentence.
TEST_F(Files, DamagedImages) {
  const std::string rgb = Picture();
  stbi_write_png(Path("p.png").c_str(), 5, 4, 3, rgb.data(), 15);
  stbi_write_bmp(Path("p.bmp").c_str(), 5, 4, 3, rgb.data());
  stbi_write_jpg(Path("p.jpg").c_str(), 5, 4, 3, rgb.data(), 90);
  Write("p.ppm", "P6\n5 4\n255\n" + rgb);
  WriteNpy("|u1", "(4, 5, 3)", rgb);
  std::mt19937 random(5);
  int refused = 0;
  for (const char* name : {"p.png", "p.bmp", "p.jpg", "p.ppm", "a.npy"}) {
    std::ifstream in(Path(name), std::ios::binary);
    const std::string good{std::istreambuf_iterator<char>(in), {}};
    for (int i = 0; i < 60; i++) {
      std::string bad = good.substr(0, i % 3 == 0 ? random() % good.size() : good.size());
      for (unsigned flips = 1 + random() % 4; !bad.empty() && flips > 0; flips--)
        bad[random() % std::min<size_t>(bad.size(), 64)] = char(random());
      const auto path = Write("bad", bad);
      const std::string message = MessageOf([&] { LoadImages({path}, kRgb, {.resize = i % 2 == 0}); });
      if (message == "(accepted)") continue;
      refused++;
      EXPECT_TRUE(message.starts_with(path.string() + ": ")) << name << " " << i << ": " << message;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST_F(Files, WrongImagesAreRefused) {
  const auto says = [&](const std::filesystem::path& path) {
    return MessageOf([&] { LoadImages({path}, kFormat, {}); });
  };
  EXPECT_NE(says(Write("t", "# Weft\n")).find("neither an IDX file"), std::string::npos);
  EXPECT_NE(says(Write("e", "")).find("neither an IDX file"), std::string::npos);
  EXPECT_NE(says(Write("i", Idx({1, 3, 2}, kSix)))
                .find("is 3 x 2 x 1 (height, width, channels) and the network takes 2 x 3 x 1"),
            std::string::npos);
  EXPECT_NE(says(Write("i", Idx({2, 2, 3}, kSix))).find("should hold 12 bytes of data and holds 6"),
            std::string::npos);
  EXPECT_NE(says(Write("i", Idx({6}, kSix))).find("holds no images"), std::string::npos);
  EXPECT_NE(says(Write("i", Idx({0, 2, 3}, ""))).find("hold no image"), std::string::npos);
  EXPECT_NE(says(Write("p", "\x89PNG\r\n")).find("damaged"), std::string::npos);
  const std::string packed = [&] {
    std::ifstream file(WriteGz("z.gz", Idx({1, 2, 3}, kSix)), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  }();
  EXPECT_NE(says(Write("z.gz", packed.substr(0, packed.size() - 12))).find("damaged or cut off"),
            std::string::npos);
  stbi_write_png(Path("a.png").c_str(), 3, 2, 2, (kSix + kSix).data(), 6);
  EXPECT_NE(says(Path("a.png")).find("has transparent pixels"), std::string::npos);
  stbi_write_png(Path("c.png").c_str(), 2, 1, 3, kSix.data(), 6);
  EXPECT_NE(says(Path("c.png")).find("1 x 2 x 3"), std::string::npos);
  stbi_write_png(Path("c.png").c_str(), 3, 2, 3, std::string(18, 'x').c_str(), 9);
  EXPECT_NE(says(Path("c.png")).find("is RGB and the network takes grey images: convert it to grey"),
            std::string::npos);
  EXPECT_NE(says(Write("m.pgm", "P5 3 2 # 255\n15\n" + kSix)).find("its largest value is 15"),
            std::string::npos);
  EXPECT_NE(says(WriteNpy("<i4", "(2, 3)", std::string(24, 'x'))).find("'<i4' is not an image"),
            std::string::npos);
  EXPECT_NE(says(WriteNpy("|u1", "(3, 2)", kSix)).find("the array is 3 x 2 and the network takes 2 x 3 x 1"),
            std::string::npos);
  const float nan = std::nanf("");
  EXPECT_NE(says(WriteNpy("<f4", "(2, 3)",
                          std::string(20, '\0') + std::string(reinterpret_cast<const char*>(&nan), 4)))
                .find("a.npy: its value number 5 is not a number"),
            std::string::npos);
}

// ---- a float32 input before the first codes

TEST_F(Files, TheHostMakesCodesOfRealImages) {
  RealInput sums;
  sums.what = "Conv";
  sums.run = [](const std::vector<float>& image) {
    float sum = 0;
    for (const float x : image) sum += x;
    return std::vector<int8_t>{int8_t(sum), int8_t(image.back())};
  };
  InputFormat format{.shape = {1, 2, 3, 1}};
  format.real_input = &sums;
  format.codes = {1, 1, 1, 2};
  const std::string floats("\0\0\x80\x3F\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xA0\x40\0\0\xC0\x40",
                           24);  // 1 to 6
  const TensorI8 codes = LoadImages({WriteNpy("<f4", "(2, 2, 3, 1)", floats + floats)}, format, {});
  EXPECT_EQ(codes.shape, (Shape{2, 1, 1, 2}));
  EXPECT_EQ(codes.data, (std::vector<int8_t>{21, 6, 21, 6}));
  const TensorI8 pixels = LoadImages({WriteNpy("|u1", "(2, 3)", kSix)}, format, {.scale = 0.125F});
  EXPECT_EQ(pixels.data, (std::vector<int8_t>{int8_t(513 / 8), 31}));
  try {
    LoadImages({WriteNpy("|i1", "(2, 3)", kSix)}, format, {});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what())
                  .find("int8 arrays are codes, and the network's input is float32 up to its Conv"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace weft
