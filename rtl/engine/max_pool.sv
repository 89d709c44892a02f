// SPDX-License-Identifier: Apache-2.0
// Maximum over count_i consecutive pixels, channel by channel; count_i = 1 passes every pixel.
// The pixel walker's order makes the pixels of a pooling window consecutive, so the unit needs no memory of lines, and any window
// works, overlapping ones too (their pixels come more than once). valid_o one cycle after the last pixel of a pooling window.
// count_i changes between pooling windows only.
`default_nettype none
module max_pool #(
    parameter int COLS = 8,  // Requires: at least 1
    localparam int DIM_W = weft_list_pkg::DIM_W
) (
    input  wire logic              clk_i,
    input  wire logic              rst_ni,
    input  wire logic [ DIM_W-1:0] count_i,
    input  wire logic              valid_i,
    input  wire logic [8*COLS-1:0] data_i,
    output logic                   valid_o,
    output logic      [8*COLS-1:0] data_o
);
  if (COLS < 1) begin : gen_illegal_cols COLS_must_be_at_least_1 u_illegal (); end
  logic first_q;               // no pixel of the pooling window was there yet
  logic [DIM_W-1:0] left_q;    // otherwise: pixels that are still to come
  wire logic last = first_q ? count_i == DIM_W'(1) : left_q == DIM_W'(1);

  always_ff @(posedge clk_i) begin
    valid_o <= rst_ni & valid_i & last;
    if (!rst_ni) first_q <= 1'b1;
    else if (valid_i) first_q <= last;
    if (valid_i) left_q <= (first_q ? count_i : left_q) - 1'b1;
  end

  genvar c;
  generate
    for (c = 0; c < COLS; c++) begin : gen_channel
      always_ff @(posedge clk_i)
        if (valid_i && (first_q || weft_pkg::int8_less(data_o[8*c+:8], data_i[8*c+:8]))) data_o[8*c+:8] <= data_i[8*c+:8];
    end
  endgenerate
endmodule
`default_nettype wire
