// SPDX-License-Identifier: Apache-2.0
// The program `weft` from outside: exit status and text. Bad input of every kind is one line and never a
// crash.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
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
  ExpectRefused("run " + kModel + " --input " + image + " --engine warp", "warp");
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
  for (const std::string trace : {"x.vcd", "x", "x.fst.gz"})
    ExpectRefused(base + " --trace " + Path(trace) + " --engine rtl", "give a name that ends in .fst");
  ExpectRefused(base + " --trace-window 1:2 --engine rtl", "--trace FILE");
  ExpectRefused(base + " --trace x.fst --trace-window 2:1 --engine rtl", "--trace-window");
}

// What an engine has no use for is right all the same.
TEST_F(Cli, OptionsThatTheGoldenModelDoesNotNeed) {
  const std::string image = Array("i.npy", "|u1", {28, 28, 1}, std::vector<uint8_t>(784));
  for (const std::string& base :
       {std::string("conv --in 8x8x3 --filters 4x3x3"), "run " + kModel + " --input " + image})
    for (const std::string check : {"", " --check"}) {
      ExpectRefused(base + check + " --config nonexist.json" + kGolden, "nonexist.json");
      ExpectRefused(base + check + " --memory nonsense" + kGolden, "--memory");
      ExpectRefused(base + check + " --memory 0:40" + kGolden, "memory");
      ExpectRefused(base + check + " --stalls 0.5" + kGolden, "--stalls");
      EXPECT_EQ(Weft(base + check + " --config 4x4 --memory 4:40" + kGolden).status, 0);
    }
}

TEST_F(Cli, OptionsThatWouldBeIgnored) {
  ExpectRefused("run " + kModel + " --engine cycles --limit 3", "--limit needs --input");
  ExpectRefused("run " + kModel + " --engine cycles --labels " + Write("l", "1\n"),
                "--labels needs the engine rtl");
  for (const std::string zp : {" --input-zp 3", " --output-zp 0"})
    ExpectRefused("conv --in 8x8x3 --filters 4x3x3" + zp + kGolden, "need --input");
  ExpectRefused("waves " + kModel + " conv --in 8x8x3 --filters 4x3x3", "not both");
}

TEST_F(Cli, FloatsThatSaturateAreTold) {
  const auto run = [&](float scale, size_t bright) {
    std::vector<uint8_t> bytes(784 * 4);
    for (size_t i = 0; i < bright; ++i) {
      const float pixel = scale * float(i % 255 + 1);
      std::memcpy(&bytes[4 * i], &pixel, 4);
    }
    return Weft("run " + kModel + " --input " + Array("f.npy", "<f4", {28, 28, 1}, bytes) + kGolden);
  };
  const std::string says = "saturate: floats are the network's real input; give pixels of 0 to 255 as uint8";
  for (const size_t bright : {784, 100}) {  // a black background is no sign that all is well
    const Outcome o = run(1, bright);
    EXPECT_EQ(o.status, 0) << o.err;
    EXPECT_NE(o.err.find(says), std::string::npos) << bright << o.err;
    EXPECT_EQ(run(1.0F / 255, bright).err, "") << bright;
  }
}

// Nothing was compared, nothing is claimed.
TEST_F(Cli, MismatchesOfWhatWasNotCompared) {
  const auto json = [&](const std::string& arguments, int status = 0) {
    const Outcome o = Weft(arguments + " --json -");
    EXPECT_EQ(o.status, status) << arguments << o.err;
    return o.status == status ? nlohmann::json::parse(o.out) : nlohmann::json();
  };
  const std::string image = Array("i.npy", "|u1", {28, 28, 1}, std::vector<uint8_t>(784, 9));
  const std::string run = "run " + kModel + " --input " + image, conv = "conv --in 8x8x3 --filters 4x3x3";
  for (const std::string engine : {" --engine rtl", " --engine cycles", " --engine golden"}) {
    const auto of_run = json(run + engine), of_conv = json(conv + engine);
    EXPECT_TRUE(of_run.at("mismatches").is_null()) << engine;
    EXPECT_TRUE(of_conv.at("mismatches").is_null()) << engine;
    EXPECT_EQ(of_run.at("outputs_compared"), 0) << engine;
    for (const auto& layer : of_run.at("layers")) EXPECT_TRUE(layer.at("mismatches").is_null()) << engine;
  }
  for (const std::string engine : {" --engine rtl --check", " --engine golden --check"}) {
    const auto of_run = json(run + engine);
    EXPECT_EQ(of_run.at("mismatches"), 0) << engine;
    EXPECT_EQ(of_run.at("outputs_compared"), 14 * 14 * 16 + 7 * 7 * 32 + 7 * 7 * 64 + 10) << engine;
    for (const auto& layer : of_run.at("layers")) EXPECT_EQ(layer.at("mismatches"), 0) << engine;
    EXPECT_EQ(json(conv + engine).at("outputs_compared"), 6 * 6 * 4) << engine;
  }
  const std::string table = Weft(run + " --engine rtl").out,
                    compared = Weft(run + " --engine rtl --check").out;
  for (const std::string layer : {"conv1 ", "fc ", "total "}) {
    const auto cell = [&](const std::string& text) {
      const size_t end = text.find('\n', text.find("\n" + layer) + 1);
      return text.substr(0, end).substr(text.rfind(' ', end) + 1);
    };
    EXPECT_EQ(cell(table), "-") << table;
    EXPECT_EQ(cell(compared), "0") << compared;
  }
  EXPECT_EQ(table.find("mismatches:"), std::string::npos);
  EXPECT_NE(compared.find(", 4 of 4 operators\nmismatches: 0\n"), std::string::npos) << compared;
}

// A trace that a run has not left is told, and one of an earlier run is none.
TEST_F(Cli, TracesThatAreNotThere) {
  const std::string conv = "conv --in 8x8x3 --filters 4x3x3 --engine rtl --trace " + Path("t.fst");
  ASSERT_EQ(Weft(conv + " --trace-window 10:20").status, 0);
  EXPECT_TRUE(std::filesystem::exists(Path("t.fst")));
  ExpectRefused(conv + " --trace-window 1000000:1000010", "no trace was written");
  EXPECT_FALSE(std::filesystem::exists(Path("t.fst")));
  ExpectRefused("conv --in 8x8x3 --filters 4x3x3 --engine rtl --trace /nowhere/t.fst",
                "no trace was written");
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
