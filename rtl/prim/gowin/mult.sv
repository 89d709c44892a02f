// SPDX-License-Identifier: Apache-2.0
// Signed multiplier on one MULT9X9 or MULT18X18 with its input, pipeline and output registers on:   p_o = a_i * b_i, three cycles later.
// Same module as ../mult.sv. The operands sit in the upper bits, zeros below.
`default_nettype none
module mult #(
    parameter int A_W = 8,  // Requires: 2 to 18
    parameter int B_W = 8   // Requires: 2 to 18
) (
    input  wire logic               clk_i,
    input  wire logic [    A_W-1:0] a_i,
    input  wire logic [    B_W-1:0] b_i,
    output wire logic [A_W+B_W-1:0] p_o
);
  if (A_W < 2 || A_W > 18) begin : gen_illegal_a_w A_W_must_be_2_to_18 u_illegal (); end
  if (B_W < 2 || B_W > 18) begin : gen_illegal_b_w B_W_must_be_2_to_18 u_illegal (); end
  localparam int W = A_W <= 9 && B_W <= 9 ? 9 : 18;
  wire logic [W-1:0] a = W'(a_i) << (W - A_W);
  wire logic [W-1:0] b = W'(b_i) << (W - B_W);
  wire logic [2*W-1:0] p;
  assign p_o = p[2*W-1-:A_W+B_W];

  generate
    if (W == 9) begin : gen_9
      MULT9X9 #(.AREG(1'b1), .BREG(1'b1), .PIPE_REG(1'b1), .OUT_REG(1'b1)) u_cell (
          .CLK(clk_i), .CE(1'b1), .RESET(1'b0), .A(a), .B(b), .SIA(9'd0), .SIB(9'd0), .ASIGN(1'b1), .BSIGN(1'b1), .ASEL(1'b0), .BSEL(1'b0),
          .DOUT(p), .SOA(), .SOB()
      );
    end else begin : gen_18
      MULT18X18 #(.AREG(1'b1), .BREG(1'b1), .PIPE_REG(1'b1), .OUT_REG(1'b1)) u_cell (
          .CLK(clk_i), .CE(1'b1), .RESET(1'b0), .A(a), .B(b), .SIA(18'd0), .SIB(18'd0), .ASIGN(1'b1), .BSIGN(1'b1), .ASEL(1'b0), .BSEL(1'b0),
          .DOUT(p), .SOA(), .SOB()
      );
    end
  endgenerate
  wire unused = &{1'b0, p};
endmodule
`default_nettype wire
