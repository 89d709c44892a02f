// SPDX-License-Identifier: Apache-2.0
// weft waves --system as a user calls it, on the RTL.
#include <nlohmann/json.hpp>

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

TEST_F(Cli, RefusesWhatItCannotCompare) {
  ExpectRefused("waves " WEFT_MODELS "/fashion_cnn.onnx conv --in 8x8x3 --filters 4x3x3", "not both");
  ExpectRefused("waves --system", "MODEL");
  ExpectRefused("waves --system " WEFT_MODELS "/fashion_cnn.onnx", "--input");
}

}  // namespace
}  // namespace weft
