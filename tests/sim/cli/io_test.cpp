// SPDX-License-Identifier: Apache-2.0
// Array, image and label files.
#include "sim/cli/io.hpp"

#include <gtest/gtest.h>
#include <stb/stb_image_write.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>
#include <functional>

#include "sw_model/error.hpp"

namespace weft {
namespace {

std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

class Files : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path Path(const std::string& name) const { return folder_ / name; }
  std::filesystem::path Write(const std::string& name, const std::string& contents) const {
    std::ofstream(Path(name), std::ios::binary) << contents;
    return Path(name);
  }
  std::filesystem::path WriteGz(const std::string& name, const std::string& contents) const {
    gzFile file = gzopen(Path(name).c_str(), "wb");
    gzwrite(file, contents.data(), unsigned(contents.size()));
    gzclose(file);
    return Path(name);
  }
  std::filesystem::path WriteNpy(const std::string& dtype, const std::string& shape, const std::string& data,
                                 const std::string& order = "False") const {
    std::string header =
        "{'descr': '" + dtype + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
    return Write("a.npy", std::string("\x93NUMPY\x01\0", 8) + char(header.size()) + '\0' + header + data);
  }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("weft_io_test_" + std::to_string(getpid()));
};

std::string Idx(const std::vector<unsigned char>& sizes, const std::string& data) {
  std::string file{'\0', '\0', '\x08', char(sizes.size())};
  for (const unsigned char size : sizes) file += std::string(3, '\0') + char(size);
  return file + data;
}

const InputFormat kFormat{.shape = {1, 2, 3, 1}, .scale = 1.0F / 255, .zero_point = -128};
const std::string kSix("\x00\x01\x02\x7F\x80\xFF", 6);  // pixels
const std::vector<int8_t> kSixCodes = {-128, -127, -126, -1, 0, 127};

// ---- .npy

TEST_F(Files, NpyRoundTrip) {
  TensorI8 tensor(Shape{2, 3, 4, 5});
  for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = int8_t(i * 7);
  SaveNpy(Path("t.npy"), tensor);
  EXPECT_EQ(AsTensorI8(LoadNpy(Path("t.npy")), "t"), tensor);
  EXPECT_EQ((std::filesystem::file_size(Path("t.npy")) - tensor.data.size()) % 64, 0U);
}

TEST_F(Files, NpyOfThreeDimensionsIsOneImage) {
  EXPECT_EQ(AsTensorI8(LoadNpy(WriteNpy("|i1", "(1, 2, 3)", kSix)), "t").shape, (Shape{1, 1, 2, 3}));
}

TEST_F(Files, NpyIntegersOfAnyWidth) {
  EXPECT_EQ(AsInt32(LoadNpy(WriteNpy("|i1", "(2,)", "\xFF\x05")), "t"), (std::vector<int32_t>{-1, 5}));
  EXPECT_EQ(AsInt32(LoadNpy(WriteNpy("<i4", "(1,)", std::string("\x01\x02\0\0", 4))), "t"),
            std::vector<int32_t>{513});
  EXPECT_EQ(AsInt32(LoadNpy(WriteNpy("<i8", "(1,)", std::string(8, '\xFF'))), "t"), std::vector<int32_t>{-1});
}

TEST_F(Files, DamagedNpyIsRefused) {
  const auto says = [&](const std::filesystem::path& path) { return MessageOf([&] { LoadNpy(path); }); };
  EXPECT_NE(says(Path("none.npy")).find("no such file"), std::string::npos);
  EXPECT_NE(says(Write("x.npy", "README")).find("not a .npy array"), std::string::npos);
  EXPECT_NE(says(Write("x.npy", "\x93NUMPY")).find("not a .npy array"), std::string::npos);
  EXPECT_NE(says(Write("x.npy", std::string("\x93NUMPY\x01\0\xFF\xFF", 10))).find("header is damaged"),
            std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(7,)", kSix)).find("should hold 7 bytes of data and holds 6"),
            std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(6", kSix)).find("no sound shape"), std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(-6,)", kSix)).find("zero, negative or too large"), std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(99999999999999999999,)", kSix)).find("too large"), std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(65536, 65536, 65536, 65536)", kSix)).find("too large"), std::string::npos);
  EXPECT_NE(says(WriteNpy("<f8", "(6,)", kSix)).find("'<f8' are not supported"), std::string::npos);
  EXPECT_NE(says(WriteNpy("|i1", "(6,)", kSix, "True")).find("Fortran order"), std::string::npos);
}

// ---- images

TEST_F(Files, IdxImagesPlainAndGzipped) {
  const std::string idx = Idx({2, 2, 3}, kSix + kSix);
  for (const auto& path : {Write("i", idx), WriteGz("i.gz", idx)}) {
    const TensorI8 images = LoadImages({path}, kFormat, 0);
    EXPECT_EQ(images.shape, (Shape{2, 2, 3, 1}));
    EXPECT_EQ(std::vector<int8_t>(images.data.begin(), images.data.begin() + 6), kSixCodes);
  }
}

TEST_F(Files, ImagesAreQuantisedWithTheInputsScale) {
  InputFormat format = kFormat;
  format.scale = 1.0F / 64;  // pixel 255 -> 64 steps
  format.zero_point = 10;
  EXPECT_EQ(LoadImages({Write("i", Idx({1, 2, 3}, kSix))}, format, 0).data,
            (std::vector<int8_t>{10, 10, 11, 42, 42, 74}));
}

TEST_F(Files, LimitAndSeveralFiles) {
  const auto path = Write("i", Idx({2, 2, 3}, kSix + kSix));
  EXPECT_EQ(LoadImages({path, path}, kFormat, 0).shape.n, 4);
  EXPECT_EQ(LoadImages({path, path}, kFormat, 3).shape.n, 3);
  EXPECT_EQ(LoadImages({path, Path("none")}, kFormat, 1).shape.n, 1);
}

TEST_F(Files, PngGreyAndRgb) {
  stbi_write_png(Path("g.png").c_str(), 3, 2, 1, kSix.data(), 3);
  EXPECT_EQ(LoadImages({Path("g.png")}, kFormat, 0).data, kSixCodes);
  InputFormat rgb = kFormat;
  rgb.shape = {1, 1, 2, 3};
  stbi_write_png(Path("c.png").c_str(), 2, 1, 3, kSix.data(), 6);
  EXPECT_EQ(LoadImages({Path("c.png")}, rgb, 0).data, kSixCodes);
}

TEST_F(Files, NpyImages) {
  EXPECT_EQ(LoadImages({WriteNpy("|u1", "(2, 3, 1)", kSix)}, kFormat, 0).data, kSixCodes);
  EXPECT_EQ(LoadImages({WriteNpy("|i1", "(1, 2, 3, 1)", kSix)}, kFormat, 0).data,
            (std::vector<int8_t>{0, 1, 2, 127, -128, -1}));
  const std::vector<float> reals = {0, 1, 128.0F / 255, -1, 9, 100.0F / 255};
  const std::string bytes(reinterpret_cast<const char*>(reals.data()), 24);
  EXPECT_EQ(LoadImages({WriteNpy("<f4", "(2, 3, 1)", bytes)}, kFormat, 0).data,
            (std::vector<int8_t>{-128, 127, 0, -128, 127, -28}));
}

TEST_F(Files, WrongImagesAreRefused) {
  const auto says = [&](const std::filesystem::path& path) {
    return MessageOf([&] { LoadImages({path}, kFormat, 0); });
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
  stbi_write_png(Path("a.png").c_str(), 1, 3, 2, kSix.data(), 2);
  EXPECT_NE(says(Path("a.png")).find("transparency"), std::string::npos);
  stbi_write_png(Path("c.png").c_str(), 2, 1, 3, kSix.data(), 6);
  EXPECT_NE(says(Path("c.png")).find("1 x 2 x 3"), std::string::npos);
}

// ---- labels

TEST_F(Files, LabelsOfEveryKind) {
  const std::vector<int> expected = {7, 0, 9};
  EXPECT_EQ(LoadLabels(Write("l", Idx({3}, std::string("\x07\0\x09", 3)))), expected);
  EXPECT_EQ(LoadLabels(WriteGz("l.gz", Idx({3}, std::string("\x07\0\x09", 3)))), expected);
  EXPECT_EQ(LoadLabels(WriteNpy("|u1", "(3,)", std::string("\x07\0\x09", 3))), expected);
  EXPECT_EQ(LoadLabels(Write("l.txt", "7\n0\r\n 9\n")), expected);
}

TEST_F(Files, WrongLabelsAreRefused) {
  const auto says = [&](const std::filesystem::path& path) { return MessageOf([&] { LoadLabels(path); }); };
  EXPECT_NE(says(Write("t", "7 cats\n")).find("neither an IDX file of labels"), std::string::npos);
  EXPECT_NE(says(Write("t", "99999999999\n")).find("neither"), std::string::npos);
  EXPECT_NE(says(Write("i", Idx({1, 2, 3}, kSix))).find("holds no labels"), std::string::npos);
  EXPECT_NE(says(WriteNpy("<f4", "(1,)", std::string(4, '\0'))).find("integers are needed"),
            std::string::npos);
}

}  // namespace
}  // namespace weft
