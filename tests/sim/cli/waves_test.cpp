// SPDX-License-Identifier: Apache-2.0
// weft waves --system as a user calls it, on the RTL.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/sim/cli/cli_fixture.hpp"

namespace weft {
namespace {

const std::string kSystem = "waves --system --config 4x4 --json - --out ";

TEST_F(Cli, ComparesTheSystemOfOneLayer) {
  const Outcome o =
      Weft(kSystem + Path("w") + " conv --in 6x7x5 --filters 9x3x3 --pad 1 --batch 2 --memory 4:9");
  ASSERT_EQ(o.status, 0) << o.err;
  const auto json = nlohmann::json::parse(o.out);
  EXPECT_EQ(json.at("differences"), 0);
  EXPECT_TRUE(json.at("first").is_null());
  EXPECT_GT(json.at("cycles"), 1000);
  EXPECT_GT(json.at("bytes_at_end"), 2 * 6 * 7 * 9);
  // Three column groups of two images, and what they are written with.
  EXPECT_EQ(json.at("streams").at("outputs of the engine"), 2 * 6 * 7 * 3);
  EXPECT_EQ(json.at("streams").at("places of outputs"), 2 * 6 * 7 * 3);
  EXPECT_GT(json.at("streams").at("write beats"), 2 * 6 * 7);
  EXPECT_EQ(json.at("streams").at("sums"), 0) << "nothing is added";
  int64_t transfers = 0;
  for (const auto& stream : json.at("streams")) transfers += stream.get<int64_t>();
  EXPECT_EQ(json.at("transfers"), transfers);
  for (const char* file : {"w/waves.fst", "w/waves.gtkw", "w/waves.svg"})
    EXPECT_FALSE(Contents(Path(file)).empty()) << file;
}

TEST_F(Cli, ComparesTheSystemOfANetwork) {
  const std::string image = Array("i.npy", "|i1", {2, 28, 28, 1}, std::vector<uint8_t>(1568, 9));
  const Outcome o = Weft(kSystem + Path("w") + " " WEFT_MODELS "/fashion_cnn.onnx --input " + image);
  ASSERT_EQ(o.status, 0) << o.err;
  const auto json = nlohmann::json::parse(o.out);
  EXPECT_EQ(json.at("differences"), 0);
  for (const char* stream :
       {"reads of the list", "jobs", "words of lines", "words of weights", "beats", "jobs stored"})
    EXPECT_GT(json.at("streams").at(stream), 1) << stream;
}

// A stream that carries nothing is no stream that was compared.
TEST_F(Cli, CountsStreamsWithoutSamples) {
  const Outcome o =
      Weft("waves conv --config 4x4 --json - --out " + Path("w") + " --in 8x8x5 --filters 6x3x3 --pad 1");
  ASSERT_EQ(o.status, 0) << o.err;
  const auto json = nlohmann::json::parse(o.out);
  EXPECT_EQ(json.at("layers"), 1);
  EXPECT_EQ(json.at("not_compared").size(), 0U);
  // Those inside the processing elements have samples around a difference only.
  EXPECT_GT(json.at("streams_without_samples"), 0);
  EXPECT_GT(json.at("streams"), json.at("streams_without_samples"));
}

// Numbers of a file of vectors, with their cycles.
std::vector<std::pair<std::string, std::string>> Numbers(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("//")) continue;
    const size_t end = line.find(' ');
    numbers.emplace_back(line.substr(0, end), end == line.npos ? "" : line.substr(end));
  }
  return numbers;
}

// Every vector of the models is the RTL's where it says something, and the manifest counts them.
TEST_F(Cli, VectorsOfModelsAndRtlAgree) {
  const std::string image = Array("i.npy", "|i1", {1, 28, 28, 1}, std::vector<uint8_t>(784, 9));
  for (const std::string& what :
       {std::string(" --config 4x4 conv --in 6x8x5 --filters 9x3x3 --pad 1 --pool 2x2"),
        std::string(" --config 5x7 conv --in 6x8x5 --filters 9x3x3 --pad 1 --pool 2x2"),  // pe_pair and pe
        std::string(" --config 4x4 --system conv --in 6x7x5 --filters 9x3x3"),
        " --config 4x4 --system " WEFT_MODELS "/resnet8.onnx --input " + image}) {
    const std::string folder = Path("v");
    std::filesystem::remove_all(folder);
    const Outcome o = Weft("waves --out " + Path("w") + " --dump-vectors " + folder + what);
    ASSERT_EQ(o.status, 0) << o.err;
    const auto manifest = nlohmann::json::parse(Contents(folder + "/manifest.json"));
    EXPECT_TRUE(manifest.at("complete").get<bool>());
    size_t total = 0, known = 0, empty = 0;
    for (const auto& run : manifest.at("runs"))
      for (const auto& stream : run.at("streams")) {
        const std::string path = folder + "/" + run.at("folder").get<std::string>() + "/";
        const auto golden = Numbers(Contents(path + stream.at("golden").get<std::string>())),
                   rtl = Numbers(Contents(path + stream.at("rtl").get<std::string>()));
        SCOPED_TRACE(what + ": " + stream.at("stream").get<std::string>());
        ASSERT_EQ(golden.size(), stream.at("transfers"));
        ASSERT_EQ(rtl.size(), stream.at("rtl_transfers"));
        ASSERT_EQ(golden.size(), rtl.size());
        size_t of_layers = 0;
        for (const auto& part : stream.at("layers")) of_layers += part.at("transfers").get<size_t>();
        EXPECT_EQ(of_layers, golden.size());
        const size_t digits = (stream.at("bits").get<size_t>() + 3) / 4;
        for (size_t i = 0; i < golden.size(); i++) {
          ASSERT_EQ(golden[i].first.size(), digits);
          ASSERT_EQ(rtl[i].first.size(), digits);
          const bool timed = !golden[i].second.empty();
          ASSERT_EQ(golden[i].second, timed ? rtl[i].second : "") << "cycle of " << i;
          for (size_t d = 0; d < digits; d++) {
            if (golden[i].first[d] == 'x' || golden[i].first[d] == 'X') continue;
            ASSERT_EQ(golden[i].first[d], rtl[i].first[d]) << "number " << i << ", digit " << d;
            known++;
          }
        }
        total += golden.size();
        empty += golden.empty() ? 1 : 0;
      }
    EXPECT_GT(total, 500U) << what;
    EXPECT_GT(known, 2 * total) << what;
    EXPECT_LT(empty, 12U) << what;
  }
}

// The models' vectors alone are those that are written beside the RTL; a stream is what the manifest says.
TEST_F(Cli, VectorsWithoutTheRtl) {
  const std::string layer = " conv --config 4x4 --in 6x7x5 --filters 9x3x3 --dump-vectors ";
  ASSERT_EQ(Weft("waves" + layer + Path("a") + " --out " + Path("w")).status, 0);
  ASSERT_EQ(Weft("waves" + layer + Path("b") + " --engine golden").status, 0);
  const auto manifest = nlohmann::json::parse(Contents(Path("b/manifest.json")));
  const auto& run = manifest.at("runs").at(0);
  int sums = 0;
  for (const auto& stream : run.at("streams")) {
    EXPECT_TRUE(stream.at("rtl").is_null());
    const std::string file = "/0_conv/" + stream.at("golden").get<std::string>();
    EXPECT_EQ(Contents(Path("a" + file)), Contents(Path("b" + file))) << file;
    if (stream.at("stream") != "u_feeder.act_o") continue;
    sums++;
    const nlohmann::json field = {{"signal", "conv_engine.u_feeder.act_o"},
                                  {"module", "rtl/engine/row_feeder.sv"},
                                  {"lsb", 0},
                                  {"bits", 32},
                                  {"lanes", 4},
                                  {"lane_bits", 8},
                                  {"lane_is", "row"},
                                  {"signed", true}};
    EXPECT_EQ(stream.at("fields").at(0), field);
    EXPECT_EQ(stream.at("layers").at(0).at("layer"), "conv");
  }
  EXPECT_EQ(sums, 1);
  EXPECT_FALSE(std::filesystem::exists(Path("b/0_conv/rtl")));
  ExpectRefused("waves conv --in 6x7x5 --filters 9x3x3 --engine golden", "--dump-vectors");
  ExpectRefused("waves --system conv --in 6x7x5 --filters 9x3x3 --engine golden --dump-vectors " + Path("c"),
                "not for --system");
}

// Two traces of a packed signal: the lane that differs, as a number.
TEST_F(Cli, WavediffShowsLanes) {
  const auto trace = [&](const std::string& name, const std::string& value) {
    return Write(name,
                 "$timescale 1 ns $end\n$scope module tb $end\n$var wire 1 ! clk $end\n"
                 "$var wire 32 # y [31:0] $end\n$upscope $end\n$enddefinitions $end\n"
                 "#0\n0!\nb" +
                     value + " #\n#5\n1!\n#10\n0!\n");
  };
  const std::string files = trace("a.vcd", "00000001111111100000001000000011") + " " +
                            trace("b.vcd", "00000001111111010000001000000011");
  Outcome o = Weft("wavediff " + files);
  EXPECT_EQ(o.status, 1);
  EXPECT_EQ(o.out.find("lane"), o.out.npos) << o.out;
  o = Weft("wavediff " + files + " --lanes 8");
  EXPECT_EQ(o.status, 1);
  for (const char* text : {"tb.y, lane 2", "fe (-2)", "fd (-3)"})
    EXPECT_NE(o.out.find(text), o.out.npos) << o.out;
  const auto json = nlohmann::json::parse(Weft("wavediff " + files + " --lanes 8 --json -").out);
  EXPECT_EQ(json.at("first").at(0).at("lane"), 2);
  EXPECT_EQ(json.at("first").at(0).at("a_lane"), "-2");
  EXPECT_EQ(json.at("first").at(0).at("b_lane"), "-3");
  ExpectRefused("wavediff " + files + " --lanes 1", "--lanes");
}

TEST_F(Cli, RefusesWhatItCannotCompare) {
  ExpectRefused("waves " WEFT_MODELS "/fashion_cnn.onnx conv --in 8x8x3 --filters 4x3x3", "not both");
  ExpectRefused("waves --system", "MODEL");
  ExpectRefused("waves --system " WEFT_MODELS "/fashion_cnn.onnx", "--input");
}

}  // namespace
}  // namespace weft
