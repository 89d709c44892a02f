// SPDX-License-Identifier: Apache-2.0
// sum = table0[x] + table1[r] for LANES pairs of bytes at once, three cycles later: each table has 256 summands of 32 bits.
// The summands come LSB first, several to a bus word: those of table 0, then those of table 1, then table 0's anew.
`default_nettype none
module add_tables #(
    parameter int LANES     = 2,  // Requires: at least 1
    parameter int BUS_BYTES = 8   // Requires: a power of two, 4 to 64
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   table_valid_i,
    output wire logic                   table_ready_o,
    input  wire logic [8*BUS_BYTES-1:0] table_data_i,
    input  wire logic [    8*LANES-1:0] x_i,
    input  wire logic [    8*LANES-1:0] r_i,
    output wire logic [   32*LANES-1:0] sum_o
);
  if (LANES < 1) begin : gen_illegal_lanes LANES_must_be_at_least_1 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int Summands = BUS_BYTES / 4;  // of a bus word
  localparam int LeftW = $clog2(Summands + 1);
  logic [8*BUS_BYTES-1:0] summands_q;
  logic [LeftW-1:0] left_q;
  logic [8:0] entry_q;  // 256 of table 0, then of table 1
  wire logic write = left_q != '0;
  wire logic take = table_valid_i & table_ready_o;
  assign table_ready_o = (left_q >> 1) == '0;
  always_ff @(posedge clk_i) begin
    summands_q <= take ? table_data_i : summands_q >> 32;
    if (!rst_ni) begin
      left_q  <= '0;
      entry_q <= '0;
    end else begin
      left_q  <= take ? LeftW'(Summands) : left_q - LeftW'(write);
      entry_q <= entry_q + 9'(write);
    end
  end

  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [31:0] term0, term1;
      logic [31:0] sum_q;
      ram #(.WIDTH(32), .DEPTH(256)) u_table0 (
          .clk_i, .we_i(write & ~entry_q[8]), .waddr_i(entry_q[7:0]), .wdata_i(summands_q[31:0]), .raddr_i(x_i[8*l+:8]),
          .rdata_o(term0)
      );
      ram #(.WIDTH(32), .DEPTH(256)) u_table1 (
          .clk_i, .we_i(write & entry_q[8]), .waddr_i(entry_q[7:0]), .wdata_i(summands_q[31:0]), .raddr_i(r_i[8*l+:8]),
          .rdata_o(term1)
      );
      always_ff @(posedge clk_i) sum_q <= term0 + term1;
      assign sum_o[32*l+:32] = sum_q;
    end
  endgenerate
endmodule
`default_nettype wire
