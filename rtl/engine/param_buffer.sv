// SPDX-License-Identifier: Apache-2.0
// Ring of requantisation parameters: one entry holds bias, multiplier and shift of LANES output channels.
// Write: biases, then multipliers (int32, little endian), then shifts (int8) of all lanes, filled up to a bus word.
// Read:  two cycles after raddr_i. Room comes back when freed_i moves.
`default_nettype none
module param_buffer #(
    parameter int LANES     = 4,
    parameter int BUS_BYTES = 8,    // Requires: a power of two
    parameter int ENTRIES   = 512,  // Requires: a power of two, at least 2
    localparam int ADDR_W = $clog2(ENTRIES),
    localparam int PTR_W = ADDR_W + 2
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   valid_i,
    output wire logic                   ready_o,
    input  wire logic [8*BUS_BYTES-1:0] data_i,
    output wire logic [      PTR_W-1:0] arrived_o,  // entries since reset, modulo 2^PTR_W
    input  wire logic [      PTR_W-1:0] freed_i,    // entries freed since reset, modulo 2^PTR_W
    input  wire logic [     ADDR_W-1:0] raddr_i,
    output wire logic [   32*LANES-1:0] bias_o,
    output wire logic [   32*LANES-1:0] mult_o,
    output wire logic [    6*LANES-1:0] shift_o     // two's complement, positive = left
);
  if (!weft_pkg::power_of_two(BUS_BYTES)) begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two u_illegal (); end
  if (ENTRIES < 2 || !weft_pkg::power_of_two(ENTRIES))
    begin : gen_illegal_entries ENTRIES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  localparam int RamW = 70 * LANES;

  wire logic full;
  wire logic [ADDR_W-1:0] waddr;
  wire logic [72*LANES-1:0] entry;
  entry_writer #(.BYTES(9 * LANES), .BUS_BYTES(BUS_BYTES), .ENTRIES(ENTRIES)) u_writer (
      .clk_i, .rst_ni, .valid_i, .ready_o, .data_i, .freed_i, .arrived_o, .we_o(full), .waddr_o(waddr), .entry_o(entry)
  );

  // In the RAM as in the entry, with shifts of six bits.
  wire logic [RamW-1:0] wdata, rdata;
  assign wdata[64*LANES-1:0] = entry[64*LANES-1:0];
  assign {mult_o, bias_o} = rdata[64*LANES-1:0];
  assign shift_o = rdata[RamW-1:64*LANES];
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      assign wdata[64*LANES+6*l+:6] = entry[8*(8*LANES+l)+:6];
    end
  endgenerate
  wire unused = &{1'b0, entry};
  ram #(.WIDTH(RamW), .DEPTH(ENTRIES)) u_ram (
      .clk_i, .we_i(full), .waddr_i(waddr), .wdata_i(wdata), .raddr_i, .rdata_o(rdata)
  );
endmodule
`default_nettype wire
