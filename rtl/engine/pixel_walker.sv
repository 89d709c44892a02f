// SPDX-License-Identifier: Apache-2.0
// Walks over the output pixels of a job and hands them out in tiles of ROWS: for each pixel the ring address and the position
// of its filter window, for each tile which lines it needs and which it no longer does.
// Five nested loops (pool x, pool y, x, y, image); the step to the next pixel adds one precomputed delta, so stride, padding,
// pooling order, row wrap and image wrap all cost nothing. A tile that is not full is filled up with copies (n_valid < ROWS).
// Runs up to four tiles ahead, into the next job too. Takes the last index of every loop from the job. A job that keeps its lines frees
// none: the next job's lines are the same ones.
`default_nettype none
module pixel_walker #(
    parameter int ROWS       = 8,      // Requires: at least 2
    parameter int LINE_BYTES = 65536,  // Requires: a power of two, at least 4*BUS_BYTES
    parameter int BUS_BYTES  = 8,      // Requires: a power of two, at least 2
    localparam int ADDR_W = $clog2(LINE_BYTES),
    localparam int PTR_W = $clog2(LINE_BYTES / BUS_BYTES) + 2,
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int DIM_W = weft_list_pkg::DIM_W,
    localparam int POS_W = weft_list_pkg::POS_W
) (
    input  wire logic                              clk_i,
    input  wire logic                              rst_ni,
    input  wire logic                              job_valid_i,
    input  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job_i,
    output wire logic                              job_next_o,
    // pixels, first one first
    input  wire logic                              pixel_pop_i,
    output wire logic [        ADDR_W+2*POS_W-1:0] pixel_o,      // {y, x, address}
    // tiles: valid once all of its pixels can be popped
    output wire logic                              tile_valid_o,
    input  wire logic                              tile_pop_i,
    output wire logic [                 ROW_W-1:0] tile_rows_o,   // pixels that count
    output wire logic                              tile_final_o,  // the last tile of its job
    output wire logic [                 DIM_W-1:0] tile_need_o,   // lines_o of the line buffer must have reached this
    output wire logic [                 PTR_W-1:0] tile_free_o    // bus words below this are not read by it or any later tile
);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (LINE_BYTES < 4 * BUS_BYTES || !weft_pkg::power_of_two(LINE_BYTES))
    begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two_at_least_4_BUS_BYTES u_illegal (); end
  if (BUS_BYTES < 2 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  localparam int Depth = 4 * (1 << $clog2(ROWS));
  localparam int CountW = $clog2(Depth) + 1;
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int Loops = 5;

  // The job's fields.
  wire logic signed [POS_W-1:0] y_lim = job_i[32*weft_list_pkg::JOB_YLIM+:POS_W];
  wire logic signed [POS_W-1:0] span = job_i[32*weft_list_pkg::JOB_SPAN+:POS_W];
  wire logic [DIM_W-1:0] pitch = job_i[32*weft_list_pkg::JOB_PITCH+:DIM_W];
  wire logic [DIM_W-1:0] lines = job_i[32*weft_list_pkg::JOB_LINES+:DIM_W];
  wire logic [PTR_W-1:0] job_words = job_i[32*weft_list_pkg::JOB_BUS_WORDS+:PTR_W];
  wire logic keeps = job_i[32*weft_list_pkg::JOB_FLAGS+weft_list_pkg::JOB_FLAGS_KEEPS_BIT];
  wire unused = &{1'b0, job_i};

  // Loop state.
  logic active_q, filling_q;  // filling: the job's pixels are done, its last tile is not full
  logic [ADDR_W-1:0] addr_q;
  logic signed [POS_W-1:0] x_q, y_q, row_y_q;  // row_y: y at the start of this row of (pooled) outputs
  logic signed [POS_W-1:0] top_y_q;            // ... from which on its last line is y_lim
  logic [DIM_W-1:0] image_line_q, line_base_q;
  logic [PTR_W-1:0] word_base_q;
  logic [ROW_W-1:0] slot_q, valid_q;

  wire logic [CountW-1:0] count;
  logic full_q, primed_q;  // count == Depth; the job's first step is decided
  wire logic push = primed_q & ~full_q;

  // Four tiles ahead there is nothing to do until something is popped; then a record is finished, queued, and shown.
  wire logic clk;
  clock_gate #(.CYCLES(weft_pkg::WALK_LATENCY + weft_pkg::MULT_LATENCY + 1 + weft_pkg::CLOCK_MARGIN)) u_clock (
      .clk_i, .rst_ni, .wake_i(~primed_q | ~full_q | pixel_pop_i | tile_pop_i), .clk_o(clk)
  );
  wire logic slot_last = slot_q == ROW_W'(ROWS - 1);

  // The step to the next pixel, decided one pixel ahead: the innermost loop that is not at its end steps; those inside it start
  // again.
  wire logic decide = ~primed_q | ~full_q;
  wire logic [Loops-1:0] loop_last;
  wire logic [Loops:0] inner_end;  // every loop inside this one is at its end; the last: the job
  inner_ends #(.LOOPS(Loops)) u_ends (.last_i(loop_last), .inner_o(inner_end));
  logic all_end_q, new_row_q, new_image_q;
  logic [ADDR_W-1:0] d_addr, d_addr_q;
  logic signed [POS_W-1:0] d_x, d_y, d_x_q, d_y_q;
  integer i;
  always_comb begin
    d_addr = '0;
    d_x = '0;
    d_y = '0;
    for (i = 0; i < Loops; i++) begin
      if (inner_end[i]) begin
        d_addr = job_i[32*(weft_list_pkg::JOB_WALK+4*i+1)+:ADDR_W];
        d_x = job_i[32*(weft_list_pkg::JOB_WALK+4*i+2)+:POS_W];
        d_y = job_i[32*(weft_list_pkg::JOB_WALK+4*i+3)+:POS_W];
      end
    end
  end
  always_ff @(posedge clk)
    if (decide) begin
      all_end_q <= inner_end[Loops];
      new_row_q <= inner_end[3];
      new_image_q <= inner_end[4];
      d_addr_q <= d_addr;
      d_x_q <= d_x;
      d_y_q <= d_y;
    end

  genvar n;
  generate
    for (n = 0; n < Loops; n++) begin : gen_loop
      loop_counter #(.WIDTH(DIM_W)) u_loop (
          .clk_i(clk), .load_i(~active_q), .step_i(decide & inner_end[n]),
          .last_index_i(job_i[32*(weft_list_pkg::JOB_WALK+4*n)+:DIM_W]), .last_o(loop_last[n])
      );
    end
  endgenerate

  wire logic pixels_done = filling_q | all_end_q;
  wire logic job_done = push & slot_last & pixels_done;
  assign job_next_o = job_done;

  always_ff @(posedge clk) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      primed_q    <= 1'b0;
      filling_q   <= 1'b0;
      slot_q      <= '0;
      valid_q     <= '0;
      line_base_q <= '0;
      word_base_q <= '0;
    end else if (!active_q) begin
      active_q <= job_valid_i;
    end else begin
      primed_q <= ~job_done;
      if (push) begin
        slot_q <= slot_last ? '0 : slot_q + 1'b1;
        valid_q <= slot_last ? '0 : valid_q + ROW_W'(!filling_q);
        filling_q <= pixels_done & ~slot_last;
        if (job_done) begin
          active_q <= 1'b0;
          if (!keeps) begin
            line_base_q <= line_base_q + lines;
            word_base_q <= word_base_q + job_words;
          end
        end
      end
    end
    full_q <= rst_ni & ~pixel_pop_i & (full_q | (push & (count == CountW'(Depth - 1))));

    if (!active_q) begin  // load the job
      addr_q <= {word_base_q[ADDR_W-BusW-1:0], BusW'(0)} + job_i[32*weft_list_pkg::JOB_ADDR0+:ADDR_W];
      x_q <= job_i[32*weft_list_pkg::JOB_X0+:POS_W];
      y_q <= job_i[32*weft_list_pkg::JOB_Y0+:POS_W];
      row_y_q <= job_i[32*weft_list_pkg::JOB_Y0+:POS_W];
      top_y_q <= y_lim - span;
      image_line_q <= '0;
    end else if (push && !pixels_done) begin
      addr_q <= addr_q + d_addr_q;
      x_q <= x_q + d_x_q;
      y_q <= y_q + d_y_q;
      if (new_row_q) row_y_q <= y_q + d_y_q;
      if (new_image_q) image_line_q <= image_line_q + DIM_W'($unsigned(y_lim));
    end
  end

  wire logic pixel_valid;
  fifo #(.WIDTH(ADDR_W + 2 * POS_W), .DEPTH(Depth)) u_pixels (
      .clk_i(clk), .rst_ni, .push_i(push), .data_i({y_q, x_q, addr_q}), .pop_i(pixel_pop_i),
      .valid_o(pixel_valid), .data_o(pixel_o), .count_o(count)
  );
  wire unused_valid = &{1'b0, pixel_valid};

  // Lines of the tile: from its first pixel's row on they are kept, up to its last pixel's row they must be there.
  wire logic signed [POS_W-1:0] row_end = row_y_q + span;
  wire logic signed [POS_W-1:0] row_lo = row_y_q < 0 ? '0 : row_y_q > y_lim ? y_lim : row_y_q;
  wire logic signed [POS_W-1:0] row_hi = row_end < 0 ? '0 : row_y_q > top_y_q ? y_lim : row_end;
  wire unused_rows = &{1'b0, row_lo, row_hi};

  // First of a pixel's row, one cycle behind the pixel; then of the tile, in lines of the job. The record follows.
  logic row_valid_q, row_first_q;
  logic [DIM_W-1:0] row_lo_q, row_hi_q, row_line_q, lo_q, hi_q;
  logic done_q, final_q, done_q2, final_q2;
  logic [ROW_W-1:0] rows_q, rows_q2;
  logic [DIM_W-1:0] base_q, base_q2, pitch_q, pitch_q2;
  logic [PTR_W-1:0] words_q, words_q2;
  always_ff @(posedge clk) begin
    row_valid_q <= push & ~filling_q;
    row_first_q <= slot_q == '0;
    row_lo_q    <= row_lo[DIM_W-1:0];
    row_hi_q    <= row_hi[DIM_W-1:0];
    row_line_q  <= image_line_q;
    done_q      <= push & slot_last & rst_ni;
    final_q     <= pixels_done;
    rows_q      <= valid_q + ROW_W'(!filling_q);
    base_q      <= line_base_q;
    words_q     <= word_base_q;
    pitch_q     <= keeps ? '0 : pitch;  // 0: no line is free

    if (row_valid_q) begin
      if (row_first_q) lo_q <= row_line_q + row_lo_q;
      hi_q <= row_line_q + row_hi_q;
    end
    done_q2  <= done_q & rst_ni;
    final_q2 <= final_q;
    rows_q2  <= rows_q;
    base_q2  <= base_q;
    words_q2 <= words_q;
    pitch_q2 <= pitch_q;
  end

  // Tile record, WALK_LATENCY + MULT_LATENCY cycles behind its last pixel: lines become bus words.
  wire logic [2*DIM_W+1:0] lo_words;
  mult #(.A_W(DIM_W + 1), .B_W(DIM_W + 1)) u_lo_words (
      .clk_i(clk), .a_i({1'b0, lo_q}), .b_i({1'b0, pitch_q2}), .p_o(lo_words)
  );
  wire logic done_d, final_d;
  wire logic [ROW_W-1:0] rows_d;
  wire logic [DIM_W-1:0] need_d;
  wire logic [PTR_W-1:0] words_d;
  delay #(.WIDTH(2 + ROW_W + DIM_W + PTR_W), .CYCLES(weft_pkg::MULT_LATENCY)) u_record (
      .clk_i(clk), .rst_ni,
      .d_i({done_q2, final_q2, rows_q2, DIM_W'(base_q2 + hi_q), words_q2}),
      .q_o({done_d, final_d, rows_d, need_d, words_d})
  );
  wire unused_words = &{1'b0, lo_words};

  // The first record is a register, so that the sequencer can compute with it.
  localparam int RecordW = 1 + ROW_W + DIM_W + PTR_W;
  wire logic [3:0] tile_count;
  wire logic next_valid;
  wire logic [RecordW-1:0] next_record;
  logic record_valid_q;
  logic [RecordW-1:0] record_q;
  wire logic load_record = ~record_valid_q | tile_pop_i;
  fifo #(.WIDTH(RecordW), .DEPTH(8)) u_tiles (
      .clk_i(clk), .rst_ni, .push_i(done_d), .data_i({final_d, rows_d, need_d, PTR_W'(words_d + lo_words[PTR_W-1:0])}),
      .pop_i(load_record & next_valid), .valid_o(next_valid), .data_o(next_record), .count_o(tile_count)
  );
  always_ff @(posedge clk) begin
    if (!rst_ni) record_valid_q <= 1'b0;
    else if (load_record) record_valid_q <= next_valid;
    if (load_record) record_q <= next_record;
  end
  assign tile_valid_o = record_valid_q;
  assign {tile_final_o, tile_rows_o, tile_need_o, tile_free_o} = record_q;
  wire unused_count = &{1'b0, tile_count};
endmodule
`default_nettype wire
