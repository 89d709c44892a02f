// SPDX-License-Identifier: Apache-2.0
// Which planted fault of the netlist is on (fault.sv).
#include <cstdlib>

extern "C" int weft_fault() {
  const char* number = std::getenv("WEFT_FAULT");
  return number == nullptr ? 0 : std::atoi(number);
}
