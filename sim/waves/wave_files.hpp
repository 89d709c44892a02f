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
  int lanes = 1;                       // side by side, lane 0 in the lowest bits
  std::string lane_is = "lane";        // what one of them belongs to: "row", "column"
  std::optional<bool> is_signed = {};  // of a lane; if nobody says so, its width tells (FormatOf)
  [[nodiscard]] int lane_bits() const { return bits / lanes; }
  [[nodiscard]] WaveSignal Lane(int lane) const;  // alone: "row1" in the scope "conv_engine.u_feeder.act_o"
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
  int lane = -1;      // -1: the whole signal
};

// Writes waves.fst (scopes rtl, golden, diff; same names below each; below the scope `lanes` every lane of a
// packed signal with its own rtl, golden, diff), waves.gtkw (GTKWave), waves.surf.ron (Surfer), waves.svg and
// waves.png into `dir`, which is made if need be. Without a focus they open at the
// window's start. Returns the files. Throws Error.
std::vector<std::filesystem::path> WriteWaves(const WaveWindow& window, const std::optional<WaveFocus>& focus,
                                              const std::filesystem::path& dir);

}  // namespace weft
