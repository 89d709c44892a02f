// SPDX-License-Identifier: Apache-2.0
// weft run --output and --dump: files, read back, on every engine.
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/sim/cli/cli_fixture.hpp"

namespace weft {
namespace {

const std::string kModel = WEFT_MODELS "/fashion_cnn.onnx";

class RunFiles : public Cli {
 protected:
  std::string Images() const {
    std::vector<uint8_t> pixels(3 * 784);
    for (size_t i = 0; i < pixels.size(); i++) pixels[i] = uint8_t(i * i / 7);
    return Array("i.npy", "|u1", {3, 28, 28}, pixels);
  }
  nlohmann::json Run(const std::string& options, const std::string& model = kModel) const {
    const Outcome o = Weft("run " + model + " --input " + Images() + " --json - " + options);
    EXPECT_EQ(o.status, 0) << options << o.err;
    return o.status == 0 ? nlohmann::json::parse(o.out) : nlohmann::json();
  }
  nlohmann::json Manifest(const std::string& folder) const {
    return nlohmann::json::parse(Contents(Path(folder + "/tensors.json")));
  }
};

TEST_F(RunFiles, OutputIsWhatTheScoresSay) {
  const auto json = Run("--engine golden --output " + Path("y.npy"));
  const NpyArray y = LoadNpy(Path("y.npy"));
  EXPECT_EQ(y.dtype, "<f4");
  EXPECT_EQ(y.shape.at(0), 3);
  EXPECT_EQ(y.size(), 30U);
  std::vector<float> values(30);
  std::memcpy(values.data(), y.bytes.data(), 120);
  size_t at = 0;
  for (const auto& image : json.at("logits"))
    for (const auto& score : image) EXPECT_EQ(score.get<float>(), values.at(at++));
  EXPECT_EQ(at, 30U);
  for (size_t n = 0; n < 3; n++) {
    const auto& top = json.at("top").at(n);
    ASSERT_EQ(top.size(), 5U);
    EXPECT_EQ(top.at(0).at("class"), json.at("predictions").at(n));
    EXPECT_GE(top.at(0).at("score"), top.at(1).at("score"));
    EXPECT_EQ(top.at(0).at("score").get<float>(), values[10 * n + top.at(0).at("class").get<size_t>()]);
  }
  EXPECT_EQ(json.at("outputs").at(0).at("file"), Path("y.npy"));
  EXPECT_EQ(json.at("outputs").at(0).at("shape"), nlohmann::json(y.shape));
}

TEST_F(RunFiles, OutputOfEveryEngineAndForm) {
  Run("--engine golden --output " + Path("y.npy"));
  const std::string expected = Contents(Path("y.npy"));
  Run("--engine rtl --batch 2 --output " + Path("r.npy"));
  EXPECT_EQ(Contents(Path("r.npy")), expected);
  Run("--engine golden --output " + Path("o-{name}.npy"));
  int found = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(Path("y.npy")).parent_path()))
    if (file.path().filename().string().starts_with("o-")) {
      EXPECT_EQ(Contents(file.path()), expected);
      found++;
    }
  EXPECT_EQ(found, 1);
  Run("--engine golden --output " + Path("y.npz"));
  EXPECT_NE(Contents(Path("y.npz")).find(expected), std::string::npos) << "stored as it is";
  ASSERT_EQ(Weft("compile " + kModel + " --batch 2 -o " + Path("n.weft")).status, 0);
  Run("--engine rtl --output " + Path("w.npy"), Path("n.weft"));
  EXPECT_EQ(Contents(Path("w.npy")), expected);
}

TEST_F(RunFiles, DumpOfTheRtlIsTheGoldenModels) {
  Run("--engine golden --dump " + Path("g"));
  Run("--engine rtl --batch 2 --dump " + Path("r"));
  const auto golden = Manifest("g"), rtl = Manifest("r");
  std::map<std::string, int> sources;
  ASSERT_EQ(golden.at("tensors").size(), 7U);
  for (size_t t = 0; t < golden.at("tensors").size(); t++) {
    const auto &g = golden.at("tensors").at(t), &r = rtl.at("tensors").at(t);
    sources[r.at("source").get<std::string>()]++;
    const std::string file = g.at("file").get<std::string>();
    EXPECT_EQ(r.at("file"), file);
    EXPECT_EQ(Contents(Path("r/" + file)), Contents(Path("g/" + file))) << file;
    const NpyArray array = LoadNpy(Path("g/" + file));
    EXPECT_EQ(nlohmann::json(array.shape), g.at("shape"));
    EXPECT_EQ(array.dtype, "|i1");
    EXPECT_EQ(g.at("type"), "int8");
  }
  // Two convolutions have a max-pool inside: their own outputs are in no memory.
  EXPECT_EQ(sources, (std::map<std::string, int>{{"input", 1}, {"golden", 2}, {"rtl", 4}}));
}

TEST_F(RunFiles, Refusals) {
  const std::string run = "run " + kModel + " --input " + Images() + " --engine ";
  ExpectRefused(run + "cycles --output " + Path("y.npy"), "--output needs the engine rtl or golden");
  ExpectRefused(run + "cycles --dump " + Path("d"), "--dump needs the engine rtl or golden");
  ExpectRefused(run + "rtl --trace " + Path("t.fst") + " --dump " + Path("d"), "use one of the two");
  ExpectRefused(run + "golden --output " + Path("y.txt"), "ends in .npy, or in .npz");
  ExpectRefused(run + "golden --output /nowhere/y.npy", "there is no folder /nowhere");
  ExpectRefused(run + "golden --dump " + Write("file", "x"), "the folder cannot be made");
  ExpectRefused(run + "golden --top 0", "--top");
  ExpectRefused(run + "golden --layout nchw", "use hwc or chw");
  ExpectRefused(run + "golden --mean 1,x", "--mean '1,x': give numbers");
  ExpectRefused(run + "golden --mean 1,2,3", "3 values, and the network's input has 1 channels");
  ExpectRefused(run + "golden --std 0", "none of them 0");
  ExpectRefused(run + "golden --scale 0", "--scale 0");
  ExpectRefused(run + "golden --rounding ieee", "--rounding 'ieee': use tflite or onnx");
  ExpectRefused("run " + kModel + " --engine cycles --layout hwc", "need --input");
  ASSERT_EQ(Weft("compile " + kModel + " -o " + Path("n.weft")).status, 0);
  ExpectRefused("run " + Path("n.weft") + " --rounding tflite --engine golden --input x",
                "leave --rounding out");
  ExpectRefused("info " + Path("n.weft") + " --rounding tflite", "leave --rounding out");
}

}  // namespace
}  // namespace weft
