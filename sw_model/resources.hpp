// SPDX-License-Identifier: Apache-2.0
// What of an FPGA's multipliers and block RAMs `weft_top` takes: the same formulas as the parameters of its
// modules. Registers and LUTs are not predicted: neither small queues nor the depthwise convolution's
// multipliers, which are made of LUTs.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sw_model/config.hpp"

namespace weft {

struct Part {
  const char* name;
  int multipliers;  // 18x18
  int blocks;       // block RAMs of 18 kbit
  int widest;  // bits of a word of a block with one write and one read port: 18 (1,024 words) or 36 (512)
  const char* source;  // data sheet
};
std::span<const Part> Parts();
const Part& FindPart(const std::string& name);  // throws Error that names them

struct Resources {
  int multipliers = 0;   // of two operands of up to 18 bits: prim/mult
  int64_t ram_bits = 0;  // prim/ram
  int blocks = 0;        // that they take as blocks of 18 kbit
};
// `widest` is Part::widest.
Resources ResourcesOf(const Config& config, int widest);

}  // namespace weft
