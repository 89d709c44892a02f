// SPDX-License-Identifier: Apache-2.0
// Two multipliers with one operand, as in requantize:   p_o = a_i * b_i, q_o = a_i * c_i. Their registers of a_i are equal, so that a synthesis tool
// may make one of them, and has to give it to both.
`default_nettype none
module shared_operand (
    input  wire logic        clk_i,
    input  wire logic [16:0] a_i,
    input  wire logic [15:0] b_i,
    input  wire logic [16:0] c_i,
    output wire logic [32:0] p_o,
    output wire logic [33:0] q_o
);
  mult #(.A_W(17), .B_W(16)) u_p (.clk_i, .a_i, .b_i, .p_o);
  mult #(.A_W(17), .B_W(17)) u_q (.clk_i, .a_i, .b_i(c_i), .p_o(q_o));
endmodule
`default_nettype wire
