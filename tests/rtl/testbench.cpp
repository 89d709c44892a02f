// A failed assertion of the RTL ends the test, not the program.
#include <fmt/format.h>
#include <verilated.h>

#include <stdexcept>

void vl_stop(const char* file, int line, const char* hierarchy) {
  throw std::runtime_error(fmt::format("{}:{}: assertion failed in {}", file, line, hierarchy));
}
void vl_fatal(const char* file, int line, const char* hierarchy, const char* message) {
  throw std::runtime_error(fmt::format("{}:{}: {} in {}", file, line, message, hierarchy));
}
