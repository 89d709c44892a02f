// SPDX-License-Identifier: Apache-2.0
// On-chip memory of BYTES bytes from address 0 on, behind an AXI4 slave and a port for single bytes.
//   AXI4: INCR bursts of whole words, aligned, as weft_top makes them. Reads are answered in order, a word a cycle, the first one 5 cycles
//   after its address; of writes there is one burst at a time. A burst that is not wholly inside answers SLVERR, and writes nothing.
//   Bytes: byte_valid_i is always taken, and comes before AXI. byte_rdata_o is the byte that was asked for while byte_rvalid_o.
// Banks of BANK_WORDS words, of 8-bit memories each, so that they are block RAMs without a byte enable. Not reset. A read of a word that
// is being written gives the old or the new one.
`default_nettype none
module axi_ram #(
    parameter int BUS_BYTES  = 4,      // Requires: a power of two, 4 to 64
    parameter int BYTES      = 65536,  // Requires: a multiple of BUS_BYTES * BANK_WORDS, at most 2^20
    parameter int BANK_WORDS = 2048,   // Requires: a power of two, at least 2
    parameter int ADDR_W     = 32,     // Requires: 32 to 64
    parameter int ID_W       = 4,      // Requires: at least 1
    localparam int BYTE_ADDR_W = $clog2(BYTES)
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   arvalid_i,
    output wire logic                   arready_o,
    input  wire logic [     ADDR_W-1:0] araddr_i,
    input  wire logic [            7:0] arlen_i,
    output wire logic                   rvalid_o,
    input  wire logic                   rready_i,
    output wire logic [8*BUS_BYTES-1:0] rdata_o,
    output wire logic [            1:0] rresp_o,
    output wire logic                   rlast_o,
    input  wire logic                   awvalid_i,
    output wire logic                   awready_o,
    input  wire logic [       ID_W-1:0] awid_i,
    input  wire logic [     ADDR_W-1:0] awaddr_i,
    input  wire logic [            7:0] awlen_i,
    input  wire logic                   wvalid_i,
    output wire logic                   wready_o,
    input  wire logic [8*BUS_BYTES-1:0] wdata_i,
    input  wire logic [  BUS_BYTES-1:0] wstrb_i,
    input  wire logic                   wlast_i,
    output wire logic                   bvalid_o,
    input  wire logic                   bready_i,
    output wire logic [       ID_W-1:0] bid_o,
    output wire logic [            1:0] bresp_o,
    // Single bytes
    input  wire logic                   byte_valid_i,
    input  wire logic                   byte_write_i,
    input  wire logic [BYTE_ADDR_W-1:0] byte_addr_i,   // below BYTES
    input  wire logic [            7:0] byte_wdata_i,
    output wire logic                   byte_rvalid_o,
    output wire logic [            7:0] byte_rdata_o
);
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  if (BANK_WORDS < 2 || !weft_pkg::power_of_two(BANK_WORDS))
    begin : gen_illegal_bank_words BANK_WORDS_must_be_a_power_of_two_at_least_2 u_illegal (); end
  if (BYTES < BUS_BYTES * BANK_WORDS || BYTES > (1 << 20) || BYTES % (BUS_BYTES * BANK_WORDS) != 0)
    begin : gen_illegal_bytes BYTES_must_be_a_multiple_of_a_bank_at_most_2_20 u_illegal (); end
  if (ADDR_W < 32 || ADDR_W > 64) begin : gen_illegal_addr_w ADDR_W_must_be_32_to_64 u_illegal (); end
  if (ID_W < 1) begin : gen_illegal_id_w ID_W_must_be_at_least_1 u_illegal (); end
  localparam int Bus = 8 * BUS_BYTES;
  localparam int LaneW = $clog2(BUS_BYTES);
  localparam int Words = BYTES / BUS_BYTES;
  localparam int WordW = BYTE_ADDR_W - LaneW;  // of the address of a word
  localparam int RowW = BANK_WORDS < 2 ? 1 : $clog2(BANK_WORDS);  // ... of a word in its bank
  localparam int Banks = BANK_WORDS > 1 && weft_pkg::power_of_two(BANK_WORDS) ? Words / BANK_WORDS : 1;
  localparam int Depth = 8;  // words on their way to the reader: 5 keep it busy
  localparam int DepthW = $clog2(Depth);

  // Whether a burst ends outside. (ADDR_W + 1 bits hold the sum.)
  function automatic outside(input [ADDR_W-1:0] addr, input [7:0] len);
    reg [ADDR_W:0] last;
    begin
      last = {1'b0, addr >> LaneW} + (ADDR_W + 1)'(len);
      outside = last >= (ADDR_W + 1)'(Words);
    end
  endfunction

  // ---- Writes: an address, its words, the response
  logic w_busy_q, w_outside_q, b_valid_q;
  logic [WordW-1:0] w_addr_q;
  logic [ID_W-1:0] w_id_q;
  wire logic byte_write = byte_valid_i & byte_write_i;
  wire logic w_take = wvalid_i & wready_o;
  assign awready_o = !w_busy_q & !b_valid_q;
  assign wready_o  = w_busy_q & !byte_write;
  assign bvalid_o  = b_valid_q;
  assign bid_o     = w_id_q;
  assign bresp_o   = {w_outside_q, 1'b0};
  always_ff @(posedge clk_i) begin
    if (awvalid_i & awready_o) begin
      w_busy_q    <= 1'b1;
      w_addr_q    <= awaddr_i[BYTE_ADDR_W-1:LaneW];
      w_id_q      <= awid_i;
      w_outside_q <= outside(awaddr_i, awlen_i);
    end
    if (w_take) begin
      w_addr_q <= w_addr_q + WordW'(1);
      if (wlast_i) w_busy_q <= 1'b0;
    end
    if (w_take & wlast_i) b_valid_q <= 1'b1;
    else if (bready_i) b_valid_q <= 1'b0;
    if (!rst_ni) begin
      w_busy_q  <= 1'b0;
      b_valid_q <= 1'b0;
    end
  end

  wire logic [WordW-1:0] waddr = byte_write ? byte_addr_i[BYTE_ADDR_W-1:LaneW] : w_addr_q;
  wire logic [Bus-1:0] wdata = byte_write ? {BUS_BYTES{byte_wdata_i}} : wdata_i;

  // ---- Reads: a burst, a word of which is read in every cycle that has room for it and is not the byte port's
  logic r_busy_q, r_outside_q;
  logic [WordW-1:0] r_addr_q;
  logic [7:0] r_left_q;
  logic [DepthW:0] r_room_q;
  wire logic byte_read = byte_valid_i & !byte_write_i;
  wire logic r_issue = r_busy_q & (r_room_q != '0) & !byte_read;
  wire logic r_last = r_left_q == '0;
  wire logic r_pop = rvalid_o & rready_i;
  assign arready_o = !r_busy_q | (r_issue & r_last);
  always_ff @(posedge clk_i) begin
    if (r_issue) begin
      r_addr_q <= r_addr_q + WordW'(1);
      r_left_q <= r_left_q - 8'd1;
      if (r_last) r_busy_q <= 1'b0;
    end
    if (arvalid_i & arready_o) begin
      r_busy_q    <= 1'b1;
      r_addr_q    <= araddr_i[BYTE_ADDR_W-1:LaneW];
      r_left_q    <= arlen_i;
      r_outside_q <= outside(araddr_i, arlen_i);
    end
    r_room_q <= r_room_q + (DepthW + 1)'(r_pop) - (DepthW + 1)'(r_issue);
    if (!rst_ni) begin
      r_busy_q <= 1'b0;
      r_room_q <= (DepthW + 1)'(Depth);
    end
  end

  // ---- The memories, two cycles, and a register behind the choice of the bank
  wire logic [WordW-1:0] raddr = byte_read ? byte_addr_i[BYTE_ADDR_W-1:LaneW] : r_addr_q;
  wire logic [Banks*Bus-1:0] words;
  genvar b, l;
  generate
    for (b = 0; b < Banks; b++) begin : gen_bank
      wire logic here = 32'(waddr) >> RowW == b;
      for (l = 0; l < BUS_BYTES; l++) begin : gen_lane
        // (Not a bit of a vector of all lanes: Verilator 5.006 takes a condition v[31], v of 64 bits, for v >> 31.)
        wire logic we = byte_write ? byte_addr_i[LaneW-1:0] == LaneW'(l) : w_take & !w_outside_q & wstrb_i[l];
        ram #(.WIDTH(8), .DEPTH(BANK_WORDS)) u_ram (
            .clk_i, .we_i(we & here), .waddr_i(waddr[RowW-1:0]), .wdata_i(wdata[8*l+:8]),
            .raddr_i(raddr[RowW-1:0]), .rdata_o(words[Bus*b+8*l+:8])
        );
      end
    end
  endgenerate
  localparam int BankW = Banks > 1 ? $clog2(Banks) : 1;
  wire logic [BankW-1:0] bank;
  delay #(.WIDTH(BankW), .CYCLES(2), .RESET(0)) u_bank (.clk_i, .rst_ni, .d_i(BankW'(32'(raddr) >> RowW)), .q_o(bank));
  logic [Bus-1:0] word_q;
  always_ff @(posedge clk_i) word_q <= words[Bus*32'(bank)+:Bus];

  wire logic issue_3, byte_3, last_3, outside_3;
  wire logic [LaneW-1:0] lane_3;
  delay #(.WIDTH(2), .CYCLES(3), .RESET(1)) u_valid (.clk_i, .rst_ni, .d_i({r_issue, byte_read}), .q_o({issue_3, byte_3}));
  delay #(.WIDTH(2 + LaneW), .CYCLES(3), .RESET(0)) u_sideband (
      .clk_i, .rst_ni, .d_i({r_last, r_outside_q, byte_addr_i[LaneW-1:0]}), .q_o({last_3, outside_3, lane_3})
  );
  assign byte_rvalid_o = byte_3;
  assign byte_rdata_o  = word_q[8*lane_3+:8];

  wire logic read_outside;
  wire logic [DepthW:0] unused_count;
  fifo #(.WIDTH(Bus + 2), .DEPTH(Depth)) u_words (
      .clk_i, .rst_ni, .push_i(issue_3), .data_i({outside_3, last_3, word_q}),
      .pop_i(r_pop), .valid_o(rvalid_o), .data_o({read_outside, rlast_o, rdata_o}), .count_o(unused_count)
  );
  assign rresp_o = {read_outside, 1'b0};
  wire unused = &{1'b0, unused_count};
endmodule
`default_nettype wire
