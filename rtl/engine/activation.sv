// SPDX-License-Identifier: Apache-2.0
// Clamps int8 to [lo, hi], two cycles later: ReLU is lo = zp, ReLU6 has hi = the code of 6.0 too, none is [-128, 127].
`default_nettype none
module activation (
    input  wire logic       clk_i,
    input  wire logic [7:0] x_i,
    input  wire logic [7:0] lo_i,
    input  wire logic [7:0] hi_i,
    output logic      [7:0] y_o
);
  logic below_q, above_q;
  logic [7:0] x_q, lo_q, hi_q;
  always_ff @(posedge clk_i) begin
    below_q <= weft_pkg::int8_less(x_i, lo_i);
    above_q <= weft_pkg::int8_less(hi_i, x_i);
    x_q <= x_i;
    lo_q <= lo_i;
    hi_q <= hi_i;
    y_o <= below_q ? lo_q : above_q ? hi_q : x_q;
  end
endmodule
`default_nettype wire
