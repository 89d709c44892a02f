// SPDX-License-Identifier: Apache-2.0
// CRC-32 of Ethernet and zlib, a byte a cycle (polynomial 04c11db7, both reflected).
//   crc_o = the CRC of the bytes since clear_i, inverted; behind bytes and their CRC, lowest byte first, it is RESIDUE.
// clear_i and valid_i in one cycle: clear_i wins.
`default_nettype none
module crc32 (
    input  wire logic        clk_i,
    input  wire logic        clear_i,
    input  wire logic        valid_i,
    input  wire logic [ 7:0] data_i,
    output wire logic [31:0] crc_o,
    output wire logic        good_o    // crc_o is the residue
);
  localparam logic [31:0] Reflected = 32'hedb88320;
  localparam logic [31:0] Residue = 32'hdebb20e3;

  function automatic [31:0] next(input [31:0] crc, input [7:0] data);
    integer i;
    reg [31:0] c;
    begin
      c = crc ^ {24'd0, data};
      for (i = 0; i < 8; i = i + 1) c = (c >> 1) ^ (c[0] ? Reflected : 32'd0);
      next = c;
    end
  endfunction

  logic [31:0] crc_q;
  always_ff @(posedge clk_i) begin
    if (clear_i) crc_q <= '1;
    else if (valid_i) crc_q <= next(crc_q, data_i);
  end
  assign crc_o  = crc_q;
  assign good_o = crc_q == Residue;
endmodule
`default_nettype wire
