// SPDX-License-Identifier: Apache-2.0
// Two pins instead of many, for place and route: what the figures of docs/fpga.md are measured on.
// Every input of the design is a bit of one long shift register that a pin fills, every output ends in a register and from there
// in an XOR of four bits a stage that a pin shows. So nothing of the design is constant or unused, no path of the design ends at
// a pin, and no path of this module is longer than one gate. Computes nothing of use.
`default_nettype none
module few_pins #(
    parameter int IN_W  = 64,
    parameter int OUT_W = 64
) (
    input  wire logic             clk_i,
    input  wire logic             rst_ni,
    input  wire logic             serial_i,
    output wire logic             parity_o,
    output wire logic             rst_no,    // of the design
    output wire logic [ IN_W-1:0] in_o,
    input  wire logic [OUT_W-1:0] out_i
);
  logic rst_q, rst_q2;
  logic [IN_W-1:0] in_q;
  always_ff @(posedge clk_i) begin
    rst_q  <= rst_ni;
    rst_q2 <= rst_q;
    in_q   <= {in_q[IN_W-2:0], serial_i};
  end
  assign rst_no = rst_q2;
  assign in_o   = in_q;

  localparam int Stages = ($clog2(OUT_W) + 1) / 2;
  localparam int Width = 1 << (2 * Stages);
  genvar s, i;
  generate
    for (s = 0; s <= Stages; s++) begin : gen_stage
      localparam int N = Width >> (2 * s);
      logic [N-1:0] q;
      if (s == 0) begin : gen_bits
        always_ff @(posedge clk_i) q <= Width'(out_i);
      end else begin : gen_xor
        for (i = 0; i < N; i++) begin : gen_bit
          always_ff @(posedge clk_i) q[i] <= ^gen_stage[s-1].q[4*i+:4];
        end
      end
    end
  endgenerate
  assign parity_o = gen_stage[Stages].q[0];
endmodule
`default_nettype wire
