// SPDX-License-Identifier: Apache-2.0
// Delays a bus by a constant number of cycles, zero included:   q_o = d_i, CYCLES later.
// Reset to zero, unless RESET = 0: what only goes with a valid bit needs no reset, and the reset net is shorter for it.
`default_nettype none
module delay #(
    parameter int WIDTH  = 1,  // Requires: at least 1
    parameter int CYCLES = 1,  // Requires: at least 0
    parameter bit RESET  = 1
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic [WIDTH-1:0] d_i,
    output wire logic [WIDTH-1:0] q_o
);
  generate
    if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
    else if (CYCLES < 0) begin : gen_illegal_cycles CYCLES_must_be_at_least_0 u_illegal (); end
    else if (CYCLES == 0) begin : gen_wire
      assign q_o = d_i;
      wire unused = &{1'b0, clk_i, rst_ni};
    end else begin : gen_regs
      logic [WIDTH*CYCLES-1:0] q;
      always_ff @(posedge clk_i) begin
        if (RESET && !rst_ni) q <= '0;
        else q <= (WIDTH * CYCLES)'({q, d_i});
      end
      assign q_o = q[WIDTH*(CYCLES-1)+:WIDTH];
    end
  endgenerate
endmodule
`default_nettype wire
