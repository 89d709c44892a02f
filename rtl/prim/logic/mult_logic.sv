// SPDX-License-Identifier: Apache-2.0
// Signed 8x8 multiplier:   p_o = a_i * b_i, two cycles later. Same module as ../mult_logic.sv, but as sums of shifted factors, of which
// Yosys makes adders; of `*` it would make a multiplier block, of which a small part has few.
`default_nettype none
module mult_logic (
    input  wire logic        clk_i,
    input  wire logic [ 7:0] a_i,
    input  wire logic [ 7:0] b_i,
    output logic      [15:0] p_o
);
  // a * b = a * b[3:0] + (a * b[7:4]) * 16; bit 7 of b counts negative
  wire logic [11:0] a = 12'($signed(a_i));
  logic [11:0] low_q, high_q;
  always_ff @(posedge clk_i) begin
    low_q  <= ((b_i[0] ? a : '0) + (b_i[1] ? a << 1 : '0)) + ((b_i[2] ? a << 2 : '0) + (b_i[3] ? a << 3 : '0));
    high_q <= ((b_i[4] ? a : '0) + (b_i[5] ? a << 1 : '0)) + ((b_i[6] ? a << 2 : '0) - (b_i[7] ? a << 3 : '0));
    p_o    <= 16'($signed(low_q)) + {high_q, 4'd0};
  end
endmodule
`default_nettype wire
