// SPDX-License-Identifier: Apache-2.0
// What the documentation says of an operator that a reader knows.
#pragma once

#include <string>

namespace weft {

struct OperatorRow {
  std::string name;   // as its format calls it
  std::string runs;   // where
  std::string holds;  // of its attributes and inputs
};

// Where operators of both formats run.
namespace operator_row {
inline constexpr const char* kTable = "hardware: a table of 256 codes";
inline constexpr const char* kTwo =
    "hardware: a table of 256 codes, of two maps by the adder where it is a sum; else host";
inline constexpr const char* kHost = "host";
inline constexpr const char* kNothing = "-";
}  // namespace operator_row

}  // namespace weft
