// SPDX-License-Identifier: Apache-2.0
// The write side of a ring of entries, each several bus words: gathers a word a cycle, holds back while the ring is full, counts.
//   bus words --> entry_o, complete with we_o, for the ring's RAM at waddr_o
// An entry is counted in arrived_o when a read of it may begin. Room comes back when freed_i moves.
`default_nettype none
module entry_writer #(
    parameter int BYTES     = 36,   // of an entry, filled up to a bus word. Requires: at least 1
    parameter int BUS_BYTES = 8,    // Requires: a power of two
    parameter int ENTRIES   = 512,  // of the ring. Requires: a power of two, at least 2
    localparam int ADDR_W = $clog2(ENTRIES),
    localparam int PTR_W = ADDR_W + 2
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   valid_i,
    output wire logic                   ready_o,
    input  wire logic [8*BUS_BYTES-1:0] data_i,
    input  wire logic [      PTR_W-1:0] freed_i,    // entries freed since reset, modulo 2^PTR_W
    output wire logic [      PTR_W-1:0] arrived_o,  // entries since reset, modulo 2^PTR_W
    output wire logic                   we_o,
    output wire logic [     ADDR_W-1:0] waddr_o,
    output wire logic [    8*BYTES-1:0] entry_o     // the first bus word lowest
);
  if (BYTES < 1) begin : gen_illegal_bytes BYTES_must_be_at_least_1 u_illegal (); end
  if (!weft_pkg::power_of_two(BUS_BYTES)) begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two u_illegal (); end
  if (ENTRIES < 2 || !weft_pkg::power_of_two(ENTRIES))
    begin : gen_illegal_entries ENTRIES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  localparam int Beats = BYTES < 1 ? 1 : (BYTES + BUS_BYTES - 1) / BUS_BYTES;
  localparam int BeatW = $clog2(Beats + 1);
  localparam int EntryW = 8 * BUS_BYTES * Beats;
  logic [EntryW-1:0] entry_q;
  logic [BeatW-1:0] beat_q;
  logic [PTR_W-1:0] wptr_q, landed_q;
  logic [ADDR_W-1:0] waddr_q;
  logic full_q, ready_q, waits_q;  // waits: not ready_q, for those who are far away
  wire logic take = valid_i & ready_q;
  wire logic entry_done = take & (beat_q == BeatW'(Beats - 1));
  localparam int EntriesW = $clog2(ENTRIES);
  wire logic [PTR_W-1:0] used = wptr_q - freed_i;  // at most ENTRIES
  wire logic last_room = &used[EntriesW-1:0];      // ... one less, if not all
  wire logic room = ~used[EntriesW] & ~(entry_done & last_room);
  assign ready_o = ~waits_q;
  assign arrived_o = landed_q;
  assign we_o = full_q;
  assign waddr_o = waddr_q;
  assign entry_o = entry_q[8*BYTES-1:0];
  wire unused = &{1'b0, entry_q};
  always_ff @(posedge clk_i) begin
    if (take) entry_q <= EntryW'({data_i, entry_q} >> (8 * BUS_BYTES));
    waddr_q <= wptr_q[ADDR_W-1:0];
    if (!rst_ni) begin
      beat_q   <= '0;
      wptr_q   <= '0;
      landed_q <= '0;
      full_q   <= 1'b0;
      ready_q  <= 1'b0;
      waits_q  <= 1'b1;
    end else begin
      if (take) beat_q <= entry_done ? '0 : beat_q + 1'b1;
      wptr_q   <= wptr_q + PTR_W'(entry_done);
      landed_q <= wptr_q;
      full_q   <= entry_done;
      ready_q  <= room;
      waits_q  <= ~room;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : NeverOverfull_A
      assert (used <= PTR_W'(ENTRIES));
    end
`endif
endmodule
`default_nettype wire
