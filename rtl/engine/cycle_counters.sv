// SPDX-License-Identifier: Apache-2.0
// Counts what every cycle was spent on, while count_i is high: one counter a cause (weft_pkg::CAUSE_*), which add up to the
// total, and the PE cycles that were idle during beats because a tile has fewer than ROWS pixels or COLS channels (CAUSE_EDGE).
`default_nettype none
module cycle_counters #(
    parameter int EDGE_W = 7,  // bits of edge_i. Requires: 1 to COUNT_W
    localparam int COUNT_W = weft_pkg::COUNT_W
) (
    input  wire logic                                clk_i,
    input  wire logic                                rst_ni,
    input  wire logic                                count_i,
    input  wire logic [                         2:0] cause_i,
    input  wire logic [                  EDGE_W-1:0] edge_i,   // 0 without a beat; may come later than the beat's cause
    output wire logic [weft_pkg::CAUSES*COUNT_W-1:0] counts_o
);
  if (EDGE_W < 1 || EDGE_W > COUNT_W) begin : gen_illegal_edge_w EDGE_W_must_be_1_to_COUNT_W u_illegal (); end
  genvar i;
  generate
    for (i = 0; i < weft_pkg::CAUSES; i++) begin : gen_cause
      logic [COUNT_W-1:0] count_q;
      if (i == weft_pkg::CAUSE_EDGE) begin : gen_edge
        always_ff @(posedge clk_i)
          if (!rst_ni) count_q <= '0;
          else if (count_i) count_q <= count_q + COUNT_W'(edge_i);
      end else begin : gen_cycles
        always_ff @(posedge clk_i)
          if (!rst_ni) count_q <= '0;
          else if (count_i & (cause_i == 3'(i))) count_q <= count_q + 1'b1;
      end
      assign counts_o[COUNT_W*i+:COUNT_W] = count_q;
    end
  endgenerate
endmodule
`default_nettype wire
