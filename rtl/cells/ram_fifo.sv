// SPDX-License-Identifier: Apache-2.0
// First-in first-out queue in a block RAM: what is pushed can be popped QUEUE_LATENCY cycles later, then one a cycle.
//   push -> ram --RAM_LATENCY--> fifo of the next few words -> pop
// Pushing into a full queue or popping where valid_o is low is an error of the caller (asserted).
`default_nettype none
module ram_fifo #(
    parameter int WIDTH = 64,   // Requires: at least 1
    parameter int DEPTH = 512,  // Requires: a power of two, at least 2
    localparam int ADDR_W = $clog2(DEPTH)
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic             push_i,
    input  wire logic [WIDTH-1:0] data_i,
    input  wire logic             pop_i,
    output wire logic             valid_o,
    output wire logic [WIDTH-1:0] data_o,
    output wire logic [ ADDR_W:0] count_o,  // that are in the RAM
    output wire logic             empty_o   // nothing is to come of what was pushed
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
  if (DEPTH < 2 || !weft_pkg::power_of_two(DEPTH))
    begin : gen_illegal_depth DEPTH_must_be_a_power_of_two_at_least_2 u_illegal (); end
  // A place is free in the cycle after a pop; the word that takes it is at the head as many cycles later as there are places.
  localparam int Next = 4;
  if (Next < weft_pkg::QUEUE_LATENCY) begin : gen_illegal_next Next_must_be_at_least_QUEUE_LATENCY u_illegal (); end
  localparam int NextW = $clog2(Next) + 1;
  logic [ADDR_W-1:0] wptr_q, rptr_q;
  logic [ADDR_W:0] count_q;
  logic valid_q;              // a word is in the RAM
  logic [NextW-1:0] places_q;  // of the fifo, for which no word is on its way
  wire logic fetch = valid_q & (places_q != '0);
  wire logic fetched;
  wire logic [WIDTH-1:0] rdata;
  wire logic [NextW-1:0] next_count;
  ram #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_ram (.clk_i, .we_i(push_i), .waddr_i(wptr_q), .wdata_i(data_i), .raddr_i(rptr_q), .rdata_o(rdata));
  delay #(.WIDTH(1), .CYCLES(weft_pkg::RAM_LATENCY)) u_fetched (.clk_i, .rst_ni, .d_i(fetch), .q_o(fetched));
  fifo #(.WIDTH(WIDTH), .DEPTH(Next)) u_next (
      .clk_i, .rst_ni, .push_i(fetched), .data_i(rdata), .pop_i, .valid_o, .data_o, .count_o(next_count)
  );
  wire logic unused = &{1'b0, next_count};
  assign count_o = count_q;
  assign empty_o = ~valid_q & (places_q == NextW'(Next));

  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      wptr_q   <= '0;
      rptr_q   <= '0;
      count_q  <= '0;
      valid_q  <= 1'b0;
      places_q <= NextW'(Next);
    end else begin
      if (push_i) wptr_q <= wptr_q + 1'b1;
      if (fetch) rptr_q <= rptr_q + 1'b1;
      if (push_i != fetch) count_q <= push_i ? count_q + 1'b1 : count_q - 1'b1;
      valid_q <= push_i | (valid_q & ~(fetch & count_q == (ADDR_W + 1)'(1)));
      if (fetch != pop_i) places_q <= fetch ? places_q - 1'b1 : places_q + 1'b1;
    end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : NoOverflow_A
      assert (!(push_i && count_q == (ADDR_W + 1)'(DEPTH)));
    end
`endif
endmodule
`default_nettype wire
