// SPDX-License-Identifier: Apache-2.0
// What `weft_top` takes of an FPGA, against what synthesis has counted (docs/fpga.md).
#include "sw_model/resources.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sw_model/error.hpp"

namespace weft {
namespace {

TEST(Resources, AreThoseOfSynthesis) {
  Config c = Config::Load("8x16");
  c.depthwise_taps = 0;
  const Resources r = ResourcesOf(c, FindPart("ECP5-85F").widest);
  EXPECT_EQ(r.multipliers, 153);                                           // MULT18X18D
  EXPECT_EQ(r.blocks, 142);                                                // DP16KD
  const Config pairs = Config::Load(WEFT_FPGA_CONFIGS "/16x16-85f.json");  // two MACs a multiplier
  EXPECT_EQ(ResourcesOf(pairs, FindPart("ECP5-85F").widest).multipliers, 153);
  EXPECT_EQ(ResourcesOf(pairs, FindPart("ECP5-85F").widest).blocks, 144);
  const Resources small = ResourcesOf(Config::Load("2x2_small"), FindPart("ECP5-25F").widest);
  EXPECT_EQ(small.multipliers, 9);  // without residual_add's requantiser,
  EXPECT_EQ(small.blocks, 14);      // ... its lines and its tables
}

// The figures that tests/fpga/size_test.py holds its own synthesis to.
TEST(Resources, AreThoseOfTheSizeTest) {
  std::ifstream file(WEFT_FPGA_SIZE);
  const auto size = nlohmann::json::parse(file);
  ASSERT_EQ(size.at("top"), "weft_top");
  const Resources r = ResourcesOf(Config::Load(size.at("config")), FindPart("ECP5-85F").widest);
  EXPECT_EQ(r.multipliers, size.at("DSP"));
  EXPECT_EQ(r.blocks, size.at("RAM"));
}

// Lines and weights, the residual's lines, 512 entries of parameters of 70 bits a lane, the adder's tables;
// the same of weights and parameters for the depthwise convolution; the list's queue.
TEST(Resources, RamHoldsTheBuffers) {
  Config c = Config::Load("8x8");
  const auto bits = [&] { return ResourcesOf(c, 36).ram_bits; };
  EXPECT_EQ(bits(), 8 * (65536 + 131072 + 32768) + 70 * 4 * 512 + 2 * 2 * 32 * 256 +
                        (8 * 3 * 8 + 70 * 2) * 512 + 8 * 2048);
  const int64_t before = bits();
  c.weight_buffer_bytes *= 2;
  EXPECT_EQ(bits() - before, 8 * 131072);
  c.line_buffer_bytes *= 2;
  EXPECT_EQ(bits() - before, 8 * (131072 + 65536 + 32768));
}

// A block with words of 36 bits holds a shallow memory in fewer of them.
TEST(Resources, WideWordsSaveBlocks) {
  Config c = Config::Load("4x4");
  EXPECT_LT(ResourcesOf(c, 36).blocks, ResourcesOf(c, 18).blocks);
  EXPECT_EQ(ResourcesOf(c, 36).ram_bits, ResourcesOf(c, 18).ram_bits);
}

TEST(Resources, PartsAreFoundByName) {
  for (const Part& part : Parts()) EXPECT_EQ(&FindPart(part.name), &part);
  EXPECT_THROW(FindPart("ECP5"), Error);
}

}  // namespace
}  // namespace weft
