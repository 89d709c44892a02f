// SPDX-License-Identifier: Apache-2.0
#include "sim/golden_waves/wave_signals.hpp"

#include <bit>

#include "compiler/job.hpp"
#include "sw_model/causes.hpp"

namespace weft {
namespace {

int Clog2(int x) { return std::bit_width(unsigned(x - 1)); }

}  // namespace

std::vector<StreamSpec> WaveStreams(const Config& c) {
  using enum StreamId;
  using enum StreamKind;
  constexpr int kDim = 17, kPos = 20;  // weft_pkg::DIM_W, POS_W
  const int addr = Clog2(c.line_buffer_bytes), line_ptr = Clog2(c.line_buffer_bytes / c.bus_bytes) + 2;
  const int weight_ptr = Clog2(c.WeightWords()) + 2, param_ptr = Clog2(c.ParamEntries()) + 2;
  const int weight_bus = weight_ptr + Clog2(c.Cpad()) - Clog2(c.bus_bytes);  // counts bus words
  const int row = Clog2(c.rows + 1), col = Clog2(c.cols + 1), len = Clog2(c.Word() + 1),
            step = Clog2(c.Steps());
  const int info = 2 + row + col + param_ptr + 25 + kDim;
  const int edge = Clog2(c.rows * c.cols + 1);
  const int space = Clog2(c.OutDepth() + 1), pes = c.rows * c.cols;
  const std::string top = "conv_engine", jobs = top + ".u_jobs", walker = top + ".u_walker",
                    seq = top + ".u_sequencer", pending = seq + ".u_pending", running = seq + ".u_running",
                    lines = top + ".u_lines", feeder = top + ".u_feeder", weights = top + ".u_weights",
                    beats = top + ".u_beats", output = top + ".u_output", params = output + ".u_params",
                    array = top + ".u_array.gen_row[{row}].gen_col[{col}]", pe = array + ".gen_single.u_pe",
                    drain = output + ".u_drain", lane = output + ".gen_lane[{lane}]";
  // id, kind, scope, name, bits of the signal, lanes, bits of a lane, signed, fine, what a lane is
  std::vector<StreamSpec> specs = {
      {kJobReady, kLevel, jobs, "ready_o", 1},
      {kJobValid, kLevel, jobs, "seq_valid_o", 1},
      {kWalkJob, kSample, jobs, "walk_job_o", 32 * kJobWords, kJobWords, 32, false, false, "word"},
      {kSeqJob, kSample, jobs, "seq_job_o", 32 * kJobWords, kJobWords, 32, false, false, "word"},
      {kPixel, kSample, walker, "pixel_o", addr + 2 * kPos, 1, addr + 2 * kPos},
      {kPixelPush, kPulse, walker, "push", 1},
      {kPixelAddr, kSample, walker, "addr_q", addr, 1, addr},
      {kPixelX, kSample, walker, "x_q", kPos, 1, kPos, true},
      {kPixelY, kSample, walker, "y_q", kPos, 1, kPos, true},
      {kTileValid, kLevel, walker, "tile_valid_o", 1},
      {kTileRows, kSample, walker, "tile_rows_o", row, 1, row},
      {kTileFinal, kSample, walker, "tile_final_o", 1},
      {kTileNeed, kSample, walker, "tile_need_o", kDim, 1, kDim},
      {kTileFree, kSample, walker, "tile_free_o", line_ptr, 1, line_ptr},
      {kPendLen, kSample, pending, "len_o", len, 1, len},
      {kPendRows, kSample, pending, "rows_o", row, 1, row},
      {kPendCols, kSample, pending, "cols_o", col, 1, col},
      {kPendWeight, kSample, pending, "weight_o", weight_ptr, 1, weight_ptr},
      {kPendParam, kSample, pending, "param_o", param_ptr, 1, param_ptr},
      {kPendDrains, kSample, pending, "drains_o", 1},
      {kPendEndsJob, kSample, pending, "ends_job_o", 1},
      {kPendLastTile, kSample, pending, "last_tile_o", 1},
      {kStartNewTile, kSample, pending, "begins_tile_o", 1},
      {kStartAddr, kSample, pending, "addr_o", addr, 1, addr},
      {kStartX, kSample, pending, "x_o", kPos, 1, kPos, true},
      {kStartY, kSample, pending, "y_o", kPos, 1, kPos, true},
      {kStart, kPulse, seq, "start_o", 1},
      {kBeatValid, kPulse, running, "valid_o", 1},
      {kBeatFirst, kSample, running, "first_o", 1},
      {kBeatLast, kPulse, running, "last_o", 1},
      {kBeatFrees, kPulse, running, "frees_o", 1},
      {kBeatGroup, kSample, running, "group_o", 1},
      {kBeatIndex, kSample, running, "index_o", len, 1, len},
      {kBeatWeight, kSample, running, "weight_o", weight_ptr, 1, weight_ptr},
      {kTilePush, kPulse, seq, "tile_push_o", 1},
      {kTileInfo, kSample, seq, "tile_info_o", info, 1, std::min(info, 64)},
      {kLineFreed, kLevel, seq, "line_freed_o", line_ptr, 1, line_ptr},
      {kCause, kLevel, seq, "cause_o", 3, 1, 3},
      {kEdgePes, kPulse, running, "idle_pes_o", edge, 1, edge},
      {kSpace, kLevel, seq, "space", space, 1, space},
      {kCounts, kSample, top + ".u_counters", "counts_o", 48 * kCauses, kCauses, 48, false, false, "cause"},
      {kLineReady, kLevel, lines, "ready_o", 1},
      {kLines, kLevel, lines, "lines_o", kDim, 1, kDim},
      {kLineWrite, kPulse, lines, "we_q", 1},
      {kLineWriteAddr, kSample, lines, "waddr_q", addr, 1, addr},
      {kReadAddr, kSample, feeder, "raddr_o", addr, 1, addr},
      {kLineData, kSample, lines, "rdata_o", 16 * c.Word(), 2 * c.Word(), 8, true, false, "byte"},
      {kAct, kSample, feeder, "act_o", 8 * c.rows, c.rows, 8, true, false, "row"},
      {kWeightReady, kLevel, weights, "ready_o", 1},
      {kWeightArrived, kLevel, weights, "arrived_o", weight_ptr, 1, weight_ptr},
      {kWeightWrite, kPulse, weights, "we_q", 1},
      {kWeightWriteAddr, kSample, weights, "waddr_q", weight_bus, 1, weight_bus},
      {kWeightFreed, kLevel, beats, "freed_o", weight_ptr, 1, weight_ptr},
      {kWeightAddr, kSample, beats, "raddr_o", weight_ptr, 1, weight_ptr},
      {kWgt, kSample, weights, "wgt_o", 8 * c.cols, c.cols, 8, true, false, "column"},
      {kParamReady, kLevel, params, "ready_o", 1},
      {kParamArrived, kLevel, params, "arrived_o", param_ptr, 1, param_ptr},
      {kParamWrite, kPulse, params, "full", 1},
      {kParamWriteAddr, kSample, params, "waddr", param_ptr - 2, 1, param_ptr - 2},
      {kParamFreed, kLevel, output, "param_freed_q", param_ptr, 1, param_ptr},
      {kCtl, kPulse, beats, "ctl_o", 3, 1, 3},
      {kPeCtl, kSample, pe, "ctl_o", 4, pes, 3, false, true},
      {kPeAct, kSample, pe, "act_o", 8, pes, 8, true, true},
      {kPeWgt, kSample, pe, "wgt_o", 8, pes, 8, true, true},
      {kProduct, kSample, pe, "product", 16, pes, 16, true, true},
      {kAcc, kSample, pe, "acc_q", c.acc_bits, pes, c.acc_bits, true},
      {kShift, kPulse, drain, "shift_o", 1},
      {kChainIn, kSample, array, "drain_in", c.acc_bits, pes, c.acc_bits, true, true},
      {kChain, kSample, pe, "drain_o", c.acc_bits, pes, c.acc_bits, true},
      {kAheadValid, kPulse, drain, "ahead_valid_o", 1},
      {kAheadFirst, kPulse, drain, "ahead_first_o", 1},
      {kAheadRow, kSample, drain, "ahead_row_o", row, 1, row},
      {kAheadStep, kSample, drain, "ahead_step_o", step, 1, step},
      {kSum, kSample, drain, "sums_o", c.acc_bits * c.lanes, c.lanes, c.acc_bits, true},
      {kRowValid, kSample, output, "row_valid", 1},
      {kParamAddr, kSample, output, "param_raddr_q", param_ptr, 1, param_ptr},
      {kParamBias, kSample, params, "bias_o", 32 * c.lanes, c.lanes, 32, true},
      {kParamMult, kSample, params, "mult_o", 32 * c.lanes, c.lanes, 32, true},
      {kParamShift, kSample, params, "shift_o", 6 * c.lanes, c.lanes, 6, true},
      {kBiasAcc, kSample, lane + ".u_bias", "acc_o", 32, c.lanes, 32, true},
      {kZp, kSample, output, "zp", 8, 1, 8, true},
      {kScaled, kSample, lane + ".u_requantize", "y_o", 8, c.lanes, 8, true},
      {kClampLo, kSample, output, "clamp_lo", 8, 1, 8, true},
      {kClampHi, kSample, output, "clamp_hi", 8, 1, 8, true},
      {kClamped, kSample, lane + ".u_activation", "y_o", 8, c.lanes, 8, true},
      {kGatherValid, kPulse, output + ".u_gather", "valid_o", 1},
      {kGathered, kSample, output + ".u_gather", "data_o", 8 * c.cols, c.cols, 8, true, false, "column"},
      {kPoolValid, kPulse, output + ".u_pool", "valid_o", 1},
      {kPooled, kSample, output + ".u_pool", "data_o", 8 * c.cols, c.cols, 8, true, false, "column"},
      {kPixelGone, kPulse, output, "pixel_gone", 1},
      {kOutValid, kLevel, output, "out_valid_o", 1},
      {kOutData, kSample, output, "out_data_o", 8 * c.cols, c.cols, 8, true, false, "column"},
      {kOutCols, kSample, output, "out_cols_o", col, 1, col},
      {kOutFinal, kSample, output, "out_final_o", 1},
  };
  struct InPair {
    StreamId id;
    bool early;
    const char *even, *odd;
  };
  for (const auto& [id, early, even, odd] : {InPair{kPeCtl, false, "ctl_q", "ctl_o"},
                                             {kPeAct, false, "act_q", "act_o"},
                                             {kPeWgt, true, "wgt_o", "wgt1"},
                                             {kProduct, true, "product0", "product1"},
                                             {kAcc, true, "acc0", "acc1"},
                                             {kChainIn, true, "drain_i", "drain1_in"},
                                             {kChain, true, "drain_o", "drain1"}}) {
    specs[size_t(id)].pair = {even, odd};
    specs[size_t(id)].early = early;
  }
  return specs;
}

}  // namespace weft
