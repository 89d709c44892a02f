// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue: what is pushed can be popped from the next cycle on; valid_o waits for nothing. Both flags are registers.
// Pushing into a full queue or popping an empty one is an error of the caller (asserted).
`default_nettype none
module fifo #(
    parameter int WIDTH = 8,  // Requires: at least 1
    parameter int DEPTH = 4,  // Requires: a power of two, at least 2
    localparam int ADDR_W = $clog2(DEPTH)
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic             push_i,
    input  wire logic [WIDTH-1:0] data_i,
    input  wire logic             pop_i,
    output wire logic             valid_o,
    output wire logic [WIDTH-1:0] data_o,
    output wire logic [ ADDR_W:0] count_o
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
  if (DEPTH < 2 || !weft_pkg::power_of_two(DEPTH))
    begin : gen_illegal_depth DEPTH_must_be_a_power_of_two_at_least_2 u_illegal (); end
  (* ram_style = "distributed" *)
  logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [ADDR_W-1:0] wptr_q, rptr_q;
  logic [ADDR_W:0] count_q;
  logic valid_q;

  assign count_o = count_q;
  assign valid_o = valid_q;
  assign data_o  = mem[rptr_q];

  always_ff @(posedge clk_i) begin
    if (push_i) mem[wptr_q] <= data_i;
    if (!rst_ni) begin
      wptr_q  <= '0;
      rptr_q  <= '0;
      count_q <= '0;
      valid_q <= 1'b0;
    end else begin
      if (push_i) wptr_q <= wptr_q + 1'b1;
      if (pop_i) rptr_q <= rptr_q + 1'b1;
      if (push_i != pop_i) count_q <= push_i ? count_q + 1'b1 : count_q - 1'b1;
      valid_q <= push_i | (valid_q & ~(pop_i & count_q == (ADDR_W + 1)'(1)));
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : NoOverflow_A
        assert (!(push_i && count_o == (ADDR_W + 1)'(DEPTH)));
      end
      begin : NoUnderflow_A
        assert (!(pop_i && !valid_o));
      end
    end
`endif
endmodule
`default_nettype wire
