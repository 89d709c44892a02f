// SPDX-License-Identifier: Apache-2.0
// Shards of random cases: together all of them, in common none; what is no shard is refused.
#include "tests/random_count.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace weft {
namespace {

class Shards : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kNames) {
      if (const char* text = std::getenv(name)) before_[name] = text;
      unsetenv(name);
    }
  }
  void TearDown() override {
    for (const char* name : kNames)
      before_.contains(name) ? setenv(name, before_[name].c_str(), 1) : unsetenv(name);
  }
  static RandomCases Get(int64_t usual, const std::string& shard, const std::string& seed = "",
                         const std::string& layers = "") {
    setenv("WEFT_SHARD", shard.c_str(), 1);
    setenv("WEFT_SEED", seed.c_str(), 1);
    setenv("WEFT_RANDOM_LAYERS", layers.c_str(), 1);
    return ShardOf(RandomCount(usual));
  }
  static std::vector<int64_t> Numbers(const RandomCases& cases) {
    std::vector<int64_t> numbers;
    for (int64_t i = cases.first; i < cases.end; i++) numbers.push_back(i);
    return numbers;
  }

 private:
  static constexpr const char* kNames[] = {"WEFT_SHARD", "WEFT_SEED", "WEFT_RANDOM_LAYERS"};
  std::map<std::string, std::string> before_;
};

TEST_F(Shards, AreTogetherAllAndHaveNothingInCommon) {
  for (const int64_t usual : {1, 3, 7, 60, 2000})
    for (const char* layers : {"", "1", "1000", "20000"})
      for (const char* seed : {"", "0", "3"})
        for (const int shards : {1, 2, 3, 7, 64}) {
          const std::vector<int64_t> whole = Numbers(Get(usual, "", seed, layers));
          std::vector<int64_t> parts;
          int64_t least = INT64_MAX, most = 0;
          for (int i = 1; i <= shards; i++) {
            const RandomCases cases = Get(usual, fmt::format("{}/{}", i, shards), seed, layers);
            const std::vector<int64_t> part = Numbers(cases);
            parts.insert(parts.end(), part.begin(), part.end());
            least = std::min(least, cases.count());
            most = std::max(most, cases.count());
          }
          EXPECT_EQ(parts, whole) << usual << " " << layers << " " << seed << " " << shards;
          EXPECT_LE(most - least, 1) << "all shards take as long";
        }
}

TEST_F(Shards, OfOtherSeedsAreOtherCases) {
  std::set<int64_t> seen;
  for (const char* seed : {"0", "1", "2", "1000000"})
    for (const int64_t i : Numbers(Get(60, "", seed, "20000"))) EXPECT_TRUE(seen.insert(i).second);
  EXPECT_EQ(seen.size(), 4U * 1200);
  EXPECT_EQ(Numbers(Get(60, "")), Numbers(Get(60, "1/1", "0")));
}

TEST_F(Shards, ThatThereAreNotAreRefused) {
  for (const char* shard :
       {"4/3", "0/3", "x", "1", "1/", "/3", "-1/3", "1/0", "1/3x", "1 /3", "1/3/3", "1/9999999", "1.5/3"})
    EXPECT_THROW(Get(60, shard), Error) << shard;
  for (const char* seed : {"-1", "x", "1000001", "1e3"}) EXPECT_THROW(Get(60, "", seed), Error) << seed;
  for (const char* layers : {"0", "-1", "x", "20,000"})
    EXPECT_THROW(Get(60, "", "", layers), Error) << layers;
  try {
    Get(60, "4/3");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "SHARD I/N: I: '4' is not a whole number from 1 to 3");
  }
}

}  // namespace
}  // namespace weft
