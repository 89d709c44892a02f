// SPDX-License-Identifier: Apache-2.0
// Arrays as text, and the layer that `weft conv` makes of them.
#include "sim/cli/planes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/cli/conv_layer.hpp"
#include "sw_model/error.hpp"
#include "sw_model/golden/golden.hpp"

namespace weft::cli {
namespace {

class PlanesTest : public ::testing::Test {
 protected:
  PlanesTest() { std::filesystem::create_directories(dir_); }
  ~PlanesTest() override { std::filesystem::remove_all(dir_); }
  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  std::string Refusal(const std::string& text, int channels) {
    try {
      LoadPlanes(File("bad.txt", text), channels);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  ConvOptions Edges() {
    ConvOptions options;
    options.input_file = File("image.txt", "0 10 0\n0 10 0\n0 10 0\n");
    options.weights_file = File("filter.txt", "1 0\n1 0\n");
    return options;
  }

 private:
  // A process' own: ctest runs the tests of this fixture beside one another.
  std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("weft_planes_" + std::to_string(getpid()));
};

TEST_F(PlanesTest, AnEmptyLinePartsPlanesACommentDoesNot) {
  const TensorI8 image =
      LoadPlanes(File("a.txt", "# red\n1 2 -3\n# still red\n4 5 6 # row\n\n\n7 8 9\n-128 0 127\n"), 0);
  EXPECT_EQ(image.shape, (Shape{1, 2, 3, 2}));
  EXPECT_THAT(image.data, ::testing::ElementsAre(1, 7, 2, 8, -3, 9, 4, -128, 5, 0, 6, 127));
}

TEST_F(PlanesTest, PlanesAreTheChannelsOfEachFilter) {
  const TensorI8 filters = LoadPlanes(File("a.txt", "1\n\n2\n\n3\n\n4\n"), 2);
  EXPECT_EQ(filters.shape, (Shape{2, 1, 1, 2}));
  EXPECT_THAT(filters.data, ::testing::ElementsAre(1, 2, 3, 4));
}

TEST_F(PlanesTest, RefusesWithTheLine) {
  EXPECT_THAT(Refusal("1 2\n3 x\n", 0),
              ::testing::HasSubstr("bad.txt:2: 'x': give whole numbers from -128 to 127"));
  EXPECT_THAT(Refusal("1 128\n", 0), ::testing::HasSubstr("bad.txt:1: '128'"));
  EXPECT_THAT(Refusal("1 1.5\n", 0), ::testing::HasSubstr("'1.5'"));
  EXPECT_THAT(Refusal("1 2\n3\n", 0), ::testing::HasSubstr("bad.txt:2: 1 numbers, the first row has 2"));
  EXPECT_THAT(Refusal("1\n2\n\n3\n", 0), ::testing::HasSubstr("planes of 2 and of 1 rows"));
  EXPECT_THAT(Refusal("1\n\n2\n\n3\n", 2),
              ::testing::HasSubstr("3 planes are no multiple of the 2 channels"));
  EXPECT_THAT(Refusal("# nothing\n", 0), ::testing::HasSubstr("it holds no numbers"));
  EXPECT_THROW(LoadPlanes("no_such.txt", 0), Error);
}

TEST_F(PlanesTest, ALayerWithAFactor) {
  ConvOptions options = Edges();
  options.factor = 0.25;
  options.bias = "-3";  // sums of -3 and 17
  ConvCase c = MakeConvCase(options);
  EXPECT_THAT(golden::Conv(c.input, c.layer).data, ::testing::ElementsAre(-1, 5, -1, 5));  // rounded twice
  options.rounding = "onnx";
  c = MakeConvCase(options);
  EXPECT_THAT(golden::Conv(c.input, c.layer).data, ::testing::ElementsAre(-1, 4, -1, 4));
}

TEST_F(PlanesTest, FactorOrMultiplierAndShift) {
  ConvOptions options = Edges();
  EXPECT_THROW(MakeConvCase(options), Error);
  options.factor = 1;
  EXPECT_NO_THROW(MakeConvCase(options));
  options.bias = "1,2";
  EXPECT_THROW(MakeConvCase(options), Error);
  options.bias = "";
  options.shift_file = File("shift.npy", "");
  EXPECT_THROW(MakeConvCase(options), Error);
  options.shift_file = "";
  options.factor = 0;
  EXPECT_THROW(MakeConvCase(options), Error);
}

}  // namespace
}  // namespace weft::cli
