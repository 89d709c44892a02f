// SPDX-License-Identifier: Apache-2.0
// Reads the drain chains of the array and hands on LANES sums a cycle, N = COLS/LANES cycles a row, row 0 first.
// Lane l serves the columns l*N .. l*N+N-1. Column c comes c cycles after column 0, so lane l works l*N cycles behind lane 0
// and finds its columns ready one by one; at the end the lanes are aligned again.
//   last_i at cycle x: row k, column l*N+j leaves at x + 1 + Ahead + (LANES-1)*N + k*N + j.
// shift_o joins the control that travels with the data and moves the chains up one row every N cycles.
// Two tiles' last_i come at least N*ROWS cycles apart: the sequencer waits for that (asserted).
`default_nettype none
module drain #(
    parameter int ROWS  = 8,   // Requires: at least 2
    parameter int COLS  = 8,   // Requires: at least 2
    parameter int LANES = 4,   // Requires: divides COLS, at most COLS/2
    parameter int ACC_W = 32,  // Requires: 17 to 32
    localparam int N = COLS / LANES,
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int STEP_W = $clog2(N)
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   last_i,    // with the control of row 0
    output wire logic                   shift_o,
    input  wire logic [ACC_W*COLS-1:0]  chain_i,   // tops of the drain chains
    // Ahead cycles before sums_o: to find the tile's record, and to read its parameters
    output wire logic                   ahead_valid_o,
    output wire logic                   ahead_first_o,  // the first beat of a tile
    output wire logic [      ROW_W-1:0] ahead_row_o,
    output wire logic [     STEP_W-1:0] ahead_step_o,
    output wire logic [ACC_W*LANES-1:0] sums_o
);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (LANES < 1 || LANES * N != COLS || N < 2)
    begin : gen_illegal_lanes LANES_must_be_a_divisor_of_COLS_at_most_half_of_it u_illegal (); end
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  localparam int Ahead = weft_pkg::RECORD_LATENCY + weft_pkg::RAM_LATENCY;
  localparam int Select = weft_pkg::CHAIN_LATENCY - 1;  // the counter is there a cycle after last_i, the drain register later
  // One counter for lane 0.
  logic run_q;
  logic [ROW_W-1:0] row_q;
  logic [STEP_W-1:0] step_q;
  wire logic step_end = step_q == STEP_W'(N - 1);
  wire logic row_end = row_q == ROW_W'(ROWS - 1);
  assign shift_o = run_q & step_end & ~row_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) run_q <= 1'b0;
    else if (last_i) run_q <= 1'b1;
    else if (step_end & row_end) run_q <= 1'b0;
    if (last_i) begin
      row_q  <= '0;
      step_q <= '0;
    end else begin
      step_q <= step_end ? '0 : step_q + 1'b1;
      if (step_end) row_q <= row_q + 1'b1;
    end
  end

  // Each lane's select, N cycles after its left neighbour's.
  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : gen_lane
      wire logic [STEP_W-1:0] step;
      delay #(.WIDTH(STEP_W), .CYCLES(Select + l * N), .RESET(0)) u_select (.clk_i, .rst_ni, .d_i(step_q), .q_o(step));
      wire logic [ACC_W*N-1:0] columns = chain_i[ACC_W*N*l+:ACC_W*N];
      logic [ACC_W-1:0] sum_q;
      always_ff @(posedge clk_i) sum_q <= columns[ACC_W*step+:ACC_W];
      delay #(.WIDTH(ACC_W), .CYCLES(Ahead - Select - 1 + (LANES - 1 - l) * N), .RESET(0)) u_align (
          .clk_i, .rst_ni, .d_i(sum_q), .q_o(sums_o[ACC_W*l+:ACC_W])
      );
    end
  endgenerate

  delay #(.WIDTH(2 + ROW_W + STEP_W), .CYCLES((LANES - 1) * N)) u_ahead (
      .clk_i, .rst_ni,
      .d_i({run_q, run_q & (row_q == '0) & (step_q == '0), row_q, step_q}),
      .q_o({ahead_valid_o, ahead_first_o, ahead_row_o, ahead_step_o})
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : DrainedInTime_A
      assert (!(last_i && run_q && !(step_end && row_end)));
    end
`endif
endmodule
`default_nettype wire
