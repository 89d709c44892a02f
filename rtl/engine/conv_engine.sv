// SPDX-License-Identifier: Apache-2.0
// The convolution engine: only wires.
//
//   lines ---> line_buffer ---> row_feeder ---> systolic_array <--- weight_buffer <--- weights
//                 ^  pixels ->--^    ^           ^   |                   ^
//   jobs ---> job_queue -> pixel_walker, sequencer ---- beat_feeder -----^
//                                                    |
//                             parameters ---> output_path ---> outputs
//
// A layer is one or more jobs (compiler/job.hpp), which run back to back. Five streams, valid/ready, valid never waits for
// ready: jobs; input lines in the order of the jobs, each line padded to whole bus words, line_last_i on its last word;
// weights, one weight word of COLS bytes (padded to a power of two) a beat; parameters; outputs, one pixel of up to COLS channels.
// counts_o counts what every cycle was spent on while count_i is high, from count_clear_i on; a reset keeps it.
`default_nettype none
module conv_engine #(
    parameter int ROWS          = 8,       // Requires: 2 to 64
    parameter int COLS          = 8,       // Requires: 2 to 64
    parameter int LANES         = 4,       // requantiser lanes. Requires: divides COLS, at most COLS/2
    parameter int LINE_BYTES    = 65536,   // Requires: a power of two, 4*WORD to 2^18
    parameter int WEIGHT_BYTES  = 131072,  // Requires: a power of two, 16 weight words and 16 bus words to 2^24
    parameter int BUS_BYTES     = 8,       // Requires: a power of two, 4 to 64
    parameter int ACC_W         = 32,      // Requires: 20 to 32
    parameter int MACS_PER_MULT = 1,       // of the array: systolic_array. Requires: 1 or 2
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
    input  wire logic                                          count_i,
    input  wire logic                                          count_clear_i,
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
  if (MACS_PER_MULT != 1 && MACS_PER_MULT != 2) begin : gen_illegal_macs_per_mult MACS_PER_MULT_must_be_1_or_2 u_illegal (); end
  localparam int ParamEntries = 512;
  localparam int LinePtrW = $clog2(LINE_BYTES / BUS_BYTES) + 2;
  localparam int WeightPtrW = $clog2(WEIGHT_BYTES / Cpad) + 2;
  localparam int WeightPack = Cpad < BUS_BYTES ? BUS_BYTES / Cpad : 1;
  localparam int ParamPtrW = $clog2(ParamEntries) + 2;
  // Pixels between the sequencer's decision and the store: what is on its way at one pixel every N cycles, and some tiles.
  // Tiles between the decision and the drain: what is on its way at one tile every N*ROWS cycles, and some.
  localparam int OnItsWay = Word + COLS + weft_pkg::ACT_LATENCY + weft_pkg::MULT_LATENCY;
  localparam int OutDepth = 1 << $clog2((OnItsWay + weft_pkg::OUTPUT_LATENCY + weft_pkg::PLACE_MARGIN) / N + 3 * ROWS);
  localparam int InfoDepth = 1 << $clog2((OnItsWay + weft_pkg::RECORD_MARGIN) / (N * ROWS) + 3);
  localparam int AddrW = $clog2(LINE_BYTES);
  localparam int LenW = $clog2(Word + 1);
  localparam int RowW = $clog2(ROWS + 1);
  localparam int EdgeW = $clog2(ROWS * COLS + 1);
  localparam int DimW = weft_list_pkg::DIM_W;
  localparam int PosW = weft_list_pkg::POS_W;

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
  localparam int InfoW = 2 + RowW + COL_W + ParamPtrW + 25 + DimW;
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
      .room_i(room), .tile_push_o(tile_push), .tile_info_o(tile_info),
      .start_o(start), .start_new_tile_o(start_new_tile),
      .start_addr_o(start_addr), .start_x_o(start_x), .start_y_o(start_y),
      .beat_valid_o(beat_valid), .beat_first_o(beat_first), .beat_last_o(beat_last), .beat_index_o(beat_index),
      .beat_weight_o(beat_weight), .beat_frees_o(beat_frees), .beat_group_o(beat_group), .cause_o(cause), .edge_o(edge_pes)
  );
  cycle_counters #(.EDGE_W(EdgeW)) u_counters (.clk_i, .rst_ni(~count_clear_i), .count_i, .cause_i(cause), .edge_i(edge_pes), .counts_o);

  // ---- Activations ------------------------------------------------------------------------------------------------------
  wire logic [AddrW-1:0] line_raddr;
  wire logic [16*Word-1:0] line_rdata;
  wire logic [8*ROWS-1:0] act;
  line_buffer #(.BYTES(LINE_BYTES), .WORD(Word), .BUS_BYTES(BUS_BYTES)) u_lines (
      .clk_i, .rst_ni, .valid_i(line_valid_i), .ready_o(line_ready_o), .data_i(line_data_i), .last_i(line_last_i),
      .freed_i(line_freed), .lines_o(lines), .wide_i(1'b0),
      .wide_addr_i(($clog2(LINE_BYTES))'(0)), .wide_data_i(1'b0), .raddr_i(line_raddr), .rdata_o(line_rdata)
  );
  row_feeder #(.ROWS(ROWS), .WORD(Word), .LINE_BYTES(LINE_BYTES)) u_feeder (
      .clk_i, .rst_ni, .start_i(start), .new_tile_i(start_new_tile),
      .start_addr_i(start_addr), .start_x_i(start_x), .start_y_i(start_y),
      .x_lim_i(seq_job[32*weft_list_pkg::JOB_XLIM+:PosW]), .y_lim_i(seq_job[32*weft_list_pkg::JOB_YLIM+:PosW]),
      .zp_i(seq_job[32*weft_list_pkg::JOB_ZP_IN+:8]),
      .pixel_pop_o(pixel_pop), .pixel_i(pixel), .raddr_o(line_raddr), .rdata_i(line_rdata),
      .beat_index_i(beat_index), .act_o(act)
  );

  // ---- Weights and control: as late as the activations ----------------------------------------------------------------------
  wire logic [WeightPtrW-1:0] weight_raddr, weight_freed;
  wire logic [8*COLS-1:0] wgt;
  wire logic [2:0] beat_ctl;
  beat_feeder #(.PTR_W(WeightPtrW), .PACK(WeightPack)) u_beats (
      .clk_i, .rst_ni, .valid_i(beat_valid), .first_i(beat_first), .last_i(beat_last), .frees_i(beat_frees),
      .group_i(beat_group), .weight_i(beat_weight), .raddr_o(weight_raddr), .freed_o(weight_freed), .ctl_o(beat_ctl)
  );
  wire unused_raddr = &{1'b0, weight_raddr};
  weight_buffer #(.BYTES(WEIGHT_BYTES), .COLS(COLS), .BUS_BYTES(BUS_BYTES)) u_weights (
      .clk_i, .rst_ni, .valid_i(weight_valid_i), .ready_o(weight_ready_o), .data_i(weight_data_i),
      .arrived_o(weight_arrived), .freed_i(weight_freed), .raddr_i(weight_raddr[WeightPtrW-3:0]), .wgt_o(wgt)
  );

  // ---- Array: its clock runs from a beat until the beat's tile has drained ----------------------------------------------------
  localparam int ArrayCycles = weft_pkg::ACT_LATENCY + weft_pkg::MULT_LATENCY + weft_pkg::CHAIN_LATENCY + ROWS + COLS + N * ROWS;
  wire logic shift, clk_array;
  wire logic [ACC_W*COLS-1:0] chain;
  clock_gate #(.CYCLES(ArrayCycles + weft_pkg::CLOCK_MARGIN)) u_array_clock (
      .clk_i, .rst_ni, .wake_i(beat_valid), .clk_o(clk_array)
  );
  systolic_array #(.ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT)) u_array (
      .clk_i(clk_array), .rst_ni, .act_i(act), .wgt_i(wgt), .ctl_i({shift, beat_ctl}), .drain_o(chain)
  );

  // ---- Outputs ----------------------------------------------------------------------------------------------------------------
  output_path #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BUS_BYTES(BUS_BYTES), .ACC_W(ACC_W), .ENTRIES(ParamEntries),
      .INFO_DEPTH(InfoDepth), .OUT_DEPTH(OutDepth)
  ) u_output (
      .clk_i, .rst_ni, .last_i(beat_ctl[weft_pkg::CTL_LAST]), .shift_o(shift), .chain_i(chain),
      .tile_push_i(tile_push), .tile_info_i(tile_info), .room_o(room),
      .param_valid_i, .param_ready_o, .param_data_i, .param_arrived_o(param_arrived),
      .out_valid_o, .out_ready_i, .out_data_o, .out_cols_o, .out_final_o
  );

  // ---- The five streams: what is offered is held until it is taken --------------------------------------------------------------
  stream_rules #(.WIDTH(32 * weft_list_pkg::JOB_WORDS)) u_job_rules (
      .clk_i, .rst_ni, .valid_i(job_valid_i), .ready_i(job_ready_o), .data_i(job_i)
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES + 1)) u_line_rules (
      .clk_i, .rst_ni, .valid_i(line_valid_i), .ready_i(line_ready_o), .data_i({line_last_i, line_data_i})
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_weight_rules (
      .clk_i, .rst_ni, .valid_i(weight_valid_i), .ready_i(weight_ready_o), .data_i(weight_data_i)
  );
  stream_rules #(.WIDTH(8 * BUS_BYTES)) u_param_rules (
      .clk_i, .rst_ni, .valid_i(param_valid_i), .ready_i(param_ready_o), .data_i(param_data_i)
  );
  stream_rules #(.WIDTH(8 * COLS + COL_W + 1)) u_out_rules (
      .clk_i, .rst_ni, .valid_i(out_valid_o), .ready_i(out_ready_i), .data_i({out_final_o, out_cols_o, out_data_o})
  );
endmodule
`default_nettype wire
