// SPDX-License-Identifier: Apache-2.0
// What every valid/ready stream demands of its producer, as assertions: no hardware. What is offered stays offered, and stays the
// same, until it is taken. In a module's head it is a promise about its outputs and an assumption about those who drive its inputs.
`default_nettype none
module stream_rules #(
    parameter int WIDTH = 8  // Requires: at least 1
) (
    input wire logic             clk_i,
    input wire logic             rst_ni,
    input wire logic             valid_i,
    input wire logic             ready_i,
    input wire logic [WIDTH-1:0] data_i
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
`ifdef SYNTHESIS
  wire unused = &{1'b0, clk_i, rst_ni, valid_i, ready_i, data_i};
`else
  logic stalled_q;
  logic [WIDTH-1:0] held_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni & valid_i & ~ready_i;
    if (valid_i & ~ready_i & ~stalled_q) held_q <= data_i;  // (not in every cycle: a job is 1,440 bits)
    if (rst_ni & stalled_q) begin : HeldUntilTaken_A
      assert (valid_i && data_i == held_q);
    end
  end
`endif
endmodule
`default_nettype wire
