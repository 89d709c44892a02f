// SPDX-License-Identifier: Apache-2.0
// Cycles of the RTL's datapath, from the cycle of an event to the cycle in which its effect can be seen: what
// the cycle model and the golden waveforms share. A change of a pipeline in rtl/ changes a line here.
#pragma once

#include <cstdint>

namespace weft::latency {

// A job is accepted, or the last chunk of the one before starts.
inline constexpr int64_t kJobSeen = 2;    // -> the sequencer sees it
inline constexpr int64_t kJobLoaded = 4;  // -> its first chunk is pending
inline constexpr int64_t kJobWalked =
    3;  // -> the cycle before its first pixel (also after the walker's last pixel of the one before)
inline constexpr int64_t kTileRecord = 7;  // last pixel of a tile -> its record

// A chunk starts.
inline constexpr int64_t kReadAddr = 3, kLineData = 5;  // -> row 0's read address, its data
inline constexpr int64_t kWeightAddr = 6;               // -> the first beat's weight address
inline constexpr int64_t kAct = 9;   // -> the first beat's byte of row 0, and its weights, at the array
inline constexpr int64_t kCtl = 12;  // -> their product's control
inline constexpr int64_t kEdge = 3;  // -> its idle PEs

inline constexpr int64_t kNext = 1;  // from one processing element to the next

// A tile's last control.
inline constexpr int64_t kAcc = 1, kChain = 2;  // -> its sum, the drain register
inline constexpr int64_t kAhead = 1;            // -> `ahead` of its first sums, plus (LANES-1)*N
inline constexpr int64_t kSum = 3, kBias = 4, kScaled = 13, kClamped = 15, kGather = 16,
                         kPool = 17;  // after `ahead`

// A tile's last beat.
inline constexpr int64_t kLastToPixel = 28;  // -> a pixel's outputs at the fifo, plus COLS and its row's turn
inline constexpr int64_t kWeightsFreed = 7;  // last beat of a chunk of a job's last tile -> room for weights
inline constexpr int64_t kParamsFreed =
    14;  // last beat of a group of a job's last tile -> room for parameters, plus COLS and all rows' turns
inline constexpr int64_t kLinesFreed = 2;  // start of a tile -> room for lines

}  // namespace weft::latency
