// SPDX-License-Identifier: Apache-2.0
// One processing element: multiplies an activation by a weight and adds the product to its own accumulator.
//   acc += act * wgt on a valid beat, acc = act * wgt on the first one; after the last one acc moves to the drain register.
// act travels right and wgt down, one element a cycle. ctl travels right MULT_LATENCY cycles behind act, so that it meets
// the product at the adder. The drain registers of a column form a chain that moves up on CTL_SHIFT.
// Nothing is reset: a first beat overwrites the accumulator, and the drain chain is read only after a last beat.
`default_nettype none
(* keep_hierarchy *)
module pe #(
    parameter int ACC_W = 32  // Requires: 17 to 32; 16 + log2 of the longest sum, or the sum wraps
) (
    input  wire logic                       clk_i,
    input  wire logic [                7:0] act_i,
    input  wire logic [                7:0] wgt_i,
    input  wire logic [weft_pkg::CTL_W-1:0] ctl_i,
    input  wire logic [          ACC_W-1:0] drain_i,  // of the row below
    output logic      [                7:0] act_o,
    output logic      [                7:0] wgt_o,
    output logic      [weft_pkg::CTL_W-1:0] ctl_o,
    output logic      [          ACC_W-1:0] drain_o
);
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  wire logic [15:0] product;
  wire logic [ACC_W-1:0] addend = ACC_W'($signed(product));
  logic [ACC_W-1:0] acc_q;

  mult #(.A_W(8), .B_W(8)) u_mult (.clk_i, .a_i(act_i), .b_i(wgt_i), .p_o(product));
`ifdef SYNTHESIS
  wire logic [ACC_W-1:0] acc;
  accumulator #(.WIDTH(ACC_W)) u_acc (
      .clk_i, .en_i(ctl_i[weft_pkg::CTL_VALID]), .first_i(ctl_i[weft_pkg::CTL_FIRST]), .add_i(addend), .sum_o(acc), .acc_o(acc_q)
  );
  wire unused_acc = &{1'b0, acc};
`endif

  always_ff @(posedge clk_i) begin
    act_o <= act_i;
    wgt_o <= wgt_i;
    ctl_o <= ctl_i;
`ifndef SYNTHESIS  // what accumulator does, among the other registers of the PE: Verilator's code is a fifth faster
    if (ctl_i[weft_pkg::CTL_VALID]) acc_q <= (ctl_i[weft_pkg::CTL_FIRST] ? '0 : acc_q) + addend;
`endif
    // one cycle later, so that adder and drain are not one path
    if (ctl_o[weft_pkg::CTL_LAST] | ctl_o[weft_pkg::CTL_SHIFT]) drain_o <= ctl_o[weft_pkg::CTL_LAST] ? acc_q : drain_i;
  end
endmodule
`default_nettype wire
