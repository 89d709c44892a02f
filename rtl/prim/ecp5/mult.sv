// SPDX-License-Identifier: Apache-2.0
// Signed multiplier on one MULT18X18D with its input, pipeline and output registers on:   p_o = a_i * b_i, three cycles later.
// Same module as ../mult.sv. The operands sit in the upper bits, zeros below: the product needs no sign-extended inputs, which
// would be ten more pins to route for each int8 operand.
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
  wire logic [17:0] a = 18'(a_i) << (18 - A_W);
  wire logic [17:0] b = 18'(b_i) << (18 - B_W);
  wire logic [35:0] p;
  assign p_o = p[35-:A_W+B_W];

  MULT18X18D #(
      .REG_INPUTA_CLK("CLK0"), .REG_INPUTA_CE("CE0"), .REG_INPUTA_RST("RST0"),
      .REG_INPUTB_CLK("CLK0"), .REG_INPUTB_CE("CE0"), .REG_INPUTB_RST("RST0"),
      .REG_PIPELINE_CLK("CLK0"), .REG_PIPELINE_CE("CE0"), .REG_PIPELINE_RST("RST0"),
      .REG_OUTPUT_CLK("CLK0"), .REG_OUTPUT_CE("CE0"), .REG_OUTPUT_RST("RST0"),
      .GSR("DISABLED")
  ) u_cell (
      .CLK0(clk_i), .CE0(1'b1), .RST0(1'b0), .SIGNEDA(1'b1), .SIGNEDB(1'b1), .SOURCEA(1'b0), .SOURCEB(1'b0),
      .A0(a[0]), .A1(a[1]), .A2(a[2]), .A3(a[3]), .A4(a[4]), .A5(a[5]),
      .A6(a[6]), .A7(a[7]), .A8(a[8]), .A9(a[9]), .A10(a[10]), .A11(a[11]),
      .A12(a[12]), .A13(a[13]), .A14(a[14]), .A15(a[15]), .A16(a[16]), .A17(a[17]),
      .B0(b[0]), .B1(b[1]), .B2(b[2]), .B3(b[3]), .B4(b[4]), .B5(b[5]),
      .B6(b[6]), .B7(b[7]), .B8(b[8]), .B9(b[9]), .B10(b[10]), .B11(b[11]),
      .B12(b[12]), .B13(b[13]), .B14(b[14]), .B15(b[15]), .B16(b[16]), .B17(b[17]),
      .P0(p[0]), .P1(p[1]), .P2(p[2]), .P3(p[3]), .P4(p[4]), .P5(p[5]),
      .P6(p[6]), .P7(p[7]), .P8(p[8]), .P9(p[9]), .P10(p[10]), .P11(p[11]),
      .P12(p[12]), .P13(p[13]), .P14(p[14]), .P15(p[15]), .P16(p[16]), .P17(p[17]),
      .P18(p[18]), .P19(p[19]), .P20(p[20]), .P21(p[21]), .P22(p[22]), .P23(p[23]),
      .P24(p[24]), .P25(p[25]), .P26(p[26]), .P27(p[27]), .P28(p[28]), .P29(p[29]),
      .P30(p[30]), .P31(p[31]), .P32(p[32]), .P33(p[33]), .P34(p[34]), .P35(p[35])
  );
  wire unused = &{1'b0, p};
endmodule
`default_nettype wire
