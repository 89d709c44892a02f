// SPDX-License-Identifier: Apache-2.0
// An accumulator and its adder on a chain of CCU2C:   sum_o = (first_i ? 0 : acc_o) + add_i;   acc_o = sum_o, a cycle later, if en_i.
// Same module as ../accumulator.sv. Each bit is one look-up table: A = acc, B = add, C = first, D = 1. Of an adder and a multiplexer Yosys
// makes two.
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
  localparam int Pairs = (WIDTH + 1) / 2;
  // D = 1: (A & ~C) ^ B, which the chain adds the carry to. Bits 3:0 are the carry out of a bit whose sum is 0 without one: B.
  localparam logic [15:0] Init = 16'b1100_0110_0000_1100;
  wire logic [2*Pairs-1:0] acc = (2 * Pairs)'(acc_o);
  wire logic [2*Pairs-1:0] add = (2 * Pairs)'(add_i);
  wire logic [2*Pairs-1:0] sum;
  wire logic [Pairs:0] carry;
  assign carry[0] = 1'b0;
  assign sum_o = sum[WIDTH-1:0];
  always_ff @(posedge clk_i) if (en_i) acc_o <= sum_o;

  genvar i;
  generate
    for (i = 0; i < Pairs; i++) begin : gen_cell
      CCU2C #(.INIT0(Init), .INIT1(Init), .INJECT1_0("NO"), .INJECT1_1("NO")) u_cell (
          .CIN(carry[i]), .COUT(carry[i+1]),
          .A0(acc[2*i]), .B0(add[2*i]), .C0(first_i), .D0(1'b1), .S0(sum[2*i]),
          .A1(acc[2*i+1]), .B1(add[2*i+1]), .C1(first_i), .D1(1'b1), .S1(sum[2*i+1])
      );
    end
  endgenerate
  wire unused = &{1'b0, sum, carry};
endmodule
`default_nettype wire
