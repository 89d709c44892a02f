// SPDX-License-Identifier: Apache-2.0
// Collects the N beats of a pixel into its COLS bytes: lane l at beat j is channel l*N + j.
// valid_o comes one cycle after the beat N-1; data_o is good in that cycle only (the next beat may follow at once).
`default_nettype none
module gather #(
    parameter int COLS  = 8,  // Requires: at least 2
    parameter int LANES = 4,  // Requires: divides COLS, at most COLS/2
    localparam int N = COLS / LANES,
    localparam int STEP_W = $clog2(N)
) (
    input  wire logic               clk_i,
    input  wire logic               rst_ni,
    input  wire logic               valid_i,
    input  wire logic [ STEP_W-1:0] step_i,
    input  wire logic [8*LANES-1:0] data_i,
    output logic                    valid_o,
    output logic      [ 8*COLS-1:0] data_o
);
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  always_ff @(posedge clk_i) valid_o <= rst_ni & valid_i & (step_i == STEP_W'(N - 1));

  genvar c;
  generate
    for (c = 0; c < COLS; c++) begin : gen_channel
      always_ff @(posedge clk_i)
        if (step_i == STEP_W'(c % N)) data_o[8*c+:8] <= data_i[8*(c/N)+:8];
    end
  endgenerate
endmodule
`default_nettype wire
