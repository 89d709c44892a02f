// SPDX-License-Identifier: Apache-2.0
// Signed multiplier with an input, a product and an output register:   p_o = a_i * b_i, three cycles later.
// Generic version; vendor versions have the same ports (unsigned: Yosys 0.70 stops at signed ports around vendor cells).
`default_nettype none
module mult #(
    parameter int A_W = 8,  // Requires: 2 to 18, the width of an FPGA's multiplier
    parameter int B_W = 8   // Requires: 2 to 18
) (
    input  wire logic               clk_i,
    input  wire logic [    A_W-1:0] a_i,
    input  wire logic [    B_W-1:0] b_i,
    output wire logic [A_W+B_W-1:0] p_o
);
  if (A_W < 2 || A_W > 18) begin : gen_illegal_a_w A_W_must_be_2_to_18 u_illegal (); end
  if (B_W < 2 || B_W > 18) begin : gen_illegal_b_w B_W_must_be_2_to_18 u_illegal (); end
  logic signed [A_W-1:0] a_q;
  logic signed [B_W-1:0] b_q;
  logic signed [A_W+B_W-1:0] p_q, p_q2;

  always_ff @(posedge clk_i) begin
    a_q  <= $signed(a_i);
    b_q  <= $signed(b_i);
    p_q  <= a_q * b_q;
    p_q2 <= p_q;
  end
  assign p_o = p_q2;
endmodule
`default_nettype wire
