// SPDX-License-Identifier: Apache-2.0
// The chunks of a job one after the other: for each tile, group of COLS output channels, filter row ky, run kx, chunk of the run.
// Shows the pending chunk: its length, its offset from the pixel's filter window, its weight word and parameter entry, and what
// begins and ends with it. start_i takes it; the next one is pending in the cycle after, or when its job is there.
// Chunks A, B and C, ROWS = 2:
//   cycle          0  1  2  3  4  5  6
//   start_i           A        B           starts are at least two cycles apart (ROWS >= 2)
//   pend_*         A  A  B  B  B  C  C     registers: the chunk that starts next
//   next_*_q       .  B  .  C  C  .  D     the step to the chunk after it, worked out in its first cycle, taken by its start
//   ahead_*        A  B  B  C  C  C  D     the loops stand one chunk further, from the second cycle on: what ends with their chunk
//                                          becomes a flag of the pending one
// Does not decide: see sequencer.sv.
`default_nettype none
module chunk_walk #(
    parameter int ROWS         = 8,
    parameter int COLS         = 8,
    parameter int LANES        = 4,
    parameter int WORD         = 16,     // bytes of the longest chunk
    parameter int LINE_BYTES   = 65536,  // Requires: a power of two
    parameter int WEIGHT_PTR_W = 16,
    parameter int WEIGHT_PACK  = 1,      // weight words of a bus word: a group begins at a multiple of it. Requires: a power of two
    parameter int PARAM_PTR_W  = 11,
    localparam int ADDR_W = $clog2(LINE_BYTES),
    localparam int LEN_W = $clog2(WORD + 1),
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int COL_W = $clog2(COLS + 1),
    localparam int DIM_W = weft_list_pkg::DIM_W,
    localparam int POS_W = weft_list_pkg::POS_W
) (
    input  wire logic                                   clk_i,
    input  wire logic                                   rst_ni,
    input  wire logic                                   job_valid_i,
    input  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job_i,
    input  wire logic [                      ROW_W-1:0] tile_rows_i,     // of the next tile, when its first chunk starts
    input  wire logic                                   tile_final_i,
    input  wire logic                                   start_i,
    output wire logic                                   valid_o,         // there is a pending chunk
    output wire logic [                      LEN_W-1:0] len_o,
    output wire logic [                     ADDR_W-1:0] addr_o,          // relative to the pixel's filter window
    output wire logic [                      POS_W-1:0] x_o,
    output wire logic [                      POS_W-1:0] y_o,
    output wire logic [                      ROW_W-1:0] rows_o,          // of its tile; one cycle after the tile's first chunk is pending
    output wire logic [                      COL_W-1:0] cols_o,          // of its group
    output wire logic [               WEIGHT_PTR_W-1:0] weight_o,        // its first weight word
    output wire logic [               WEIGHT_PTR_W-1:0] weight_end_o,    // the one after its last
    output wire logic [                PARAM_PTR_W-1:0] param_o,         // its group's first parameter entry
    output wire logic [                PARAM_PTR_W-1:0] param_end_o,     // the next group's first
    output wire logic                                   begins_tile_o,
    output wire logic                                   begins_group_o,
    output wire logic                                   ends_group_o,
    output wire logic                                   drains_o,        // ends a group of a job that drains its sums
    // from the cycle after the chunk became the pending one:
    output wire logic                                   ends_job_o,
    output wire logic                                   last_tile_o      // its tile is the job's last
);
  localparam int N = COLS / LANES;
  if (!weft_pkg::power_of_two(LINE_BYTES)) begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two u_illegal (); end
  if (!weft_pkg::power_of_two(WEIGHT_PACK)) begin : gen_illegal_weight_pack WEIGHT_PACK_must_be_a_power_of_two u_illegal (); end

  // The job's fields.
  wire logic drains = job_i[32*weft_list_pkg::JOB_FLAGS+weft_list_pkg::JOB_FLAGS_DRAINS_BIT];
  wire logic [DIM_W-1:0] group_last = job_i[32*weft_list_pkg::JOB_GROUP_LAST+:DIM_W];
  wire logic [DIM_W-1:0] ky_last = job_i[32*weft_list_pkg::JOB_KY_LAST+:DIM_W];
  wire logic [DIM_W-1:0] kx_last = job_i[32*weft_list_pkg::JOB_KX_LAST+:DIM_W];
  wire logic [DIM_W-1:0] chunk_last = job_i[32*weft_list_pkg::JOB_CHUNK_LAST+:DIM_W];
  wire logic [DIM_W-1:0] chunk_rem = job_i[32*weft_list_pkg::JOB_CHUNK_REM+:DIM_W];
  wire logic [LEN_W-1:0] chunk_len = job_i[32*weft_list_pkg::JOB_CHUNK_LEN+:LEN_W];
  wire logic [POS_W-1:0] ky_y = job_i[32*weft_list_pkg::JOB_KY_Y+:POS_W];
  wire logic [POS_W-1:0] kx_x = job_i[32*weft_list_pkg::JOB_KX_ADDR+:POS_W];
  wire logic [POS_W-1:0] group_x = job_i[32*weft_list_pkg::JOB_GROUP_ADDR+:POS_W];
  wire logic [ADDR_W-1:0] ky_addr = job_i[32*weft_list_pkg::JOB_KY_ADDR+:ADDR_W];
  wire logic [COL_W-1:0] cols_full = job_i[32*weft_list_pkg::JOB_COLS+:COL_W];
  wire logic [COL_W-1:0] cols_last = job_i[32*weft_list_pkg::JOB_COLS_LAST+:COL_W];
  wire unused = &{1'b0, job_i};

  // ---- The chunk ahead: the loops. They step in the cycle after the advance, by what ended with the chunk that then became the
  // pending one; the next advance comes later than that.
  logic ahead_valid_q, pend_valid_q;  // the loops stand at the job's first chunk or a later one; there is a pending chunk
  logic ahead_step_q;
  logic pend_begins_tile_q;
  logic pend_ends_run_q, pend_ends_row_q, pend_ends_group_q, pend_ends_tile_q, pend_drains_q;  // what ends with the pending chunk
  logic pend_ends_job_q;
  wire logic advance = start_i | ~pend_valid_q;
  // All this stands still from four cycles after a start to the next one, but for a tile that has yet to come: the advance, the
  // loops' step, the chunk's flags, the step after it.
  wire logic clk;
  clock_gate #(.CYCLES(4)) u_clock (.clk_i, .rst_ni, .wake_i(advance | pend_begins_tile_q), .clk_o(clk));
  wire logic ahead_run, ahead_kx, ahead_ky, ahead_group;  // the last chunk of its run, run of its filter row, ...
  loop_counter #(.WIDTH(DIM_W)) u_chunks (
      .clk_i(clk), .load_i(~ahead_valid_q), .step_i(ahead_step_q), .last_index_i(chunk_last), .last_o(ahead_run)
  );
  loop_counter #(.WIDTH(DIM_W)) u_kx (
      .clk_i(clk), .load_i(~ahead_valid_q), .step_i(ahead_step_q & pend_ends_run_q), .last_index_i(kx_last), .last_o(ahead_kx)
  );
  loop_counter #(.WIDTH(DIM_W)) u_ky (
      .clk_i(clk), .load_i(~ahead_valid_q), .step_i(ahead_step_q & pend_ends_row_q), .last_index_i(ky_last), .last_o(ahead_ky)
  );
  loop_counter #(.WIDTH(DIM_W)) u_groups (
      .clk_i(clk), .load_i(~ahead_valid_q), .step_i(ahead_step_q & pend_ends_group_q), .last_index_i(group_last),
      .last_o(ahead_group)
  );
  // The first chunk_rem chunks of a run are one byte longer.
  logic [DIM_W-1:0] ahead_long_left_q;  // longer chunks of this run from here on
  logic ahead_long_q;                   // there are any
  wire logic begin_run = ~ahead_valid_q | pend_ends_run_q;
  always_ff @(posedge clk) begin
    ahead_step_q <= advance & ahead_valid_q;
    if (~ahead_valid_q | ahead_step_q) begin
      ahead_long_left_q <= begin_run ? chunk_rem : ahead_long_left_q - DIM_W'(ahead_long_q);
      ahead_long_q <= begin_run ? chunk_rem != '0 : ahead_long_q & (ahead_long_left_q != DIM_W'(1));
    end
  end
  wire logic [LEN_W-1:0] ahead_len = chunk_len + LEN_W'(ahead_long_q);
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      ahead_valid_q <= 1'b0;
      pend_valid_q  <= 1'b0;
    end else begin
      ahead_valid_q <= ahead_valid_q ? ~(start_i & pend_ends_job_q) : job_valid_i;
      pend_valid_q  <= ahead_valid_q & ~(start_i & pend_ends_job_q);
    end

  // ---- The pending chunk: what ends with it, its length, and its offsets from the pixel's filter window.
  logic [LEN_W-1:0] pend_len_q;
  logic [COL_W-1:0] pend_cols_q;
  always_ff @(posedge clk)
    if (advance) begin
      pend_ends_run_q <= ahead_run;
      pend_ends_row_q <= ahead_run & ahead_kx;
      pend_ends_group_q <= ahead_run & ahead_kx & ahead_ky;
      pend_ends_tile_q <= ahead_run & ahead_kx & ahead_ky & ahead_group;
      pend_drains_q <= ahead_run & ahead_kx & ahead_ky & drains;
      pend_len_q <= ahead_len;
      pend_cols_q <= ahead_group ? cols_last : cols_full;
    end
  logic [ADDR_W-1:0] pend_addr_q, run_base_addr_q, row_base_addr_q;  // of the chunk; where its run began; where its filter row began
  logic [POS_W-1:0] pend_x_q, run_base_x_q, group_base_x_q, pend_y_q;
  logic pend_begins_group_q;
  logic [ROW_W-1:0] pend_rows_q;
  logic tile_final_q;
  logic [WEIGHT_PTR_W-1:0] pend_weight_q, pend_weight_end_q, job_weight_q;  // job_*: the job's first
  logic [PARAM_PTR_W-1:0] pend_param_q, pend_param_end_q, job_param_q;

  // ---- The step to the next chunk: worked out from the pending chunk's first cycle on, taken by start.
  // Addresses go on from where the outermost loop that ends now began, or from this chunk. Weight words and parameter entries:
  // every tile reads the job's from the start; a group fills whole bus words.
  wire logic last_tile = pend_begins_tile_q ? tile_final_i : tile_final_q;
  wire logic ends_job = pend_ends_tile_q & last_tile;
  wire logic [POS_W-1:0] next_group_base_x = pend_ends_tile_q ? '0 : group_base_x_q + group_x;
  wire logic [ADDR_W-1:0] next_addr = (pend_ends_row_q ? row_base_addr_q : pend_ends_run_q ? run_base_addr_q : pend_addr_q)
                                      + (pend_ends_row_q ? ky_addr : pend_ends_run_q ? ADDR_W'(kx_x) : ADDR_W'(pend_len_q));
  wire logic [POS_W-1:0] next_x = (pend_ends_run_q ? run_base_x_q : pend_x_q) + (pend_ends_run_q ? kx_x : POS_W'(pend_len_q));
  localparam logic [WEIGHT_PTR_W-1:0] PackMask = ~(WEIGHT_PTR_W'(WEIGHT_PACK - 1));  // Yosys reads ~W'(..) as (~W)'(..)
  wire logic [WEIGHT_PTR_W-1:0] weight_round = (pend_weight_end_q + WEIGHT_PTR_W'(WEIGHT_PACK - 1)) & PackMask;
  wire logic param_again = pend_drains_q & pend_ends_tile_q & ~ends_job;
  logic last_tile_q;
  logic [ADDR_W-1:0] next_addr_q;
  logic [POS_W-1:0] next_x_q, next_group_base_x_q, next_y_q;
  logic [WEIGHT_PTR_W-1:0] next_weight_q, weight_round_q;
  logic [PARAM_PTR_W-1:0] next_param_q, next_param_end_q;
  always_ff @(posedge clk) begin
    pend_ends_job_q <= ends_job;
    last_tile_q <= last_tile;
    if (pend_begins_tile_q) begin
      pend_rows_q <= tile_rows_i;
      tile_final_q <= tile_final_i;
    end
    next_addr_q <= pend_ends_group_q ? ADDR_W'(next_group_base_x) : next_addr;
    next_x_q <= pend_ends_group_q ? next_group_base_x : pend_ends_row_q ? group_base_x_q : next_x;
    next_group_base_x_q <= next_group_base_x;
    next_y_q <= pend_ends_group_q ? '0 : pend_y_q + ky_y;
    next_weight_q <= pend_ends_tile_q & ~ends_job ? job_weight_q : pend_ends_group_q ? weight_round : pend_weight_end_q;
    weight_round_q <= weight_round;
    next_param_q <= param_again ? job_param_q : pend_drains_q ? pend_param_end_q : pend_param_q;
    next_param_end_q <= param_again ? job_param_q + PARAM_PTR_W'(N) : pend_drains_q ? pend_param_end_q + PARAM_PTR_W'(N)
                                                                                    : pend_param_end_q;
  end

  always_ff @(posedge clk) begin
    if (advance) pend_weight_end_q <= (pend_valid_q ? next_weight_q : pend_weight_q) + WEIGHT_PTR_W'(ahead_len);
    if (!rst_ni) begin
      pend_addr_q <= '0;
      run_base_addr_q <= '0;
      row_base_addr_q <= '0;
      pend_x_q <= '0;
      run_base_x_q <= '0;
      group_base_x_q <= '0;
      pend_y_q <= '0;
      pend_begins_tile_q <= 1'b1;
      pend_begins_group_q <= 1'b1;
      pend_weight_q <= '0;
      job_weight_q <= '0;
      pend_param_q <= '0;
      pend_param_end_q <= PARAM_PTR_W'(N);
      job_param_q <= '0;
    end else if (start_i) begin
      pend_begins_group_q <= pend_ends_group_q;
      pend_begins_tile_q <= pend_ends_tile_q;
      pend_addr_q <= next_addr_q;
      pend_x_q <= next_x_q;
      if (pend_ends_run_q) begin
        run_base_addr_q <= next_addr_q;
        run_base_x_q <= next_x_q;
      end
      if (pend_ends_row_q) begin
        row_base_addr_q <= next_addr_q;
        pend_y_q <= next_y_q;
      end
      if (pend_ends_group_q) group_base_x_q <= next_group_base_x_q;
      pend_weight_q <= next_weight_q;
      if (pend_ends_job_q) job_weight_q <= weight_round_q;
      pend_param_q <= next_param_q;
      pend_param_end_q <= next_param_end_q;
      if (pend_drains_q & pend_ends_job_q) job_param_q <= pend_param_end_q;
    end
  end

  assign valid_o = pend_valid_q;
  assign len_o = pend_len_q;
  assign addr_o = pend_addr_q;
  assign x_o = pend_x_q;
  assign y_o = pend_y_q;
  assign rows_o = pend_rows_q;
  assign cols_o = pend_cols_q;
  assign weight_o = pend_weight_q;
  assign weight_end_o = pend_weight_end_q;
  assign param_o = pend_param_q;
  assign param_end_o = pend_param_end_q;
  assign begins_tile_o = pend_begins_tile_q;
  assign begins_group_o = pend_begins_group_q;
  assign ends_group_o = pend_ends_group_q;
  assign drains_o = pend_drains_q;
  assign ends_job_o = pend_ends_job_q;
  assign last_tile_o = last_tile_q;
endmodule
`default_nettype wire
