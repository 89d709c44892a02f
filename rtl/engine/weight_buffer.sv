// SPDX-License-Identifier: Apache-2.0
// Ring of weight words: one holds the weights of all columns for one beat, CPAD = COLS rounded up to a power of two.
// Write: one bus word a cycle while there is room. A weight word counts (arrived_o) when all its bytes are there.
// Read:  wgt_o comes WEIGHT_LATENCY cycles after raddr_i. Room comes back when freed_i moves.
`default_nettype none
module weight_buffer #(
    parameter int BYTES     = 131072,  // Requires: a power of two, at least 16 words (weight words and bus words)
    parameter int COLS      = 8,       // Requires: at least 2
    parameter int BUS_BYTES = 8,       // Requires: a power of two
    localparam int Cpad = 1 << $clog2(COLS),
    localparam int ADDR_W = $clog2(BYTES / Cpad),
    localparam int PTR_W = ADDR_W + 2
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   valid_i,
    output wire logic                   ready_o,
    input  wire logic [8*BUS_BYTES-1:0] data_i,
    output wire logic [      PTR_W-1:0] arrived_o,  // weight words complete since reset, modulo 2^PTR_W
    input  wire logic [      PTR_W-1:0] freed_i,    // weight words freed since reset, modulo 2^PTR_W
    input  wire logic [     ADDR_W-1:0] raddr_i,
    output logic      [     8*COLS-1:0] wgt_o
);
  if (BYTES < 16 * Cpad || BYTES < 16 * BUS_BYTES || !weft_pkg::power_of_two(BYTES))
    begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_16_words u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (!weft_pkg::power_of_two(BUS_BYTES)) begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two u_illegal (); end
  localparam int Slices = Cpad > BUS_BYTES ? Cpad / BUS_BYTES : 1;  // bus words of a weight word
  localparam int Packed = Cpad < BUS_BYTES ? BUS_BYTES / Cpad : 1;  // weight words of a bus word
  localparam int SliceW = $clog2(Slices);
  localparam int PackedW = $clog2(Packed);
  localparam int RowAddrW = ADDR_W - PackedW;
  localparam int BusPtrW = PTR_W + SliceW - PackedW;

  // Write side: a ring pointer in bus words.
  logic [BusPtrW-1:0] wptr_q;
  logic ready_q, waits_q;  // waits: not ready_q, for those who are far away
  wire logic take = valid_i & ready_q;
  localparam logic [PTR_W-1:0] Most = PTR_W'(BYTES / Cpad) - PTR_W'(Packed - 1);  // with so many in use there is no room for a bus word's
  wire logic [PTR_W-1:0] used;
  wire logic fills;  // this bus word ends a weight word, or some
  wire logic room = fills ? used < Most - PTR_W'(Packed) : used < Most;
  assign ready_o = ~waits_q;

  logic we_q;
  logic [8*BUS_BYTES-1:0] wdata_q;
  logic [BusPtrW-1:0] waddr_q;

  // A weight word has landed in RAM one cycle after it was taken; it is read at the earliest several cycles later.
  generate
    if (PackedW > 0) begin : gen_packed
      assign arrived_o = {wptr_q, PackedW'(0)};
      assign used = {wptr_q, PackedW'(0)} - freed_i;
      assign fills = take;
    end else begin : gen_sliced
      assign arrived_o = wptr_q[BusPtrW-1:SliceW];
      assign used = wptr_q[BusPtrW-1:SliceW] - freed_i;
      assign fills = take & ((wptr_q | ~(BusPtrW'(Slices - 1))) == '1);
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      ready_q <= 1'b0;
      waits_q <= 1'b1;
    end else begin
      wptr_q  <= wptr_q + BusPtrW'(take);
      ready_q <= room;
      waits_q <= ~room;
    end
    we_q    <= take & rst_ni;
    wdata_q <= data_i;
    waddr_q <= wptr_q;
  end

  // Read side: RAM row, then the weight word within it.
  localparam int RowBytes = Slices * BUS_BYTES;
  wire logic [8*RowBytes-1:0] row;
  genvar s;
  generate
    for (s = 0; s < Slices; s++) begin : gen_slice
      wire logic slice_hit;
      if (SliceW == 0) begin : gen_whole
        assign slice_hit = 1'b1;
      end else begin : gen_part
        assign slice_hit = waddr_q[SliceW-1:0] == SliceW'(s);
      end
      ram #(.WIDTH(8 * BUS_BYTES), .DEPTH(1 << RowAddrW)) u_ram (
          .clk_i,
          .we_i(we_q & slice_hit),
          .waddr_i(waddr_q[SliceW+:RowAddrW]),
          .wdata_i(wdata_q),
          .raddr_i(raddr_i[ADDR_W-1:PackedW]),
          .rdata_o(row[8*BUS_BYTES*s+:8*BUS_BYTES])
      );
    end
    if (PackedW > 0) begin : gen_select
      logic [PackedW-1:0] sel_q, sel_q2;
      always_ff @(posedge clk_i) begin
        sel_q  <= raddr_i[PackedW-1:0];
        sel_q2 <= sel_q;
        wgt_o  <= row[8*Cpad*sel_q2+:8*COLS];
      end
    end else begin : gen_direct
      always_ff @(posedge clk_i) wgt_o <= row[8*COLS-1:0];
      if (Cpad > COLS) begin : gen_pad
        wire unused = &{1'b0, row[8*RowBytes-1:8*COLS]};
      end
    end
  endgenerate
  wire unused_ptr = &{1'b0, waddr_q};
endmodule
`default_nettype wire
