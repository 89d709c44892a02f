// SPDX-License-Identifier: Apache-2.0
// The products and sums of a fused depthwise convolution, a transposed FIR filter for each of COLS channels:
//   slot: an entry's bytes, TAPS weights each -> products --2--> added to sums phase*TAPS ..; a column's last slots move the sums down
// Sum 0 is that of the filter window which ends at this column, sum j of the one that ends j columns later: it gets the weights of filter
// column KW-1-j. In the slots of the last filter row, sum j goes to sum j-1, and the top one begins with 0; sum 0 is finished, an output.
// One slot a cycle; data_o comes MULT_LOGIC_LATENCY cycles behind it.
`default_nettype none
module depthwise_fir #(
    parameter int COLS = 8,  // Requires: at least 2
    parameter int TAPS = 3,  // Requires: 1 or 3
    localparam int SUM_W = weft_pkg::DW_SUM_W
) (
    input  wire logic                   clk_i,
    input  wire logic                   rst_ni,
    input  wire logic                   slot_i,
    input  wire logic [     8*COLS-1:0] data_i,
    input  wire logic [8*TAPS*COLS-1:0] weights_i,  // byte t*COLS + c: tap t, channel c
    input  wire logic [            2:0] phase_i,
    input  wire logic                   first_i,    // sums begin with 0
    input  wire logic                   last_i,     // ... move down
    input  wire logic                   emit_i,     // sum 0 is an output
    output wire logic                   valid_o,
    output wire logic [ SUM_W*COLS-1:0] data_o
);
  if (COLS < 2) begin : gen_illegal_cols COLS_must_be_at_least_2 u_illegal (); end
  if (TAPS != 1 && TAPS != 3) begin : gen_illegal_taps TAPS_must_be_1_or_3 u_illegal (); end
  localparam int Phases = weft_pkg::DW_MAX_KW / TAPS;
  wire logic slot, last;
  wire logic [2:0] phase;
  delay #(.WIDTH(2), .CYCLES(weft_pkg::MULT_LOGIC_LATENCY)) u_valid (.clk_i, .rst_ni, .d_i({slot_i, slot_i & emit_i}), .q_o({slot, valid_o}));
  delay #(.WIDTH(4), .CYCLES(weft_pkg::MULT_LOGIC_LATENCY), .RESET(0)) u_control (
      .clk_i, .rst_ni, .d_i({phase_i, last_i}), .q_o({phase, last})
  );
  // Of the sums so far, those of this phase, if there are any: one bit each, so that the adder comes soon.
  logic [Phases-1:0] chosen;
  wire logic [Phases-1:0] adds;
  integer h;
  always_comb for (h = 0; h < Phases; h++) chosen[h] = (phase_i == 3'(h)) & ~first_i;
  delay #(.WIDTH(Phases), .CYCLES(weft_pkg::MULT_LOGIC_LATENCY), .RESET(0)) u_adds (.clk_i, .rst_ni, .d_i(chosen), .q_o(adds));

  genvar c, t;
  generate
    for (c = 0; c < COLS; c++) begin : gen_channel
      wire logic [16*TAPS-1:0] product;
      for (t = 0; t < TAPS; t++) begin : gen_tap
        mult_logic u_mult (.clk_i, .a_i(data_i[8*c+:8]), .b_i(weights_i[8*(t*COLS+c)+:8]), .p_o(product[16*t+:16]));
      end
      logic [SUM_W*Phases*TAPS-1:0] sums_q;
      logic [SUM_W*TAPS-1:0] sums, sum;  // those of this phase: so far, with these products
      integer i, p, n;
      always_comb begin
        sums = '0;
        for (p = 0; p < Phases; p++) sums = sums | (sums_q[SUM_W*p*TAPS+:SUM_W*TAPS] & {(SUM_W * TAPS){adds[p]}});
        for (i = 0; i < TAPS; i++) sum[SUM_W*i+:SUM_W] = sums[SUM_W*i+:SUM_W] + SUM_W'($signed(product[16*i+:16]));
      end
      always_ff @(posedge clk_i) begin
        if (slot) begin
          for (n = 0; n < Phases; n++)
            if (phase == 3'(n)) begin
              if (!last) sums_q[SUM_W*n*TAPS+:SUM_W*TAPS] <= sum;
              else begin
                if (n > 0) sums_q[SUM_W*(n*TAPS-(n>0?1:0))+:SUM_W] <= sum[SUM_W-1:0];
                sums_q[SUM_W*n*TAPS+:SUM_W*TAPS] <= (SUM_W * TAPS)'(sum >> SUM_W);
              end
            end
        end
      end
      assign data_o[SUM_W*c+:SUM_W] = sum[SUM_W-1:0];
    end
  endgenerate
endmodule
`default_nettype wire
