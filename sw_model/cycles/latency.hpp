// SPDX-License-Identifier: Apache-2.0
// Cycles of the RTL's datapath, from the cycle of an event to the cycle in which its effect can be seen: what
// the cycle model and the golden waveforms share. Sums of the latencies that rtl/weft_pkg.sv names; a 1 is
// one register, which the comment names.
#pragma once

#include <cstdint>
#include <limits>

#include "rtl/weft_pkg.hpp"

namespace weft::latency {

using namespace rtl::weft_pkg;  // NOLINT(google-build-using-namespace): the RTL's names, in every line here

// A cycle so long ago that nothing waits for what happened in it.
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::min() / 4;

inline constexpr int64_t kRoom = 1;  // a buffer's count of what is free moves -> the buffer has room
inline constexpr int64_t kFifo = 1;  // a push -> it can be popped

inline constexpr int64_t kJobToWalker = 1;                    // a job is accepted -> the walker sees it
inline constexpr int64_t kJobToSequencer = kJobToWalker + 1;  // ... the sequencer
inline constexpr int64_t kJobWalked = kJobToWalker + 1;       // ... the cycle before its first pixel
// The last chunk of a job starts -> the sequencer sees the next one: its place, the job.
inline constexpr int64_t kJobNext = 2;
// The sequencer sees a job -> its first chunk is pending: the loops, the chunk.
inline constexpr int64_t kJobLoaded = 2;
// Last pixel of a tile -> its record: in the queue, in the register
inline constexpr int64_t kTileRecord = WALK_LATENCY + MULT_LATENCY + kFifo + 1;

// A chunk starts.
inline constexpr int64_t kBeat = 1;                             // -> its first beat, row 0's turn
inline constexpr int64_t kReadAddr = kBeat + ROW_ADDR_LATENCY;  // -> row 0's read address
inline constexpr int64_t kLineData = kReadAddr + RAM_LATENCY;   // ... its data
inline constexpr int64_t kAct =
    kBeat + ACT_LATENCY;  // -> the first beat's byte of row 0, and its weights, at the array
inline constexpr int64_t kWeightAddr = kAct - WEIGHT_LATENCY;  // -> the first beat's weight address
inline constexpr int64_t kCtl = kAct + MULT_LATENCY;           // -> their product's control
inline constexpr int64_t kEdge = kBeat + 2;                    // -> its idle PEs: two partial sums, their sum

inline constexpr int64_t kNext = 1;  // from one processing element to the next

// A tile's last control.
inline constexpr int64_t kAcc = 1, kChain = CHAIN_LATENCY;  // -> its sum, the drain register
inline constexpr int64_t kAhead = 1;                        // -> `ahead` of its first sums, plus (LANES-1)*N
// After `ahead`.
inline constexpr int64_t kSum = RECORD_LATENCY + RAM_LATENCY;
inline constexpr int64_t kBias = kSum + BIAS_LATENCY;
inline constexpr int64_t kScaled = kBias + REQUANT_LATENCY;
inline constexpr int64_t kClamped = kScaled + ACTIVATION_LATENCY;
inline constexpr int64_t kGather = kClamped + GATHER_LATENCY;
inline constexpr int64_t kPool = kGather + POOL_LATENCY;
static_assert(kPool == OUTPUT_LATENCY);

// A tile's last beat.
inline constexpr int64_t kLastCtl = kCtl - kBeat;  // -> its control
// -> a pixel's outputs at the fifo, plus COLS and its row's turn: its last column is COLS - 1 after `ahead`
inline constexpr int64_t kLastToPixel = kLastCtl + kAhead - 1 + kPool;
static_assert(kLastToPixel == PIXEL_LATENCY);
// Last beat of a chunk of a job's last tile -> room for weights: its address, the count
inline constexpr int64_t kWeightsFreed = kWeightAddr - kBeat + 1 + kRoom;
// Last beat of a group of a job's last tile -> room for parameters, plus COLS and all rows' turns: the record
// of its last column, the count
inline constexpr int64_t kParamsFreed = kLastCtl + kAhead - 1 + RECORD_LATENCY + 1 + kRoom;
inline constexpr int64_t kLinesFreed = 1 + kRoom;  // start of a tile -> room for lines: the count

// residual_add takes a pixel -> its output, beside its steps: address, window, rotator and steps (2), tables,
// sum, requantiser, pixel, pooling; the last step comes one less than the steps after the first one.
inline constexpr int64_t kAdd =
    1 + RAM_LATENCY + 2 + RAM_LATENCY + 1 + SCALE_LATENCY + 1 + POOL_LATENCY + kFifo - 1;

inline constexpr int64_t kSumToOutput = POOL_LATENCY + kFifo;  // what is computed of a pixel -> its output

// A depthwise convolution behind the engine (depthwise_walk).
inline constexpr int64_t kDwPass =
    5;  // a job is loaded, a pass' last pixel -> the next pixel: length, products, entries, end, room
inline constexpr int64_t kDwRow =
    2;  // the walk begins, a row's last slot -> the next row starts: the corner, what it needs
inline constexpr int64_t kDwRoom =
    1 + 1 + kRoom;  // a row's last slot -> room for pixels: the corner, what is free
inline constexpr int64_t kDwThere =
    2 + 1;  // last bus word of a job's weights -> they are there: counted, landed; the flag
inline constexpr int64_t kDwFreed = 1 + kRoom;  // a job is over -> room for weights and parameters: the count
// A slot that gives an output -> it is offered, beside the steps: its sum instead of the pixel with its
// residual.
inline constexpr int64_t kDwOutput = DW_PRODUCT_LATENCY + kAdd - (1 + RAM_LATENCY + 1);

}  // namespace weft::latency
