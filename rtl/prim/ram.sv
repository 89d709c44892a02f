// SPDX-License-Identifier: Apache-2.0
// Memory with one write and one read port:   rdata_o = mem[raddr_i], two cycles later (array and output register).
// A read of the word being written returns the old word. Not reset.
`default_nettype none
module ram #(
    parameter int WIDTH = 64,   // Requires: at least 1
    parameter int DEPTH = 512,  // Requires: at least 2
    localparam int ADDR_W = $clog2(DEPTH)
) (
    input  wire logic              clk_i,
    input  wire logic              we_i,
    input  wire logic [ADDR_W-1:0] waddr_i,
    input  wire logic [ WIDTH-1:0] wdata_i,
    input  wire logic [ADDR_W-1:0] raddr_i,
    output wire logic [ WIDTH-1:0] rdata_o
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
  if (DEPTH < 2) begin : gen_illegal_depth DEPTH_must_be_at_least_2 u_illegal (); end
  logic [WIDTH-1:0] mem[0:DEPTH-1];
  logic [WIDTH-1:0] rdata_q, rdata_q2;

  always_ff @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
    rdata_q  <= mem[raddr_i];
    rdata_q2 <= rdata_q;
  end
  assign rdata_o = rdata_q2;
endmodule
`default_nettype wire
