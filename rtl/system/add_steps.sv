// SPDX-License-Identifier: Apache-2.0
// Adds a pixel and its residual, LANES bytes a cycle:   y = clamp(M(table0[x] + table1[r]) + zp), M as in requantize.sv
//   valid_i: pixel, residual -> steps of LANES bytes -> tables -> sum -> requantize -> activation -> bytes become a pixel again: valid_o
// A pixel takes STEPS cycles, and the next one may follow then. The parameters stay until the last pixel has left.
// With outside_i, sums and their scales come from outside, for the first step ADD_SUM_LATENCY cycles after valid_i, then for the others.
`default_nettype none
module add_steps #(
    parameter int COLS      = 8,  // Requires: at least 2
    parameter int LANES     = 2,  // bytes at once. Requires: 1 to COLS
    parameter int BUS_BYTES = 8,  // Requires: a power of two, 4 to 64
    localparam int STEPS = (COLS + LANES - 1) / LANES
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   table_valid_i,
    output wire logic                   table_ready_o,
    input  wire logic [8*BUS_BYTES-1:0] table_data_i,
    input  wire logic                   onnx_i,
    input  wire logic [           31:0] mult_i,
    input  wire logic [            5:0] shift_i,
    input  wire logic                   outside_i,      // as long as the parameters
    input  wire logic [   32*LANES-1:0] outside_acc_i,
    input  wire logic [   32*LANES-1:0] outside_mult_i,
    input  wire logic [    6*LANES-1:0] outside_shift_i,
    input  wire logic [            7:0] zp_i,
    input  wire logic [            7:0] lo_i,
    input  wire logic [            7:0] hi_i,
    input  wire logic                   valid_i,        // Requires: low in the STEPS - 1 cycles after a pixel
    input  wire logic [     8*COLS-1:0] pixel_i,
    input  wire logic [     8*COLS-1:0] residual_i,
    output logic                        valid_o,
    output wire logic [     8*COLS-1:0] pixel_o
);
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES > COLS) begin : gen_illegal_lanes LANES_must_be_1_to_COLS u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int StepW = $clog2(STEPS + 1);
  localparam int ToOutput = weft_pkg::TABLES_LATENCY + weft_pkg::SCALE_LATENCY;
  localparam int PaddedW = 8 * LANES * STEPS;
  logic [PaddedW-1:0] x_q, r_q;
  logic [StepW-1:0] step_q;  // steps left
  // The clock of all but the tables stops when the last byte is out.
  wire logic clk;
  clock_gate #(.CYCLES(ToOutput + 1 + weft_pkg::CLOCK_MARGIN)) u_clock (
      .clk_i, .rst_ni, .wake_i(valid_i | (step_q != '0)), .clk_o(clk)
  );
  always_ff @(posedge clk) begin
    if (valid_i) begin
      x_q <= PaddedW'(pixel_i);
      r_q <= PaddedW'(residual_i);
    end else begin
      x_q <= x_q >> (8 * LANES);
      r_q <= r_q >> (8 * LANES);
    end
    if (!rst_ni) step_q <= '0;
    else if (valid_i) step_q <= StepW'(STEPS);
    else if (step_q != '0) step_q <= step_q - 1'b1;
  end

  wire logic [32*LANES-1:0] sum;
  wire logic [8*LANES-1:0] y;
  add_tables #(.LANES(LANES), .BUS_BYTES(BUS_BYTES)) u_tables (
      .clk_i, .rst_ni, .table_valid_i, .table_ready_o, .table_data_i, .x_i(x_q[8*LANES-1:0]), .r_i(r_q[8*LANES-1:0]), .sum_o(sum)
  );
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [7:0] scaled;
      requantize u_requantize (
          .clk_i(clk), .rst_ni, .onnx_i, .acc_i(outside_i ? outside_acc_i[32*l+:32] : sum[32*l+:32]),
          .mult_i(outside_i ? outside_mult_i[32*l+:32] : mult_i), .shift_i(outside_i ? outside_shift_i[6*l+:6] : shift_i), .zp_i,
          .y_o(scaled)
      );
      activation u_activation (.clk_i(clk), .x_i(scaled), .lo_i, .hi_i, .y_o(y[8*l+:8]));
    end
  endgenerate

  wire logic last;
  logic [PaddedW-1:0] y_q;
  delay #(.WIDTH(1), .CYCLES(ToOutput)) u_last (.clk_i(clk), .rst_ni, .d_i(step_q == StepW'(1)), .q_o(last));
  always_ff @(posedge clk) begin
    y_q     <= PaddedW'({y, y_q} >> (8 * LANES));
    valid_o <= last & rst_ni;
  end
  assign pixel_o = y_q[8*COLS-1:0];

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : OnePixelAtATime_A
      assert (!valid_i || step_q == '0 || step_q == StepW'(1));
    end
`endif
endmodule
`default_nettype wire
