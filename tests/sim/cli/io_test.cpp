// SPDX-License-Identifier: Apache-2.0
// Array and label files.
#include <gtest/gtest.h>

#include "tests/sim/cli/files_fixture.hpp"

namespace weft {
namespace {

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

TEST_F(Files, FortranOrderIsTurned) {
  const auto load = [&](const std::string& dtype, const std::string& shape, const std::string& data) {
    return LoadNpy(WriteNpy(dtype, shape, data, "True")).bytes;
  };
  EXPECT_EQ(load("|u1", "(2, 3)", {0, 3, 1, 4, 2, 5}), (std::vector<uint8_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(load("|u1", "(2, 1, 2, 2)", {0, 4, 2, 6, 1, 5, 3, 7}),
            (std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(load("<i4", "(1, 2)", "aaaabbbb"),
            (std::vector<uint8_t>{'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b'}));
  EXPECT_EQ(load("<i4", "(2, 2)", "aaaaccccbbbbdddd")[4], 'b');
  EXPECT_EQ(load("|u1", "(3,)", {7, 8, 9}), (std::vector<uint8_t>{7, 8, 9}));
}

// numpy.load of it is a test of tests/oracle; here the parts that a reader goes by.
TEST_F(Files, NpzHoldsStoredArrays) {
  const NpyArray x{"|i1", {3}, {1, 2, 3}}, y{"|u1", {1, 2}, {4, 5}};
  SaveNpz(Path("a.npz"), {{"x", x}, {"a/y", y}});
  std::ifstream in(Path("a.npz"), std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const auto number = [&](size_t at, int bytes) {
    size_t value = 0;
    for (int i = bytes; i-- > 0;) value = value << 8 | uint8_t(file.at(at + size_t(i)));
    return value;
  };
  const size_t end = file.size() - 22;
  ASSERT_EQ(file.substr(end, 4), "PK\x05\x06");
  ASSERT_EQ(number(end + 10, 2), 2U);
  EXPECT_EQ(number(end + 12, 4) + number(end + 16, 4), end);
  size_t at = number(end + 16, 4);
  for (const auto& [name, array] : {std::pair<std::string, NpyArray>{"x.npy", x}, {"a/y.npy", y}}) {
    ASSERT_EQ(file.substr(at, 4), "PK\x01\x02");
    EXPECT_EQ(file.substr(at + 46, number(at + 28, 2)), name);
    const size_t entry = number(at + 42, 4), size = number(at + 24, 4);
    ASSERT_EQ(file.substr(entry, 4), "PK\x03\x04");
    EXPECT_EQ(file.substr(entry + 30, name.size()), name);
    const std::string data = file.substr(entry + 30 + name.size(), size);
    EXPECT_EQ(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()), number(at + 16, 4));
    const NpyArray read = ParseNpy({data.begin(), data.end()}, name);
    EXPECT_EQ(read.shape, array.shape);
    EXPECT_EQ(read.dtype, array.dtype);
    EXPECT_EQ(read.bytes, array.bytes);
    at += 46 + name.size();
  }
  EXPECT_EQ(at, end);
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
  EXPECT_NE(says(WriteNpy("<f2", "(3,)", kSix)).find("'<f2' are not supported"), std::string::npos);
  EXPECT_NE(says(WriteNpy(">f4", "(1,)", kSix)).find("is big-endian ('>f4'); save array.astype('<f4')"),
            std::string::npos);
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
