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

}  // namespace weft
