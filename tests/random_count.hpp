// SPDX-License-Identifier: Apache-2.0
// Which random cases a test runs. A case is a number, and all that is random about it follows from that.
//   WEFT_RANDOM_LAYERS=N  N layers on each configuration, and of all else as many times more than usual as N
//   is more than 1,000
//                         (`make long` says 20,000)
//   WEFT_SEED=S           others than those of S = 0: of a test's count cases, S * 10^9 ... S * 10^9 + count
//   - 1 WEFT_SHARD=i/n        the i-th of n parts of these, which have no case in common and are together all
//   of them
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sw_model/error.hpp"

namespace weft {

// The number in `text`, which has to be all of it, from `least` to `most`. Throws Error.
inline int64_t NumberOf(std::string_view text, int64_t least, int64_t most, std::string_view what) {
  int64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != text.data() + text.size() || number < least || number > most)
    throw Error("{}: '{}' is not a whole number from {} to {}", what, text, least, most);
  return number;
}

inline std::string_view Variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : text;
}

// How many layers there are of a test that has this many usually. Throws Error.
inline int64_t RandomLayers(int64_t usual) {
  const std::string_view layers = Variable("WEFT_RANDOM_LAYERS");
  return layers.empty() ? usual : NumberOf(layers, 1, 100'000'000, "WEFT_RANDOM_LAYERS");
}

// ... and how many cases of anything else.
inline int64_t RandomCount(int64_t usual) { return std::max<int64_t>(1, usual * RandomLayers(1000) / 1000); }

struct RandomCases {
  int64_t first = 0, end = 0;
  int64_t shard = 1, shards = 1, seed = 0, all = 0;

  // The first case of the seed's first shard.
  [[nodiscard]] int64_t begin() const { return seed * 1'000'000'000; }
  [[nodiscard]] int64_t count() const { return end - first; }
  [[nodiscard]] bool whole() const { return shards == 1; }
  [[nodiscard]] std::string Text() const {
    return fmt::format("shard {} of {}, seed {}: {} of {} cases", shard, shards, seed, count(), all);
  }
};

// Those of `all` cases that are this shard's. Throws Error, with a sentence, for a shard that there is not.
inline RandomCases ShardOf(int64_t all) {
  RandomCases cases{.all = all};
  if (const std::string_view text = Variable("WEFT_SHARD"); !text.empty()) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos)
      throw Error("SHARD '{}': give I/N, the I-th of N parts, as in 2/3", text);
    cases.shards = NumberOf(text.substr(slash + 1), 1, 1'000'000, "SHARD I/N: N");
    cases.shard = NumberOf(text.substr(0, slash), 1, cases.shards, "SHARD I/N: I");
  }
  if (const std::string_view text = Variable("WEFT_SEED"); !text.empty())
    cases.seed = NumberOf(text, 0, 1'000'000, "SEED");
  cases.first = cases.begin() + all * (cases.shard - 1) / cases.shards;
  cases.end = cases.begin() + all * cases.shard / cases.shards;
  return cases;
}

}  // namespace weft
