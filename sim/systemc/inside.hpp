// SPDX-License-Identifier: Apache-2.0
// What is inside of WeftTlm: the registers behind its target socket, access by access.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "driver/weft_regs.h"
#include "sw_model/config.hpp"

namespace weft {

inline constexpr int kAddrBits = 40;  // of weft_top: ADDR_W

// The registers that never change: from offset 0, ID to LIST_VERSION.
using ConstantRegisters = std::array<uint32_t, WEFT_LIST_VERSION / 4 + 1>;
inline ConstantRegisters ConstantsOf(const Config& config) {
  ConstantRegisters words{};
  words[WEFT_ID / 4] = WEFT_ID_VALUE;
  words[WEFT_VERSION / 4] = WEFT_VERSION_VALUE;
  words[WEFT_CONFIG0 / 4] = config.Register0();
  words[WEFT_CONFIG1 / 4] = config.Register1() | uint32_t{kAddrBits} << WEFT_CONFIG1_ADDR_BITS_SHIFT;
  words[WEFT_LIST_VERSION / 4] = WEFT_LIST_VERSION_VALUE;
  return words;
}

// A word of the register map (docs/registers.md), as AXI4-Lite sees it.
struct RegisterAccess {
  bool write = false;
  uint32_t offset = 0;  // a multiple of 4, below WEFT_REGS_BYTES
  uint32_t data = 0;
  uint8_t strobes = 0xf;
};

class Inside : public sc_core::sc_module {
 public:
  explicit Inside(const sc_core::sc_module_name& name) : sc_module(name) {}
  sc_core::sc_out<bool> irq{"irq"};

  // Carries it out `*delay` after now, and says when it is over in the same way. False: SLVERR.
  virtual bool Access(RegisterAccess* access, sc_core::sc_time* delay) = 0;
  // Without an effect and without time. False: this inside cannot.
  virtual bool Peek(uint32_t offset, uint32_t* data) = 0;
};

// Clock edges are at multiples of the period; what is asked for at an edge comes to the next one.
inline uint64_t NextEdge(const sc_core::sc_time& time, const sc_core::sc_time& period) {
  return time.value() / period.value() + 1;
}
// Cycles of a register access, from the edge that takes it to that which answers.
inline constexpr uint64_t kAccessCycles = 2;

}  // namespace weft
