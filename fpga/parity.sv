// The parity of many bits, registered: an XOR of four bits a stage until one is left.
`default_nettype none
module parity #(
    parameter int WIDTH = 64
) (
    input  wire logic             clk_i,
    input  wire logic [WIDTH-1:0] bits_i,
    output wire logic             parity_o
);
  localparam int Stages = ($clog2(WIDTH) + 1) / 2;
  localparam int Width = 1 << (2 * Stages);
  genvar s, i;
  generate
    for (s = 0; s <= Stages; s++) begin : gen_stage
      localparam int N = Width >> (2 * s);
      logic [N-1:0] q;
      if (s == 0) begin : gen_bits
        always_ff @(posedge clk_i) q <= Width'(bits_i);
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
