// SPDX-License-Identifier: Apache-2.0
// Clock of a part that is idle in most cycles: runs while wake_i is high, CYCLES cycles longer, and in reset.
// The rest of the design must not be able to tell: whatever the part does ends within CYCLES cycles after wake_i.
// Simulation skips the idle part, which makes it much faster; an FPGA keeps its one clock.
`default_nettype none
module clock_gate #(
    parameter int CYCLES = 1  // Requires: at least 1
) (
    input  wire logic clk_i,
    input  wire logic rst_ni,
    input  wire logic wake_i,
    output wire logic clk_o
);
  if (CYCLES < 1) begin : gen_illegal_cycles CYCLES_must_be_at_least_1 u_illegal (); end
`ifdef SYNTHESIS
  assign clk_o = clk_i;
  wire unused = &{1'b0, rst_ni, wake_i};
`else
  logic [$clog2(CYCLES+1)-1:0] left_q;
  logic run;
  wire logic wake = wake_i | ~rst_ni;
  always_ff @(posedge clk_i)
    if (wake) left_q <= ($clog2(CYCLES + 1))'(CYCLES);
    else if (left_q != '0) left_q <= left_q - 1'b1;
  always_latch if (!clk_i) run = wake | (left_q != '0);
  assign clk_o = clk_i & run;
`endif
endmodule
`default_nettype wire
