// SPDX-License-Identifier: Apache-2.0
// Makes a synchronous reset of conditions that know no clock: rst_no is 0 at once while ok_i is 0, and for CYCLES cycles after it.
// Registers of an FPGA begin with 0, so it is 0 after configuration, too.
`default_nettype none
module reset_sync #(
    parameter int CYCLES = 4  // Requires: at least 2
) (
    input  wire logic clk_i,
    input  wire logic ok_i,   // a PLL has locked, a button is not pressed
    output wire logic rst_no
);
  if (CYCLES < 2) begin : gen_illegal_cycles CYCLES_must_be_at_least_2 u_illegal (); end
  logic [CYCLES-1:0] ok_q = '0;
  always_ff @(posedge clk_i or negedge ok_i)
    if (!ok_i) ok_q <= '0;
    else ok_q <= {ok_q[CYCLES-2:0], 1'b1};
  assign rst_no = ok_q[CYCLES-1];
endmodule
`default_nettype wire
