// SPDX-License-Identifier: Apache-2.0
// Decides when the next chunk of every row is read: the one place where the array can be made to wait.
// For each tile of pixels, each group of COLS output channels, each filter row ky, each run kx, each chunk of the run:
//   start  when the read port is free (ROWS cycles since the last start), the chunk before has given its last beat, and
//          lines, weights, the drain registers and room for the outputs are there.
// All rows do what row 0 does, r cycles later, so this decision is made once. Beats follow start_o without a gap:
// start at cycle s gives beats at s+1 .. s+len. A cycle without a beat is named in cause_o.
// Conditions are registered, which costs nothing as long as starts are two cycles apart (ROWS >= 2); so is the step to the
// chunk after the pending one, which is worked out meanwhile.
`default_nettype none
module sequencer #(
    parameter int ROWS         = 8,      // Requires: at least 2
    parameter int COLS         = 8,      // Requires: at least 2
    parameter int LANES        = 4,      // Requires: divides COLS, at most COLS/2
    parameter int WORD         = 16,     // bytes of the longest chunk. Requires: at least ROWS
    parameter int LINE_BYTES   = 65536,  // Requires: a power of two
    parameter int LINE_PTR_W   = 15,
    parameter int WEIGHT_PTR_W = 16,
    parameter int WEIGHT_PACK  = 1,      // weight words that share a bus word: a group begins at a multiple of it. Requires: a power of two
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
    localparam int INFO_W = 2 + ROW_W + COL_W + PARAM_PTR_W + 24 + DIM_W
) (
    input  wire logic                              clk_i,
    input  wire logic                              rst_ni,
    input  wire logic                              job_valid_i,
    input  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job_i,
    output wire logic                              job_next_o,
    // tiles of the pixel walker
    input  wire logic                              tile_valid_i,
    output wire logic                              tile_pop_o,
    input  wire logic [                 ROW_W-1:0] tile_rows_i,
    input  wire logic                              tile_final_i,
    input  wire logic [                 DIM_W-1:0] tile_need_i,
    input  wire logic [            LINE_PTR_W-1:0] tile_free_i,
    // buffers
    input  wire logic [                 DIM_W-1:0] lines_i,
    output logic      [            LINE_PTR_W-1:0] line_freed_o,
    input  wire logic [          WEIGHT_PTR_W-1:0] weight_arrived_i,
    input  wire logic [           PARAM_PTR_W-1:0] param_arrived_i,
    // output path: room comes back one pixel at a time, from at most two places a cycle
    input  wire logic [                       1:0] room_i,
    output wire logic                              idle_o,        // no tile between here and the store
    output wire logic                              tile_push_o,   // a tile that will drain: its record for the output path
    output wire logic [                INFO_W-1:0] tile_info_o,   // {job's last, job's last of its columns, rows, cols, param entry, clamp hi, lo, zp, pool}
    // chunk reads: the feeder does ROWS reads from the cycle after start_o on
    output wire logic                              start_o,
    output wire logic                              start_new_tile_o,
    output wire logic [                ADDR_W-1:0] start_addr_o,  // relative to the pixel's window
    output wire logic [                 POS_W-1:0] start_x_o,
    output wire logic [                 POS_W-1:0] start_y_o,
    // beats of row 0
    output wire logic                              beat_valid_o,
    output wire logic                              beat_first_o,
    output wire logic                              beat_last_o,
    output wire logic [                 LEN_W-1:0] beat_index_o,  // byte of the chunk
    output wire logic [          WEIGHT_PTR_W-1:0] beat_weight_o, // weight word
    output wire logic                              beat_frees_o,  // a chunk's last beat, if no later tile reads its weights
    output wire logic                              beat_group_o,  // the chunk is its group's last
    output wire logic [                       2:0] cause_o,       // weft_pkg::CAUSE_*
    output logic      [                EDGE_W-1:0] edge_o         // idle PEs of the beat two cycles ago, 0 without one
);
  localparam int N = COLS / LANES;  // cycles for which one row of drain registers is read
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (WORD < ROWS) begin : gen_illegal_word WORD_must_be_at_least_ROWS u_illegal (); end
  if (!weft_pkg::power_of_two(LINE_BYTES)) begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two u_illegal (); end
  if (!weft_pkg::power_of_two(WEIGHT_PACK)) begin : gen_illegal_weight_pack WEIGHT_PACK_must_be_a_power_of_two u_illegal (); end
  if (OUT_DEPTH < ROWS) begin : gen_illegal_out_depth OUT_DEPTH_must_be_at_least_ROWS u_illegal (); end
  localparam int DrainCycles = N * ROWS;
  localparam int TimerW = $clog2(DrainCycles + WORD + 1);

  // The job's fields.
  wire logic clears = job_i[32*weft_list_pkg::JOB_FLAGS];
  wire logic drains = job_i[32*weft_list_pkg::JOB_FLAGS+1];
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
  wire logic [LINE_PTR_W-1:0] job_words = job_i[32*weft_list_pkg::JOB_BUS_WORDS+:LINE_PTR_W];
  wire logic [COL_W-1:0] cols_full = job_i[32*weft_list_pkg::JOB_COLS+:COL_W];
  wire logic [COL_W-1:0] cols_last = job_i[32*weft_list_pkg::JOB_COLS_LAST+:COL_W];
  wire unused = &{1'b0, job_i};

  // The loops, one chunk ahead of the pending one: the flags of that are registers. They step in the cycle after the advance,
  // by what ended with the chunk that then became the pending one; the next advance comes later than that.
  logic loaded_q, active_q;  // the loops stand at the job's first chunk or a later one; so does the pending chunk
  logic step_q;
  logic tile_begin_q;  // the pending chunk is the first of a tile
  logic end_run_q, end_row_q, end_group_q, end_tile_q, end_drain_q;  // what ends with the pending chunk
  wire logic start;
  wire logic advance = start | ~active_q;
  // All this stands still from some cycles after a start to the next one, but for a tile that has yet to come.
  wire logic clk_step;
  clock_gate #(.CYCLES(4)) u_step_clock (.clk_i, .rst_ni, .wake_i(advance | tile_begin_q), .clk_o(clk_step));
  wire logic ahead_run, ahead_kx, ahead_ky, ahead_group;  // the last chunk of its run, run of its filter row, ...
  loop_counter #(.WIDTH(DIM_W)) u_chunks (
      .clk_i(clk_step), .load_i(~loaded_q), .step_i(step_q), .last_index_i(chunk_last), .last_o(ahead_run)
  );
  loop_counter #(.WIDTH(DIM_W)) u_kx (
      .clk_i(clk_step), .load_i(~loaded_q), .step_i(step_q & end_run_q), .last_index_i(kx_last), .last_o(ahead_kx)
  );
  loop_counter #(.WIDTH(DIM_W)) u_ky (
      .clk_i(clk_step), .load_i(~loaded_q), .step_i(step_q & end_row_q), .last_index_i(ky_last), .last_o(ahead_ky)
  );
  loop_counter #(.WIDTH(DIM_W)) u_groups (
      .clk_i(clk_step), .load_i(~loaded_q), .step_i(step_q & end_group_q), .last_index_i(group_last), .last_o(ahead_group)
  );
  // The first chunk_rem chunks of a run are one byte longer.
  logic [DIM_W-1:0] long_left_q;  // longer chunks of this run from here on
  logic long_q;                   // there are any
  wire logic begin_run = ~loaded_q | end_run_q;
  always_ff @(posedge clk_step) begin
    step_q <= advance & loaded_q;
    if (~loaded_q | step_q) begin
      long_left_q <= begin_run ? chunk_rem : long_left_q - DIM_W'(long_q);
      long_q <= begin_run ? chunk_rem != '0 : long_q & (long_left_q != DIM_W'(1));
    end
  end
  wire logic [LEN_W-1:0] ahead_len = chunk_len + LEN_W'(long_q);

  // The pending chunk: what ends with it, its length, and its offsets from the pixel's window.
  logic [LEN_W-1:0] len_q;
  logic [COL_W-1:0] cols_q;  // of its group
  always_ff @(posedge clk_step)
    if (advance) begin
      end_run_q <= ahead_run;
      end_row_q <= ahead_run & ahead_kx;
      end_group_q <= ahead_run & ahead_kx & ahead_ky;
      end_tile_q <= ahead_run & ahead_kx & ahead_ky & ahead_group;
      end_drain_q <= ahead_run & ahead_kx & ahead_ky & drains;
      len_q <= ahead_len;
      cols_q <= ahead_group ? cols_last : cols_full;
    end
  logic [ADDR_W-1:0] addr_q, addr_kx_q, addr_ky_q;
  logic [POS_W-1:0] x_q, x_kx_q, x_group_q, y_q;
  logic group_begin_q;  // the first chunk of a group
  logic [ROW_W-1:0] rows_q;  // of its tile
  logic final_q;

  // Conditions of the pending chunk.
  logic [WEIGHT_PTR_W-1:0] weight_q, weight_base_q;  // its first weight word; the job's first
  logic [WEIGHT_PTR_W-1:0] weight_end_q;             // the one after its last
  logic [PARAM_PTR_W-1:0] param_q, param_base_q;     // its group's first parameter entry; the job's first
  logic [PARAM_PTR_W-1:0] param_end_q;               // the next group's first
  logic [TimerW-1:0] drain_q;  // cycles until the drain registers may be written again
  logic [SPACE_W-1:0] space_q;
  wire logic [DIM_W-1:0] lines_ahead = lines_i - tile_need_i;
  wire logic [WEIGHT_PTR_W-1:0] weights_ahead = weight_arrived_i - weight_end_q;
  wire logic [PARAM_PTR_W-1:0] params_ahead = param_arrived_i - param_end_q;
  wire logic tile_ok = ~tile_begin_q | tile_valid_i;
  wire logic lines_ok = ~tile_begin_q | ~lines_ahead[DIM_W-1];
  wire logic weights_ok = ~weights_ahead[WEIGHT_PTR_W-1] & ~(end_drain_q & params_ahead[PARAM_PTR_W-1]);
  wire logic drain_ok = ~end_drain_q | (TimerW'(len_q) + 1'b1 >= drain_q);
  wire logic room_ok = ~end_drain_q | (space_q >= SPACE_W'(ROWS));

  logic ok_q;
  logic [LEN_W-1:0] beats_q;  // beats left of the chunk that is running
  logic [ROW_W-1:0] port_q;   // cycles until the read port is free
  logic free_q;               // it is, and the running chunk gives its last beat at the latest now
  assign start = ok_q & free_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      loaded_q <= 1'b0;
      active_q <= 1'b0;
      ok_q <= 1'b0;
      free_q <= 1'b0;
      port_q <= '0;
      drain_q <= '0;
      space_q <= SPACE_W'(OUT_DEPTH);
    end else begin
      loaded_q <= loaded_q ? ~(start & end_job_q) : job_valid_i;
      active_q <= loaded_q & ~(start & end_job_q);
      ok_q <= active_q & tile_ok & lines_ok & weights_ok & drain_ok & room_ok & ~start;
      free_q <= (port_q <= ROW_W'(1)) & (beats_q <= LEN_W'(2)) & ~start;
      port_q <= start ? ROW_W'(ROWS - 1) : port_q - ROW_W'(port_q != '0);
      drain_q <= start & end_drain_q ? TimerW'(len_q) + TimerW'(DrainCycles - 1) : drain_q - TimerW'(drain_q != '0);
      space_q <= start & end_drain_q ? space_q + SPACE_W'(room_i) - SPACE_W'(ROWS) : space_q + SPACE_W'(room_i);
    end
  end

  // The step to the next chunk: worked out from the pending chunk's first cycle on, taken by start.
  // Addresses go on from where the outermost loop that ends now began, or from this chunk. Weight words and parameter entries:
  // every tile reads the job's from the start; a group fills whole bus words.
  wire logic last_tile = tile_begin_q ? tile_final_i : final_q;
  wire logic end_job = end_tile_q & last_tile;
  wire logic [POS_W-1:0] next_x_group = end_tile_q ? '0 : x_group_q + group_x;
  wire logic [ADDR_W-1:0] next_addr = (end_row_q ? addr_ky_q : end_run_q ? addr_kx_q : addr_q)
                                      + (end_row_q ? ky_addr : end_run_q ? ADDR_W'(kx_x) : ADDR_W'(len_q));
  wire logic [POS_W-1:0] next_x = (end_run_q ? x_kx_q : x_q) + (end_run_q ? kx_x : POS_W'(len_q));
  wire logic [WEIGHT_PTR_W-1:0] weight_round = (weight_end_q + WEIGHT_PTR_W'(WEIGHT_PACK - 1)) & ~WEIGHT_PTR_W'(WEIGHT_PACK - 1);
  wire logic param_again = end_drain_q & end_tile_q & ~end_job;
  logic end_job_q, last_tile_q;
  logic [ADDR_W-1:0] next_addr_q;
  logic [POS_W-1:0] next_x_q, next_x_group_q, next_y_q;
  logic [WEIGHT_PTR_W-1:0] next_weight_q, weight_round_q;
  logic [PARAM_PTR_W-1:0] next_param_q, next_param_end_q;
  always_ff @(posedge clk_step) begin
    end_job_q <= end_job;
    last_tile_q <= last_tile;
    if (tile_begin_q) begin
      rows_q <= tile_rows_i;
      final_q <= tile_final_i;
    end
    next_addr_q <= end_group_q ? ADDR_W'(next_x_group) : next_addr;
    next_x_q <= end_group_q ? next_x_group : end_row_q ? x_group_q : next_x;
    next_x_group_q <= next_x_group;
    next_y_q <= end_group_q ? '0 : y_q + ky_y;
    next_weight_q <= end_tile_q & ~end_job ? weight_base_q : end_group_q ? weight_round : weight_end_q;
    weight_round_q <= weight_round;
    next_param_q <= param_again ? param_base_q : end_drain_q ? param_end_q : param_q;
    next_param_end_q <= param_again ? param_base_q + PARAM_PTR_W'(N) : end_drain_q ? param_end_q + PARAM_PTR_W'(N) : param_end_q;
  end

  always_ff @(posedge clk_step) begin
    if (advance) weight_end_q <= (active_q ? next_weight_q : weight_q) + WEIGHT_PTR_W'(ahead_len);
    if (!rst_ni) begin
      addr_q <= '0;
      addr_kx_q <= '0;
      addr_ky_q <= '0;
      x_q <= '0;
      x_kx_q <= '0;
      x_group_q <= '0;
      y_q <= '0;
      tile_begin_q <= 1'b1;
      group_begin_q <= 1'b1;
      weight_q <= '0;
      weight_base_q <= '0;
      param_q <= '0;
      param_end_q <= PARAM_PTR_W'(N);
      param_base_q <= '0;
    end else if (start) begin
      group_begin_q <= end_group_q;
      tile_begin_q <= end_tile_q;
      addr_q <= next_addr_q;
      x_q <= next_x_q;
      if (end_run_q) begin
        addr_kx_q <= next_addr_q;
        x_kx_q <= next_x_q;
      end
      if (end_row_q) begin
        addr_ky_q <= next_addr_q;
        y_q <= next_y_q;
      end
      if (end_group_q) x_group_q <= next_x_group_q;
      weight_q <= next_weight_q;
      if (end_job_q) weight_base_q <= weight_round_q;
      param_q <= next_param_q;
      param_end_q <= next_param_end_q;
      if (end_drain_q & end_job_q) param_base_q <= param_end_q;
    end
  end

  // Lines: those below a new tile's first are free, and all of the job's once its last reads are done.
  logic [LINE_PTR_W-1:0] job_end_q;    // bus words of all jobs that have ended
  logic [ROW_W-1:0] end_timer_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_freed_o <= '0;
      job_end_q <= '0;
      end_timer_q <= '0;
    end else begin
      if (start & end_job_q) begin
        job_end_q <= job_end_q + job_words;
        end_timer_q <= ROW_W'(ROWS);
      end else if (end_timer_q != '0) end_timer_q <= end_timer_q - 1'b1;
      if (start & tile_begin_q) line_freed_o <= tile_free_i;
      else if (end_timer_q == ROW_W'(1)) line_freed_o <= job_end_q;
    end
  end

  // Beats of the running chunk.
  logic [LEN_W-1:0] index_q;
  logic [WEIGHT_PTR_W-1:0] beat_weight_q;
  logic beat_q, run_first_q, run_drain_q, run_frees_q, run_group_q;
  logic [ROW_W-1:0] run_rows_q;
  logic [COL_W-1:0] run_cols_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) beats_q <= '0;
    else if (start) beats_q <= len_q;
    else if (beats_q != '0) beats_q <= beats_q - 1'b1;
    beat_q <= rst_ni & (start | (beats_q > LEN_W'(1)));  // beats_q != 0

    if (start) begin
      index_q <= '0;
      beat_weight_q <= weight_q;
      run_first_q <= group_begin_q & clears;
      run_drain_q <= end_drain_q;
      run_frees_q <= last_tile_q;
      run_group_q <= end_group_q;
      run_rows_q <= rows_q;
      run_cols_q <= cols_q;
    end else begin
      index_q <= index_q + 1'b1;
      beat_weight_q <= beat_weight_q + 1'b1;
      run_first_q <= 1'b0;
    end
  end

  // PEs that it leaves idle: shifts and adds in two steps, or it would take a multiplier.
  localparam int HalfW = (ROW_W + 1) / 2;
  logic [EDGE_W-1:0] busy_lo, busy_hi, busy_lo_q, busy_hi_q;
  logic beat_q2;
  integer i;
  always_comb begin
    busy_lo = '0;
    busy_hi = '0;
    for (i = 0; i < ROW_W; i++)
      if (run_rows_q[i]) begin
        if (i < HalfW) busy_lo = busy_lo + (EDGE_W'(run_cols_q) << i);
        else busy_hi = busy_hi + (EDGE_W'(run_cols_q) << i);
      end
  end
  always_ff @(posedge clk_i) begin
    busy_lo_q <= busy_lo;
    busy_hi_q <= busy_hi;
    beat_q2 <= beat_q;
    edge_o <= beat_q2 ? EDGE_W'(ROWS * COLS) - busy_lo_q - busy_hi_q : '0;
  end

  assign start_o = start;
  assign start_new_tile_o = tile_begin_q;
  assign start_addr_o = addr_q;
  assign start_x_o = x_q;
  assign start_y_o = y_q;
  assign tile_pop_o = start & tile_begin_q;
  assign job_next_o = start & end_job_q;
  assign tile_push_o = start & end_drain_q;
  assign tile_info_o = {end_job_q, last_tile_q, rows_q, cols_q, param_q, job_i[32*weft_list_pkg::JOB_OUT+:24], job_i[32*weft_list_pkg::JOB_POOL+:DIM_W]};

  assign beat_valid_o = beat_q;
  assign beat_first_o = run_first_q;
  assign beat_last_o = run_drain_q & (beats_q == LEN_W'(1));
  assign beat_frees_o = run_frees_q & (beats_q == LEN_W'(1));
  assign beat_group_o = run_group_q;
  assign beat_index_o = index_q;
  assign beat_weight_o = beat_weight_q;
  assign idle_o = ~job_valid_i & ~active_q & ~beat_q & (space_q == SPACE_W'(OUT_DEPTH));

  // Why there is no beat: a cycle earlier the chunk could not start, for the first reason that applies.
  logic waits_job_q, empty_q, waits_port_q, waits_tile_q, waits_lines_q, waits_weights_q, waits_drain_q, waits_room_q;
  always_ff @(posedge clk_i) begin
    waits_job_q     <= ~active_q | ~rst_ni;
    empty_q         <= (space_q == SPACE_W'(OUT_DEPTH)) | ~rst_ni;
    waits_port_q    <= port_q != '0;
    waits_tile_q    <= ~tile_ok;
    waits_lines_q   <= ~lines_ok;
    waits_weights_q <= ~weights_ok;
    waits_drain_q   <= ~drain_ok;
    waits_room_q    <= ~room_ok;
  end
  wire logic [2:0] wait_cause = 3'(waits_job_q     ? (empty_q ? weft_pkg::CAUSE_FILL : weft_pkg::CAUSE_DRAIN)
                                 : waits_port_q    ? weft_pkg::CAUSE_FEED
                                 : waits_tile_q    ? weft_pkg::CAUSE_FILL
                                 : waits_lines_q   ? weft_pkg::CAUSE_LINES
                                 : waits_weights_q ? weft_pkg::CAUSE_WEIGHTS
                                 : waits_drain_q   ? weft_pkg::CAUSE_DRAIN
                                 : waits_room_q    ? weft_pkg::CAUSE_STORE
                                                   : weft_pkg::CAUSE_FILL);
  assign cause_o = beat_valid_o ? 3'(weft_pkg::CAUSE_MAC) : wait_cause;
endmodule
`default_nettype wire
