// SPDX-License-Identifier: Apache-2.0
// The cycle model, as <weft/cycles.hpp> of an installed Weft.
#pragma once

#include "sw_model/cycles/cycle_model.hpp"
#include "sw_model/memory.hpp"
