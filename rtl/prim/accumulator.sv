// SPDX-License-Identifier: Apache-2.0
// An accumulator and its adder:   sum_o = (first_i ? 0 : acc_o) + add_i;   acc_o = sum_o, a cycle later, if en_i.
// Generic version; a vendor version has the same ports and masks acc_o in the adder's own look-up tables. Nothing is reset.
`default_nettype none
module accumulator #(
    parameter int WIDTH = 32  // Requires: 2 to 64
) (
    input  wire logic             clk_i,
    input  wire logic             en_i,
    input  wire logic             first_i,
    input  wire logic [WIDTH-1:0] add_i,
    output wire logic [WIDTH-1:0] sum_o,
    output logic      [WIDTH-1:0] acc_o
);
  if (WIDTH < 2 || WIDTH > 64) begin : gen_illegal_width WIDTH_must_be_2_to_64 u_illegal (); end
  assign sum_o = (first_i ? '0 : acc_o) + add_i;
  // The sum once more: what reads the register that it goes to is a variable of its own to Verilator, a store and a load a cycle.
  always_ff @(posedge clk_i) if (en_i) acc_o <= (first_i ? '0 : acc_o) + add_i;
endmodule
`default_nettype wire
