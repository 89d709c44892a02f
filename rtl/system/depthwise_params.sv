// SPDX-License-Identifier: Apache-2.0
// Weights and requantisation parameters of fused depthwise convolutions: two rings of DW_ENTRIES entries, filled by streams of bus words.
//   weights:    an entry is TAPS*COLS bytes, byte t*COLS + c of tap t, channel c, filled up to a bus word
//   parameters: an entry as in param_buffer, of LANES channels
// Read two cycles after *_raddr_i. A job's entries, as many as its store words say, are there or not; they stay until the job ends.
`default_nettype none
module depthwise_params #(
    parameter int COLS      = 8,  // Requires: at least 2
    parameter int TAPS      = 3,  // Requires: at least 1
    parameter int LANES     = 2,  // Requires: 1 to COLS
    parameter int BUS_BYTES = 8,  // Requires: a power of two, 4 to 64
    localparam int INDEX_W = $clog2(weft_pkg::DW_ENTRIES)
) (
    input  wire logic                     clk_i,
    input  wire logic                     rst_ni,
    input  wire logic                     weight_valid_i,
    output wire logic                     weight_ready_o,
    input  wire logic                     param_valid_i,
    output wire logic                     param_ready_o,
    input  wire logic [  8*BUS_BYTES-1:0] data_i,          // of both
    input  wire logic                     load_i,          // the next job, so many entries
    input  wire logic [        INDEX_W:0] weights_i,
    input  wire logic [        INDEX_W:0] params_i,
    input  wire logic                     free_i,          // it ends
    output logic                          there_o,         // its entries are, two cycles after load_i
    output wire logic [      INDEX_W-1:0] weight_base_o,   // the first of them
    output wire logic [      INDEX_W-1:0] param_base_o,
    input  wire logic [      INDEX_W-1:0] weight_raddr_i,
    output wire logic [  8*TAPS*COLS-1:0] weights_o,
    input  wire logic [      INDEX_W-1:0] param_raddr_i,
    output wire logic [     32*LANES-1:0] bias_o,
    output wire logic [     32*LANES-1:0] mult_o,
    output wire logic [      6*LANES-1:0] shift_o
);
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (TAPS < 1) begin : gen_illegal_taps TAPS_must_be_at_least_1 u_illegal (); end
  if (LANES < 1 || LANES > COLS) begin : gen_illegal_lanes LANES_must_be_1_to_COLS u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int Entries = weft_pkg::DW_ENTRIES;
  localparam int PtrW = INDEX_W + 2;

  // ---- The running job's entries ----------------------------------------------------------------------------------------------
  logic [INDEX_W:0] weights_q, params_q;
  logic [PtrW-1:0] weight_freed_q, param_freed_q;  // entries freed since reset; the job's are the next ones
  wire logic [PtrW-1:0] weights_landed, params_landed;
  wire logic [PtrW-1:0] weights_here = weights_landed - weight_freed_q;
  wire logic [PtrW-1:0] params_here = params_landed - param_freed_q;
  assign weight_base_o = weight_freed_q[INDEX_W-1:0];
  assign param_base_o = param_freed_q[INDEX_W-1:0];
  always_ff @(posedge clk_i) begin
    if (load_i) begin
      weights_q <= weights_i;
      params_q  <= params_i;
    end
    there_o <= weights_here >= PtrW'(weights_q) && params_here >= PtrW'(params_q);
    if (!rst_ni) begin
      weight_freed_q <= '0;
      param_freed_q  <= '0;
    end else if (free_i) begin
      weight_freed_q <= weight_freed_q + PtrW'(weights_q);
      param_freed_q  <= param_freed_q + PtrW'(params_q);
    end
  end

  // ---- Weights ------------------------------------------------------------------------------------------------------------------
  wire logic full;
  wire logic [INDEX_W-1:0] waddr;
  wire logic [8*TAPS*COLS-1:0] entry;
  entry_writer #(.BYTES(TAPS * COLS), .BUS_BYTES(BUS_BYTES), .ENTRIES(Entries)) u_writer (
      .clk_i, .rst_ni, .valid_i(weight_valid_i), .ready_o(weight_ready_o), .data_i, .freed_i(weight_freed_q),
      .arrived_o(weights_landed), .we_o(full), .waddr_o(waddr), .entry_o(entry)
  );
  ram #(.WIDTH(8 * TAPS * COLS), .DEPTH(Entries)) u_weights (
      .clk_i, .we_i(full), .waddr_i(waddr), .wdata_i(entry), .raddr_i(weight_raddr_i), .rdata_o(weights_o)
  );

  // ---- Parameters -----------------------------------------------------------------------------------------------------------------
  param_buffer #(.LANES(LANES), .BUS_BYTES(BUS_BYTES), .ENTRIES(Entries)) u_params (
      .clk_i, .rst_ni, .valid_i(param_valid_i), .ready_o(param_ready_o), .data_i, .arrived_o(params_landed), .freed_i(param_freed_q),
      .raddr_i(param_raddr_i), .bias_o, .mult_o, .shift_o
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : FreesWhatIsThere_A
      if (free_i) assert (there_o);
    end
`endif
endmodule
`default_nettype wire
