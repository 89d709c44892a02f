// SPDX-License-Identifier: Apache-2.0
// Adds a residual to the outputs on their way to memory:   y = clamp(M(table0[x] + table1[residual]) + zp)
// with M = MultiplyByQuantizedMultiplier: TFLite's ADD, each of whose inputs gives one of 256 summands. A max-pool may follow, whose
// windows' pixels come one after the other. Jobs without an addition pass.
//   pixel -----------------> steps of LANES bytes -> tables -> sum -> requantize -> activation -> pixels -> max_pool -> fifo ->
//   residual lines -> line_buffer -> rotate --^
// A pixel is taken when its row's residual lines are there; one every COLS/LANES cycles. Lines are freed row by row.
`default_nettype none
module residual_add #(
    parameter int COLS      = 8,
    parameter int LANES     = 2,     // bytes at once. Requires: at most COLS
    parameter int BYTES     = 32768, // of the residual's buffer. Requires: a power of two, at least 4 words of COLS bytes
    parameter int BUS_BYTES = 8,
    localparam int COL_W = $clog2(COLS + 1)
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,
    input  wire logic                                store_valid_i,
    output wire logic                                store_ready_o,
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,
    input  wire logic                                table_valid_i,
    output wire logic                                table_ready_o,
    input  wire logic                                residual_valid_i,
    output wire logic                                residual_ready_o,
    input  wire logic                                residual_last_i,   // of its line
    input  wire logic [             8*BUS_BYTES-1:0] data_i,            // of both
    input  wire logic                                pixel_valid_i,
    output wire logic                                pixel_ready_o,
    input  wire logic [                  8*COLS-1:0] pixel_data_i,
    input  wire logic [                   COL_W-1:0] pixel_cols_i,
    input  wire logic                                pixel_final_i,
    output wire logic                                out_valid_o,
    input  wire logic                                out_ready_i,
    output wire logic [                  8*COLS-1:0] out_data_o,
    output wire logic [                   COL_W-1:0] out_cols_o,
    output wire logic                                out_final_o
);
  localparam int MinWord = 1 << $clog2(COLS);
  localparam int Word = MinWord > BUS_BYTES ? MinWord : BUS_BYTES;
  localparam int AddrW = $clog2(BYTES);
  localparam int PtrW = $clog2(BYTES / BUS_BYTES) + 2;
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int DimW = weft_list_pkg::DIM_W;
  localparam int Steps = (COLS + LANES - 1) / LANES;
  localparam int StepW = $clog2(Steps + 1);
  localparam int Depth = 8;  // pixels between their taking and the output
  localparam int PixelW = 1 + COL_W + 8 * COLS;

  // ---- The job: four wait, one runs ---------------------------------------------------------------------------------------
  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] next;
  wire logic next_valid, load;
  wire logic [2:0] next_count;
  fifo #(.WIDTH(32 * weft_list_pkg::STORE_WORDS), .DEPTH(4)) u_stores (
      .clk_i, .rst_ni, .push_i(store_valid_i & store_ready_o), .data_i(store_i), .pop_i(load),
      .valid_o(next_valid), .data_o(next), .count_o(next_count)
  );
  wire logic unused_count = &{1'b0, next_count[1:0]};
  assign store_ready_o = ~next_count[2];

  wire logic empty;
  wire logic add_take, walks, job_end, row_end, image_end, group_last, pass_end;
  wire logic [31:0] offset;
  logic active_q, adds_q;
  logic [31:0] mult_q;
  logic [5:0] shift_q;
  logic [7:0] zp_q, lo_q, hi_q;
  logic [PtrW-1:0] row_words_q, last_words_q;   // that a row of outputs frees; that an image's last one does
  logic [DimW-1:0] row_lines_q, window_lines_q;  // lines from a row of outputs to the next; that a row needs
  logic [DimW-1:0] pool_q;                       // pixels of a window
  logic [PtrW-1:0] freed_q;  // bus words of lines that nobody needs; the running job's first line begins at base_q
  logic [AddrW-1:0] base_q;
  assign load = next_valid & ~active_q & empty;  // what is on its way still needs the job's numbers
  output_walk u_walk (
      .clk_i, .rst_ni, .load_i(load & next[32*weft_list_pkg::STORE_ADD+31]), .store_i(next),
      .window_cols_i(next[32*weft_list_pkg::STORE_WINDOW+:16]), .window_rows_i(next[32*weft_list_pkg::STORE_WINDOW+16+:16]),
      .offset_i(next[32*weft_list_pkg::STORE_RES_OFFSET+:32]), .window_x_i(next[32*weft_list_pkg::STORE_RES_WINDOW_X+:32]),
      .window_y_i(next[32*weft_list_pkg::STORE_RES_WINDOW_Y+:32]), .x_i(next[32*weft_list_pkg::STORE_RES_X+:32]),
      .y_i(next[32*weft_list_pkg::STORE_RES_Y+:32]), .image_i(next[32*weft_list_pkg::STORE_RES_IMAGE+:32]),
      .take_i(add_take), .walks_o(walks), .offset_o(offset), .row_end_o(row_end), .image_end_o(image_end),
      .group_last_o(group_last), .pass_end_o(pass_end), .job_end_o(job_end)
  );
  wire logic unused_offset = &{1'b0, offset, walks};

  // The lines of this pixel's row of outputs come after the first line_q.
  logic [DimW-1:0] line_q, pass_line_q;
  wire logic [DimW-1:0] lines;
  wire logic [DimW-1:0] stepped_line = line_q + (image_end ? window_lines_q : row_end ? row_lines_q : '0);
  wire logic [DimW-1:0] lines_missing = line_q + window_lines_q - lines;
  wire logic lines_there = (lines_missing == '0) | lines_missing[DimW-1];

  logic [StepW-1:0] slot_q;  // cycles until the next pixel may be taken
  logic [3:0] credit_q;      // pixels that may still be taken; one comes back when it leaves or is inside a window
  wire logic out_pop, pooled;
  wire logic passes = active_q & ~adds_q;
  wire logic add_ready = active_q & adds_q & lines_there & (slot_q == '0) & (credit_q != '0);
  assign add_take = pixel_valid_i & add_ready;
  assign empty = credit_q == 4'(Depth);
  assign pixel_ready_o = add_ready | (passes & out_ready_i);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q    <= 1'b0;
      adds_q      <= 1'b0;
      line_q      <= '0;
      pass_line_q <= '0;
      freed_q     <= '0;
      slot_q      <= '0;
      credit_q    <= 4'(Depth);
    end else begin
      active_q <= load | (active_q & ~(pixel_valid_i & pixel_ready_o & pixel_final_i));
      if (load) adds_q <= next[32*weft_list_pkg::STORE_ADD+31];
      credit_q <= credit_q + 4'(out_pop) + 4'(pooled) - 4'(add_take);
      slot_q   <= add_take ? StepW'(Steps - 1) : slot_q - StepW'(slot_q != '0);
      if (add_take) begin
        line_q <= pass_end & ~group_last ? pass_line_q : stepped_line;
        if (pass_end & group_last) pass_line_q <= stepped_line;
        if (row_end & group_last) freed_q <= freed_q + (image_end ? last_words_q : row_words_q);
      end
    end
    if (load) begin
      base_q         <= {freed_q[AddrW-BusW-1:0], BusW'(0)};
      mult_q         <= next[32*weft_list_pkg::STORE_ADD_MULT+:32];
      shift_q        <= next[32*weft_list_pkg::STORE_ADD+25+:6];
      hi_q           <= next[32*weft_list_pkg::STORE_ADD+16+:8];
      lo_q           <= next[32*weft_list_pkg::STORE_ADD+8+:8];
      zp_q           <= next[32*weft_list_pkg::STORE_ADD+:8];
      row_words_q    <= next[32*weft_list_pkg::STORE_RES_WORDS+:PtrW];
      last_words_q   <= next[32*weft_list_pkg::STORE_RES_LAST_WORDS+:PtrW];
      row_lines_q    <= next[32*weft_list_pkg::STORE_RES_LINES+:DimW];
      window_lines_q <= DimW'(next[32*weft_list_pkg::STORE_WINDOW+16+:16]) + 1'b1;
      pool_q         <= next[32*weft_list_pkg::STORE_POOL+:DimW];
    end
  end
  wire logic unused_next = &{1'b0, next, job_end};

  // ---- The residual's pixel: address, two words, rotated ---------------------------------------------------------------------
  logic [AddrW-1:0] addr_q;
  logic take1_q;
  logic [8*COLS-1:0] data1_q;
  wire logic [16*Word-1:0] window;
  line_buffer #(.BYTES(BYTES), .WORD(Word), .BUS_BYTES(BUS_BYTES)) u_lines (
      .clk_i, .rst_ni, .valid_i(residual_valid_i), .ready_o(residual_ready_o), .data_i, .last_i(residual_last_i),
      .freed_i(freed_q), .lines_o(lines), .raddr_i(addr_q), .rdata_o(window)
  );
  always_ff @(posedge clk_i) begin
    addr_q  <= base_q + offset[AddrW-1:0];
    take1_q <= rst_ni & add_take;
    data1_q <= pixel_data_i;
  end
  localparam int RotateW = $clog2(2 * Word);
  wire logic take3;
  wire logic [RotateW-1:0] rotate3;
  wire logic [8*COLS-1:0] data3;
  delay #(.WIDTH(1), .CYCLES(2)) u_take3 (.clk_i, .rst_ni, .d_i(take1_q), .q_o(take3));
  delay #(.WIDTH(RotateW + 8 * COLS), .CYCLES(2), .RESET(0)) u_data3 (
      .clk_i, .rst_ni, .d_i({addr_q[RotateW-1:0], data1_q}), .q_o({rotate3, data3})
  );
  logic take4_q;
  logic [1:0] fine4_q;
  logic [8*(COLS+3)-1:0] coarse4_q;
  logic [8*COLS-1:0] data4_q;
  wire logic [32*Word-1:0] twice = {window, window};
  always_ff @(posedge clk_i) begin
    take4_q   <= take3 & rst_ni;
    fine4_q   <= rotate3[1:0];
    coarse4_q <= twice[8*{rotate3[RotateW-1:2], 2'b00}+:8*(COLS+3)];
    data4_q   <= data3;
  end

  // ---- Steps: LANES bytes a cycle ------------------------------------------------------------------------------------------
  localparam int Padded = LANES * Steps;
  logic [8*Padded-1:0] x_q, r_q;
  logic [StepW-1:0] step_q;  // steps left
  always_ff @(posedge clk_i) begin
    if (take4_q) begin
      x_q <= (8 * Padded)'(data4_q);
      r_q <= (8 * Padded)'(coarse4_q[8*fine4_q+:8*COLS]);
    end else begin
      x_q <= x_q >> (8 * LANES);
      r_q <= r_q >> (8 * LANES);
    end
    if (!rst_ni) step_q <= '0;
    else if (take4_q) step_q <= StepW'(Steps);
    else if (step_q != '0) step_q <= step_q - 1'b1;
  end

  // Tables: a word of the bus gives its entries one after the other.
  localparam int Words = BUS_BYTES / 4;
  localparam int WordsW = $clog2(Words + 1);
  logic [8*BUS_BYTES-1:0] entries_q;
  logic [WordsW-1:0] entries_left_q;
  logic [8:0] entry_q;  // 256 of table 0, then of table 1
  assign table_ready_o = (entries_left_q >> 1) == '0;
  wire logic entry = entries_left_q != '0;
  wire logic table_take = table_valid_i & table_ready_o;
  always_ff @(posedge clk_i) begin
    entries_q <= table_take ? data_i : entries_q >> 32;
    if (!rst_ni) begin
      entries_left_q <= '0;
      entry_q        <= '0;
    end else begin
      entries_left_q <= table_take ? WordsW'(Words) : entries_left_q - WordsW'(entry);
      entry_q        <= entry_q + 9'(entry);
    end
  end

  localparam int ToSum = 3;  // table 2, sum 1
  localparam int ToOutput = ToSum + weft_pkg::REQUANT_LATENCY + 2;
  wire logic [8*LANES-1:0] y;
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [31:0] term0, term1;
      logic [31:0] sum_q;
      wire logic [7:0] scaled;
      ram #(.WIDTH(32), .DEPTH(256)) u_table0 (
          .clk_i, .we_i(entry & ~entry_q[8]), .waddr_i(entry_q[7:0]), .wdata_i(entries_q[31:0]), .raddr_i(x_q[8*l+:8]),
          .rdata_o(term0)
      );
      ram #(.WIDTH(32), .DEPTH(256)) u_table1 (
          .clk_i, .we_i(entry & entry_q[8]), .waddr_i(entry_q[7:0]), .wdata_i(entries_q[31:0]), .raddr_i(r_q[8*l+:8]),
          .rdata_o(term1)
      );
      always_ff @(posedge clk_i) sum_q <= term0 + term1;
      requantize u_requantize (
          .clk_i, .rst_ni, .acc_i(sum_q), .mult_i(mult_q), .shift_i(shift_q), .zp_i(zp_q), .y_o(scaled)
      );
      activation u_activation (.clk_i, .x_i(scaled), .lo_i(lo_q), .hi_i(hi_q), .y_o(y[8*l+:8]));
    end
  endgenerate

  // ---- Outputs: bytes become pixels again --------------------------------------------------------------------------------------
  wire logic y_last;
  logic [8*Padded-1:0] out_q;
  logic push_q;
  delay #(.WIDTH(1), .CYCLES(ToOutput)) u_last (.clk_i, .rst_ni, .d_i(step_q == StepW'(1)), .q_o(y_last));
  always_ff @(posedge clk_i) begin
    out_q  <= (8 * Padded)'({y, out_q} >> (8 * LANES));
    push_q <= y_last & rst_ni;
  end
  wire logic side_valid;
  wire logic [COL_W:0] side;
  logic [COL_W:0] side_q;
  wire logic [3:0] side_count, out_count;
  fifo #(.WIDTH(1 + COL_W), .DEPTH(Depth)) u_side (
      .clk_i, .rst_ni, .push_i(add_take), .data_i({pixel_final_i, pixel_cols_i}), .pop_i(push_q),
      .valid_o(side_valid), .data_o(side), .count_o(side_count)
  );
  wire logic pool_valid;
  wire logic [8*COLS-1:0] pool_data;
  logic pushed_q;
  max_pool #(.COLS(COLS)) u_pool (
      .clk_i, .rst_ni, .count_i(pool_q), .valid_i(push_q), .data_i(out_q[8*COLS-1:0]), .valid_o(pool_valid), .data_o(pool_data)
  );
  always_ff @(posedge clk_i) begin
    pushed_q <= push_q & rst_ni;
    side_q   <= side;
  end
  assign pooled = pushed_q & ~pool_valid;
  wire logic add_valid, add_final;
  wire logic [COL_W-1:0] add_cols;
  wire logic [8*COLS-1:0] add_data;
  fifo #(.WIDTH(PixelW), .DEPTH(Depth)) u_out (
      .clk_i, .rst_ni, .push_i(pool_valid), .data_i({side_q, pool_data}), .pop_i(out_pop),
      .valid_o(add_valid), .data_o({add_final, add_cols, add_data}), .count_o(out_count)
  );
  wire unused_counts = &{1'b0, side_valid, side_count, out_count};
  assign out_pop = add_valid & out_ready_i;
  assign out_valid_o = add_valid | (passes & pixel_valid_i);
  assign out_data_o = passes ? pixel_data_i : add_data;
  assign out_cols_o = passes ? pixel_cols_i : add_cols;
  assign out_final_o = passes ? pixel_final_i : add_final;
endmodule
`default_nettype wire
