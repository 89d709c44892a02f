// SPDX-License-Identifier: Apache-2.0
// The engine on a chip with few pins.
`default_nettype none
module engine_wrapper #(
    parameter int ROWS          = 8,
    parameter int COLS          = 8,
    parameter int LANES         = 4,
    parameter int LINE_BYTES    = 65536,
    parameter int WEIGHT_BYTES  = 131072,
    parameter int BUS_BYTES     = 8,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1
) (
    input  wire logic clk_i,
    input  wire logic rst_ni,
    input  wire logic serial_i,
    output wire logic parity_o
);
  localparam int Bus = 8 * BUS_BYTES;
  localparam int JobW = 32 * weft_list_pkg::JOB_WORDS;
  localparam int InW = JobW + 3 * Bus + 7;
  localparam int CountsW = weft_pkg::CAUSES * weft_pkg::COUNT_W;
  localparam int OutW = CountsW + 8 * COLS + $clog2(COLS + 1) + 6;

  wire logic rst_n;
  wire logic [InW-1:0] in;
  wire logic job_valid, line_valid, line_last, weight_valid, param_valid, out_ready, count;
  wire logic [JobW-1:0] job;
  wire logic [Bus-1:0] line_data, weight_data, param_data;
  assign {job_valid, line_valid, line_last, weight_valid, param_valid, out_ready, count,
          job, line_data, weight_data, param_data} = in;

  wire logic [OutW-1:0] out;
  wire logic job_ready, line_ready, weight_ready, param_ready, out_valid, out_final;
  wire logic [8*COLS-1:0] out_data;
  wire logic [$clog2(COLS+1)-1:0] out_cols;
  wire logic [CountsW-1:0] counts;
  assign out = {job_ready, line_ready, weight_ready, param_ready, out_valid, out_final, out_cols, out_data, counts};

  conv_engine #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT)
  ) u_engine (
      .clk_i, .rst_ni(rst_n),
      .job_valid_i(job_valid), .job_ready_o(job_ready), .job_i(job),
      .line_valid_i(line_valid), .line_ready_o(line_ready), .line_data_i(line_data), .line_last_i(line_last),
      .weight_valid_i(weight_valid), .weight_ready_o(weight_ready), .weight_data_i(weight_data),
      .param_valid_i(param_valid), .param_ready_o(param_ready), .param_data_i(param_data),
      .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .out_cols_o(out_cols),
      .out_final_o(out_final), .count_i(count), .count_clear_i(~rst_n), .counts_o(counts)
  );

  few_pins #(.IN_W(InW), .OUT_W(OutW)) u_pins (.clk_i, .rst_ni, .serial_i, .parity_o, .rst_no(rst_n), .in_o(in), .out_i(out));
endmodule
`default_nettype wire
