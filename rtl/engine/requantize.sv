// SPDX-License-Identifier: Apache-2.0
// Rescales one accumulator to int8, as TFLite's reference kernels do (double rounding):
//   left = max(shift, 0), right = max(-shift, 0)
//   h = ((acc << left) * mult + 2^30) >> 31
//   y = sat8(h / 2^right, rounded half away from zero, + zp)
// Latency REQUANT_LATENCY, one item a cycle, no stall. zp_i comes with acc_i. Does not clamp for ReLU: see activation.sv.
// The compiler gives 0 <= mult < 2^31 and -31 <= shift <= 30. acc << left wraps at 32 bits.
`default_nettype none
module requantize (
    input  wire logic        clk_i,
    input  wire logic        rst_ni,
    input  wire logic [31:0] acc_i,
    input  wire logic [31:0] mult_i,
    input  wire logic [ 5:0] shift_i,
    input  wire logic [ 7:0] zp_i,
    output logic      [ 7:0] y_o
);
  // R1: left shift.
  logic [31:0] x_q;
  logic [30:0] mult_q;
  logic [4:0] right_q;
  wire logic [5:0] right = -shift_i;
  wire unused = &{1'b0, mult_i[31], right[5]};
  always_ff @(posedge clk_i) begin
    x_q <= shift_i[5] ? acc_i : acc_i << shift_i[4:0];
    mult_q <= mult_i[30:0];
    right_q <= shift_i[5] ? right[4:0] : 5'd0;
  end

  // R2..R4: four 18x18 products of 16-bit halves; the low halves are unsigned.
  wire logic [31:0] hh;
  wire logic [32:0] hl, lh;
  wire logic [33:0] ll;
  mult #(.A_W(16), .B_W(16)) u_hh (.clk_i, .a_i(x_q[31:16]), .b_i({1'b0, mult_q[30:16]}), .p_o(hh));
  mult #(.A_W(16), .B_W(17)) u_hl (.clk_i, .a_i(x_q[31:16]), .b_i({1'b0, mult_q[15:0]}), .p_o(hl));
  mult #(.A_W(17), .B_W(16)) u_lh (.clk_i, .a_i({1'b0, x_q[15:0]}), .b_i({1'b0, mult_q[30:16]}), .p_o(lh));
  mult #(.A_W(17), .B_W(17)) u_ll (.clk_i, .a_i({1'b0, x_q[15:0]}), .b_i({1'b0, mult_q[15:0]}), .p_o(ll));
  wire logic [4:0] right4, right6;
  delay #(.WIDTH(5), .CYCLES(weft_pkg::MULT_LATENCY), .RESET(0)) u_right4 (.clk_i, .rst_ni, .d_i(right_q), .q_o(right4));
  delay #(.WIDTH(5), .CYCLES(2), .RESET(0)) u_right6 (.clk_i, .rst_ni, .d_i(right4), .q_o(right6));

  // R5, R6: the product. Rounding at bit 30 is adding that bit to what is above it, which is left to R7.
  logic [33:0] mid_q;
  logic [47:0] outer_q, product_q;  // bits 63..16
  wire unused_ll = &{1'b0, ll[33:32], ll[15:0]};
  always_ff @(posedge clk_i) begin
    mid_q <= 34'($signed(hl)) + 34'($signed(lh));
    outer_q <= {hh, ll[31:16]};
    product_q <= outer_q + 48'($signed(mid_q));
  end
  wire logic [31:0] h = product_q[46:15];
  wire logic h_round = product_q[14];
  wire unused_product = &{1'b0, product_q[47], product_q[13:0]};

  // R7, R8: divide by 2^right, half away from zero: add half (one less for negative numbers: 0..01..1, not 0..010..0), then shift.
  // h without h_round has the wrong sign if it is -1, which becomes 0 with either of the two.
  logic [32:0] quotient_q;
  logic [33:0] sum_q;  // the lowest bit carries h_round into the others
  logic [4:0] right7_q;
  wire logic [31:0] addend = (h[31] ? ~(32'hffff_ffff << right6) : 32'd1 << right6) >> 1;
  wire unused_sum = &{1'b0, sum_q[0]};
  always_ff @(posedge clk_i) begin
    sum_q <= {33'($signed(h)), 1'b1} + {1'b0, addend, h_round};
    right7_q <= right6;
    quotient_q <= $unsigned($signed(sum_q[33:1]) >>> right7_q);
  end

  // R9: zero point, saturation.
  wire logic [7:0] zp8;
  delay #(.WIDTH(8), .CYCLES(weft_pkg::REQUANT_LATENCY - 1), .RESET(0)) u_zp (.clk_i, .rst_ni, .d_i(zp_i), .q_o(zp8));
  wire logic [10:0] sum = 11'($signed(quotient_q[9:0])) + 11'($signed(zp8));
  wire logic far = quotient_q[32:9] != {24{quotient_q[32]}};  // so far out that no zero point matters
  wire logic fits = ~far & (sum[10:7] == {4{sum[7]}});
  wire logic negative = far ? quotient_q[32] : sum[10];
  always_ff @(posedge clk_i) y_o <= fits ? sum[7:0] : {negative, {7{~negative}}};
endmodule
`default_nettype wire
