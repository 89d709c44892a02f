// SPDX-License-Identifier: Apache-2.0
// Adds the bias of an output channel:   acc_o = sum_i + bias_i, one cycle later, modulo 2^32.
// The compiler has folded the input zero point into the bias: bias - zp_in * sum(w).
`default_nettype none
module bias #(
    parameter int ACC_W = 32  // Requires: 17 to 32
) (
    input  wire logic             clk_i,
    input  wire logic [ACC_W-1:0] sum_i,
    input  wire logic [     31:0] bias_i,
    output logic      [     31:0] acc_o
);
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  always_ff @(posedge clk_i) acc_o <= 32'($signed(sum_i)) + bias_i;
endmodule
`default_nettype wire
