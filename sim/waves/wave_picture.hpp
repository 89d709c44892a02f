// SPDX-License-Identifier: Apache-2.0
// A drawing of the cycles around the focus.
#pragma once

#include <filesystem>
#include <optional>

#include "sim/waves/wave_files.hpp"

namespace weft {

inline constexpr int kPictureWidth = 1600;  // pixels

// The same drawing as SVG and as PNG: the focus on top with all its digits, then the signals that differ,
// those of its scope and others, up to 20. Throws Error.
void DrawWaves(const WaveWindow& window, const std::optional<WaveFocus>& focus,
               const std::filesystem::path& svg, const std::filesystem::path& png);

}  // namespace weft
