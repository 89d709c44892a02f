// SPDX-License-Identifier: Apache-2.0
// From the drain chains of the array to the stream of outputs:
//   chains -> drain -> bias -> requantize -> activation -> gather -> max_pool -> fifo -> outputs
//             ^----- param_buffer -----^
// The sequencer pushes a tile's record when it decides the tile's last chunk (sequencer.sv lists its fields); the record is read
// when the tile drains. A pixel of the map comes out as up to COLS channels. Nothing here can stall: the sequencer starts a tile's
// last chunk only if there is room for its ROWS pixels, and room_o gives their places back, of pixels that are taken or that give
// no output of their own.
// The clock runs for some cycles after a tile's last beat and while parameters come, and stands in all others.
`default_nettype none
module output_path #(
    parameter int ROWS       = 8,    // Requires: at least 2
    parameter int COLS       = 8,    // Requires: at least 2
    parameter int LANES      = 4,    // Requires: divides COLS, at most COLS/2
    parameter int BUS_BYTES  = 8,    // Requires: a power of two
    parameter int ACC_W      = 32,   // Requires: 17 to 32
    parameter int ENTRIES    = 512,  // of the parameter buffer. Requires: a power of two, at least 2
    parameter int INFO_DEPTH = 8,    // tiles between the decision and the drain. Requires: a power of two, at least 2
    parameter int OUT_DEPTH  = 64,   // pixels that wait for out_ready_i. Requires: a power of two, at least 2
    localparam int N = COLS / LANES,
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int COL_W = $clog2(COLS + 1),
    localparam int PARAM_PTR_W = $clog2(ENTRIES) + 2,
    localparam int DIM_W = weft_list_pkg::DIM_W,
    localparam int INFO_W = 2 + ROW_W + COL_W + PARAM_PTR_W + 25 + DIM_W
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   last_i,           // the last beat's control of row 0
    output wire logic                   shift_o,          // to the array: the drain chains move up one row
    input  wire logic [ACC_W*COLS-1:0]  chain_i,          // tops of the drain chains
    input  wire logic                   tile_push_i,
    input  wire logic [     INFO_W-1:0] tile_info_i,
    output wire logic [            1:0] room_o,           // places that come free
    input  wire logic                   param_valid_i,
    output wire logic                   param_ready_o,
    input  wire logic [8*BUS_BYTES-1:0] param_data_i,
    output wire logic [PARAM_PTR_W-1:0] param_arrived_o,
    output wire logic                   out_valid_o,
    input  wire logic                   out_ready_i,
    output wire logic [     8*COLS-1:0] out_data_o,
    output wire logic [      COL_W-1:0] out_cols_o,       // channels that count
    output wire logic                   out_final_o       // the last output of its job
);
  localparam int StepW = $clog2(N);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (!weft_pkg::power_of_two(BUS_BYTES)) begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two u_illegal (); end
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  if (ENTRIES < 2 || !weft_pkg::power_of_two(ENTRIES))
    begin : gen_illegal_entries ENTRIES_must_be_a_power_of_two_at_least_2 u_illegal (); end
  if (INFO_DEPTH < 2 || !weft_pkg::power_of_two(INFO_DEPTH))
    begin : gen_illegal_info_depth INFO_DEPTH_must_be_a_power_of_two_at_least_2 u_illegal (); end
  if (OUT_DEPTH < 2 || !weft_pkg::power_of_two(OUT_DEPTH))
    begin : gen_illegal_out_depth OUT_DEPTH_must_be_a_power_of_two_at_least_2 u_illegal (); end

  // Side information keeps pace with the sums: cycles from the record's row and step (row_ahead).
  localparam int ToRequant = weft_pkg::RAM_LATENCY + weft_pkg::BIAS_LATENCY;  // the sums, their biases, multipliers and shifts; bias
  localparam int ToActivation = ToRequant + weft_pkg::REQUANT_LATENCY;
  localparam int ToGather = ToActivation + weft_pkg::ACTIVATION_LATENCY;

  // From a tile's last beat to its last pixel at the fifo: the drain's start, all rows of all lanes, the way of a pixel.
  wire logic clk;
  clock_gate #(.CYCLES(1 + N * (ROWS + LANES) + weft_pkg::OUTPUT_LATENCY + weft_pkg::CLOCK_MARGIN)) u_clock (
      .clk_i, .rst_ni, .wake_i(last_i | param_valid_i), .clk_o(clk)
  );

  // ---- Sums -----------------------------------------------------------------------------------------------------------------
  wire logic ahead_valid, ahead_first;
  wire logic [ROW_W-1:0] ahead_row;
  wire logic [StepW-1:0] ahead_step;
  wire logic [ACC_W*LANES-1:0] sums;
  drain #(.ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ACC_W(ACC_W)) u_drain (
      .clk_i(clk), .rst_ni, .last_i, .shift_o, .chain_i,
      .ahead_valid_o(ahead_valid), .ahead_first_o(ahead_first), .ahead_row_o(ahead_row), .ahead_step_o(ahead_step),
      .sums_o(sums)
  );

  // ---- The record of the tile that is draining --------------------------------------------------------------------------------
  wire logic [INFO_W-1:0] info_head;
  wire logic info_valid;
  wire logic [$clog2(INFO_DEPTH):0] info_count;
  logic [INFO_W-1:0] info_q;
  fifo #(.WIDTH(INFO_W), .DEPTH(INFO_DEPTH)) u_info (
      .clk_i, .rst_ni, .push_i(tile_push_i), .data_i(tile_info_i), .pop_i(ahead_first),
      .valid_o(info_valid), .data_o(info_head), .count_o(info_count)
  );
  wire unused_info = &{1'b0, info_valid, info_count};
  always_ff @(posedge clk) if (ahead_first) info_q <= info_head;
  wire logic row_ahead;
  wire logic [ROW_W-1:0] row;
  wire logic [StepW-1:0] step;
  delay #(.WIDTH(1 + ROW_W + StepW), .CYCLES(weft_pkg::RECORD_LATENCY)) u_info_wait (
      .clk_i(clk), .rst_ni, .d_i({ahead_valid, ahead_row, ahead_step}), .q_o({row_ahead, row, step})
  );

  wire logic info_final, info_last;
  wire logic [ROW_W-1:0] info_rows;
  wire logic [COL_W-1:0] info_cols;
  wire logic [PARAM_PTR_W-1:0] info_param;
  wire logic info_onnx;
  wire logic [7:0] info_hi, info_lo, info_zp;
  wire logic [DIM_W-1:0] info_pool;
  assign {info_final, info_last, info_rows, info_cols, info_param, info_onnx, info_hi, info_lo, info_zp, info_pool} = info_q;
  wire logic row_valid = row < info_rows;
  wire logic pixel_last = step == StepW'(N - 1);

  // ---- Parameters: read ahead; a group's are free when the last row of the job's last tile leaves ---------------------------------
  localparam int ParamLsb = 25 + DIM_W;  // in a record
  wire logic [PARAM_PTR_W-1:0] head_param = info_head[ParamLsb+:PARAM_PTR_W];
  logic [PARAM_PTR_W-1:0] param_raddr_q;
  always_ff @(posedge clk) param_raddr_q <= ahead_first ? head_param : info_param + PARAM_PTR_W'(ahead_step);
  wire unused_param = &{1'b0, param_raddr_q};
  logic [PARAM_PTR_W-1:0] param_freed_q;
  always_ff @(posedge clk)
    if (!rst_ni) param_freed_q <= '0;
    else if (row_ahead & info_last & pixel_last & (row == ROW_W'(ROWS - 1)))
      param_freed_q <= info_param + PARAM_PTR_W'(N);
  wire logic [32*LANES-1:0] p_bias, p_mult, p_mult_q;
  wire logic [6*LANES-1:0] p_shift, p_shift_q;
  param_buffer #(.LANES(LANES), .BUS_BYTES(BUS_BYTES), .ENTRIES(ENTRIES)) u_params (
      .clk_i(clk), .rst_ni, .valid_i(param_valid_i), .ready_o(param_ready_o), .data_i(param_data_i),
      .arrived_o(param_arrived_o), .freed_i(param_freed_q), .raddr_i(param_raddr_q[PARAM_PTR_W-3:0]),
      .bias_o(p_bias), .mult_o(p_mult), .shift_o(p_shift)
  );
  delay #(.WIDTH(38 * LANES), .CYCLES(weft_pkg::BIAS_LATENCY), .RESET(0)) u_param_wait (
      .clk_i(clk), .rst_ni, .d_i({p_shift, p_mult}), .q_o({p_shift_q, p_mult_q})
  );

  // ---- Sums to int8 ---------------------------------------------------------------------------------------------------------------
  wire logic onnx;
  wire logic [7:0] zp, clamp_lo, clamp_hi;
  delay #(.WIDTH(9), .CYCLES(ToRequant), .RESET(0)) u_zp_wait (.clk_i(clk), .rst_ni, .d_i({info_onnx, info_zp}), .q_o({onnx, zp}));
  delay #(.WIDTH(16), .CYCLES(ToActivation), .RESET(0)) u_clamp_wait (
      .clk_i(clk), .rst_ni, .d_i({info_hi, info_lo}), .q_o({clamp_hi, clamp_lo})
  );
  wire logic [8*LANES-1:0] y;
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [31:0] acc;
      wire logic [7:0] scaled;
      bias #(.ACC_W(ACC_W)) u_bias (
          .clk_i(clk), .sum_i(sums[ACC_W*l+:ACC_W]), .bias_i(p_bias[32*l+:32]), .acc_o(acc)
      );
      requantize u_requantize (
          .clk_i(clk), .rst_ni, .onnx_i(onnx), .acc_i(acc), .mult_i(p_mult_q[32*l+:32]), .shift_i(p_shift_q[6*l+:6]),
          .zp_i(zp), .y_o(scaled)
      );
      activation u_activation (.clk_i(clk), .x_i(scaled), .lo_i(clamp_lo), .hi_i(clamp_hi), .y_o(y[8*l+:8]));
    end
  endgenerate

  // ---- Beats to pixels ------------------------------------------------------------------------------------------------------------
  wire logic a_valid, a_row_valid, a_final;
  wire logic [StepW-1:0] a_step;
  wire logic [COL_W-1:0] a_cols;
  wire logic [DIM_W-1:0] a_pool;
  delay #(.WIDTH(1), .CYCLES(ToGather)) u_valid_wait (.clk_i(clk), .rst_ni, .d_i(row_ahead), .q_o(a_valid));
  delay #(.WIDTH(2 + StepW + COL_W + DIM_W), .CYCLES(ToGather), .RESET(0)) u_side_wait (
      .clk_i(clk), .rst_ni, .d_i({row_valid, info_final & (row + 1'b1 == info_rows), step, info_cols, info_pool}),
      .q_o({a_row_valid, a_final, a_step, a_cols, a_pool})
  );

  wire logic g_valid, g_row_valid, g_final;
  wire logic [8*COLS-1:0] g_data;
  wire logic [COL_W-1:0] g_cols;
  wire logic [DIM_W-1:0] g_pool;
  gather #(.COLS(COLS), .LANES(LANES)) u_gather (
      .clk_i(clk), .rst_ni, .valid_i(a_valid), .step_i(a_step), .data_i(y), .valid_o(g_valid), .data_o(g_data)
  );
  delay #(.WIDTH(2 + COL_W + DIM_W), .CYCLES(weft_pkg::GATHER_LATENCY)) u_gather_wait (
      .clk_i(clk), .rst_ni, .d_i({a_row_valid, a_final, a_cols, a_pool}), .q_o({g_row_valid, g_final, g_cols, g_pool})
  );

  wire logic pool_valid, pool_final, pool_pixel;
  wire logic [8*COLS-1:0] pool_data;
  wire logic [COL_W-1:0] pool_cols;
  max_pool #(.COLS(COLS)) u_pool (
      .clk_i(clk), .rst_ni, .count_i(g_pool), .valid_i(g_valid & g_row_valid), .data_i(g_data),
      .valid_o(pool_valid), .data_o(pool_data)
  );
  delay #(.WIDTH(2 + COL_W), .CYCLES(weft_pkg::POOL_LATENCY)) u_pool_wait (
      .clk_i(clk), .rst_ni, .d_i({g_valid, g_final, g_cols}), .q_o({pool_pixel, pool_final, pool_cols})
  );

  // ---- Outputs --------------------------------------------------------------------------------------------------------------------
  wire logic [$clog2(OUT_DEPTH):0] out_count;
  wire logic out_pop = out_valid_o & out_ready_i;
  fifo #(.WIDTH(1 + COL_W + 8 * COLS), .DEPTH(OUT_DEPTH)) u_out (
      .clk_i, .rst_ni, .push_i(pool_valid), .data_i({pool_final, pool_cols, pool_data}), .pop_i(out_pop),
      .valid_o(out_valid_o), .data_o({out_final_o, out_cols_o, out_data_o}), .count_o(out_count)
  );
  wire unused_out = &{1'b0, out_count};
  wire logic pixel_gone = pool_pixel & ~pool_valid;  // not a pixel of the map, or inside a pooling window
  assign room_o = 2'(pixel_gone) + 2'(out_pop);
endmodule
`default_nettype wire
