// SPDX-License-Identifier: Apache-2.0
// Rescales one accumulator to int8, by the factor mult * 2^(shift - 31):
//   onnx_i low, as TFLite's reference kernels do (double rounding): left = max(shift, 0), right = max(-shift, 0)
//     h = ((acc << left) * mult + 2^30) >> 31
//     y = sat8(h / 2^right, rounded half away from zero, + zp)
//   onnx_i high, as ONNX Runtime does in float32: y = sat8(rint(f32(f32(acc) * factor)) + zp), all rounded half to even
//     x = acc << left, left such that its upper two bits differ; rounded to 24 bits, those above bit 6
//     p = x * mult, h = p >> 31, right = left - shift: the factor's product is p / 2^(31 + right)
//     y = sat8(h / 2^right, rounded as below, + zp)
// Latency REQUANT_LATENCY, one item a cycle, no stall. zp_i and onnx_i come with acc_i. Does not clamp for ReLU: see activation.sv.
// The compiler gives 0 <= mult < 2^31 and -31 <= shift <= 30; with onnx_i, mult is 0 or at least 2^30, and its bits 6..0 are 0.
// Without onnx_i, acc << left wraps at 32 bits.
`default_nettype none
module requantize (
    input  wire logic        clk_i,
    input  wire logic        rst_ni,
    input  wire logic        onnx_i,
    input  wire logic [31:0] acc_i,
    input  wire logic [31:0] mult_i,
    input  wire logic [ 5:0] shift_i,
    input  wire logic [ 7:0] zp_i,
    output logic      [ 7:0] y_o
);
  // R1..R4: left shift, its largest part first: by the parts of `shift`, or by those for which the sign has copies to spare.
  logic [31:0] x1_q, x2_q, x3_q, x4_q;
  logic [4:4] left1_q;
  logic [4:3] left2_q;
  logic [4:2] left3_q;
  logic [4:0] left4_q;
  logic [5:0] shift1_q, shift2_q, shift3_q, shift4_q;
  logic onnx1_q, onnx2_q, onnx3_q, onnx4_q;
  wire logic by16 = onnx_i ? acc_i[31:15] == {17{acc_i[31]}} : shift_i[4] & ~shift_i[5];
  wire logic by8 = onnx1_q ? x1_q[31:23] == {9{x1_q[31]}} : shift1_q[3] & ~shift1_q[5];
  wire logic by4 = onnx2_q ? x2_q[31:27] == {5{x2_q[31]}} : shift2_q[2] & ~shift2_q[5];
  wire logic by2 = onnx3_q ? x3_q[31:29] == {3{x3_q[31]}} : shift3_q[1] & ~shift3_q[5];
  wire logic [31:0] x3 = by2 ? x3_q << 2 : x3_q;
  wire logic by1 = onnx3_q ? x3[31] == x3[30] : shift3_q[0] & ~shift3_q[5];
  always_ff @(posedge clk_i) begin
    x1_q <= by16 ? acc_i << 16 : acc_i;
    x2_q <= by8 ? x1_q << 8 : x1_q;
    x3_q <= by4 ? x2_q << 4 : x2_q;
    x4_q <= by1 ? x3 << 1 : x3;
    left1_q <= by16;
    left2_q <= {left1_q, by8};
    left3_q <= {left2_q, by4};
    left4_q <= {left3_q, by2, by1};
    {shift1_q, onnx1_q} <= {shift_i, onnx_i};
    {shift2_q, onnx2_q} <= {shift1_q, onnx1_q};
    {shift3_q, onnx3_q} <= {shift2_q, onnx2_q};
    {shift4_q, onnx4_q} <= {shift3_q, onnx3_q};
  end

  // R5: right shift; to 24 bits. A result below 1/2 is 0, one beyond int8 may be any such.
  wire logic [30:0] mult_q;
  delay #(.WIDTH(31), .CYCLES(5), .RESET(0)) u_mult (.clk_i, .rst_ni, .d_i(mult_i[30:0]), .q_o(mult_q));
  wire unused_mult = mult_i[31];
  logic [32:0] x_q;
  logic [4:0] right_q;
  logic onnx_q;
  wire logic [6:0] right = 7'(left4_q) - 7'($signed(shift4_q));
  wire logic up = onnx4_q & x4_q[6] & (x4_q[7] | x4_q[5:0] != '0);
  always_ff @(posedge clk_i) begin
    x_q[32:7] <= 26'($signed(x4_q[31:7])) + 26'(up);
    x_q[6:0] <= x4_q[6:0];
    if (onnx4_q) x_q[6:0] <= '0;
    if (right[6:5] == 2'b01) x_q[32:7] <= '0;
    right_q <= right[6] ? 5'd0 : right[4:0];
    onnx_q <= onnx4_q;
  end

  // R6..R8: four 18x18 products of halves; the low halves are unsigned.
  wire logic [32:0] hh, lh;
  wire logic [33:0] hl, ll;
  mult #(.A_W(17), .B_W(16)) u_hh (.clk_i, .a_i(x_q[32:16]), .b_i({1'b0, mult_q[30:16]}), .p_o(hh));
  mult #(.A_W(17), .B_W(17)) u_hl (.clk_i, .a_i(x_q[32:16]), .b_i({1'b0, mult_q[15:0]}), .p_o(hl));
  mult #(.A_W(17), .B_W(16)) u_lh (.clk_i, .a_i({1'b0, x_q[15:0]}), .b_i({1'b0, mult_q[30:16]}), .p_o(lh));
  mult #(.A_W(17), .B_W(17)) u_ll (.clk_i, .a_i({1'b0, x_q[15:0]}), .b_i({1'b0, mult_q[15:0]}), .p_o(ll));
  wire logic [4:0] right9;
  wire logic onnx9;
  delay #(.WIDTH(6), .CYCLES(weft_pkg::MULT_LATENCY + 1), .RESET(0)) u_right9 (.clk_i, .rst_ni, .d_i({onnx_q, right_q}), .q_o({onnx9, right9}));

  // R9, R10: the product. Rounding at bit 30 is adding that bit to what is above it, which is left to R11.
  logic [33:0] mid_q;
  logic [49:0] outer_q, product_q;  // bits 63..14: with onnx the bits below are 0
  wire unused_products = &{1'b0, hh[32], ll[33:32], ll[13:0]};
  logic [4:0] right10_q;
  logic [31:0] below10_q;  // 2^right - 1
  logic onnx10_q;
  always_ff @(posedge clk_i) begin
    {right10_q, onnx10_q} <= {right9, onnx9};
    below10_q <= ~(32'hffff_ffff << right9);
    mid_q <= 34'($signed(hl)) + 34'($signed(lh));
    outer_q <= {hh[31:0], ll[31:14]};
    product_q <= {outer_q[49:2] + 48'($signed(mid_q)), outer_q[1:0]};
  end
  wire logic [31:0] h = product_q[48:17];
  wire unused_product = product_q[49];

  // R11, R12: divide by 2^right: add half, then shift. Half away from zero is one less than half for negative numbers: 0..01..1, not
  // 0..010..0. h without its rounding has the wrong sign if it is -1, which becomes 0 with either of the two.
  // With onnx, the product is rounded to 24 bits, down to bit 7 of h, or bit 6 if bit 30 is still a sign: if it is within half of that
  // bit (or just at half of it) of k + 1/2, it becomes k + 1/2, which goes to even. So that much more than half is added, and if then
  // the fraction is not above the whole bit, the result's last bit is cleared. It matters from right = 22 on: below that, y is beyond
  // int8, or h is 0.
  logic [32:0] quotient_q;
  logic [33:0] sum_q;  // the lowest bit carries h's rounding into the others
  logic [4:0] right11_q;
  logic onnx11_q, full11_q, rest11_q;
  wire logic full = h[31] != h[30];
  wire logic near = onnx10_q & right10_q[4];
  wire logic [31:0] below_half = below10_q >> 1;
  wire logic [31:0] half = h[31] & ~onnx10_q ? below_half : below10_q & ~below_half;
  wire logic [31:0] addend = half | {25'd0, near & full, near & ~full, 5'd0};
  wire logic [32:0] s = sum_q[33:1];
  wire logic above = s[21:8] != '0 | (s[30:22] & ~(9'h1ff << (right11_q[3:0] - 4'd6))) != '0;
  wire logic one = s[5:0] == '0 & ~rest11_q;  // the fraction's last bits are 0
  wire logic tie = onnx11_q & ~above & (full11_q ? ~s[7] | (one & ~s[6]) : ~s[7] & (~s[6] | one));
  wire logic [32:0] quotient = $unsigned($signed(s) >>> right11_q);
  wire unused_sum = &{1'b0, sum_q[0]};
  always_ff @(posedge clk_i) begin
    sum_q <= {33'($signed(h)), 1'b1} + {1'b0, addend, product_q[16] & ~onnx10_q};
    right11_q <= right10_q;
    onnx11_q <= onnx10_q;
    full11_q <= full;
    rest11_q <= product_q[16:0] != '0;
    quotient_q <= {quotient[32:1], quotient[0] & ~tie};
  end

  // R13: zero point, saturation.
  wire logic [7:0] zp12;
  delay #(.WIDTH(8), .CYCLES(weft_pkg::REQUANT_LATENCY - 1), .RESET(0)) u_zp (.clk_i, .rst_ni, .d_i(zp_i), .q_o(zp12));
  wire logic [10:0] sum = 11'($signed(quotient_q[9:0])) + 11'($signed(zp12));
  wire logic far = quotient_q[32:9] != {24{quotient_q[32]}};  // so far out that no zero point matters
  wire logic fits = ~far & (sum[10:7] == {4{sum[7]}});
  wire logic negative = far ? quotient_q[32] : sum[10];
  always_ff @(posedge clk_i) y_o <= fits ? sum[7:0] : {negative, {7{~negative}}};
endmodule
`default_nettype wire
