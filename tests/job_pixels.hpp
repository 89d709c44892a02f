// SPDX-License-Identifier: Apache-2.0
// The pixels of a job as its words describe them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "compiler/job.hpp"

namespace weft {

struct WalkedPixel {
  int64_t address, x,
      y;  // of its window: bytes from the job's first line, bytes from the left, lines from the top
};

// Five nested loops, each step adding its delta: {last, address, x, y} from word kWalk on.
inline std::vector<WalkedPixel> PixelsOf(const Job& job) {
  const auto word = [&](int i) { return int64_t{int32_t(job.words[size_t(i)])}; };
  std::vector<WalkedPixel> pixels{{word(kAddr0), word(kX0), word(kY0)}};
  std::array<int64_t, 5> index{};
  for (;;) {
    size_t loop = 0;
    while (loop < 5 && index[loop] == word(kWalk + 4 * int(loop))) index[loop++] = 0;
    if (loop == 5) return pixels;
    index[loop]++;
    const int at = kWalk + 4 * int(loop);
    const WalkedPixel& p = pixels.back();
    pixels.push_back({p.address + word(at + 1), p.x + word(at + 2), p.y + word(at + 3)});
  }
}

}  // namespace weft
