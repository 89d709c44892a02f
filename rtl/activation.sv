// Clamps int8 to [lo, hi], one cycle later: ReLU is lo = zp, ReLU6 has hi = the code of 6.0 too, none is [-128, 127].
`default_nettype none
module activation (
    input  wire logic       clk_i,
    input  wire logic [7:0] x_i,
    input  wire logic [7:0] lo_i,
    input  wire logic [7:0] hi_i,
    output logic      [7:0] y_o
);
  always_ff @(posedge clk_i)
    y_o <= $signed(x_i) < $signed(lo_i) ? lo_i : $signed(x_i) > $signed(hi_i) ? hi_i : x_i;
endmodule
`default_nettype wire
