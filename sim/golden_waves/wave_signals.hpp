// SPDX-License-Identifier: Apache-2.0
// The RTL signals that `weft waves` compares with the golden and cycle models, module by module in the order
// of the dataflow.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw_model/config.hpp"

namespace weft {

// A lane of a signal, which the models predict on its own: a row's byte of act_o, a column's of wgt_o.
// kSample: predicted in some cycles, nothing is said about the others. kPulse: 0 but where predicted.
// kLevel: keeps its predicted value until the next one.
enum class StreamKind { kSample, kPulse, kLevel };

enum class StreamId {
  kJobReady,
  kJobValid,
  kWalkJob,
  kSeqJob,
  kPixel,
  kPixelPush,
  kPixelAddr,
  kPixelX,
  kPixelY,
  kTileValid,
  kTileRows,
  kTileFinal,
  kTileNeed,
  kTileFree,
  kPendLen,
  kPendRows,
  kPendCols,
  kPendWeight,
  kPendParam,
  kPendDrains,
  kPendEndsJob,
  kPendLastTile,
  kStartNewTile,
  kStartAddr,
  kStartX,
  kStartY,
  kStart,
  kBeatValid,
  kBeatFirst,
  kBeatLast,
  kBeatFrees,
  kBeatGroup,
  kBeatIndex,
  kBeatWeight,
  kTilePush,
  kTileInfo,
  kLineFreed,
  kCause,
  kEdgePes,
  kSpace,
  kCounts,
  kLineReady,
  kLines,
  kLineWrite,
  kLineWriteAddr,
  kReadAddr,
  kLineData,
  kAct,
  kWeightReady,
  kWeightArrived,
  kWeightWrite,
  kWeightWriteAddr,
  kWeightFreed,
  kWeightAddr,
  kWgt,
  kParamReady,
  kParamArrived,
  kParamWrite,
  kParamWriteAddr,
  kParamFreed,
  kCtl,
  kPeCtl,
  kPeAct,
  kPeWgt,
  kProduct,
  kAcc,
  kShift,
  kChainIn,
  kChain,
  kAheadValid,
  kAheadFirst,
  kAheadRow,
  kAheadStep,
  kSum,
  kRowValid,
  kParamAddr,
  kParamBias,
  kParamMult,
  kParamShift,
  kBiasAcc,
  kZp,
  kScaled,
  kClampLo,
  kClampHi,
  kClamped,
  kGatherValid,
  kGathered,
  kPoolValid,
  kPooled,
  kPixelGone,
  kOutValid,
  kOutData,
  kOutCols,
  kOutFinal,
  kStreamIds
};

struct StreamSpec {
  StreamId id;
  StreamKind kind;
  std::string scope, name;  // of the signal: "conv_engine.u_feeder", "act_o"
  int signal_bits;          // width of the whole signal
  int lanes = 1;            // lane l is bits [l*bits, (l+1)*bits), or instance l of a generated module
  int bits = 1;             // at most 64
  bool is_signed = false;
  bool fine = false;             // predicted in every beat: only compared around a divergence
  std::string lane_is = "lane";  // what a lane belongs to: a row or a column of the array, a word of a job
  // Of an element's signal, its names in pe_pair: for the even column and for the odd one, which is a cycle
  // early (`early`) where it does not come from the left.
  std::array<const char*, 2> pair = {};
  bool early = false;
  // The generated instances' scopes: {row}, {col} or {lane} in `scope` stand for the lane's number.
};

std::vector<StreamSpec> WaveStreams(const Config& config);

}  // namespace weft
