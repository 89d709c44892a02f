// SPDX-License-Identifier: Apache-2.0
// The golden model, as <weft/golden.hpp> of an installed Weft.
#pragma once

#include "sw_model/golden/golden.hpp"
