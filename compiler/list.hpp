// SPDX-License-Identifier: Apache-2.0
// The list of a program: its commands with those that read the list itself, and the words of them.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program.hpp"

namespace weft {

// Completes the commands of a list with the reads of its blocks, and makes no read wait for marks that
// are long counted. Returns the list's bytes.
uint32_t CompleteList(const Config& config, std::vector<Command>* commands);

// The words of a program's list, from the header on.
std::vector<uint32_t> EncodeList(const Program& program, const Config& config);

}  // namespace weft
