// SPDX-License-Identifier: Apache-2.0
// Bytes on a serial line, as levels in time.
#pragma once

#include <cstdint>
#include <vector>

namespace weft::rtl {

// Level of the line at a time in bits since the byte's start bit began; 1 before and after it.
inline bool LevelAt(uint8_t byte, double bits, bool stop = true) {
  if (bits < 0 || bits >= 10) return true;
  if (bits < 1) return false;
  if (bits >= 9) return stop;
  return (byte >> (int(bits) - 1) & 1) != 0;
}

}  // namespace weft::rtl
