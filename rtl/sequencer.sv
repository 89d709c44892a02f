// Decides when the next chunk of every row is read: the one place where the array can be made to wait.
// For each tile of pixels, each group of COLS output channels, each filter row ky, each run kx, each chunk of the run:
//   start  when the read port is free (ROWS cycles since the last start), the chunk before has given its last beat, and
//          lines, weights, the drain registers and room for the outputs are there.
// All rows do what row 0 does, r cycles later, so this decision is made once. Beats follow start_o without a gap:
// start at cycle s gives beats at s+1 .. s+len. A cycle without a beat is named in cause_o.
// Conditions are registered, which costs nothing as long as starts are two cycles apart (ROWS >= 2).
`default_nettype none
module sequencer #(
    parameter int ROWS         = 8,
    parameter int COLS         = 8,
    parameter int LANES        = 4,
    parameter int WORD         = 16,      // bytes of the longest chunk
    parameter int LINE_BYTES   = 65536,
    parameter int LINE_PTR_W   = 15,
    parameter int WEIGHT_PTR_W = 16,
    parameter int WEIGHT_PACK  = 1,       // weight words that share a bus word: a group begins at a multiple of it
    parameter int PARAM_PTR_W  = 11,
    parameter int OUT_DEPTH    = 64,      // pixels that fit between the array and the store
    localparam int ADDR_W = $clog2(LINE_BYTES),
    localparam int LEN_W = $clog2(WORD + 1),
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int COL_W = $clog2(COLS + 1),
    localparam int SPACE_W = $clog2(OUT_DEPTH + 1),
    localparam int EDGE_W = $clog2(ROWS * COLS + 1),
    localparam int DIM_W = weft_pkg::DIM_W,
    localparam int POS_W = weft_pkg::POS_W,
    localparam int INFO_W = 1 + ROW_W + COL_W + PARAM_PTR_W + 24 + DIM_W
) (
    input  wire logic                              clk_i,
    input  wire logic                              rst_ni,
    input  wire logic                              job_valid_i,
    input  wire logic [32*weft_pkg::JOB_WORDS-1:0] job_i,
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
    output wire logic [                INFO_W-1:0] tile_info_o,   // {job's last, rows, cols, param entry, clamp hi, lo, zp, pool}
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
    output wire logic                              beat_final_o,  // the last beat of its job
    output wire logic [                       2:0] cause_o,       // weft_pkg::CAUSE_*
    output wire logic [                EDGE_W-1:0] edge_o         // idle PEs of this beat
);
  localparam int N = COLS / LANES;  // cycles for which one row of drain registers is read
  localparam int DrainCycles = N * ROWS;
  localparam int TimerW = $clog2(DrainCycles + WORD + 1);

  // The job's fields.
  wire logic clears = job_i[32*weft_pkg::JOB_FLAGS];
  wire logic drains = job_i[32*weft_pkg::JOB_FLAGS+1];
  wire logic [DIM_W-1:0] group_last = job_i[32*weft_pkg::JOB_GROUP_LAST+:DIM_W];
  wire logic [DIM_W-1:0] ky_last = job_i[32*weft_pkg::JOB_KY_LAST+:DIM_W];
  wire logic [DIM_W-1:0] kx_last = job_i[32*weft_pkg::JOB_KX_LAST+:DIM_W];
  wire logic [DIM_W-1:0] chunk_last = job_i[32*weft_pkg::JOB_CHUNK_LAST+:DIM_W];
  wire logic [DIM_W-1:0] chunk_rem = job_i[32*weft_pkg::JOB_CHUNK_REM+:DIM_W];
  wire logic [LEN_W-1:0] chunk_len = job_i[32*weft_pkg::JOB_CHUNK_LEN+:LEN_W];
  wire logic [POS_W-1:0] ky_y = job_i[32*weft_pkg::JOB_KY_Y+:POS_W];
  wire logic [POS_W-1:0] kx_x = job_i[32*weft_pkg::JOB_KX_ADDR+:POS_W];
  wire logic [POS_W-1:0] group_x = job_i[32*weft_pkg::JOB_GROUP_ADDR+:POS_W];
  wire logic [ADDR_W-1:0] ky_addr = job_i[32*weft_pkg::JOB_KY_ADDR+:ADDR_W];
  wire logic [LINE_PTR_W-1:0] job_words = job_i[32*weft_pkg::JOB_BUSWORDS+:LINE_PTR_W];
  wire logic [COL_W-1:0] cols_full = job_i[32*weft_pkg::JOB_COLS+:COL_W];
  wire logic [COL_W-1:0] cols_last = job_i[32*weft_pkg::JOB_COLS_LAST+:COL_W];
  wire unused = &{1'b0, job_i};

  // The pending chunk: loop indices and offsets from the pixel's window.
  logic [DIM_W-1:0] group_q, ky_q, kx_q, chunk_q;
  logic [ADDR_W-1:0] addr_q, addr_kx_q, addr_ky_q;
  logic [POS_W-1:0] x_q, x_kx_q, x_group_q, y_q;
  logic tile_begin_q, group_begin_q;  // the first chunk of a tile, of a group
  logic [ROW_W-1:0] rows_q;
  logic final_q;

  wire logic end_run = chunk_q == chunk_last;
  wire logic end_row = end_run & (kx_q == kx_last);
  wire logic end_group = end_row & (ky_q == ky_last);
  wire logic end_tile = end_group & (group_q == group_last);
  wire logic tile_final = tile_begin_q ? tile_final_i : final_q;
  wire logic end_job = end_tile & tile_final;
  wire logic [ROW_W-1:0] rows = tile_begin_q ? tile_rows_i : rows_q;
  wire logic [COL_W-1:0] cols = group_q == group_last ? cols_last : cols_full;
  wire logic [LEN_W-1:0] len = chunk_len + LEN_W'(chunk_q < chunk_rem);
  wire logic end_drain = end_group & drains;

  // Conditions of the pending chunk.
  logic [WEIGHT_PTR_W-1:0] weight_q, weight_base_q;  // its first weight word; the job's first
  logic [PARAM_PTR_W-1:0] param_q, param_base_q;     // its group's first parameter entry; the job's first
  logic [TimerW-1:0] drain_q;  // cycles until the drain registers may be written again
  logic [SPACE_W-1:0] space_q;
  wire logic [DIM_W-1:0] lines_ahead = lines_i - tile_need_i;
  wire logic [WEIGHT_PTR_W-1:0] weight_end = weight_q + WEIGHT_PTR_W'(len);
  wire logic [WEIGHT_PTR_W-1:0] weights_ahead = weight_arrived_i - weight_end;
  wire logic [PARAM_PTR_W-1:0] param_end = param_q + PARAM_PTR_W'(N);
  wire logic [PARAM_PTR_W-1:0] params_ahead = param_arrived_i - param_end;
  wire logic tile_ok = ~tile_begin_q | tile_valid_i;
  wire logic lines_ok = ~tile_begin_q | ~lines_ahead[DIM_W-1];
  wire logic weights_ok = ~weights_ahead[WEIGHT_PTR_W-1] & ~(end_drain & params_ahead[PARAM_PTR_W-1]);
  wire logic drain_ok = ~end_drain | (TimerW'(len) + 1'b1 >= drain_q);
  wire logic room_ok = ~end_drain | (space_q >= SPACE_W'(ROWS));

  logic ok_q;
  logic [LEN_W-1:0] beats_q;  // beats left of the chunk that is running
  logic [ROW_W-1:0] port_q;   // cycles until the read port is free
  wire logic start = ok_q & (beats_q <= LEN_W'(1)) & (port_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ok_q <= 1'b0;
      port_q <= '0;
      drain_q <= '0;
      space_q <= SPACE_W'(OUT_DEPTH);
    end else begin
      ok_q <= job_valid_i & tile_ok & lines_ok & weights_ok & drain_ok & room_ok & ~start;
      if (start) port_q <= ROW_W'(ROWS - 1);
      else if (port_q != '0) port_q <= port_q - 1'b1;
      if (start & end_drain) drain_q <= TimerW'(len) + TimerW'(DrainCycles - 1);
      else if (drain_q != '0) drain_q <= drain_q - 1'b1;
      space_q <= space_q + SPACE_W'(room_i) - (start & end_drain ? SPACE_W'(ROWS) : '0);
    end
  end

  // Step to the next chunk.
  wire logic [POS_W-1:0] next_x_group = end_tile ? '0 : x_group_q + group_x;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      group_q <= '0;
      ky_q <= '0;
      kx_q <= '0;
      chunk_q <= '0;
      addr_q <= '0;
      addr_kx_q <= '0;
      addr_ky_q <= '0;
      x_q <= '0;
      x_kx_q <= '0;
      x_group_q <= '0;
      y_q <= '0;
      tile_begin_q <= 1'b1;
      group_begin_q <= 1'b1;
      rows_q <= '0;
      final_q <= 1'b0;
    end else if (start) begin
      chunk_q <= end_run ? '0 : chunk_q + 1'b1;
      if (end_run) kx_q <= end_row ? '0 : kx_q + 1'b1;
      if (end_row) ky_q <= end_group ? '0 : ky_q + 1'b1;
      if (end_group) group_q <= end_tile ? '0 : group_q + 1'b1;
      group_begin_q <= end_group;
      tile_begin_q <= end_tile;
      rows_q <= rows;
      final_q <= tile_final;

      if (end_group) begin
        addr_q <= ADDR_W'(next_x_group);
        addr_kx_q <= ADDR_W'(next_x_group);
        addr_ky_q <= ADDR_W'(next_x_group);
        x_q <= next_x_group;
        x_kx_q <= next_x_group;
        x_group_q <= next_x_group;
        y_q <= '0;
      end else if (end_row) begin
        addr_q <= addr_ky_q + ky_addr;
        addr_kx_q <= addr_ky_q + ky_addr;
        addr_ky_q <= addr_ky_q + ky_addr;
        x_q <= x_group_q;
        x_kx_q <= x_group_q;
        y_q <= y_q + ky_y;
      end else if (end_run) begin
        addr_q <= addr_kx_q + ADDR_W'(kx_x);
        addr_kx_q <= addr_kx_q + ADDR_W'(kx_x);
        x_q <= x_kx_q + kx_x;
        x_kx_q <= x_kx_q + kx_x;
      end else begin
        addr_q <= addr_q + ADDR_W'(len);
        x_q <= x_q + POS_W'(len);
      end
    end
  end

  // Weight words and parameter entries: every tile reads the job's from the start; a group fills whole bus words.
  wire logic [WEIGHT_PTR_W-1:0] weight_round = (weight_end + WEIGHT_PTR_W'(WEIGHT_PACK - 1)) & ~WEIGHT_PTR_W'(WEIGHT_PACK - 1);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      weight_q <= '0;
      weight_base_q <= '0;
      param_q <= '0;
      param_base_q <= '0;
    end else if (start) begin
      weight_q <= end_tile & ~end_job ? weight_base_q : end_group ? weight_round : weight_end;
      if (end_job) weight_base_q <= weight_round;
      if (end_drain) param_q <= end_tile & ~end_job ? param_base_q : param_end;
      if (end_drain & end_job) param_base_q <= param_end;
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
      if (start & end_job) begin
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
  logic run_first_q, run_drain_q, run_final_q;
  logic [EDGE_W-1:0] edge_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) beats_q <= '0;
    else if (start) beats_q <= len;
    else if (beats_q != '0) beats_q <= beats_q - 1'b1;

    if (start) begin
      index_q <= '0;
      beat_weight_q <= weight_q;
      run_first_q <= group_begin_q & clears;
      run_drain_q <= end_drain;
      run_final_q <= end_job;
      edge_q <= EDGE_W'(ROWS * COLS) - EDGE_W'(rows) * EDGE_W'(cols);
    end else begin
      index_q <= index_q + 1'b1;
      beat_weight_q <= beat_weight_q + 1'b1;
      run_first_q <= 1'b0;
    end
  end

  assign start_o = start;
  assign start_new_tile_o = tile_begin_q;
  assign start_addr_o = addr_q;
  assign start_x_o = x_q;
  assign start_y_o = y_q;
  assign tile_pop_o = start & tile_begin_q;
  assign job_next_o = start & end_job;
  assign tile_push_o = start & end_drain;
  assign tile_info_o = {end_job, rows, cols, param_q, job_i[32*weft_pkg::JOB_OUT+:24], job_i[32*weft_pkg::JOB_POOL+:DIM_W]};

  assign beat_valid_o = beats_q != '0;
  assign beat_first_o = run_first_q;
  assign beat_last_o = run_drain_q & (beats_q == LEN_W'(1));
  assign beat_final_o = run_final_q & (beats_q == LEN_W'(1));
  assign beat_index_o = index_q;
  assign beat_weight_o = beat_weight_q;
  assign edge_o = edge_q;
  assign idle_o = ~job_valid_i & (beats_q == '0) & (space_q == SPACE_W'(OUT_DEPTH));

  // Why there is no beat: a cycle earlier the chunk could not start, for the first reason that applies.
  logic [2:0] wait_q;
  always_ff @(posedge clk_i)
    if (!rst_ni) wait_q <= 3'(weft_pkg::CAUSE_FILL);
    else
      wait_q <= 3'(~job_valid_i ? (space_q == SPACE_W'(OUT_DEPTH) ? weft_pkg::CAUSE_FILL : weft_pkg::CAUSE_DRAIN)
                  : port_q != '0 ? weft_pkg::CAUSE_FEED
                  : ~tile_ok     ? weft_pkg::CAUSE_FILL
                  : ~lines_ok    ? weft_pkg::CAUSE_LINES
                  : ~weights_ok  ? weft_pkg::CAUSE_WEIGHTS
                  : ~drain_ok    ? weft_pkg::CAUSE_DRAIN
                  : ~room_ok     ? weft_pkg::CAUSE_STORE
                                 : weft_pkg::CAUSE_FILL);
  assign cause_o = beat_valid_o ? 3'(weft_pkg::CAUSE_MAC) : wait_q;
endmodule
`default_nettype wire
