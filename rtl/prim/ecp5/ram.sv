// SPDX-License-Identifier: Apache-2.0
// Memory with one write and one read port on DP16KD, output registers on:   rdata_o = mem[raddr_i], two cycles later.
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
  // A block has 14 address bits, of which a word of 2, 4, 9, 18 bits leaves the lowest 1, 2, 3, 4 unused.
  localparam int Bits = DEPTH <= 1024 ? 18 : DEPTH <= 2048 ? 9 : DEPTH <= 4096 ? 4 : DEPTH <= 8192 ? 2 : 1;
  localparam int Shift = DEPTH <= 1024 ? 4 : DEPTH <= 2048 ? 3 : DEPTH <= 4096 ? 2 : DEPTH <= 8192 ? 1 : 0;
  localparam int BankAddrW = 14 - Shift;
  localparam int Blocks = (WIDTH + Bits - 1) / Bits;
  localparam int Banks = (DEPTH + 16383) / 16384;
  localparam int SelW = ADDR_W > 14 ? ADDR_W - 14 : 1;

  // At 18 bits, ADA0 and ADA1 are the byte enables of a write.
  wire logic [13:0] wenables = Bits == 18 ? 14'd3 : 14'd0;
  wire logic [13:0] waddr = (14'(BankAddrW'(waddr_i)) << Shift) | wenables;
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
        wire logic [17:0] d = 18'(wdata[Bits*k+:Bits]);
        wire logic [17:0] q;
        assign rdata[Bits*(Blocks*n+k)+:Bits] = q[Bits-1:0];
        wire unused_q = &{1'b0, q};
        DP16KD #(
            .DATA_WIDTH_A(Bits), .DATA_WIDTH_B(Bits), .REGMODE_A("OUTREG"), .REGMODE_B("OUTREG"), .RESETMODE("SYNC"),
            .WRITEMODE_A("NORMAL"), .WRITEMODE_B("NORMAL"), .CSDECODE_A("0b000"), .CSDECODE_B("0b000"), .GSR("DISABLED")
        ) u_cell (
            .CLKA(clk_i), .CEA(1'b1), .OCEA(1'b1), .WEA(we), .RSTA(1'b0), .CSA0(1'b0), .CSA1(1'b0), .CSA2(1'b0),
            .CLKB(clk_i), .CEB(1'b1), .OCEB(1'b1), .WEB(1'b0), .RSTB(1'b0), .CSB0(1'b0), .CSB1(1'b0), .CSB2(1'b0),
            .ADA0(waddr[0]), .ADA1(waddr[1]), .ADA2(waddr[2]), .ADA3(waddr[3]), .ADA4(waddr[4]), .ADA5(waddr[5]),
            .ADA6(waddr[6]), .ADA7(waddr[7]), .ADA8(waddr[8]), .ADA9(waddr[9]), .ADA10(waddr[10]), .ADA11(waddr[11]),
            .ADA12(waddr[12]), .ADA13(waddr[13]),
            .ADB0(raddr[0]), .ADB1(raddr[1]), .ADB2(raddr[2]), .ADB3(raddr[3]), .ADB4(raddr[4]), .ADB5(raddr[5]),
            .ADB6(raddr[6]), .ADB7(raddr[7]), .ADB8(raddr[8]), .ADB9(raddr[9]), .ADB10(raddr[10]), .ADB11(raddr[11]),
            .ADB12(raddr[12]), .ADB13(raddr[13]),
            .DIA0(d[0]), .DIA1(d[1]), .DIA2(d[2]), .DIA3(d[3]), .DIA4(d[4]), .DIA5(d[5]),
            .DIA6(d[6]), .DIA7(d[7]), .DIA8(d[8]), .DIA9(d[9]), .DIA10(d[10]), .DIA11(d[11]),
            .DIA12(d[12]), .DIA13(d[13]), .DIA14(d[14]), .DIA15(d[15]), .DIA16(d[16]), .DIA17(d[17]),
            .DOB0(q[0]), .DOB1(q[1]), .DOB2(q[2]), .DOB3(q[3]), .DOB4(q[4]), .DOB5(q[5]),
            .DOB6(q[6]), .DOB7(q[7]), .DOB8(q[8]), .DOB9(q[9]), .DOB10(q[10]), .DOB11(q[11]),
            .DOB12(q[12]), .DOB13(q[13]), .DOB14(q[14]), .DOB15(q[15]), .DOB16(q[16]), .DOB17(q[17])
        );
      end
    end
  endgenerate
endmodule
`default_nettype wire
