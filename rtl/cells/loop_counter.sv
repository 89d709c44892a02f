// SPDX-License-Identifier: Apache-2.0
// The index of one loop of a nest, as all that its user needs: whether this turn is the last one.
//   last_o is high from the start if last_index_i = 0, else after last_index_i steps; a step from the last turn starts again.
// Counts down, so that the flag is a register and no comparison stands before the control that uses it.
`default_nettype none
module loop_counter #(
    parameter int WIDTH = 17  // Requires: at least 1
) (
    input  wire logic             clk_i,
    input  wire logic             load_i,        // before the first turn
    input  wire logic             step_i,
    input  wire logic [WIDTH-1:0] last_index_i,  // held while the loop runs
    output logic                  last_o
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
  logic [WIDTH-1:0] left_q;  // turns after this one
  wire logic begin_again = load_i | last_o;
  always_ff @(posedge clk_i)
    if (load_i | step_i) begin
      left_q <= begin_again ? last_index_i : left_q - 1'b1;
      last_o <= begin_again ? last_index_i == '0 : left_q == WIDTH'(1);
    end
endmodule
`default_nettype wire
