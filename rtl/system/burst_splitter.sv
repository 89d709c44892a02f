// SPDX-License-Identifier: Apache-2.0
// Cuts a request of any number of bus words into AXI bursts: one burst a cycle, the first in the cycle after the request is taken; the
// next request is taken with the last burst of the one before.
//
// Bursts end at multiples of MAX_BEATS beats, and where the request does. No burst crosses a 4 KiB boundary, because 4 KiB is a
// multiple of MAX_BEATS beats. Does not check addresses: a request past the end of the address space wraps.
`default_nettype none
module burst_splitter #(
    parameter int ADDR_W    = 40,  // Requires: at least 13
    parameter int BUS_BYTES = 8,   // Requires: a power of two, at least 2
    parameter int MAX_BEATS = 16,  // Requires: a power of two, 2 to 256, at most 4096/BUS_BYTES
    parameter int WORDS_W   = 24   // Requires: more than log2 of MAX_BEATS
) (
    input  wire logic               clk_i,
    input  wire logic               rst_ni,
    input  wire logic               req_valid_i,
    output wire logic               req_ready_o,
    input  wire logic [ ADDR_W-1:0] req_addr_i,     // of a byte. Requires: a multiple of BUS_BYTES
    input  wire logic [WORDS_W-1:0] req_words_i,    // Requires: at least 1
    output logic                    burst_valid_o,
    input  wire logic               burst_ready_i,
    output wire logic [ ADDR_W-1:0] burst_addr_o,
    output wire logic [        7:0] burst_len_o     // beats - 1
);
  if (ADDR_W < 13) begin : gen_illegal_addr_w ADDR_W_must_be_at_least_13 u_illegal (); end
  if (BUS_BYTES < 2 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  if (MAX_BEATS < 2 || MAX_BEATS > 256 || MAX_BEATS * BUS_BYTES > 4096 || !weft_pkg::power_of_two(MAX_BEATS))
    begin : gen_illegal_max_beats MAX_BEATS_must_be_a_power_of_two_2_to_256_within_4_KiB u_illegal (); end
  if (WORDS_W <= $clog2(MAX_BEATS)) begin : gen_illegal_words_w WORDS_W_must_be_more_than_log2_of_MAX_BEATS u_illegal (); end
  localparam int ByteW = $clog2(BUS_BYTES);
  localparam int BeatW = $clog2(MAX_BEATS);
  localparam int WordW = ADDR_W - ByteW;

  logic [WordW-1:0] word_q;    // address of the next burst, in bus words
  logic [WORDS_W-1:0] left_q;  // words from there on - 1
  logic last_q;                // burst of its request
  wire logic [BeatW-1:0] room = ~word_q[BeatW-1:0];  // beats up to the next multiple of MAX_BEATS - 1

  assign burst_addr_o = {word_q, ByteW'(0)};
  assign burst_len_o  = last_q ? 8'(left_q[BeatW-1:0]) : 8'(room);

  wire logic burst = burst_valid_o & burst_ready_i;
  logic idle_q;  // not burst_valid_o, for the requests, which come late
  assign req_ready_o = idle_q | (burst_ready_i & last_q);
  wire logic take = req_valid_i & req_ready_o;
  wire logic [BeatW-1:0] new_room = ~req_addr_i[ByteW+:BeatW];
  wire logic [WORDS_W-1:0] new_left = req_words_i - WORDS_W'(1);
  wire logic [WORDS_W-1:0] next_left = left_q - WORDS_W'(room) - WORDS_W'(1);
  // left <= MAX_BEATS - 1 without an adder before the comparison: of left's upper bits, before and behind a borrow
  wire logic few = (req_words_i >> BeatW == '0) | (req_words_i == WORDS_W'(MAX_BEATS));
  wire logic borrow = left_q[BeatW-1:0] <= room;
  wire logic next_few = left_q >> BeatW == WORDS_W'(borrow);

  wire logic no_other = ~burst_valid_o | last_q;  // what comes next is the next request
  wire logic valid = rst_ni & (take | (burst_valid_o & ~(burst & last_q)));
  always_ff @(posedge clk_i) begin
    if (~burst_valid_o | burst) begin  // without a request, of what burst_valid_o does not say that it is one
      word_q <= no_other ? req_addr_i[ADDR_W-1:ByteW] : {word_q[WordW-1:BeatW] + (WordW - BeatW)'(1), BeatW'(0)};
      left_q <= no_other ? new_left : next_left;
      last_q <= no_other ? few & (new_left[BeatW-1:0] <= new_room) : next_few;
    end
    burst_valid_o <= valid;
    idle_q        <= ~valid;
  end
  wire logic unused = ^req_addr_i[ByteW-1:0];

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni && req_valid_i) begin : RequestIsLegal_A
      assert (req_words_i != '0 && req_addr_i[ByteW-1:0] == '0);
    end
`endif
endmodule
`default_nettype wire
