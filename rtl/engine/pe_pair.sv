// SPDX-License-Identifier: Apache-2.0
// Two processing elements of neighbouring columns on one multiplier: column 0 is the even one, column 1 the odd one.
//   P = act * (wgt1*2^9 + wgt0);   acc0 += act * wgt0;   sum += P = 2^9 * (act * wgt1) + act * wgt0
// so that of a tile's sums, acc1 = (sum - acc0) / 2^9, which systolic_array works out at the top of the column.
// act * wgt0 = floor(act * wgt0 / 2^9) * 2^9 + P[8:0], and P[14:9] = the floor + act * wgt1, modulo 2^6: the six low bits of act * wgt1
// are made of those of act and wgt1. The floor is -32 to 32, so it needs a seventh bit: it is negative if bit 5 is set and the signs of act
// and wgt0 differ (+32 comes of -128 * -128 alone).
// wgt0 has the timing of pe in column 0; wgt1 comes and leaves with it, a cycle early for its column. act and ctl take two cycles through.
// Exact unless acc0 wraps; acc1 may wrap as that of pe does. CTL_LAST comes with CTL_VALID. Nothing is reset, as in pe.
`default_nettype none
(* keep_hierarchy *)
module pe_pair #(
    parameter int ACC_W = 32,  // Requires: 17 to 32; 16 + log2 of the longest sum
    localparam int WGT_W = weft_pkg::PAIR_WGT_W
) (
    input  wire logic                       clk_i,
    input  wire logic [                7:0] act_i,
    input  wire logic [          WGT_W-1:0] wgt_i,    // weft_pkg::pair_weights(wgt1, wgt0)
    input  wire logic [weft_pkg::CTL_W-1:0] ctl_i,
    input  wire logic [        2*ACC_W-1:0] drain_i,  // of the row below: floor(sum / 2^9), acc0
    output logic      [                7:0] act_o,
    output logic      [          WGT_W-1:0] wgt_o,
    output logic      [weft_pkg::CTL_W-1:0] ctl_o,
    output logic      [        2*ACC_W-1:0] drain_o
);
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  wire logic [25:0] product;
  mult #(.A_W(18), .B_W(8)) u_mult (.clk_i, .a_i({wgt_i[16:8], wgt_i[7], wgt_i[7:0]}), .b_i(act_i), .p_o(product));

  // ---- Beside the multiplier: act * wgt1 modulo 2^6, a row of partial products for two bits of act -------------------------------
  logic [7:0] act_q;
  logic [weft_pkg::CTL_W-1:0] ctl_q;
  wire logic [5:0] low1 = wgt_o[22:17];
  logic [5:0] part0_q, low_q;
  logic [3:0] part2_q;
  logic [1:0] part4_q;
  logic opposite_q, opposite_q2;  // act and wgt0 differ in sign
  always_ff @(posedge clk_i) begin
    act_q       <= act_i;
    wgt_o       <= wgt_i;
    part0_q     <= (low1 & {6{act_q[0]}}) + ({low1[4:0], 1'b0} & {6{act_q[1]}});
    part2_q     <= (low1[3:0] & {4{act_q[2]}}) + ({low1[2:0], 1'b0} & {4{act_q[3]}});
    part4_q     <= (low1[1:0] & {2{act_q[4]}}) + ({low1[0], 1'b0} & {2{act_q[5]}});
    low_q       <= part0_q + {part2_q, 2'b00} + {part4_q, 4'b0000};
    opposite_q  <= act_q[7] ^ wgt_o[7];
    opposite_q2 <= opposite_q;
  end

  // ---- With the product: the sum of both, and act * wgt0 -----------------------------------------------------------------------
  wire logic [5:0] floor = product[14:9] - low_q;
  wire logic [ACC_W+8:0] addend = (ACC_W + 9)'($signed(product));
  wire logic [ACC_W+8:0] sum, sum_q;
  wire unused_sum = &{1'b0, sum, sum_q[8:0]};
  accumulator #(.WIDTH(ACC_W + 9)) u_sum (
      .clk_i, .en_i(ctl_i[weft_pkg::CTL_VALID]), .first_i(ctl_i[weft_pkg::CTL_FIRST]), .add_i(addend), .sum_o(sum), .acc_o(sum_q)
  );
  wire logic [15:0] product0 = {floor[5] & opposite_q2, floor, product[8:0]};
  logic [15:0] product0_q;
  always_ff @(posedge clk_i) begin
    product0_q <= product0;
    ctl_q      <= ctl_i;
  end

  // ---- One cycle later: acc0, straight into the drain register on the last beat --------------------------------------------------
  wire logic [ACC_W-1:0] addend0 = ACC_W'($signed(product0_q));
  wire logic [ACC_W-1:0] acc0, acc0_q;
  wire unused_acc0 = &{1'b0, acc0_q};
  accumulator #(.WIDTH(ACC_W)) u_acc0 (
      .clk_i, .en_i(ctl_q[weft_pkg::CTL_VALID]), .first_i(ctl_q[weft_pkg::CTL_FIRST]), .add_i(addend0), .sum_o(acc0), .acc_o(acc0_q)
  );
  always_ff @(posedge clk_i) begin
    if (ctl_q[weft_pkg::CTL_LAST] | ctl_q[weft_pkg::CTL_SHIFT])
      drain_o <= ctl_q[weft_pkg::CTL_LAST] ? {sum_q[ACC_W+8:9], acc0} : drain_i;
    act_o <= act_q;
    ctl_o <= ctl_q;
  end

  // ---- Column 1 as pe has it, for `weft waves` alone -----------------------------------------------------------------------------
  wire logic [7:0] wgt1 = wgt_o[15:8] + {7'd0, wgt_o[7]};
  wire logic [15:0] product1 = product[24:9] - 16'($signed(product0) >>> 9);
  wire logic [ACC_W-1:0] acc1 = sum_q[ACC_W+8:9] - ACC_W'($signed(acc0) >>> 9);
  wire logic [ACC_W-1:0] drain1_in = drain_i[ACC_W+:ACC_W] - ACC_W'($signed(drain_i[ACC_W-1:0]) >>> 9);
  wire logic [ACC_W-1:0] drain1 = drain_o[ACC_W+:ACC_W] - ACC_W'($signed(drain_o[ACC_W-1:0]) >>> 9);
  wire unused = &{1'b0, wgt1, product1, acc1, drain1_in, drain1};
endmodule
`default_nettype wire
