// SPDX-License-Identifier: Apache-2.0
// Says which random cases the variables of random_count.hpp ask for, or with exit status 2 what is wrong with
// them.
#include "tests/random_count.hpp"

int main() {
  try {
    const weft::RandomCases cases = weft::ShardOf(weft::RandomLayers(2000));
    fmt::print(
        "shard {} of {}, seed {}: on each configuration the layers {} to {} of {}, and the same share of "
        "networks and lists\n",
        cases.shard, cases.shards, cases.seed, cases.first - cases.begin() + 1, cases.end - cases.begin(),
        cases.all);
    return 0;
  } catch (const weft::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
