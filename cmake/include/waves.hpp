// SPDX-License-Identifier: Apache-2.0
// Waveform files: reading, comparing, writing, as <weft/waves.hpp> of an installed Weft.
#pragma once

#include "sim/waves/wave_files.hpp"
#include "sim/waves/wave_reader.hpp"
#include "sim/waves/wavediff.hpp"
