// SPDX-License-Identifier: Apache-2.0
// The residual's lines, and of each pixel that is taken its bytes of them, beside the pixel four cycles later; one a cycle.
//   take_i: walk -> address --1--> two words of the buffer --2--> rotated --1-->
// Lines are counted: those that have come, those before the pixel's row of outputs, and those that nobody needs any more. They are freed
// row by row, by the job's last column group: the others read them again. A job that begins with alone_i has no lines: its residual is 0.
// With INNER, the buffer holds entries of COLS bytes, a word each, while no residual is in it: see depthwise_walk.
`default_nettype none
module residual_lines #(
    parameter int COLS      = 8,      // Requires: at least 2
    parameter int BYTES     = 32768,  // of the buffer. Requires: a power of two, at least 4 words
    parameter int BUS_BYTES = 8,      // Requires: a power of two, 4 to 64
    parameter int INNER     = 0,      // not 0: with the ports inner_*
    localparam int MIN_WORD = 1 << $clog2(COLS),
    localparam int WORD = MIN_WORD > BUS_BYTES ? MIN_WORD : BUS_BYTES,
    localparam int ENTRY_W = $clog2(BYTES / WORD)
) (
    input  wire logic                        clk_i,
    input  wire logic                        rst_ni,
    input  wire logic                        load_i,        // the next job; only behind the last pixel of the one before
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,
    input  wire logic                        alone_i,       // a job without lines begins, instead of load_i
    input  wire logic                        line_valid_i,
    output wire logic                        line_ready_o,
    input  wire logic [     8*BUS_BYTES-1:0] line_data_i,
    input  wire logic                        line_last_i,   // of its line
    output logic                             there_o,       // all lines that the next pixel's row of outputs needs, if any
    input  wire logic                        take_i,        // Requires: there_o
    input  wire logic [          8*COLS-1:0] pixel_i,
    output logic                             valid_o,
    output logic      [          8*COLS-1:0] pixel_o,
    output wire logic [          8*COLS-1:0] residual_o,
    input  wire logic                        inner_i,       // entries are read
    input  wire logic                        inner_take_i,  // pixel_i is written
    input  wire logic [         ENTRY_W-1:0] inner_waddr_i,
    input  wire logic [         ENTRY_W-1:0] inner_raddr_i,
    output wire logic [          8*COLS-1:0] inner_o        // two cycles later
);
  // A word of the buffer holds a pixel's bytes: any COLS bytes lie in two words.
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (BYTES < 4 * WORD || !weft_pkg::power_of_two(BYTES))
    begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_4_words u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int AddrW = $clog2(BYTES);
  localparam int PtrW = $clog2(BYTES / BUS_BYTES) + 2;
  localparam int BusW = $clog2(BUS_BYTES);
  localparam int DimW = weft_list_pkg::DIM_W;

  // ---- The walk over the pixels, and the lines of their rows -------------------------------------------------------------------
  wire logic [31:0] pooling_window = store_i[32*weft_list_pkg::STORE_WINDOW+:32];
  wire logic [15:0] window_cols = pooling_window[weft_list_pkg::STORE_WINDOW_COLS_LSB+:weft_list_pkg::STORE_WINDOW_COLS_W];
  wire logic [15:0] window_rows = pooling_window[weft_list_pkg::STORE_WINDOW_ROWS_LSB+:weft_list_pkg::STORE_WINDOW_ROWS_W];
  logic alone_q;
  wire logic alone = alone_i | (alone_q & ~load_i);
  wire logic walk_take = take_i & ~alone_q;
  wire logic walks, job_end, row_end, last_row, group_last, pass_end;
  wire logic [31:0] offset;
  output_walk u_walk (
      .clk_i, .rst_ni, .load_i, .store_i, .window_cols_i(window_cols), .window_pixels_i(store_i[32*weft_list_pkg::STORE_POOL+:DimW]),
      .offset_i(store_i[32*weft_list_pkg::STORE_RES_OFFSET+:32]), .window_x_i(store_i[32*weft_list_pkg::STORE_RES_WINDOW_X+:32]),
      .window_y_i(store_i[32*weft_list_pkg::STORE_RES_WINDOW_Y+:32]), .x_i(store_i[32*weft_list_pkg::STORE_RES_X+:32]),
      .y_i(store_i[32*weft_list_pkg::STORE_RES_Y+:32]), .image_i(store_i[32*weft_list_pkg::STORE_RES_IMAGE+:32]),
      .take_i, .walks_o(walks), .offset_o(offset), .row_end_o(row_end), .last_row_o(last_row),
      .group_last_o(group_last), .pass_end_o(pass_end), .job_end_o(job_end)
  );
  wire logic unused = &{1'b0, store_i, offset, job_end};

  logic [PtrW-1:0] row_words_q, last_words_q;   // that a row of outputs frees; that an image's last one does
  logic [DimW-1:0] row_lines_q, window_lines_q;  // lines from a row of outputs to the next; that a row needs
  logic [PtrW-1:0] freed_q;  // bus words of lines that nobody needs; the running job's first line begins at base_q
  logic [AddrW-1:0] base_q;
  logic [DimW-1:0] line_q, pass_line_q;  // lines before this pixel's row of outputs; before that of its pass' first pixel
  wire logic [DimW-1:0] lines;
  wire logic [DimW-1:0] next_line = line_q + (last_row ? window_lines_q : row_lines_q);  // before the next row
  wire logic [DimW-1:0] stepped_line = row_end ? next_line : line_q;
  wire logic [DimW-1:0] spare = lines - line_q - window_lines_q;  // lines behind those that the row needs, modulo 2^DimW
  always_ff @(posedge clk_i) begin
    // of the line counts a cycle ago: not right behind a load, before which nothing walks, or a pixel that ends its row
    alone_q <= rst_ni & alone;
    there_o <= alone | (walks & ~(walk_take & (row_end | pass_end)) & ~spare[DimW-1]);
    if (!rst_ni) begin
      line_q      <= '0;
      pass_line_q <= '0;
      freed_q     <= '0;
    end else if (walk_take) begin
      line_q <= pass_end & ~group_last ? pass_line_q : stepped_line;
      if (pass_end & group_last) pass_line_q <= stepped_line;
      if (row_end & group_last) freed_q <= freed_q + (last_row ? last_words_q : row_words_q);
    end
    if (load_i) begin
      base_q         <= {freed_q[AddrW-BusW-1:0], BusW'(0)};
      row_words_q    <= store_i[32*weft_list_pkg::STORE_RES_WORDS+:PtrW];
      last_words_q   <= store_i[32*weft_list_pkg::STORE_RES_LAST_WORDS+:PtrW];
      row_lines_q    <= store_i[32*weft_list_pkg::STORE_RES_LINES+:DimW];
      window_lines_q <= DimW'(window_rows) + 1'b1;
    end
  end

  // ---- A pixel's bytes: address, two words, rotated ----------------------------------------------------------------------------
  localparam int RotateW = $clog2(2 * WORD);
  logic [AddrW-1:0] addr_q;
  logic take1_q;
  logic [8*COLS-1:0] pixel1_q;
  wire logic [16*WORD-1:0] two_words;
  wire logic [AddrW-1:0] raddr;
  localparam int WideW = INNER != 0 ? 8 * COLS : 1;
  line_buffer #(.BYTES(BYTES), .WORD(WORD), .BUS_BYTES(BUS_BYTES), .WIDE(INNER != 0 ? COLS : 0)) u_lines (
      .clk_i, .rst_ni, .valid_i(line_valid_i), .ready_o(line_ready_o), .data_i(line_data_i), .last_i(line_last_i),
      .freed_i(freed_q), .lines_o(lines), .wide_i(inner_take_i), .wide_addr_i(AddrW'(inner_waddr_i) << $clog2(WORD)),
      .wide_data_i(pixel_i[WideW-1:0]), .raddr_i(raddr), .rdata_o(two_words)
  );
  generate
    if (INNER != 0) begin : gen_inner
      wire logic odd;
      delay #(.WIDTH(1), .CYCLES(weft_pkg::RAM_LATENCY), .RESET(0)) u_odd (.clk_i, .rst_ni, .d_i(inner_raddr_i[0]), .q_o(odd));
      assign raddr = inner_i ? AddrW'(inner_raddr_i) << $clog2(WORD) : addr_q;
      assign inner_o = odd ? two_words[8*WORD+:8*COLS] : two_words[8*COLS-1:0];
    end else begin : gen_no_inner
      assign raddr = addr_q;
      assign inner_o = '0;
      wire unused_inner = &{1'b0, inner_i, inner_raddr_i};
    end
  endgenerate
  always_ff @(posedge clk_i) begin
    addr_q   <= base_q + offset[AddrW-1:0];
    take1_q  <= rst_ni & take_i;
    pixel1_q <= pixel_i;
  end
  wire logic take3;
  wire logic [RotateW-1:0] rotate3;
  wire logic [8*COLS-1:0] pixel3, residual;
  delay #(.WIDTH(1), .CYCLES(2)) u_take3 (.clk_i, .rst_ni, .d_i(take1_q), .q_o(take3));
  delay #(.WIDTH(RotateW + 8 * COLS), .CYCLES(2), .RESET(0)) u_pixel3 (
      .clk_i, .rst_ni, .d_i({addr_q[RotateW-1:0], pixel1_q}), .q_o({rotate3, pixel3})
  );
  rotate #(.BYTES(2 * WORD), .OUT(COLS)) u_rotate (
      .clk_i, .valid_i(take3), .d_i(two_words), .offset_i(rotate3), .q_o(residual)
  );
  assign residual_o = alone_q ? '0 : residual;
  always_ff @(posedge clk_i) begin
    valid_o <= take3 & rst_ni;
    pixel_o <= pixel3;
  end
endmodule
`default_nettype wire
