// SPDX-License-Identifier: Apache-2.0
// Rotates BYTES bytes so that the byte at offset_i comes first, and gives the first OUT bytes:
//   q_o byte b = d_i byte (offset_i + b) mod BYTES, b = 0 .. OUT-1, CYCLES cycles later.
// Two steps: by multiples of four bytes up to a register, then by 0 to 3 bytes. The second step ends in a register, too, or with
// CYCLES = 1 at q_o, so that its user puts it in front of a register of its own.
`default_nettype none
module rotate #(
    parameter int BYTES  = 32,  // Requires: a power of two, at least 8
    parameter int OUT    = 16,  // Requires: 1 to BYTES/2
    parameter int CYCLES = 1,   // Requires: 1 or 2
    localparam int OFFSET_W = $clog2(BYTES)
) (
    input  wire logic                clk_i,
    input  wire logic [ 8*BYTES-1:0] d_i,
    input  wire logic [OFFSET_W-1:0] offset_i,
    output wire logic [   8*OUT-1:0] q_o
);
  localparam int Words = (OUT + 3) / 4;
  if (BYTES < 8 || !weft_pkg::power_of_two(BYTES)) begin : gen_illegal_bytes BYTES_must_be_a_power_of_two_at_least_8 u_illegal (); end
  if (CYCLES < 1 || CYCLES > 2) begin : gen_illegal_cycles CYCLES_must_be_1_or_2 u_illegal (); end
  if (OUT < 1 || 2 * OUT > BYTES) begin : gen_illegal_out OUT_must_be_1_to_half_of_BYTES u_illegal (); end

  logic [8*BYTES-1:0] coarse, coarse_q;
  logic [1:0] fine_q;
  integer k;
  always_comb begin
    coarse = d_i;
    for (k = 2; k < OFFSET_W; k++)
      if (offset_i[k]) coarse = (coarse >> (8 << k)) | (coarse << (8 * BYTES - (8 << k)));
  end
  always_ff @(posedge clk_i) begin
    coarse_q <= coarse;
    fine_q   <= offset_i[1:0];
  end

  logic [32*Words-1:0] fine;
  integer w;
  generate
    if (CYCLES == 1) begin : gen_wires
      always_comb for (w = 0; w < Words; w++) fine[32*w+:32] = 32'(coarse_q[32*w+:64] >> {fine_q, 3'd0});
    end else begin : gen_regs
      always_ff @(posedge clk_i) for (w = 0; w < Words; w++) fine[32*w+:32] <= 32'(coarse_q[32*w+:64] >> {fine_q, 3'd0});
    end
  endgenerate
  assign q_o = fine[8*OUT-1:0];
  wire unused = &{1'b0, coarse_q, fine};
endmodule
`default_nettype wire
