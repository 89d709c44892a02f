// SPDX-License-Identifier: Apache-2.0
// Decides when the next chunk of every row is read: the one place where the array can be made to wait.
// For each tile of pixels, each group of COLS output channels, each filter row ky, each run kx, each chunk of the run:
//   start  when the read port is free (ROWS cycles since the last start), the chunk before has given its last beat, and
//          lines, weights, the drain registers and room for the outputs are there.
// All rows do what row 0 does, r cycles later, so this decision is made once. chunk_walk shows the pending chunk (pend_*),
// chunk_beats gives the beats of the running one (run_*) without a gap: start at cycle s gives beats at s+1 .. s+len.
//
// Chunks A of 3 beats, B of 2, C of 3 whose weights come late, ROWS = 2:
//   cycle          0  1  2  3  4  5  6  7  8  9 10
//   pend_*         A  A  B  B  B  C  C  C  C  C  D
//   weights_ok     1  1  1  1  1  0  0  0  1  1  1
//   ok_q           0  1  0  1  1  0  0  0  0  1  0     all that the pending chunk waits for was there in the cycle before
//   free_q         1  1  0  0  1  0  1  1  1  1  0     read port, and the running chunk is at its last beat or done
//   start_o           A        B              C        ok_q & free_q
//   beat_valid_o         A  A  A  B  B           C     index 0 1 2 0 1 . . . 0
//   run_left       0  0  3  2  1  2  1  0  0  0  3
//   cause_o        F  F  M  M  M  M  M  W  W  F  M     M = MAC, W = WEIGHTS, F = FILL: a decision on its way
// Conditions are registered, which costs nothing as long as starts are two cycles apart (ROWS >= 2). A cycle without a beat has
// the cause that held in the cycle before.
`default_nettype none
module sequencer #(
    parameter int ROWS         = 8,      // Requires: at least 2
    parameter int COLS         = 8,      // Requires: at least 2
    parameter int LANES        = 4,      // Requires: divides COLS, at most COLS/2
    parameter int WORD         = 16,     // bytes of the longest chunk. Requires: at least ROWS
    parameter int LINE_BYTES   = 65536,  // Requires: a power of two
    parameter int LINE_PTR_W   = 15,
    parameter int WEIGHT_PTR_W = 16,
    parameter int WEIGHT_PACK  = 1,      // weight words of a bus word: a group begins at a multiple of it. Requires: a power of two
    parameter int PARAM_PTR_W  = 11,
    parameter int OUT_DEPTH    = 64,     // pixels that fit between the array and the store. Requires: at least ROWS
    localparam int ADDR_W = $clog2(LINE_BYTES),
    localparam int LEN_W = $clog2(WORD + 1),
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int COL_W = $clog2(COLS + 1),
    localparam int SPACE_W = $clog2(OUT_DEPTH + 1),
    localparam int EDGE_W = $clog2(ROWS * COLS + 1),
    localparam int DIM_W = weft_list_pkg::DIM_W,
    localparam int POS_W = weft_list_pkg::POS_W,
    localparam int INFO_W = 2 + ROW_W + COL_W + PARAM_PTR_W + 25 + DIM_W
) (
    input  wire logic                                   clk_i,
    input  wire logic                                   rst_ni,
    input  wire logic                                   job_valid_i,
    input  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job_i,
    output wire logic                                   job_next_o,
    // tiles of the pixel walker
    input  wire logic                                   tile_valid_i,
    output wire logic                                   tile_pop_o,
    input  wire logic [                      ROW_W-1:0] tile_rows_i,
    input  wire logic                                   tile_final_i,
    input  wire logic [                      DIM_W-1:0] tile_need_i,
    input  wire logic [                 LINE_PTR_W-1:0] tile_free_i,
    // buffers
    input  wire logic [                      DIM_W-1:0] lines_i,
    output logic      [                 LINE_PTR_W-1:0] line_freed_o,
    input  wire logic [               WEIGHT_PTR_W-1:0] weight_arrived_i,
    input  wire logic [                PARAM_PTR_W-1:0] param_arrived_i,
    // output path: room comes back one pixel at a time, from at most two places a cycle
    input  wire logic [                            1:0] room_i,
    output wire logic                                   tile_push_o,   // a tile that will drain: its record for the output path
    output wire logic [                     INFO_W-1:0] tile_info_o,   // {job's last, job's last of its columns, rows, cols,
                                                                       //  parameter entry, rounding, clamp_hi, clamp_lo, zp, pool}
    // chunk reads: the feeder does ROWS reads from the cycle after start_o on
    output wire logic                                   start_o,
    output wire logic                                   start_new_tile_o,
    output wire logic [                     ADDR_W-1:0] start_addr_o,  // relative to the pixel's filter window
    output wire logic [                      POS_W-1:0] start_x_o,
    output wire logic [                      POS_W-1:0] start_y_o,
    // beats of row 0
    output wire logic                                   beat_valid_o,
    output wire logic                                   beat_first_o,
    output wire logic                                   beat_last_o,
    output wire logic [                      LEN_W-1:0] beat_index_o,  // byte of the chunk
    output wire logic [               WEIGHT_PTR_W-1:0] beat_weight_o, // weight word
    output wire logic                                   beat_frees_o,  // a chunk's last beat, if no later tile reads its weights
    output wire logic                                   beat_group_o,  // the chunk is its group's last
    output wire logic [                            2:0] cause_o,       // weft_pkg::CAUSE_*
    output wire logic [                     EDGE_W-1:0] edge_o         // idle PEs of the beat two cycles ago, 0 without one
);
  localparam int N = COLS / LANES;  // cycles for which one row of drain registers is read
  localparam int DrainCycles = N * ROWS;
  localparam int TimerW = $clog2(DrainCycles + WORD + 1);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (WORD < ROWS) begin : gen_illegal_word WORD_must_be_at_least_ROWS u_illegal (); end
  if (!weft_pkg::power_of_two(LINE_BYTES)) begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two u_illegal (); end
  if (!weft_pkg::power_of_two(WEIGHT_PACK)) begin : gen_illegal_weight_pack WEIGHT_PACK_must_be_a_power_of_two u_illegal (); end
  if (OUT_DEPTH < ROWS) begin : gen_illegal_out_depth OUT_DEPTH_must_be_at_least_ROWS u_illegal (); end

  // ---- The pending chunk --------------------------------------------------------------------------------------------------
  wire logic start;
  wire logic pend_valid, pend_begins_tile, pend_begins_group, pend_ends_group, pend_drains, pend_ends_job, pend_last_tile;
  wire logic [LEN_W-1:0] pend_len;
  wire logic [ROW_W-1:0] pend_rows;
  wire logic [COL_W-1:0] pend_cols;
  wire logic [WEIGHT_PTR_W-1:0] pend_weight, pend_weight_end;
  wire logic [PARAM_PTR_W-1:0] pend_param, pend_param_end;
  chunk_walk #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .WORD(WORD), .LINE_BYTES(LINE_BYTES), .WEIGHT_PTR_W(WEIGHT_PTR_W),
      .WEIGHT_PACK(WEIGHT_PACK), .PARAM_PTR_W(PARAM_PTR_W)
  ) u_pending (
      .clk_i, .rst_ni, .job_valid_i, .job_i, .tile_rows_i, .tile_final_i, .start_i(start),
      .valid_o(pend_valid), .len_o(pend_len), .addr_o(start_addr_o), .x_o(start_x_o), .y_o(start_y_o),
      .rows_o(pend_rows), .cols_o(pend_cols), .weight_o(pend_weight), .weight_end_o(pend_weight_end),
      .param_o(pend_param), .param_end_o(pend_param_end),
      .begins_tile_o(pend_begins_tile), .begins_group_o(pend_begins_group), .ends_group_o(pend_ends_group),
      .drains_o(pend_drains), .ends_job_o(pend_ends_job), .last_tile_o(pend_last_tile)
  );

  // ---- The decision -------------------------------------------------------------------------------------------------------
  logic [TimerW-1:0] drain_q;   // cycles until the drain registers may be written again - 1, at least 0
  logic [SPACE_W-1:0] space_q;  // places for outputs, without those that came back a cycle ago
  logic [1:0] room_q;           // ... which come from far away
  wire logic [SPACE_W-1:0] space = space_q + SPACE_W'(room_q);
  wire logic [DIM_W-1:0] lines_ahead = lines_i - tile_need_i;
  wire logic [WEIGHT_PTR_W-1:0] weights_ahead = weight_arrived_i - pend_weight_end;
  wire logic [PARAM_PTR_W-1:0] params_ahead = param_arrived_i - pend_param_end;
  wire logic tile_ok = ~pend_begins_tile | tile_valid_i;
  wire logic lines_ok = ~pend_begins_tile | ~lines_ahead[DIM_W-1];
  wire logic weights_ok = ~weights_ahead[WEIGHT_PTR_W-1] & ~(pend_drains & params_ahead[PARAM_PTR_W-1]);
  wire logic drain_ok = ~pend_drains | (TimerW'(pend_len) >= drain_q);
  wire logic room_ok = ~pend_drains | (space >= SPACE_W'(ROWS));

  logic ok_q;
  wire logic [LEN_W-1:0] run_left;  // beats left of the chunk that is running
  logic [ROW_W-1:0] port_q;         // cycles until the read port is free
  logic free_q;                     // it is, and the running chunk gives its last beat at the latest now
  assign start = ok_q & free_q;
  wire logic start_drains = start & pend_drains;
  wire logic start_ends_job = start & pend_ends_job;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ok_q <= 1'b0;
      free_q <= 1'b0;
      port_q <= '0;
      drain_q <= '0;
      space_q <= SPACE_W'(OUT_DEPTH);
      room_q <= '0;
    end else begin
      ok_q <= pend_valid & tile_ok & lines_ok & weights_ok & drain_ok & room_ok & ~start;
      free_q <= (port_q <= ROW_W'(1)) & (run_left <= LEN_W'(2)) & ~start;
      port_q <= start ? ROW_W'(ROWS - 1) : port_q - ROW_W'(port_q != '0);
      drain_q <= start_drains ? TimerW'(pend_len) + TimerW'(DrainCycles - 2) : drain_q - TimerW'(drain_q != '0);
      space_q <= start_drains ? space - SPACE_W'(ROWS) : space;
      room_q <= room_i;
    end
  end

  assign start_o = start;
  assign start_new_tile_o = pend_begins_tile;
  assign tile_pop_o = start & pend_begins_tile;
  assign job_next_o = start_ends_job;
  assign tile_push_o = start_drains;
  assign tile_info_o = {pend_ends_job, pend_last_tile, pend_rows, pend_cols, pend_param,
                        job_i[32*weft_list_pkg::JOB_OUT+:weft_list_pkg::JOB_OUT_ROUNDING_BIT+1], job_i[32*weft_list_pkg::JOB_POOL+:DIM_W]};

  // ---- Lines: those below a new tile's first are free, and all of the job's, unless it keeps them, once its last reads are done --
  wire logic keeps = job_i[32*weft_list_pkg::JOB_FLAGS+weft_list_pkg::JOB_FLAGS_KEEPS_BIT];
  logic [LINE_PTR_W-1:0] job_end_q;  // bus words of all jobs that have ended
  logic [ROW_W-1:0] end_timer_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_freed_o <= '0;
      job_end_q <= '0;
      end_timer_q <= '0;
    end else begin
      if (start_ends_job) begin
        if (!keeps) job_end_q <= job_end_q + job_i[32*weft_list_pkg::JOB_BUS_WORDS+:LINE_PTR_W];
        end_timer_q <= ROW_W'(ROWS);
      end else if (end_timer_q != '0) end_timer_q <= end_timer_q - 1'b1;
      if (start & pend_begins_tile) line_freed_o <= tile_free_i;
      else if (end_timer_q == ROW_W'(1)) line_freed_o <= job_end_q;
    end
  end

  // ---- The running chunk ------------------------------------------------------------------------------------------------------
  wire logic clears = job_i[32*weft_list_pkg::JOB_FLAGS+weft_list_pkg::JOB_FLAGS_CLEARS_BIT];
  chunk_beats #(.ROWS(ROWS), .COLS(COLS), .WORD(WORD), .WEIGHT_PTR_W(WEIGHT_PTR_W)) u_running (
      .clk_i, .rst_ni, .start_i(start), .len_i(pend_len), .clears_i(pend_begins_group & clears), .drains_i(pend_drains),
      .frees_i(pend_last_tile), .group_i(pend_ends_group), .weight_i(pend_weight), .rows_i(pend_rows), .cols_i(pend_cols),
      .left_o(run_left), .valid_o(beat_valid_o), .first_o(beat_first_o), .last_o(beat_last_o), .frees_o(beat_frees_o),
      .group_o(beat_group_o), .index_o(beat_index_o), .weight_o(beat_weight_o), .idle_pes_o(edge_o)
  );
  wire unused = &{1'b0, job_i};

  // ---- Why there is no beat: a cycle earlier the chunk could not start, for the first reason that applies -----------------------
  wire logic empty = space == SPACE_W'(OUT_DEPTH);
  logic [2:0] wait_cause_q;
  always_ff @(posedge clk_i)
    if (!rst_ni) wait_cause_q <= 3'(weft_pkg::CAUSE_FILL);
    else wait_cause_q <= 3'(~pend_valid   ? (empty ? weft_pkg::CAUSE_FILL : weft_pkg::CAUSE_DRAIN)
                            : port_q != '0 ? weft_pkg::CAUSE_FEED
                            : ~tile_ok     ? weft_pkg::CAUSE_FILL
                            : ~lines_ok    ? weft_pkg::CAUSE_LINES
                            : ~weights_ok  ? weft_pkg::CAUSE_WEIGHTS
                            : ~drain_ok    ? weft_pkg::CAUSE_DRAIN
                            : ~room_ok     ? weft_pkg::CAUSE_STORE
                                           : weft_pkg::CAUSE_FILL);
  assign cause_o = beat_valid_o ? 3'(weft_pkg::CAUSE_MAC) : wait_cause_q;
endmodule
`default_nettype wire
