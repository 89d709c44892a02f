// SPDX-License-Identifier: Apache-2.0
// The compiler, from models to programs and files, as <weft/compiler.hpp> of an installed Weft.
#pragma once

#include "compiler/model_reader.hpp"
#include "compiler/network_file.hpp"
