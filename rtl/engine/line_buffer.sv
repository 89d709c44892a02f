// SPDX-License-Identifier: Apache-2.0
// Ring of input lines in block RAM: filled by a stream of bus words ahead of the array, freed behind it.
// Write: one bus word a cycle while there is room; line_last_i marks the last word of a line.
// Read:  two chunk words of WORD bytes (the longest chunk) that follow each other, in two banks (even and odd ones); the reader
//        rotates them. rdata_o comes two cycles after raddr_i.
// Room comes back when freed_i (a running count of bus words) moves. Does not know what a line holds.
// With WIDE, the RAMs are at times no ring: WIDE bytes go into the chunk word at wide_addr_i; Requires: then no bus word comes.
`default_nettype none
module line_buffer #(
    parameter int BYTES     = 65536,  // Requires: a power of two, at least 4*WORD
    parameter int WORD      = 16,     // bytes of a chunk word. Requires: a power of two, a multiple of BUS_BYTES
    parameter int BUS_BYTES = 8,      // Requires: a power of two, at least 2
    parameter int WIDE      = 0,      // Requires: 0 to WORD
    localparam int WIDE_W = WIDE > 0 ? 8 * WIDE : 1,
    localparam int ADDR_W = $clog2(BYTES),
    localparam int PTR_W = $clog2(BYTES / BUS_BYTES) + 2
) (
    input  wire logic                       clk_i,
    input  wire logic                       rst_ni,
    input  wire logic                       valid_i,
    output wire logic                       ready_o,
    input  wire logic [    8*BUS_BYTES-1:0] data_i,
    input  wire logic                       last_i,
    input  wire logic [          PTR_W-1:0] freed_i,  // bus words freed since reset, modulo 2^PTR_W
    output logic      [weft_list_pkg::DIM_W-1:0] lines_o,  // lines complete since reset, modulo 2^DIM_W
    input  wire logic                       wide_i,
    input  wire logic [         ADDR_W-1:0] wide_addr_i,
    input  wire logic [         WIDE_W-1:0] wide_data_i,
    input  wire logic [         ADDR_W-1:0] raddr_i,  // byte address; the two chunk words from the one that holds it are read
    output wire logic [       16*WORD-1:0] rdata_o    // bytes [0, WORD): the even chunk word; [WORD, 2*WORD): the odd one
);
  if (BYTES < 4 * WORD || !weft_pkg::power_of_two(BYTES))
    begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_4_WORD u_illegal (); end
  if (WORD < BUS_BYTES || !weft_pkg::power_of_two(WORD))
    begin : gen_illegal_word WORD_must_be_a_power_of_two_at_least_BUS_BYTES u_illegal (); end
  if (BUS_BYTES < 2 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  if (WIDE < 0 || WIDE > WORD) begin : gen_illegal_wide WIDE_must_be_0_to_WORD u_illegal (); end
  localparam int Words = BYTES / BUS_BYTES;
  localparam int WordW = $clog2(WORD);
  localparam int BankDepth = BYTES / (2 * WORD);
  localparam int BankAddrW = $clog2(BankDepth);
  localparam int Slices = WORD / BUS_BYTES;  // RAMs side by side in a bank, so that a bus word needs no byte enables
  localparam int BusW = $clog2(BUS_BYTES);

  // Write side: a ring pointer in bus words.
  logic [PTR_W-1:0] wptr_q;
  logic ready_q, waits_q;  // waits: not ready_q, for those who are far away
  wire logic take = valid_i & ready_q;
  wire logic line_done = take & last_i;
  localparam int WordsW = $clog2(Words);
  wire logic [PTR_W-1:0] used = wptr_q - freed_i;  // at most Words
  wire logic last_room = &used[WordsW-1:0];        // ... one less, if not all
  wire logic room = ~used[WordsW] & ~(take & last_room);
  assign ready_o = ~waits_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      ready_q <= 1'b0;
      waits_q <= 1'b1;
      lines_o <= '0;
    end else begin
      wptr_q  <= wptr_q + PTR_W'(take);
      ready_q <= room;
      waits_q <= ~room;
      lines_o <= lines_o + weft_list_pkg::DIM_W'(line_done);
    end
  end

  // One register between the stream and the RAMs: a bus word lands one cycle after it is counted, and is read later than that.
  localparam int DataW = WIDE > 0 ? 8 * WORD : 8 * BUS_BYTES;
  logic we_q;
  logic [DataW-1:0] wdata_q;
  logic [ADDR_W-1:0] waddr_q;
  wire logic wide_q;  // all slices of the chunk word
  wire logic [ADDR_W-1:0] ring_addr = {wptr_q[ADDR_W-BusW-1:0], BusW'(0)};
  generate
    if (WIDE > 0) begin : gen_wide
      logic q;
      assign wide_q = q;
      always_ff @(posedge clk_i) begin
        we_q <= (take | wide_i) & rst_ni;
        q    <= wide_i;
        if (take | wide_i) begin
          wdata_q <= wide_i ? DataW'(wide_data_i) : {Slices{data_i}};
          waddr_q <= wide_i ? wide_addr_i : ring_addr;
        end
      end
    end else begin : gen_narrow
      assign wide_q = 1'b0;
      always_ff @(posedge clk_i) begin
        we_q    <= take & rst_ni;
        wdata_q <= data_i;
        waddr_q <= ring_addr;
      end
      wire unused_wide = &{1'b0, wide_i, wide_addr_i, wide_data_i};
    end
  endgenerate
  wire logic [BankAddrW-1:0] wbank_addr = waddr_q[ADDR_W-1:WordW+1];

  // Read side: the chunk word that holds raddr_i and the one after it lie in different banks.
  wire logic [BankAddrW-1:0] raddr_odd = raddr_i[ADDR_W-1:WordW+1];
  wire logic [BankAddrW-1:0] raddr_even = raddr_odd + BankAddrW'(raddr_i[WordW]);
  wire unused = &{1'b0, raddr_i[WordW-1:0], waddr_q[WordW-1:0], wide_q};

  genvar b, s;
  generate
    for (b = 0; b < 2; b++) begin : gen_bank
      for (s = 0; s < Slices; s++) begin : gen_slice
        wire logic slice_hit;
        if (Slices == 1) begin : gen_whole
          assign slice_hit = 1'b1;
        end else begin : gen_part
          assign slice_hit = wide_q | (waddr_q[WordW-1:BusW] == (WordW - BusW)'(s));
        end
        ram #(.WIDTH(8 * BUS_BYTES), .DEPTH(BankDepth)) u_ram (
            .clk_i,
            .we_i(we_q & slice_hit & (waddr_q[WordW] == 1'(b))),
            .waddr_i(wbank_addr),
            .wdata_i(wdata_q[(WIDE>0?8*BUS_BYTES*s:0)+:8*BUS_BYTES]),
            .raddr_i(b == 0 ? raddr_even : raddr_odd),
            .rdata_o(rdata_o[8*(b*WORD+s*BUS_BYTES)+:8*BUS_BYTES])
        );
      end
    end
  endgenerate

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : NeverOverfull_A
        assert (PTR_W'(wptr_q - freed_i) <= PTR_W'(Words));
      end
      begin : NothingElseWhileWide_A
        assert (WIDE == 0 || !wide_i || !take);
      end
    end
`endif
endmodule
`default_nettype wire
