// SPDX-License-Identifier: Apache-2.0
// Turns a chunk into one byte a cycle for every row. For start at cycle s, slot r (cycle s+1+r) reads row r's chunk:
//   address, position -> bank addresses, padding mask -> RAM (2) -> rotate (2) -> mask -> row register r -> byte select
// Row r's register is loaded r cycles after row 0's, which is the skew the array needs; its bytes leave FEED_LATENCY
// cycles after the sequencer's beat (plus r). Bytes outside the image are the padding value.
`default_nettype none
module row_feeder #(
    parameter int ROWS       = 8,      // Requires: at least 2
    parameter int WORD       = 16,     // Requires: a power of two, at least 4
    parameter int LINE_BYTES = 65536,  // Requires: a power of two, at least 4*WORD
    localparam int ADDR_W = $clog2(LINE_BYTES),
    localparam int LEN_W = $clog2(WORD + 1),
    localparam int POS_W = weft_list_pkg::POS_W
) (
    input  wire logic                       clk_i,
    input  wire logic                       rst_ni,
    input  wire logic                       start_i,
    input  wire logic                       new_tile_i,   // the rows' pixels are new ones
    input  wire logic [         ADDR_W-1:0] start_addr_i,
    input  wire logic [          POS_W-1:0] start_x_i,
    input  wire logic [          POS_W-1:0] start_y_i,
    input  wire logic [          POS_W-1:0] x_lim_i,      // bytes of a line
    input  wire logic [          POS_W-1:0] y_lim_i,      // lines of an image
    input  wire logic [                7:0] zp_i,
    output wire logic                       pixel_pop_o,
    input  wire logic [ADDR_W+2*POS_W-1:0]  pixel_i,      // {y, x, address}
    output wire logic [         ADDR_W-1:0] raddr_o,      // to the line buffer
    input  wire logic [        16*WORD-1:0] rdata_i,
    input  wire logic [          LEN_W-1:0] beat_index_i, // of row 0, unskewed
    output wire logic [         8*ROWS-1:0] act_o
);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (WORD < 4 || !weft_pkg::power_of_two(WORD)) begin : gen_illegal_word WORD_must_be_a_power_of_two_at_least_4 u_illegal (); end
  if (LINE_BYTES < 4 * WORD || !weft_pkg::power_of_two(LINE_BYTES))
    begin : gen_illegal_line_bytes LINE_BYTES_must_be_a_power_of_two_at_least_4_WORD u_illegal (); end
  localparam int PixelW = ADDR_W + 2 * POS_W;
  localparam int WordW = $clog2(WORD);
  localparam int SlotW = $clog2(ROWS + 1);
  localparam int MaskW = WordW + 1;

  // F0: one row a cycle. The rows' pixels go round in a ring of ROWS registers.
  logic [SlotW-1:0] left_q;  // slots still to come
  logic new_tile_q;
  logic [ADDR_W-1:0] chunk_addr_q;
  logic [POS_W-1:0] chunk_x_q, chunk_y_q, chunk_room_q, y_lim_q;  // room: bytes up to the right edge
  logic [7:0] zp_q;
  logic [PixelW*ROWS-1:0] pixels_q;
  wire logic slot = left_q != '0;
  wire logic [PixelW-1:0] pixel = new_tile_q ? pixel_i : pixels_q[PixelW-1:0];
  assign pixel_pop_o = slot & new_tile_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else if (start_i) left_q <= SlotW'(ROWS);
    else if (slot) left_q <= left_q - 1'b1;
    if (start_i) begin
      new_tile_q <= new_tile_i;
      chunk_addr_q <= start_addr_i;
      chunk_x_q <= start_x_i;
      chunk_y_q <= start_y_i;
      chunk_room_q <= x_lim_i - start_x_i;
      y_lim_q <= y_lim_i;
      zp_q <= zp_i;
    end
    if (slot) pixels_q <= {pixel, pixels_q[PixelW*ROWS-1:PixelW]};
  end

  // F1: the chunk's address and position.
  logic f1_valid_q, f1_first_q;
  logic [ADDR_W-1:0] f1_addr_q;
  logic signed [POS_W-1:0] f1_x_q, f1_y_q, f1_room_q;
  logic [POS_W-1:0] f1_y_lim_q;
  logic [7:0] f1_zp_q;
  always_ff @(posedge clk_i) begin
    f1_valid_q <= slot & rst_ni;
    f1_first_q <= left_q == SlotW'(ROWS);
    f1_addr_q  <= pixel[ADDR_W-1:0] + chunk_addr_q;
    f1_x_q     <= $signed(pixel[ADDR_W+:POS_W]) + $signed(chunk_x_q);
    f1_room_q  <= $signed(chunk_room_q) - $signed(pixel[ADDR_W+:POS_W]);
    f1_y_q     <= $signed(pixel[ADDR_W+POS_W+:POS_W]) + $signed(chunk_y_q);
    f1_y_lim_q <= y_lim_q;
    f1_zp_q    <= zp_q;
  end

  // F2: the RAM's address, and which bytes lie inside the image: [begin, end).
  logic [ADDR_W-1:0] f2_addr_q;
  logic f2_valid_q, f2_first_q;
  logic [MaskW-1:0] f2_begin_q, f2_end_q;
  logic [7:0] f2_zp_q;
  wire logic y_inside = ~f1_y_q[POS_W-1] & (f1_y_q < $signed(f1_y_lim_q));
  wire logic near_left = &f1_x_q[POS_W-1:WordW];      // -WORD <= x < 0
  wire logic far_right = |f1_room_q[POS_W-2:WordW];  // room >= WORD, unless it is negative
  always_ff @(posedge clk_i) begin
    f2_addr_q  <= f1_addr_q;
    f2_valid_q <= f1_valid_q & rst_ni;
    f2_first_q <= f1_first_q;
    f2_begin_q <= ~f1_x_q[POS_W-1] ? '0 : near_left ? -f1_x_q[MaskW-1:0] : MaskW'(WORD);
    f2_end_q   <= ~y_inside | f1_room_q[POS_W-1] ? '0 : far_right ? MaskW'(WORD) : f1_room_q[MaskW-1:0];
    f2_zp_q    <= f1_zp_q;
  end
  assign raddr_o = f2_addr_q;

  // F3, F4: the RAM reads; everything else waits for it.
  wire logic f4_valid, f4_first;
  wire logic [MaskW-1:0] f4_begin, f4_end;
  wire logic [7:0] f4_zp;
  wire logic [WordW:0] f4_rotate;
  delay #(.WIDTH(1), .CYCLES(weft_pkg::RAM_LATENCY)) u_valid_wait (.clk_i, .rst_ni, .d_i(f2_valid_q), .q_o(f4_valid));
  delay #(.WIDTH(1 + 2 * MaskW + 8 + WordW + 1), .CYCLES(weft_pkg::RAM_LATENCY), .RESET(0)) u_ram_wait (
      .clk_i, .rst_ni,
      .d_i({f2_first_q, f2_begin_q, f2_end_q, f2_zp_q, f2_addr_q[WordW:0]}),
      .q_o({f4_first, f4_begin, f4_end, f4_zp, f4_rotate})
  );

  // F5, F6: rotate the two chunk words so that the chunk's first byte comes first.
  wire logic [8*WORD-1:0] f6_data;
  logic f5_valid_q, f5_first_q, f6_valid_q, f6_first_q;
  logic [MaskW-1:0] f5_begin_q, f5_end_q;
  logic [WORD-1:0] f6_inside_q;  // bytes that lie inside the image
  logic [7:0] f5_zp_q, f6_zp_q;
  rotate #(.BYTES(2 * WORD), .OUT(WORD), .CYCLES(2)) u_rotate (.clk_i, .d_i(rdata_i), .offset_i(f4_rotate), .q_o(f6_data));
  integer j;
  always_ff @(posedge clk_i) begin
    f5_valid_q <= f4_valid & rst_ni;
    f5_first_q <= f4_first;
    f5_begin_q <= f4_begin;
    f5_end_q   <= f4_end;
    f5_zp_q    <= f4_zp;
    f6_valid_q <= f5_valid_q & rst_ni;
    f6_first_q <= f5_first_q;
    if (f5_valid_q) for (j = 0; j < WORD; j++) f6_inside_q[j] <= MaskW'(j) >= f5_begin_q && MaskW'(j) < f5_end_q;
    f6_zp_q    <= f5_zp_q;
  end

  // F7: padding, and into the register of the row whose turn it is: row 0 at the first slot, then one row further a cycle.
  logic [8*WORD-1:0] padded;
  integer b;
  always_comb for (b = 0; b < WORD; b++) padded[8*b+:8] = f6_inside_q[b] ? f6_data[8*b+:8] : f6_zp_q;

  logic [ROWS-1:0] turn_q;
  wire logic [ROWS-1:0] turn = f6_first_q ? ROWS'(1) : turn_q;
  always_ff @(posedge clk_i) if (f6_valid_q) turn_q <= turn << 1;

  wire logic [WordW-1:0] index0;
  delay #(.WIDTH(WordW), .CYCLES(weft_pkg::FEED_LATENCY), .RESET(0)) u_index (
      .clk_i, .rst_ni, .d_i(beat_index_i[WordW-1:0]), .q_o(index0)
  );
  wire unused_index = &{1'b0, beat_index_i[LEN_W-1]};

  // Row r's index comes r cycles after row 0's.
  logic [WordW*(ROWS-1)-1:0] index_q;
  wire logic [WordW*ROWS-1:0] index = {index_q, index0};
  always_ff @(posedge clk_i) index_q <= index[WordW*(ROWS-1)-1:0];

  genvar r;
  generate
    for (r = 0; r < ROWS; r++) begin : gen_row
      logic [8*WORD-1:0] chunk_q;
      logic [7:0] act_q;
      // four bytes first, then one of them
      wire logic [WordW-1:0] row_index = index[WordW*r+:WordW];
      wire logic [31:0] four;
      if (WORD == 4) begin : gen_one_four
        assign four = chunk_q;
      end else begin : gen_fours
        assign four = chunk_q[{row_index[WordW-1:2], 5'd0}+:32];
      end
      always_ff @(posedge clk_i) begin
        if (f6_valid_q & turn[r]) chunk_q <= padded;
        act_q <= 8'(four >> {row_index[1:0], 3'd0});
      end
      assign act_o[8*r+:8] = act_q;
    end
  endgenerate
endmodule
`default_nettype wire
