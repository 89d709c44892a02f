// SPDX-License-Identifier: Apache-2.0
// Included before Verilator's code (rtl/CMakeLists.txt). Verilator extends a sign with four instructions, -(x
// & sign) | x, which g++ does not see through; a cast gives the same bits in one. The array does three of
// them a cycle in every PE.
#pragma once

#include <verilated.h>

inline IData WeftExtendSign(int to_bits, int from_bits, IData x) {
  if (from_bits == 8) return IData(int32_t(int8_t(x)));
  if (from_bits == 16) return IData(int32_t(int16_t(x)));
  return VL_EXTENDS_II(to_bits, from_bits, x);
}
#define VL_EXTENDS_II WeftExtendSign
