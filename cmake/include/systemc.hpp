// SPDX-License-Identifier: Apache-2.0
// WeftTlm, as <weft/systemc.hpp> of an installed Weft.
#pragma once

#include "sim/systemc/weft_tlm.hpp"
