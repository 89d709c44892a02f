// SPDX-License-Identifier: Apache-2.0
// The convolution engine: only wires.
//
//   lines ---> line_buffer ---> row_feeder ---> systolic_array <--- weight_buffer <--- weights
//                 ^  pixels ->--^    ^               |
//   jobs ---> job_queue -> pixel_walker, sequencer   drain -> bias -> requantize -> activation -> gather -> max_pool -> fifo ---> outputs
//                                                             ^---- param_buffer <--- parameters
//
// A layer is one or more jobs (compiler/job.hpp), which run back to back. Five streams, valid/ready, valid never waits for
// ready: jobs; input lines in the order of the jobs, each line padded to whole bus words, line_last_i on its last word;
// weights, one word of COLS bytes (padded to a power of two) a beat; parameters; outputs, one pixel of up to COLS channels.
// counts_o counts what every cycle was spent on while count_i is high.
`default_nettype none
module conv_engine #(
    parameter int ROWS         = 8,       // Requires: 2 to 64
    parameter int COLS         = 8,       // Requires: 2 to 64
    parameter int LANES        = 4,       // requantiser lanes. Requires: divides COLS, at most COLS/2
    parameter int LINE_BYTES   = 65536,   // Requires: a power of two, 4*WORD to 2^18
    parameter int WEIGHT_BYTES = 131072,  // Requires: a power of two, 16 words to 2^24
    parameter int BUS_BYTES    = 8,       // Requires: a power of two, 4 to 64
    parameter int ACC_W        = 32,      // Requires: 20 to 32
    localparam int COL_W = $clog2(COLS + 1)
) (
    input  wire logic                                          clk_i,
    input  wire logic                                          rst_ni,
    input  wire logic                                          job_valid_i,
    output wire logic                                          job_ready_o,
    input  wire logic [           32*weft_list_pkg::JOB_WORDS-1:0]  job_i,
    input  wire logic                                          line_valid_i,
    output wire logic                                          line_ready_o,
    input  wire logic [                       8*BUS_BYTES-1:0] line_data_i,
    input  wire logic                                          line_last_i,
    input  wire logic                                          weight_valid_i,
    output wire logic                                          weight_ready_o,
    input  wire logic [                       8*BUS_BYTES-1:0] weight_data_i,
    input  wire logic                                          param_valid_i,
    output wire logic                                          param_ready_o,
    input  wire logic [                       8*BUS_BYTES-1:0] param_data_i,
    output wire logic                                          out_valid_o,
    input  wire logic                                          out_ready_i,
    output wire logic [                            8*COLS-1:0] out_data_o,
    output wire logic [                             COL_W-1:0] out_cols_o,   // channels that count
    output wire logic                                          out_final_o,  // the last output of its job
    output wire logic                                          idle_o,
    input  wire logic                                          count_i,
    output wire logic [weft_pkg::CAUSES*weft_pkg::COUNT_W-1:0] counts_o
);
  localparam int MinWord = 1 << $clog2(2 * ROWS);
  localparam int Word = MinWord > BUS_BYTES ? MinWord : BUS_BYTES;
  localparam int Cpad = 1 << $clog2(COLS);
  localparam int N = COLS / LANES;
  if (ROWS < 2 || ROWS > 64) begin : gen_illegal_rows ROWS_must_be_2_to_64 u_illegal (); end
  if (COLS < 2 || COLS > 64) begin : gen_illegal_cols COLS_must_be_2_to_64 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (LINE_BYTES < 4 * Word || LINE_BYTES > (1 << 18) || !weft_pkg::power_of_two(LINE_BYTES))
    begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two_4_WORD_to_2_18 u_illegal (); end
  if (WEIGHT_BYTES < 16 * Cpad || WEIGHT_BYTES < 16 * BUS_BYTES || WEIGHT_BYTES > (1 << 24) || !weft_pkg::power_of_two(WEIGHT_BYTES))
    begin : gen_illegal_weight_bytes WEIGHT_BYTES_must_be_a_power_of_two_16_words_to_2_24 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (ACC_W < 20 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_20_to_32 u_illegal (); end
  localparam int ParamEntries = 512;
  localparam int LinePtrW = $clog2(LINE_BYTES / BUS_BYTES) + 2;
  localparam int WeightPtrW = $clog2(WEIGHT_BYTES / Cpad) + 2;
  localparam int WeightPack = Cpad < BUS_BYTES ? BUS_BYTES / Cpad : 1;
  localparam int ParamPtrW = $clog2(ParamEntries) + 2;
  // Pixels between the sequencer's decision and the store: what is on its way at one pixel every N cycles, and some tiles.
  localparam int OutDepth = 1 << $clog2((Word + COLS + 40) / N + 3 * ROWS);
  localparam int InfoDepth = 1 << $clog2((Word + COLS + 16) / (N * ROWS) + 3);
  localparam int AddrW = $clog2(LINE_BYTES);
  localparam int LenW = $clog2(Word + 1);
  localparam int RowW = $clog2(ROWS + 1);
  localparam int StepW = $clog2(N);
  localparam int EdgeW = $clog2(ROWS * COLS + 1);
  localparam int DimW = weft_list_pkg::DIM_W;
  localparam int PosW = weft_list_pkg::POS_W;
  localparam int CtlW = weft_pkg::CTL_W;

  // ---- Jobs and pixels --------------------------------------------------------------------------------------------------
  wire logic walk_valid, walk_next, seq_valid, seq_next;
  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] walk_job, seq_job;
  job_queue u_jobs (
      .clk_i, .rst_ni, .valid_i(job_valid_i), .ready_o(job_ready_o), .job_i,
      .walk_valid_o(walk_valid), .walk_job_o(walk_job), .walk_next_i(walk_next),
      .seq_valid_o(seq_valid), .seq_job_o(seq_job), .seq_next_i(seq_next)
  );

  wire logic pixel_pop, tile_valid, tile_pop, tile_final;
  wire logic [AddrW+2*PosW-1:0] pixel;
  wire logic [RowW-1:0] tile_rows;
  wire logic [DimW-1:0] tile_need, lines;
  wire logic [LinePtrW-1:0] tile_free, line_freed;
  pixel_walker #(.ROWS(ROWS), .LINE_BYTES(LINE_BYTES), .BUS_BYTES(BUS_BYTES)) u_walker (
      .clk_i, .rst_ni, .job_valid_i(walk_valid), .job_i(walk_job), .job_next_o(walk_next),
      .pixel_pop_i(pixel_pop), .pixel_o(pixel),
      .tile_valid_o(tile_valid), .tile_pop_i(tile_pop), .tile_rows_o(tile_rows), .tile_final_o(tile_final),
      .tile_need_o(tile_need), .tile_free_o(tile_free)
  );

  // ---- Decisions --------------------------------------------------------------------------------------------------------
  localparam int InfoW = 2 + RowW + COL_W + ParamPtrW + 24 + DimW;
  wire logic start, start_new_tile, tile_push;
  wire logic [AddrW-1:0] start_addr;
  wire logic [PosW-1:0] start_x, start_y;
  wire logic beat_valid, beat_first, beat_last, beat_frees, beat_group;
  wire logic [LenW-1:0] beat_index;
  wire logic [WeightPtrW-1:0] beat_weight, weight_arrived;
  wire logic [ParamPtrW-1:0] param_arrived;
  wire logic [InfoW-1:0] tile_info;
  wire logic [1:0] room;
  wire logic [2:0] cause;
  wire logic [EdgeW-1:0] edge_pes;
  sequencer #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .WORD(Word), .LINE_BYTES(LINE_BYTES), .LINE_PTR_W(LinePtrW),
      .WEIGHT_PTR_W(WeightPtrW), .WEIGHT_PACK(WeightPack), .PARAM_PTR_W(ParamPtrW), .OUT_DEPTH(OutDepth)
  ) u_sequencer (
      .clk_i, .rst_ni, .job_valid_i(seq_valid), .job_i(seq_job), .job_next_o(seq_next),
      .tile_valid_i(tile_valid), .tile_pop_o(tile_pop), .tile_rows_i(tile_rows), .tile_final_i(tile_final),
      .tile_need_i(tile_need), .tile_free_i(tile_free),
      .lines_i(lines), .line_freed_o(line_freed), .weight_arrived_i(weight_arrived), .param_arrived_i(param_arrived),
      .room_i(room), .idle_o, .tile_push_o(tile_push), .tile_info_o(tile_info),
      .start_o(start), .start_new_tile_o(start_new_tile),
      .start_addr_o(start_addr), .start_x_o(start_x), .start_y_o(start_y),
      .beat_valid_o(beat_valid), .beat_first_o(beat_first), .beat_last_o(beat_last), .beat_index_o(beat_index),
      .beat_weight_o(beat_weight), .beat_frees_o(beat_frees), .beat_group_o(beat_group), .cause_o(cause), .edge_o(edge_pes)
  );
  cycle_counters #(.EDGE_W(EdgeW)) u_counters (.clk_i, .rst_ni, .count_i, .cause_i(cause), .edge_i(edge_pes), .counts_o);

  // ---- Activations ------------------------------------------------------------------------------------------------------
  wire logic [AddrW-1:0] line_raddr;
  wire logic [16*Word-1:0] line_rdata;
  wire logic [8*ROWS-1:0] act;
  line_buffer #(.BYTES(LINE_BYTES), .WORD(Word), .BUS_BYTES(BUS_BYTES)) u_lines (
      .clk_i, .rst_ni, .valid_i(line_valid_i), .ready_o(line_ready_o), .data_i(line_data_i), .last_i(line_last_i),
      .freed_i(line_freed), .lines_o(lines), .raddr_i(line_raddr), .rdata_o(line_rdata)
  );
  row_feeder #(.ROWS(ROWS), .WORD(Word), .LINE_BYTES(LINE_BYTES)) u_feeder (
      .clk_i, .rst_ni, .start_i(start), .new_tile_i(start_new_tile),
      .start_addr_i(start_addr), .start_x_i(start_x), .start_y_i(start_y),
      .x_lim_i(seq_job[32*weft_list_pkg::JOB_XLIM+:PosW]), .y_lim_i(seq_job[32*weft_list_pkg::JOB_YLIM+:PosW]),
      .zp_i(seq_job[32*weft_list_pkg::JOB_ZP_IN+:8]),
      .pixel_pop_o(pixel_pop), .pixel_i(pixel), .raddr_o(line_raddr), .rdata_i(line_rdata),
      .beat_index_i(beat_index), .act_o(act)
  );

  // ---- Weights: the address waits so that a word meets its activations at the array --------------------------------------
  localparam int WeightReadLatency = 3;
  wire logic weight_frees, weight_group;
  wire logic [WeightPtrW-1:0] weight_raddr;
  wire logic [8*COLS-1:0] wgt;
  delay #(.WIDTH(2 + WeightPtrW), .CYCLES(weft_pkg::FEED_LATENCY + 1 - WeightReadLatency)) u_weight_wait (
      .clk_i, .rst_ni, .d_i({beat_frees, beat_group, beat_weight}), .q_o({weight_frees, weight_group, weight_raddr})
  );
  // A job's last tile frees its weights chunk by chunk: whole bus words, which a group fills up.
  localparam logic [WeightPtrW-1:0] PackMask = ~WeightPtrW'(WeightPack - 1);
  logic [WeightPtrW-1:0] weight_freed_q;
  always_ff @(posedge clk_i)
    if (!rst_ni) weight_freed_q <= '0;
    else if (weight_frees) weight_freed_q <= (weight_raddr + (weight_group ? WeightPtrW'(WeightPack) : WeightPtrW'(1))) & PackMask;
  weight_buffer #(.BYTES(WEIGHT_BYTES), .COLS(COLS), .BUS_BYTES(BUS_BYTES)) u_weights (
      .clk_i, .rst_ni, .valid_i(weight_valid_i), .ready_o(weight_ready_o), .data_i(weight_data_i),
      .arrived_o(weight_arrived), .freed_i(weight_freed_q), .raddr_i(weight_raddr[WeightPtrW-3:0]), .wgt_o(wgt)
  );

  // ---- Array --------------------------------------------------------------------------------------------------------------
  wire logic shift;
  wire logic [2:0] beat_ctl;
  delay #(.WIDTH(3), .CYCLES(weft_pkg::FEED_LATENCY + 1 + weft_pkg::MULT_LATENCY)) u_ctl_wait (
      .clk_i, .rst_ni, .d_i({beat_last, beat_first, beat_valid}), .q_o(beat_ctl)
  );
  wire logic [CtlW-1:0] ctl = {shift, beat_ctl};
  wire logic [ACC_W*COLS-1:0] chain;
  wire logic clk_array;
  clock_gate #(.CYCLES(weft_pkg::FEED_LATENCY + weft_pkg::MULT_LATENCY + ROWS + COLS + N * ROWS + 8)) u_array_clock (
      .clk_i, .rst_ni, .wake_i(beat_valid), .clk_o(clk_array)
  );
  systolic_array #(.ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W)) u_array (
      .clk_i(clk_array), .rst_ni, .act_i(act), .wgt_i(wgt), .ctl_i(ctl), .drain_o(chain)
  );

  // ---- Output path --------------------------------------------------------------------------------------------------------
  // It runs for some cycles after a tile's last beat and is idle for all others.
  localparam int ToRequant = 3;  // cycles from `row_ahead` to the requantiser: sums come after 2, bias takes 1
  localparam int ToActivation = ToRequant + weft_pkg::REQUANT_LATENCY;
  localparam int OutputCycles = N * (ROWS + LANES) + ToActivation + 8;
  wire logic clk_out;
  clock_gate #(.CYCLES(OutputCycles)) u_out_clock (
      .clk_i, .rst_ni, .wake_i(beat_ctl[weft_pkg::CTL_LAST] | param_valid_i), .clk_o(clk_out)
  );
  wire logic ahead_valid, ahead_first;
  wire logic [RowW-1:0] ahead_row;
  wire logic [StepW-1:0] ahead_step;
  wire logic [ACC_W*LANES-1:0] sums;
  drain #(.ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ACC_W(ACC_W)) u_drain (
      .clk_i(clk_out), .rst_ni, .last_i(beat_ctl[weft_pkg::CTL_LAST]), .shift_o(shift), .chain_i(chain),
      .ahead_valid_o(ahead_valid), .ahead_first_o(ahead_first), .ahead_row_o(ahead_row), .ahead_step_o(ahead_step),
      .sums_o(sums)
  );

  // The record of the tile that is draining.
  wire logic [InfoW-1:0] info_head;
  wire logic info_valid;
  wire logic [$clog2(InfoDepth):0] info_count;
  logic [InfoW-1:0] info_q;
  fifo #(.WIDTH(InfoW), .DEPTH(InfoDepth)) u_info (
      .clk_i, .rst_ni, .push_i(tile_push), .data_i(tile_info), .pop_i(ahead_first),
      .valid_o(info_valid), .data_o(info_head), .count_o(info_count)
  );
  wire unused_info = &{1'b0, info_valid, info_count};
  always_ff @(posedge clk_out) if (ahead_first) info_q <= info_head;
  wire logic row_ahead;
  wire logic [RowW-1:0] row;
  wire logic [StepW-1:0] step;
  delay #(.WIDTH(1 + RowW + StepW), .CYCLES(1)) u_info_wait (
      .clk_i(clk_out), .rst_ni, .d_i({ahead_valid, ahead_row, ahead_step}), .q_o({row_ahead, row, step})
  );

  wire logic info_final, info_last;
  wire logic [RowW-1:0] info_rows;
  wire logic [COL_W-1:0] info_cols;
  wire logic [ParamPtrW-1:0] info_param;
  wire logic [23:0] info_out;  // {clamp_hi, clamp_lo, output_zp}
  wire logic [DimW-1:0] info_pool;
  assign {info_final, info_last, info_rows, info_cols, info_param, info_out, info_pool} = info_q;
  wire logic row_valid = row < info_rows;
  wire logic pixel_last = step == StepW'(N - 1);

  // Parameters: read ahead; a group's are free when the last row of the job's last tile leaves.
  wire logic [ParamPtrW-1:0] param_raddr = info_param + ParamPtrW'(step);
  wire unused_param = &{1'b0, param_raddr};
  logic [ParamPtrW-1:0] param_freed_q;
  always_ff @(posedge clk_out)
    if (!rst_ni) param_freed_q <= '0;
    else if (row_ahead & info_last & pixel_last & (row == RowW'(ROWS - 1)))
      param_freed_q <= info_param + ParamPtrW'(N);
  wire logic [32*LANES-1:0] p_bias, p_mult, p_mult_q;
  wire logic [6*LANES-1:0] p_shift, p_shift_q;
  param_buffer #(.LANES(LANES), .BUS_BYTES(BUS_BYTES), .ENTRIES(ParamEntries)) u_params (
      .clk_i(clk_out), .rst_ni, .valid_i(param_valid_i), .ready_o(param_ready_o), .data_i(param_data_i),
      .arrived_o(param_arrived), .freed_i(param_freed_q), .raddr_i(param_raddr[ParamPtrW-3:0]),
      .bias_o(p_bias), .mult_o(p_mult), .shift_o(p_shift)
  );
  delay #(.WIDTH(38 * LANES), .CYCLES(1), .RESET(0)) u_param_wait (
      .clk_i(clk_out), .rst_ni, .d_i({p_shift, p_mult}), .q_o({p_shift_q, p_mult_q})
  );

  // Side information keeps pace: sums come 2 cycles after `row_ahead`, bias takes 1, requantize 9, activation 2.
  wire logic [7:0] zp, clamp_lo, clamp_hi;
  delay #(.WIDTH(8), .CYCLES(ToRequant), .RESET(0)) u_zp_wait (.clk_i(clk_out), .rst_ni, .d_i(info_out[7:0]), .q_o(zp));
  delay #(.WIDTH(16), .CYCLES(ToActivation), .RESET(0)) u_clamp_wait (
      .clk_i(clk_out), .rst_ni, .d_i(info_out[23:8]), .q_o({clamp_hi, clamp_lo})
  );
  wire logic [8*LANES-1:0] y;
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [31:0] acc;
      wire logic [7:0] scaled;
      bias #(.ACC_W(ACC_W)) u_bias (
          .clk_i(clk_out), .sum_i(sums[ACC_W*l+:ACC_W]), .bias_i(p_bias[32*l+:32]), .acc_o(acc)
      );
      requantize u_requantize (
          .clk_i(clk_out), .rst_ni, .acc_i(acc), .mult_i(p_mult_q[32*l+:32]), .shift_i(p_shift_q[6*l+:6]), .zp_i(zp), .y_o(scaled)
      );
      activation u_activation (.clk_i(clk_out), .x_i(scaled), .lo_i(clamp_lo), .hi_i(clamp_hi), .y_o(y[8*l+:8]));
    end
  endgenerate

  wire logic a_valid, a_row_valid, a_final;
  wire logic [StepW-1:0] a_step;
  wire logic [COL_W-1:0] a_cols;
  wire logic [DimW-1:0] a_pool;
  delay #(.WIDTH(3 + StepW + COL_W + DimW), .CYCLES(ToActivation + 2)) u_side_wait (
      .clk_i(clk_out), .rst_ni,
      .d_i({row_ahead, row_valid, info_final & (row + 1'b1 == info_rows), step, info_cols, info_pool}),
      .q_o({a_valid, a_row_valid, a_final, a_step, a_cols, a_pool})
  );

  wire logic g_valid, g_row_valid, g_final;
  wire logic [8*COLS-1:0] g_data;
  wire logic [COL_W-1:0] g_cols;
  wire logic [DimW-1:0] g_pool;
  gather #(.COLS(COLS), .LANES(LANES)) u_gather (
      .clk_i(clk_out), .rst_ni, .valid_i(a_valid), .step_i(a_step), .data_i(y), .valid_o(g_valid), .data_o(g_data)
  );
  delay #(.WIDTH(2 + COL_W + DimW), .CYCLES(1)) u_gather_wait (
      .clk_i(clk_out), .rst_ni, .d_i({a_row_valid, a_final, a_cols, a_pool}), .q_o({g_row_valid, g_final, g_cols, g_pool})
  );

  wire logic pool_valid, pool_final, pool_pixel;
  wire logic [8*COLS-1:0] pool_data;
  wire logic [COL_W-1:0] pool_cols;
  max_pool #(.COLS(COLS)) u_pool (
      .clk_i(clk_out), .rst_ni, .count_i(g_pool), .valid_i(g_valid & g_row_valid), .data_i(g_data),
      .valid_o(pool_valid), .data_o(pool_data)
  );
  delay #(.WIDTH(2 + COL_W), .CYCLES(1)) u_pool_wait (
      .clk_i(clk_out), .rst_ni, .d_i({g_valid, g_final, g_cols}), .q_o({pool_pixel, pool_final, pool_cols})
  );

  wire logic [$clog2(OutDepth):0] out_count;
  wire logic out_pop = out_valid_o & out_ready_i;
  fifo #(.WIDTH(1 + COL_W + 8 * COLS), .DEPTH(OutDepth)) u_out (
      .clk_i, .rst_ni, .push_i(pool_valid), .data_i({pool_final, pool_cols, pool_data}), .pop_i(out_pop),
      .valid_o(out_valid_o), .data_o({out_final_o, out_cols_o, out_data_o}), .count_o(out_count)
  );
  wire unused_out = &{1'b0, out_count};
  wire logic pixel_gone = pool_pixel & ~pool_valid;  // not a pixel of the map, or inside a pooling window
  assign room = 2'(pixel_gone) + 2'(out_pop);
endmodule
`default_nettype wire
