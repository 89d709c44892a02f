// SPDX-License-Identifier: Apache-2.0
// Memory with one write and one read port on SDPX9B or SDPB, output registers on:   rdata_o = mem[raddr_i], two cycles later.
// Same module as ../ram.sv, but a read of the word being written is undefined: no ring of the engine uses such a read.
// The shape of a block is the widest one that is DEPTH deep, so that no select follows the output registers; only beyond
// 16384 words are there several banks, and their select is delayed like the data.
`default_nettype none
module ram #(
    parameter int WIDTH = 64,   // Requires: at least 1
    parameter int DEPTH = 512,  // Requires: at least 2
    localparam int ADDR_W = $clog2(DEPTH)
) (
    input  wire logic              clk_i,
    input  wire logic              we_i,
    input  wire logic [ADDR_W-1:0] waddr_i,
    input  wire logic [ WIDTH-1:0] wdata_i,
    input  wire logic [ADDR_W-1:0] raddr_i,
    output wire logic [ WIDTH-1:0] rdata_o
);
  if (WIDTH < 1) begin : gen_illegal_width WIDTH_must_be_at_least_1 u_illegal (); end
  if (DEPTH < 2) begin : gen_illegal_depth DEPTH_must_be_at_least_2 u_illegal (); end
  // A block has 14 address bits, of which a word of 2, 4, 9, 18, 36 bits leaves the lowest 1, 2, 3, 4, 5 unused.
  localparam int Bits = DEPTH <= 512 ? 36 : DEPTH <= 1024 ? 18 : DEPTH <= 2048 ? 9 : DEPTH <= 4096 ? 4 : DEPTH <= 8192 ? 2 : 1;
  localparam int Shift = DEPTH <= 512 ? 5 : DEPTH <= 1024 ? 4 : DEPTH <= 2048 ? 3 : DEPTH <= 4096 ? 2 : DEPTH <= 8192 ? 1 : 0;
  localparam int BankAddrW = 14 - Shift;
  localparam int Blocks = (WIDTH + Bits - 1) / Bits;
  localparam int Banks = (DEPTH + 16383) / 16384;
  localparam int SelW = ADDR_W > 14 ? ADDR_W - 14 : 1;

  // At 18 and 36 bits, the lowest bits of the write address enable its bytes of 9 bits.
  wire logic [13:0] enables = Bits == 36 ? 14'd15 : Bits == 18 ? 14'd3 : 14'd0;
  wire logic [13:0] waddr = (14'(BankAddrW'(waddr_i)) << Shift) | enables;
  wire logic [13:0] raddr = 14'(BankAddrW'(raddr_i)) << Shift;
  wire logic [Blocks*Bits-1:0] wdata = (Blocks * Bits)'(wdata_i);
  wire logic [Banks*Blocks*Bits-1:0] rdata;

  wire logic [SelW-1:0] wsel, rsel;
  generate
    if (Banks > 1) begin : gen_select
      logic [SelW-1:0] rsel_q, rsel_q2;
      always_ff @(posedge clk_i) begin
        rsel_q  <= raddr_i[ADDR_W-1:14];
        rsel_q2 <= rsel_q;
      end
      assign wsel = waddr_i[ADDR_W-1:14];
      assign rsel = rsel_q2;
    end else begin : gen_one
      assign wsel = '0;
      assign rsel = '0;
    end
  endgenerate
  assign rdata_o = rdata[Blocks*Bits*rsel+:WIDTH];
  wire unused = &{1'b0, rdata};

  genvar n, k;
  generate
    for (n = 0; n < Banks; n++) begin : gen_bank
      wire logic we = we_i & (wsel == SelW'(n));
      for (k = 0; k < Blocks; k++) begin : gen_block
        // SDPX9B has the ninth bits of bytes, SDPB only eight.
        if (Bits >= 9) begin : gen_9
          wire logic [35:0] q;
          assign rdata[Bits*(Blocks*n+k)+:Bits] = q[Bits-1:0];
          wire unused_q = &{1'b0, q};
          SDPX9B #(.READ_MODE(1'b1), .BIT_WIDTH_0(Bits), .BIT_WIDTH_1(Bits)) u_cell (
              .CLKA(clk_i), .CEA(we), .RESETA(1'b0), .ADA(waddr), .BLKSELA(3'd0), .DI(36'(wdata[Bits*k+:Bits])),
              .CLKB(clk_i), .CEB(1'b1), .RESETB(1'b0), .ADB(raddr), .BLKSELB(3'd0), .OCE(1'b1), .DO(q)
          );
        end else begin : gen_8
          wire logic [31:0] q;
          assign rdata[Bits*(Blocks*n+k)+:Bits] = q[Bits-1:0];
          wire unused_q = &{1'b0, q};
          SDPB #(.READ_MODE(1'b1), .BIT_WIDTH_0(Bits), .BIT_WIDTH_1(Bits)) u_cell (
              .CLKA(clk_i), .CEA(we), .RESETA(1'b0), .ADA(waddr), .BLKSELA(3'd0), .DI(32'(wdata[Bits*k+:Bits])),
              .CLKB(clk_i), .CEB(1'b1), .RESETB(1'b0), .ADB(raddr), .BLKSELB(3'd0), .OCE(1'b1), .DO(q)
          );
        end
      end
    end
  endgenerate
endmodule
`default_nettype wire
