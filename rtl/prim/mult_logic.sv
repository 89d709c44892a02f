// SPDX-License-Identifier: Apache-2.0
// Signed 8x8 multiplier that no multiplier block of an FPGA is spent on:   p_o = a_i * b_i, two cycles later.
// Generic version: what a synthesis tool makes of it is its business; vendor versions have the same ports and only logic.
`default_nettype none
module mult_logic (
    input  wire logic        clk_i,
    input  wire logic [ 7:0] a_i,
    input  wire logic [ 7:0] b_i,
    output logic      [15:0] p_o
);
  logic signed [15:0] p_q;
  always_ff @(posedge clk_i) begin
    p_q <= $signed(a_i) * $signed(b_i);
    p_o <= p_q;
  end
endmodule
`default_nettype wire
