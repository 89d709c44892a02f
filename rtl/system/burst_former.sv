// SPDX-License-Identifier: Apache-2.0
// Makes beats and bursts of fragments: fragments of one bus word become one beat, beats of consecutive words one burst.
//   fragments -> the open beat, merged byte by byte -> beats; with the last one of a burst: its first word and its length
// A beat is open until a fragment comes that is not of its word, or at once closed by one that is `final`. A burst ends where a
// fragment's word does not follow, with a final fragment, and before every multiple of MAX_BEATS words, so that none crosses a
// 4 KiB boundary. Isolated words pass at one a cycle, each a burst. No timeout: who stops in the middle resets it.
`default_nettype none
module burst_former #(
    parameter int WORD_W    = 37,  // of a bus word's address
    parameter int BUS_BYTES = 8,
    parameter int MAX_BEATS = 16,  // Requires: a power of two, 2 to 256, at most 4096/BUS_BYTES
    localparam int BEAT_W = $clog2(MAX_BEATS)
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   fragment_valid_i,
    output wire logic                   fragment_ready_o,
    input  wire logic [     WORD_W-1:0] fragment_word_i,
    input  wire logic [8*BUS_BYTES-1:0] fragment_data_i,
    input  wire logic [  BUS_BYTES-1:0] fragment_strobe_i,
    input  wire logic                   fragment_same_i,    // Requires: whether its word is that of the fragment before; 0 for
    input  wire logic                   fragment_next_i,    // ... the one behind that; 0         the first and behind a final one
    input  wire logic                   fragment_final_i,
    output wire logic                   beat_valid_o,
    input  wire logic                   beat_ready_i,       // Requires: not a function of beat_valid_o
    output logic      [8*BUS_BYTES-1:0] beat_data_o,
    output logic      [  BUS_BYTES-1:0] beat_strobe_o,
    output wire logic                   beat_last_o,        // of its burst:
    output logic      [     WORD_W-1:0] burst_word_o,       // the first one
    output logic      [     BEAT_W-1:0] burst_len_o,        // beats - 1
    output logic                        burst_final_o       // ends with a final fragment
);
  if (MAX_BEATS < 2 || MAX_BEATS > 256 || MAX_BEATS * BUS_BYTES > 4096 || !weft_pkg::power_of_two(MAX_BEATS))
    begin : gen_illegal_max_beats MAX_BEATS_must_be_a_power_of_two_2_to_256_within_4_KiB u_illegal (); end
  logic open_q;
  wire logic grow = fragment_valid_i & fragment_next_i & (fragment_word_i[BEAT_W-1:0] != '0);
  assign beat_valid_o     = open_q & (burst_final_o | (fragment_valid_i & ~fragment_same_i));
  assign beat_last_o      = ~grow;
  assign fragment_ready_o = fragment_same_i | ~open_q | beat_ready_i;
  wire logic take = fragment_valid_i & fragment_ready_o;

  integer i;
  always_ff @(posedge clk_i) begin
    open_q <= rst_ni & (take | (open_q & ~(beat_valid_o & beat_ready_i)));
    if (take) begin
      burst_final_o <= fragment_final_i;
      beat_strobe_o <= fragment_strobe_i | (fragment_same_i ? beat_strobe_o : '0);
      for (i = 0; i < BUS_BYTES; i++)
        if (fragment_strobe_i[i] | ~fragment_same_i) beat_data_o[8*i+:8] <= fragment_data_i[8*i+:8];
      if (grow) burst_len_o <= burst_len_o + 1'b1;
      else if (!fragment_same_i) begin
        burst_word_o <= fragment_word_i;
        burst_len_o  <= '0;
      end
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni && fragment_valid_i) begin : FollowsTheOneBefore_A
      assert (!(fragment_same_i && fragment_next_i) && (!(fragment_same_i || fragment_next_i) || (open_q && !burst_final_o)));
    end
`endif
endmodule
`default_nettype wire
