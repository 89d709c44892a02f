// SPDX-License-Identifier: Apache-2.0
// ROWS x COLS processing elements, output stationary: row = output pixel, column = output channel, time = the reduction.
//   acc(r,c) = sum over t of act[r][t] * wgt[t][c]
// With two MACs a multiplier, columns 2i and 2i+1 are one pe_pair a row, an odd COLS has pe in its last column. Timing is the same.
// act_i[r] comes r cycles after act_i[0] (the row feeder's load order is that skew); weights and control come unskewed and
// are skewed here along the top and the left edge. drain_o is the top of the drain chains: column c, c cycles after column 0.
`default_nettype none
module systolic_array #(
    parameter int ROWS  = 8,          // Requires: at least 2
    parameter int COLS  = 8,          // Requires: at least 2
    parameter int ACC_W = 32,         // Requires: 17 to 32
    parameter int MACS_PER_MULT = 1   // Requires: 1 or 2
) (
    input  wire logic                       clk_i,
    input  wire logic                       rst_ni,
    input  wire logic [         8*ROWS-1:0] act_i,
    input  wire logic [         8*COLS-1:0] wgt_i,
    input  wire logic [weft_pkg::CTL_W-1:0] ctl_i,   // of row 0, MULT_LATENCY behind act_i and wgt_i
    output wire logic [     ACC_W*COLS-1:0] drain_o
);
  if (ROWS < 2) begin : gen_illegal_rows ROWS_must_be_at_least_2 u_illegal (); end
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (ACC_W < 17 || ACC_W > 32) begin : gen_illegal_acc_w ACC_W_must_be_17_to_32 u_illegal (); end
  if (MACS_PER_MULT != 1 && MACS_PER_MULT != 2) begin : gen_illegal_macs_per_mult MACS_PER_MULT_must_be_1_or_2 u_illegal (); end
  localparam int CtlW = weft_pkg::CTL_W;
  localparam int Step = MACS_PER_MULT == 2 ? 2 : 1;

  genvar r, c;
  generate
    for (r = 0; r < ROWS; r++) begin : gen_row
      for (c = 0; c < COLS; c = c + Step) begin : gen_col  // the first column of a cell: an element or a pair
        localparam int Cols = c + Step <= COLS ? Step : 1;
        localparam int WgtW = Cols == 2 ? weft_pkg::PAIR_WGT_W : 8;
        wire logic [7:0] act_in, act_out;
        wire logic [CtlW-1:0] ctl_in, ctl_out;
        wire logic [WgtW-1:0] wgt_in, wgt_out;
        wire logic [ACC_W*Cols-1:0] drain_in, drain_out;

        if (c == 0) begin : gen_left
          assign act_in = act_i[8*r+:8];
          delay #(.WIDTH(CtlW), .CYCLES(r), .RESET(0)) u_ctl_skew (.clk_i, .rst_ni, .d_i(ctl_i), .q_o(ctl_in));
        end else begin : gen_inner_col
          assign act_in = gen_row[r].gen_col[c-Step].act_out;
          assign ctl_in = gen_row[r].gen_col[c-Step].ctl_out;
        end
        if (r == 0) begin : gen_top
          wire logic [WgtW-1:0] wgt;
          delay #(.WIDTH(WgtW), .CYCLES(c), .RESET(0)) u_wgt_skew (.clk_i, .rst_ni, .d_i(wgt), .q_o(wgt_in));
          assign drain_o[ACC_W*c+:ACC_W] = drain_out[ACC_W-1:0];
          if (Cols == 2) begin : gen_pair
            assign wgt = weft_pkg::pair_weights(wgt_i[8*(c+1)+:8], wgt_i[8*c+:8]);
            // The odd column is due a cycle after the even one: acc1 = (sum - acc0) / 2^9, whose low nine bits are equal.
            logic [ACC_W-1:0] acc1_q;
            always_ff @(posedge clk_i)
              acc1_q <= drain_out[ACC_W+:ACC_W] - ACC_W'($signed(drain_out[ACC_W-1:0]) >>> 9);
            assign drain_o[ACC_W*(c+1)+:ACC_W] = acc1_q;
          end else begin : gen_single
            assign wgt = wgt_i[8*c+:8];
          end
        end else begin : gen_inner_row
          assign wgt_in = gen_row[r-1].gen_col[c].wgt_out;
        end
        if (r == ROWS - 1) begin : gen_bottom
          assign drain_in = '0;
        end else begin : gen_above_bottom
          assign drain_in = gen_row[r+1].gen_col[c].drain_out;
        end

        if (Cols == 2) begin : gen_pair
          pe_pair #(.ACC_W(ACC_W)) u_pe (
              .clk_i, .act_i(act_in), .wgt_i(wgt_in), .ctl_i(ctl_in), .drain_i(drain_in),
              .act_o(act_out), .wgt_o(wgt_out), .ctl_o(ctl_out), .drain_o(drain_out)
          );
        end else begin : gen_single
          pe #(.ACC_W(ACC_W)) u_pe (
              .clk_i, .act_i(act_in), .wgt_i(wgt_in), .ctl_i(ctl_in), .drain_i(drain_in),
              .act_o(act_out), .wgt_o(wgt_out), .ctl_o(ctl_out), .drain_o(drain_out)
          );
        end
        if (c + Step >= COLS || r == ROWS - 1) begin : gen_edge
          wire unused = &{1'b0, act_out, wgt_out, ctl_out};
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
