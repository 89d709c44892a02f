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

// Five nested loops, each step adding its delta: {last, address, x, y}.
inline std::vector<WalkedPixel> PixelsOf(const Job& job) {
  std::vector<WalkedPixel> pixels{{job.word(kJobAddr0), job.word(kJobX0), job.word(kJobY0)}};
  std::array<int64_t, kJobWalkTurns> index{};
  for (;;) {
    int loop = 0;
    while (loop < kJobWalkTurns && index[size_t(loop)] == job.walk(loop, kJobWalkLast))
      index[size_t(loop++)] = 0;
    if (loop == kJobWalkTurns) return pixels;
    index[size_t(loop)]++;
    const WalkedPixel& p = pixels.back();
    pixels.push_back({p.address + job.walk(loop, kJobWalkDAddr), p.x + job.walk(loop, kJobWalkDX),
                      p.y + job.walk(loop, kJobWalkDY)});
  }
}

}  // namespace weft
