// SPDX-License-Identifier: Apache-2.0
// For each loop of a nest whether all loops inside it are at their last turn: inner_o[n] = last_i[0] & .. & last_i[n-1]; inner_o[LOOPS]
// is the end of the nest. The hierarchy is kept, so that each output stays one LUT beside the step that it gates: left to itself, Yosys
// gates the innermost loop's step and hands it on from loop to loop.
`default_nettype none
(* keep_hierarchy *)
module inner_ends #(
    parameter int LOOPS = 5  // Requires: at least 1
) (
    input  wire logic [LOOPS-1:0] last_i,
    output logic      [  LOOPS:0] inner_o
);
  if (LOOPS < 1) begin : gen_illegal_loops LOOPS_must_be_at_least_1 u_illegal (); end
  logic all;
  integer n;
  always_comb begin
    all = 1'b1;
    for (n = 0; n < LOOPS; n++) begin
      inner_o[n] = all;
      all = all & last_i[n];
    end
    inner_o[LOOPS] = all;
  end
endmodule
`default_nettype wire
