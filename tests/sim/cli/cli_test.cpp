// SPDX-License-Identifier: Apache-2.0
// The program `weft` from outside: exit status and text. Bad input of every kind is one line and never a
// crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/cli/io.hpp"
#include "tests/sim/cli/cli_fixture.hpp"

namespace weft {
namespace {

const std::string kModel = WEFT_MODELS "/fashion_cnn.onnx";
const std::string kGolden = " --engine golden";

TEST_F(Cli, UnknownCommands) {
  ExpectRefused("");
  ExpectRefused("dance", "dance");
  ExpectRefused("info", "MODEL");
  ExpectRefused("info --json");
  ExpectRefused("conv --in 8x8x3 --filters 4x3x3", "--engine");
  ExpectRefused("conv --in 8x8x3 --filters 4x3x3 --engine warp", "warp");
  ExpectRefused("conv --nonsense" + kGolden);
}

TEST_F(Cli, BadModels) {
  ExpectRefused("info " + Path("none.onnx"), "no such file");
  ExpectRefused("info /tmp", "no such file");
  ExpectRefused("info " + Write("empty.onnx", ""), "empty");
  ExpectRefused("info " + Write("text.onnx", "# Weft\n\nAn open accelerator\n"), "not an ONNX model");
  ExpectRefused("info " + Write("cut.onnx", Contents(kModel).substr(0, 5000)));
  ExpectRefused("run " + Write("cut.onnx", Contents(kModel).substr(0, 5000)) + " --input x.png" + kGolden);
}

TEST_F(Cli, BadImagesAndLabels) {
  const std::string image = Array("i.npy", "|u1", {28, 28, 1}, std::vector<uint8_t>(784));
  ExpectRefused("run " + kModel + kGolden, "--input is missing");
  ExpectRefused("run " + kModel + " --input " + Path("none.png") + kGolden, "no such file");
  ExpectRefused("run " + kModel + " --input " + Write("t", "text") + kGolden, "neither an IDX");
  ExpectRefused(
      "run " + kModel + " --input " + Array("s.npy", "|u1", {27, 28, 1}, std::vector<uint8_t>(756)) + kGolden,
      "27 x 28 x 1");
  ExpectRefused("run " + kModel + " --limit 0 --input " + image + kGolden);
  ExpectRefused("run " + kModel + " --limit x --input " + image + kGolden);
  ExpectRefused("run " + kModel + " --input " + image + " --labels " + Write("l", "") + kGolden,
                "0 labels for 1 images");
  ExpectRefused("run " + kModel + " --input " + image + " --labels " + Path("none") + kGolden,
                "no such file");
  ExpectRefused("run " + kModel + " --input " + image + " --json /nowhere/x" + " --engine warp", "warp");
}

TEST_F(Cli, BadSizes) {
  const std::string filters = " --filters 4x3x3" + kGolden;
  for (const std::string in : {"0x7x3", "99999999999x7x3", "99999999999999999999999x7x3", "-7x7x3", "8x8",
                               "8x8x3x1", "8x8x", "x8x8", "8,8,3", "''", "8.5x8x3", "axbxc", "0x8x8x3"})
    ExpectRefused("conv --in " + in + filters, "--in");
  ExpectRefused("conv" + filters, "--in is missing");
  ExpectRefused("conv --in 65536x65536x65536" + filters, "--in has more than");
  ExpectRefused("conv --in 8x8x3" + kGolden, "--filters is missing");
  ExpectRefused("conv --in 8x8x3 --filters 3x3" + kGolden, "--filters");
  ExpectRefused("conv --in 30000x30000x1 --filters 4000x1x1" + kGolden, "output");
}

TEST_F(Cli, BadWindows) {
  const std::string base = "conv --in 7x7x3 --filters 4x3x3" + kGolden;
  ExpectRefused(base + " --stride 3", "does not fit");
  ExpectRefused(base + " --stride 0", "--stride");
  ExpectRefused(base + " --stride -1", "--stride");
  ExpectRefused(base + " --stride 1x1x1", "--stride");
  ExpectRefused(base + " --pad -1", "--pad");
  ExpectRefused(base + " --pad 1,1", "--pad");
  ExpectRefused(base + " --dilation 9", "padded input");
  ExpectRefused(base + " --dilation 0", "--dilation");
  ExpectRefused(base + " --groups 2", "--groups");
  ExpectRefused(base + " --groups 0", "--groups");
  ExpectRefused(base + " --pool 2", "--pool");
  ExpectRefused(base + " --pool 2x2:0", "--pool");
  ExpectRefused(base + " --pool 2x2", "does not fit");  // of 5 x 5
  ExpectRefused(base + " --pool 6x6", "padded input");
  ExpectRefused(base + " --batch 0", "--batch");
  ExpectRefused(base + " --batch 9999999", "--batch");
  ExpectRefused("conv --in 2x2x3 --filters 4x5x5 --engine rtl", "padded input");
}

TEST_F(Cli, BadEngineOptions) {
  const std::string base = "conv --in 8x8x3 --filters 4x3x3";
  ExpectRefused(base + " --config nonsense --engine rtl");
  ExpectRefused(base + " --config nonsense --engine cycles");
  ExpectRefused(base + " --stalls 2" + kGolden, "--stalls");
  ExpectRefused(base + " --stalls nan" + kGolden, "--stalls");
  ExpectRefused(base + " --seed -1" + kGolden, "--seed");
  ExpectRefused(base + " --memory 8" + kGolden, "--memory");
  ExpectRefused(base + " --memory a:b" + kGolden, "--memory");
  ExpectRefused(base + " --check --engine cycles", "--check");
  ExpectRefused(base + " --trace x.fst" + kGolden, "--trace");
  ExpectRefused(base + " --trace-window 1:2 --engine rtl", "--trace FILE");
  ExpectRefused(base + " --trace x.fst --trace-window 2:1 --engine rtl", "--trace-window");
}

TEST_F(Cli, BadArrays) {
  const std::string x = Array("x.npy", "|i1", {4, 4, 2}, std::vector<uint8_t>(32));
  const std::string w = Array("w.npy", "|i1", {3, 1, 1, 2}, std::vector<uint8_t>(6));
  const std::string m = Array("m.npy", "<i4", {3}, std::vector<uint8_t>(12));
  const std::string base = "conv --input " + x + " --weights " + w + kGolden;
  const std::string full = base + " --multiplier " + m + " --shift " + m;
  EXPECT_EQ(Weft(full).status, 0) << Weft(full).err;
  ExpectRefused(base, "--multiplier");
  ExpectRefused("conv --input " + x + kGolden, "need each other");
  ExpectRefused("conv --bias " + m + " --in 4x4x2 --filters 3x1x1" + kGolden, "--bias");
  ExpectRefused(full + " --in 4x4x3", "--in");
  ExpectRefused(full + " --filters 4x1x1", "--filters");
  ExpectRefused(full + " --batch 2", "--batch");
  ExpectRefused(full + " --bias " + x, "one dimension");
  ExpectRefused(full + " --bias " + Array("b.npy", "<i4", {2}, std::vector<uint8_t>(8)), "2 values for 3");
  ExpectRefused(full + " --bias " + Path("none.npy"), "no such file");
  ExpectRefused(full + " --input-zp 200", "zero point");
  ExpectRefused(full + " --clamp 5", "--clamp");
  ExpectRefused(full + " --clamp 5:-5", "clamp");
  ExpectRefused(full + " --output /nowhere/y.npy", "cannot be written");
  ExpectRefused("conv --input " + m + " --weights " + w + kGolden, "int8 is needed");
}

TEST_F(Cli, JsonIsAllOfStdout) {
  const Outcome conv =
      Weft("conv --in 9x8x3 --filters 4x3x3 --pad 1,1,0,2 --relu --check --json -" + kGolden);
  ASSERT_EQ(conv.status, 0) << conv.err;
  const auto json = nlohmann::json::parse(conv.out);
  EXPECT_EQ(json.at("output_shape"), nlohmann::json({1, 9, 8, 4}));
  EXPECT_EQ(json.at("macs"), 9 * 8 * 4 * 27);
  EXPECT_EQ(json.at("mismatches"), 0);
  EXPECT_EQ(json.at("outputs"), 9 * 8 * 4);

  const Outcome info = Weft("info " + kModel + " --json -");
  ASSERT_EQ(info.status, 0) << info.err;
  EXPECT_GT(nlohmann::json::parse(info.out).at("macs"), 0);
}

TEST_F(Cli, RunsTheDemoNetwork) {
  const std::string image = Array("i.npy", "|u1", {2, 28, 28, 1}, std::vector<uint8_t>(1568, 9));
  const Outcome run = Weft("run " + kModel + " --check --json - --labels " + Write("l", "1\n2\n") +
                           " --input " + image + kGolden);
  ASSERT_EQ(run.status, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json.at("images"), 2);
  EXPECT_EQ(json.at("mismatches"), 0);
  EXPECT_EQ(json.at("predictions").size(), 2U);
  EXPECT_TRUE(json.contains("accuracy"));
  EXPECT_EQ(json.at("layers").at(0).at("op"), "conv");
}

TEST_F(Cli, SameSeedSameOutput) {
  const std::string base = "conv --in 8x8x3 --filters 4x3x3" + kGolden;
  for (const std::string seed : {"1", "1", "2"})
    Weft(base + " --seed " + seed + " --output " + Path("y" + seed));
  const TensorI8 one = AsTensorI8(LoadNpy(Path("y1")), "y"), two = AsTensorI8(LoadNpy(Path("y2")), "y");
  EXPECT_NE(one, two);
  const auto [low, high] = std::minmax_element(one.data.begin(), one.data.end());
  EXPECT_GT(*high - *low, 100) << "random outputs should use the range of int8";
}

}  // namespace
}  // namespace weft
