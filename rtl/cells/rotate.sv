// SPDX-License-Identifier: Apache-2.0
// Rotates BYTES bytes so that the byte at offset_i comes first, and gives the first OUT bytes:
//   q_o byte b = d_i byte (offset_i + b) mod BYTES, b = 0 .. OUT-1, a cycle after valid_i, until the cycle after the next one.
// Two steps: by multiples of Span bytes up to a register, then by 0 to Span-1 bytes up to q_o, for a register of its user. The second
// step has the larger half of the offset's bits: what comes to the first one may come from far away.
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
  localparam int FineW = (OFFSET_W + 1) / 2;
  localparam int Span = 1 << FineW;
  if (BYTES < 8 || !weft_pkg::power_of_two(BYTES)) begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_8 u_illegal (); end
  if (OUT < 1 || 2 * OUT > BYTES) begin : gen_illegal_out OUT_must_be_1_to_half_of_BYTES u_illegal (); end

  function automatic logic [8*BYTES-1:0] by_spans(input logic [8*BYTES-1:0] d, input logic [OFFSET_W-FineW-1:0] spans);
    integer k;
    begin
      by_spans = d;
      for (k = 0; k < OFFSET_W - FineW; k++)
        if (spans[k]) by_spans = (by_spans >> (8 * Span << k)) | (by_spans << (8 * BYTES - (8 * Span << k)));
    end
  endfunction
  logic [8*BYTES-1:0] coarse_q;
  logic [FineW-1:0] fine_q;
  always_ff @(posedge clk_i)
    if (valid_i) begin
      coarse_q <= by_spans(d_i, offset_i[OFFSET_W-1:FineW]);
      fine_q   <= offset_i[FineW-1:0];
    end

  assign q_o = (8 * OUT)'(coarse_q >> {fine_q, 3'd0});
  wire unused = &{1'b0, coarse_q};
endmodule
`default_nettype wire
