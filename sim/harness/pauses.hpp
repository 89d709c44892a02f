// SPDX-License-Identifier: Apache-2.0
// Random pauses of a stream or channel: the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft {

class Pauses {
 public:
  Pauses(double probability, uint64_t seed) : probability_(probability), state_(seed * 2 + 1) {}
  // Whether there is one in this cycle.
  bool Paused() { return probability_ > 0 && double(Random() >> 11) * 0x1p-53 < probability_; }
  // One of 0 .. count-1; 0 if there are no pauses.
  size_t Pick(size_t count) { return probability_ > 0 ? size_t(Random() >> 33) % count : 0; }

 private:
  uint64_t Random() {  // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }

  double probability_;
  uint64_t state_;
};

}  // namespace weft
