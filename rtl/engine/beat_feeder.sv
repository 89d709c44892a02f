// SPDX-License-Identifier: Apache-2.0
// What a beat brings to the array beside the rows' bytes, each as late as these come (row_feeder.sv): its weight word and its control.
//   a beat at cycle b: row 0's byte and the weight word are at the array at b + ACT_LATENCY, so its weight address leaves
//   WEIGHT_LATENCY cycles earlier; its control meets their product MULT_LATENCY cycles later.
// A job's last tile frees its weights chunk by chunk: whole bus words, which a group fills up.
`default_nettype none
module beat_feeder #(
    parameter int PTR_W = 16,  // of weight words. Requires: at least 3
    parameter int PACK  = 1    // weight words of a bus word. Requires: a power of two
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    // the sequencer's beat
    input  wire logic             valid_i,
    input  wire logic             first_i,
    input  wire logic             last_i,
    input  wire logic             frees_i,   // no later beat reads the chunk's weights
    input  wire logic             group_i,   // ... nor any of its group
    input  wire logic [PTR_W-1:0] weight_i,  // weight word
    // to the weight buffer
    output wire logic [PTR_W-1:0] raddr_o,
    output logic      [PTR_W-1:0] freed_o,   // weight words freed since reset
    // to the array
    output wire logic [      2:0] ctl_o      // weft_pkg::CTL_VALID, CTL_FIRST, CTL_LAST
);
  if (PTR_W < 3) begin : gen_illegal_ptr_w PTR_W_must_be_at_least_3 u_illegal (); end
  if (!weft_pkg::power_of_two(PACK)) begin : gen_illegal_pack PACK_must_be_a_power_of_two u_illegal (); end

  wire logic frees, group;
  delay #(.WIDTH(2 + PTR_W), .CYCLES(weft_pkg::ACT_LATENCY - weft_pkg::WEIGHT_LATENCY)) u_weight_wait (
      .clk_i, .rst_ni, .d_i({frees_i, group_i, weight_i}), .q_o({frees, group, raddr_o})
  );
  localparam logic [PTR_W-1:0] PackMask = ~(PTR_W'(PACK - 1));  // Yosys reads ~PTR_W'(..) as (~PTR_W)'(..)
  always_ff @(posedge clk_i)
    if (!rst_ni) freed_o <= '0;
    else if (frees) freed_o <= (raddr_o + (group ? PTR_W'(PACK) : PTR_W'(1))) & PackMask;

  delay #(.WIDTH(3), .CYCLES(weft_pkg::ACT_LATENCY + weft_pkg::MULT_LATENCY)) u_ctl_wait (
      .clk_i, .rst_ni, .d_i({last_i, first_i, valid_i}), .q_o(ctl_o)
  );
endmodule
`default_nettype wire
