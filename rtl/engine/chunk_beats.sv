// SPDX-License-Identifier: Apache-2.0
// The beats of the running chunk: start_i at cycle s gives beats at s+1 .. s+len, with the byte of the chunk, the weight word, and
// the flags of the first and last beat. The next chunk may start in the cycle of the last beat.
//   cycle          0  1  2  3  4  5  6
//   start_i        A        B              len_i = 3, 2
//   valid_o           A  A  A  B  B
//   index_o           0  1  2  0  1
//   left_o         0  3  2  1  2  1  0
//   idle_pes_o              A  A  A  B  B
// idle_pes_o counts the processing elements that a beat leaves idle, because its tile has fewer than ROWS pixels or its group fewer
// than COLS channels; it comes two cycles after the beat.
`default_nettype none
module chunk_beats #(
    parameter int ROWS         = 8,
    parameter int COLS         = 8,
    parameter int WORD         = 16,  // bytes of the longest chunk
    parameter int WEIGHT_PTR_W = 16,
    localparam int LEN_W = $clog2(WORD + 1),
    localparam int ROW_W = $clog2(ROWS + 1),
    localparam int COL_W = $clog2(COLS + 1),
    localparam int EDGE_W = $clog2(ROWS * COLS + 1)
) (
    input  wire logic                    clk_i,
    input  wire logic                    rst_ni,
    // the chunk that starts
    input  wire logic                    start_i,
    input  wire logic [       LEN_W-1:0] len_i,
    input  wire logic                    clears_i,       // its first beat clears the accumulators
    input  wire logic                    drains_i,       // its last beat drains them
    input  wire logic                    frees_i,        // no later tile reads its weights
    input  wire logic                    group_i,        // it is its group's last
    input  wire logic [WEIGHT_PTR_W-1:0] weight_i,       // its first weight word
    input  wire logic [       ROW_W-1:0] rows_i,         // of its tile
    input  wire logic [       COL_W-1:0] cols_i,         // of its group
    // beats
    output wire logic [       LEN_W-1:0] left_o,         // with this one
    output wire logic                    valid_o,
    output wire logic                    first_o,
    output wire logic                    last_o,
    output wire logic                    frees_o,        // the chunk's last beat, if no later tile reads its weights
    output wire logic                    group_o,
    output wire logic [       LEN_W-1:0] index_o,        // byte of the chunk
    output wire logic [WEIGHT_PTR_W-1:0] weight_o,
    output logic      [      EDGE_W-1:0] idle_pes_o      // of the beat two cycles ago, 0 without one
);
  logic [LEN_W-1:0] run_left_q, run_index_q;
  logic [WEIGHT_PTR_W-1:0] run_weight_q;
  logic run_valid_q, run_first_q, run_drains_q, run_frees_q, run_group_q;
  logic [ROW_W-1:0] run_rows_q;
  logic [COL_W-1:0] run_cols_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) run_left_q <= '0;
    else if (start_i) run_left_q <= len_i;
    else if (run_left_q != '0) run_left_q <= run_left_q - 1'b1;
    run_valid_q <= rst_ni & (start_i | (run_left_q > LEN_W'(1)));  // run_left_q != 0

    if (start_i) begin
      run_index_q <= '0;
      run_weight_q <= weight_i;
      run_first_q <= clears_i;
      run_drains_q <= drains_i;
      run_frees_q <= frees_i;
      run_group_q <= group_i;
      run_rows_q <= rows_i;
      run_cols_q <= cols_i;
    end else begin
      run_index_q <= run_index_q + 1'b1;
      run_weight_q <= run_weight_q + 1'b1;
      run_first_q <= 1'b0;
    end
  end
  wire logic chunk_end = run_left_q == LEN_W'(1);
  assign left_o = run_left_q;
  assign valid_o = run_valid_q;
  assign first_o = run_first_q;
  assign last_o = run_drains_q & chunk_end;
  assign frees_o = run_frees_q & chunk_end;
  assign group_o = run_group_q;
  assign index_o = run_index_q;
  assign weight_o = run_weight_q;

  // PEs that it leaves idle: shifts and adds in two steps, or it would take a multiplier.
  localparam int HalfW = (ROW_W + 1) / 2;
  logic [EDGE_W-1:0] busy_lo, busy_hi, busy_lo_q, busy_hi_q;
  logic run_valid_q2;
  integer i;
  always_comb begin
    busy_lo = '0;
    busy_hi = '0;
    for (i = 0; i < ROW_W; i++)
      if (run_rows_q[i]) begin
        if (i < HalfW) busy_lo = busy_lo + (EDGE_W'(run_cols_q) << i);
        else busy_hi = busy_hi + (EDGE_W'(run_cols_q) << i);
      end
  end
  always_ff @(posedge clk_i) begin
    busy_lo_q <= busy_lo;
    busy_hi_q <= busy_hi;
    run_valid_q2 <= run_valid_q;
    idle_pes_o <= run_valid_q2 ? EDGE_W'(ROWS * COLS) - busy_lo_q - busy_hi_q : '0;
  end
endmodule
`default_nettype wire
