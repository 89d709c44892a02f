// SPDX-License-Identifier: Apache-2.0
// A window of cycles as waveform files: RTL, golden and their difference side by side, opened at the cycle
// that matters.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weft {

// A signal over the window. Values are strings of `bits` characters '0', '1', 'x', most significant first,
// one a cycle; 'x' in the golden ones: the model says nothing about this cycle.
struct WaveSignal {
  std::string scope;  // "conv_engine.u_feeder"
  std::string name;   // "act_o"
  int bits = 1;
  std::vector<std::string> rtl, golden;
};

struct WaveWindow {
  // Cycle of the first value. A cycle is kCyclePs picoseconds from rising edge to rising edge.
  int64_t begin = 0;
  std::vector<WaveSignal> signals;
};
inline constexpr int64_t kCyclePs = 10000;

// What the files should open at: the first difference.
struct WaveFocus {
  size_t signal;  // index into WaveWindow::signals
  int64_t cycle;
  std::string title;  // one line of text: what differs, in the words of the network
};

// Writes waves.fst (scopes rtl, golden, diff; same names below each), waves.gtkw (GTKWave), waves.surf.ron
// (Surfer), waves.svg and waves.png into `dir`, which is made if need be. Without a focus they open at the
// window's start. Returns the files. Throws Error.
std::vector<std::filesystem::path> WriteWaves(const WaveWindow& window, const std::optional<WaveFocus>& focus,
                                              const std::filesystem::path& dir);

}  // namespace weft
