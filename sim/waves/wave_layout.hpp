// SPDX-License-Identifier: Apache-2.0
// What waveform viewers show of a window, and where they open: rows for GTKWave's and Surfer's own files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/waves/wave_files.hpp"
#include "sim/waves/wave_value.hpp"

namespace weft {

// Golden is known and differs in value `i`; golden is known in any bit of any value.
bool DiffersAt(const WaveSignal& signal, size_t i);
bool DiffersAnywhere(const WaveSignal& signal);
bool HasGolden(const WaveSignal& signal);
int64_t CyclesOf(const WaveWindow& window);

// The part of the window that is shown first: `cycles` cycles (or all) with the focus in their first half.
struct WaveView {
  int64_t begin, end;
};
WaveView ViewOf(const WaveWindow& window, const std::optional<WaveFocus>& focus, int64_t cycles);

// In hexadecimal where it is packed.
ValueFormat FormatOf(const WaveSignal& signal);

struct WaveRow {
  enum class Kind { kText, kGroup, kGroupEnd, kSignal };
  enum class Role { kNone, kRtl, kGolden, kDiff };
  Kind kind;
  std::string text;  // of a signal its scopes and name in the FST file: "rtl.conv_engine.u_feeder.act_o"
  int bits = 0;
  Role role = Role::kNone;
  bool is_focus = false;
  ValueFormat format = ValueFormat::kBit;
  std::string label = {};                   // what a signal is called: "act_o", "act_o row 1"
  bool is_lane = false, is_closed = false;  // the latter: of a group, or in one, whose rows need not be seen
};

// The title, clk and cycle; the focus; then the signals scope by scope, each with its golden values where it
// has some and its differences where it has some, and the group of its lanes if it is packed.
std::vector<WaveRow> LayOut(const WaveWindow& window, const std::optional<WaveFocus>& focus);

std::string GtkwText(const WaveWindow& window, const std::optional<WaveFocus>& focus);    // GTKWave 3.3
std::string SurferText(const WaveWindow& window, const std::optional<WaveFocus>& focus);  // Surfer 0.6, 0.7

}  // namespace weft
