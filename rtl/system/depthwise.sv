// SPDX-License-Identifier: Apache-2.0
// A depthwise convolution of what the engine gives, the inner tensor, whose pixels are in residual_lines' buffer:
//   pixels -> depthwise_walk -> entry to write
//                 '-> slot: entry to read --2--> bytes, or padding --1--> depthwise_fir --> steps of LANES sums, bias --> add_steps
//                       '-> depthwise_params: weights --2--> --1----^         parameters --2------^
// A job is filled (load_i to its last pixel), then its words wait until the walk of the job before is over, then it is walked over
// (begin_o to the last output's taking, empty_i).
`default_nettype none
module depthwise #(
    parameter int ROWS      = 8,     // Requires: 2 to 64
    parameter int COLS      = 8,     // Requires: at least 2
    parameter int TAPS      = 3,     // Requires: 1 or 3
    parameter int LANES     = 2,     // sums at once. Requires: 1 to COLS
    parameter int DEPTH     = 4096,  // entries of the buffer. Requires: a power of two, at least 4
    parameter int BUS_BYTES = 8,     // Requires: a power of two, 4 to 64
    localparam int COL_W = $clog2(COLS + 1),
    localparam int ENTRY_W = $clog2(DEPTH)
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   weight_valid_i,
    output wire logic                   weight_ready_o,
    input  wire logic                   param_valid_i,
    output wire logic                   param_ready_o,
    input  wire logic [8*BUS_BYTES-1:0] stream_i,       // of both
    // jobs
    input  wire logic                   load_i,         // Requires: room_o, and the last pixel of the job before was taken
    input  wire logic [32*weft_list_pkg::STORE_WORDS-1:0] store_i,
    output wire logic                   room_o,
    output wire logic                   idle_o,         // no outputs are to come of those loaded
    output wire logic                   begin_o,        // the outputs of this job come next
    output wire logic [32*weft_list_pkg::STORE_WORDS-1:0] begin_store_o,
    // pixels
    input  wire logic                   filling_i,      // from load_i to the last pixel
    input  wire logic                   take_i,         // Requires: ready_o
    output wire logic                   ready_o,
    input  wire logic [      COL_W-1:0] cols_i,
    output wire logic [    ENTRY_W-1:0] fill_entry_o,   // where it goes
    output wire logic [    ENTRY_W-1:0] read_entry_o,
    input  wire logic [     8*COLS-1:0] read_data_i,    // two cycles later
    // outputs
    input  wire logic                   emit_ready_i,   // one may begin
    input  wire logic                   empty_i,        // all that began have been taken
    output wire logic                   emit_o,         // one begins
    output wire logic [      COL_W-1:0] emit_cols_o,
    output wire logic                   emit_final_o,
    output wire logic                   valid_o,        // its first step's sums come ADD_SUM_LATENCY cycles later, then the others'
    output logic      [   32*LANES-1:0] acc_o,
    output logic      [   32*LANES-1:0] mult_o,
    output logic      [    6*LANES-1:0] shift_o
);
  if (ROWS < 2 || ROWS > 64) begin : gen_illegal_rows ROWS_must_be_2_to_64 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (TAPS != 1 && TAPS != 3) begin : gen_illegal_taps TAPS_must_be_1_or_3 u_illegal (); end
  if (LANES < 1 || LANES > COLS) begin : gen_illegal_lanes LANES_must_be_1_to_COLS u_illegal (); end
  if (DEPTH < 4 || !weft_pkg::power_of_two(DEPTH)) begin : gen_illegal_depth DEPTH_must_be_a_power_of_two_at_least_4 u_illegal (); end
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int Steps = (COLS + LANES - 1) / LANES;
  localparam int IndexW = $clog2(weft_pkg::DW_ENTRIES);
  localparam int SumW = weft_pkg::DW_SUM_W;

  // Idle without such a job; streams come whenever they do.
  wire logic clk;
  clock_gate #(.CYCLES(weft_pkg::CLOCK_MARGIN)) u_clock (.clk_i, .rst_ni, .wake_i(load_i | filling_i | ~idle_o), .clk_o(clk));

  // ---- Jobs: one waits, one is walked over ------------------------------------------------------------------------------------
  logic waits_q, walks_q;
  logic [32*weft_list_pkg::STORE_WORDS-1:0] store_q;
  logic [7:0] pad_q;
  wire logic ends;
  wire logic over = walks_q & ends & empty_i;
  wire logic [31:0] counts = store_q[32*weft_list_pkg::STORE_DW_COUNTS+:32];
  wire logic unused_counts = &{1'b0, counts};
  assign begin_o = waits_q & ~walks_q;
  assign begin_store_o = store_q;
  assign room_o = ~waits_q;
  assign idle_o = ~waits_q & ~walks_q;
  always_ff @(posedge clk) begin
    waits_q <= rst_ni & (load_i | (waits_q & ~begin_o));
    walks_q <= rst_ni & (begin_o | (walks_q & ~over));
    if (load_i) store_q <= store_i;
    if (begin_o) pad_q <= store_q[32*weft_list_pkg::STORE_DW_SHAPE+weft_list_pkg::STORE_DW_SHAPE_PAD_LSB+:8];
  end

  // ---- Entries: where pixels go, and which are read ------------------------------------------------------------------------------
  wire logic there, slot, outside, first, last, emits, fill_last, group_last;
  wire logic [2:0] phase;
  wire logic [IndexW-1:0] weight_base, param_base, weight_raddr, param;
  depthwise_walk #(.ROWS(ROWS), .DEPTH(DEPTH), .STEPS(Steps)) u_walk (
      .clk_i(clk), .rst_ni, .fill_load_i(load_i), .fill_store_i(store_i), .take_i, .room_o(ready_o), .fill_entry_o,
      .fill_last_o(fill_last), .walk_load_i(begin_o), .walk_store_i(store_q), .there_i(there), .weight_base_i(weight_base),
      .param_base_i(param_base), .emit_ready_i, .slot_o(slot), .entry_o(read_entry_o), .outside_o(outside), .weight_o(weight_raddr),
      .phase_o(phase), .first_o(first), .last_o(last), .emit_o(emits), .param_o(param), .group_last_o(group_last),
      .final_o(emit_final_o), .ends_o(ends)
  );
  assign emit_o = slot & emits;

  // The channels of a job's last column group are as many as its pixels say. A job is filled while the one before is walked over.
  logic fill_odd_q, walk_odd_q;
  logic [COL_W-1:0] even_cols_q, odd_cols_q;
  assign emit_cols_o = ~group_last ? COL_W'(COLS) : walk_odd_q ? odd_cols_q : even_cols_q;
  always_ff @(posedge clk) begin
    fill_odd_q <= rst_ni & (fill_odd_q ^ load_i);
    walk_odd_q <= rst_ni & (walk_odd_q ^ begin_o);
    if (take_i & fill_last & fill_odd_q) odd_cols_q <= cols_i;
    if (take_i & fill_last & ~fill_odd_q) even_cols_q <= cols_i;
  end

  // ---- Weights and parameters, the entry's bytes, and their sums -----------------------------------------------------------------
  localparam int WeightsW = 8 * TAPS * COLS;
  wire logic [WeightsW-1:0] weights;
  wire logic [32*LANES-1:0] bias, mult;
  wire logic [6*LANES-1:0] shift;
  logic [IndexW-1:0] param_raddr_q;
  depthwise_params #(.COLS(COLS), .TAPS(TAPS), .LANES(LANES), .BUS_BYTES(BUS_BYTES)) u_params (
      .clk_i, .rst_ni, .weight_valid_i, .weight_ready_o, .param_valid_i, .param_ready_o, .data_i(stream_i),
      .load_i(begin_o), .weights_i(counts[weft_list_pkg::STORE_DW_COUNTS_WEIGHTS_LSB+:IndexW+1]),
      .params_i(counts[weft_list_pkg::STORE_DW_COUNTS_PARAMS_LSB+:IndexW+1]), .free_i(over),
      .there_o(there), .weight_base_o(weight_base), .param_base_o(param_base), .weight_raddr_i(weight_raddr), .weights_o(weights),
      .param_raddr_i(param_raddr_q), .bias_o(bias), .mult_o(mult), .shift_o(shift)
  );
  wire logic outside2, slot3, emit3, first3, last3;
  wire logic [2:0] phase3;
  logic [8*COLS-1:0] data_q;
  logic [WeightsW-1:0] weights_q;
  delay #(.WIDTH(1), .CYCLES(weft_pkg::RAM_LATENCY), .RESET(0)) u_outside (.clk_i(clk), .rst_ni, .d_i(outside), .q_o(outside2));
  delay #(.WIDTH(2), .CYCLES(weft_pkg::DW_READ_LATENCY)) u_slot (.clk_i(clk), .rst_ni, .d_i({slot, emits}), .q_o({slot3, emit3}));
  delay #(.WIDTH(5), .CYCLES(weft_pkg::DW_READ_LATENCY), .RESET(0)) u_control (
      .clk_i(clk), .rst_ni, .d_i({phase, first, last}), .q_o({phase3, first3, last3})
  );
  always_ff @(posedge clk) begin
    data_q    <= outside2 ? {COLS{pad_q}} : read_data_i;
    weights_q <= weights;
  end
  wire logic [SumW*COLS-1:0] sums;
  depthwise_fir #(.COLS(COLS), .TAPS(TAPS)) u_fir (
      .clk_i(clk), .rst_ni, .slot_i(slot3), .data_i(data_q), .weights_i(weights_q), .phase_i(phase3), .first_i(first3), .last_i(last3),
      .emit_i(emit3), .valid_o, .data_o(sums)
  );

  // ---- Steps: LANES sums at once, each with its bias, multiplier and shift ---------------------------------------------------------
  localparam int StepW = SumW * LANES;
  wire logic [IndexW-1:0] param5;
  wire logic [StepW-1:0] step;
  logic [StepW*Steps-1:0] steps_q;
  delay #(.WIDTH(IndexW), .CYCLES(weft_pkg::DW_PRODUCT_LATENCY), .RESET(0)) u_param (.clk_i(clk), .rst_ni, .d_i(param), .q_o(param5));
  delay #(.WIDTH(StepW), .CYCLES(weft_pkg::RAM_LATENCY), .RESET(0)) u_step (.clk_i(clk), .rst_ni, .d_i(steps_q[StepW-1:0]), .q_o(step));
  integer l;
  always_ff @(posedge clk) begin
    steps_q       <= valid_o ? (StepW * Steps)'(sums) : steps_q >> StepW;
    param_raddr_q <= valid_o ? param5 : param_raddr_q + 1'b1;
    for (l = 0; l < LANES; l++) acc_o[32*l+:32] <= 32'($signed(step[SumW*l+:SumW])) + bias[32*l+:32];
    mult_o  <= mult;
    shift_o <= shift;
  end
endmodule
`default_nettype wire
