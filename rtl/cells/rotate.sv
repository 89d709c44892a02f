// SPDX-License-Identifier: Apache-2.0
// Rotates BYTES bytes so that the byte at offset_i comes first, and gives the first OUT bytes:
//   q_o byte b = d_i byte (offset_i + b) mod BYTES, b = 0 .. OUT-1, a cycle after valid_i, until the cycle after the next one.
// Two steps: by multiples of four bytes up to a register, then by 0 to 3 bytes up to q_o, for a register of its user.
`default_nettype none
module rotate #(
    parameter int BYTES  = 32,  // Requires: a power of two, at least 8
    parameter int OUT    = 16,  // Requires: 1 to BYTES/2
    localparam int OFFSET_W = $clog2(BYTES)
) (
    input  wire logic                clk_i,
    input  wire logic                valid_i,
    input  wire logic [ 8*BYTES-1:0] d_i,
    input  wire logic [OFFSET_W-1:0] offset_i,
    output wire logic [   8*OUT-1:0] q_o
);
  localparam int Words = (OUT + 3) / 4;
  if (BYTES < 8 || !weft_pkg::power_of_two(BYTES)) begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_8 u_illegal (); end
  if (OUT < 1 || 2 * OUT > BYTES) begin : gen_illegal_out OUT_must_be_1_to_half_of_BYTES u_illegal (); end

  function automatic logic [8*BYTES-1:0] by_fours(input logic [8*BYTES-1:0] d, input logic [OFFSET_W-3:0] fours);
    integer k;
    begin
      by_fours = d;
      for (k = 0; k < OFFSET_W - 2; k++)
        if (fours[k]) by_fours = (by_fours >> (32 << k)) | (by_fours << (8 * BYTES - (32 << k)));
    end
  endfunction
  logic [8*BYTES-1:0] coarse_q;
  logic [1:0] fine_q;
  always_ff @(posedge clk_i)
    if (valid_i) begin
      coarse_q <= by_fours(d_i, offset_i[OFFSET_W-1:2]);
      fine_q   <= offset_i[1:0];
    end

  logic [32*Words-1:0] fine;
  integer w;
  always_comb for (w = 0; w < Words; w++) fine[32*w+:32] = 32'(coarse_q[32*w+:64] >> {fine_q, 3'd0});
  assign q_o = fine[8*OUT-1:0];
  wire unused = &{1'b0, coarse_q, fine};
endmodule
`default_nettype wire
