// SPDX-License-Identifier: Apache-2.0
// How many random cases a test runs: its usual number, or as many times more as WEFT_RANDOM_LAYERS is more
// than 1,000 (`make long` says 20,000).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace weft {

inline int64_t RandomCount(int64_t usual) {
  const char* text = std::getenv("WEFT_RANDOM_LAYERS");
  return text != nullptr && *text != 0 ? std::max<int64_t>(1, usual * std::atoll(text) / 1000) : usual;
}

}  // namespace weft
