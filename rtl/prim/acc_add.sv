// SPDX-License-Identifier: Apache-2.0
// The adder of an accumulator, only logic:   sum_o = (first_i ? 0 : acc_i) + add_i.
// Generic version; a vendor version has the same ports and masks acc_i in the adder's own look-up tables.
`default_nettype none
module acc_add #(
    parameter int WIDTH = 32  // Requires: 2 to 64
) (
    input  wire logic             first_i,
    input  wire logic [WIDTH-1:0] acc_i,
    input  wire logic [WIDTH-1:0] add_i,
    output wire logic [WIDTH-1:0] sum_o
);
  if (WIDTH < 2 || WIDTH > 64) begin : gen_illegal_width WIDTH_must_be_2_to_64 u_illegal (); end
  assign sum_o = (first_i ? '0 : acc_i) + add_i;
endmodule
`default_nettype wire
