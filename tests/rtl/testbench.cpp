// SPDX-License-Identifier: Apache-2.0
// A failed assertion of the RTL ends the test, not the program.
#include "tests/rtl/testbench.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace {
std::string
    failure;  // Verilator's stop functions have no other way out: an exception would leave its queues locked
}

namespace weft::rtl {
void ThrowIfStopped() {
  if (!failure.empty()) throw std::runtime_error(std::exchange(failure, {}));
}
}  // namespace weft::rtl

void vl_stop(const char* file, int line, const char* hierarchy) {
  failure = fmt::format("{}:{}: assertion failed in {}", file, line, hierarchy);
}
void vl_fatal(const char* file, int line, const char* hierarchy, const char* message) {
  failure = fmt::format("{}:{}: {} in {}", file, line, message, hierarchy);
}
