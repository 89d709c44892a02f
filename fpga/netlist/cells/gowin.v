// SPDX-License-Identifier: Apache-2.0
// Behaviour of Gowin's block RAM and multipliers, which Yosys ships as black boxes, for netlists and for tests/rtl/prim/family_prim_test.sh.
// These models are ours, written from Gowin's documents on BSRAM and DSP and from what Yosys expects of the cells (gowin/brams_map.v, dsp_map.v).
// They cover the modes that rtl/prim/gowin and Yosys use and stop the simulation at any other. The other cells' models are those that Yosys ships:
// vendor: gowin/cells_sim.v

// One write and one read port. A word of W bits is at address bits [13:s], s = 0, 1, 2, 3, 4, 5 for W = 1, 2, 4, 8 or 9, 16 or 18, 32 or 36;
// from two units of 8 or 9 bits on, the lowest bits of the write address enable the units. It begins with anything, whatever INIT_RAM_* say,
// as the RTL relies on nothing; and nobody promises what a read of the word that is being written returns.
module weft_gowin_ram #(
    parameter W = 36,
    parameter UNIT = 9,
    parameter PIPELINE = 0  // an output register, enabled by oce_i
) (
    input wclk_i, we_i,
    input [13:0] waddr_i,
    input [W-1:0] wdata_i,
    input rclk_i, re_i, oce_i, reset_i,
    input [13:0] raddr_i,
    output [W-1:0] rdata_o
);
  localparam AW = W == 1 ? 14 : W == 2 ? 13 : W == 4 ? 12 : W == UNIT ? 11 : W == 2 * UNIT ? 10 : 9;
  localparam Units = W < UNIT ? 1 : W / UNIT;
  localparam UnitW = W / Units;
  reg [W-1:0] mem[0:(1<<AW)-1];
  wire [AW-1:0] waddr = waddr_i[13-:AW];
  wire [AW-1:0] raddr = raddr_i[13-:AW];
  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : gen_unit
      wire enable;
      if (Units == 1) begin : gen_whole
        assign enable = 1'b1;
      end else begin : gen_part
        assign enable = waddr_i[u];
      end
      always @(posedge wclk_i) if (we_i && enable) mem[waddr][UnitW*u+:UnitW] <= wdata_i[UnitW*u+:UnitW];
    end
  endgenerate
  reg [W-1:0] array_q, output_q;
  always @(posedge rclk_i)
    if (reset_i) begin
      array_q <= 0;
      output_q <= 0;
    end else begin
      if (re_i) array_q <= we_i && waddr == raddr ? {W{1'bx}} : mem[raddr];
      if (oce_i) output_q <= array_q;
    end
  assign rdata_o = PIPELINE ? output_q : array_q;
endmodule

module SDPB #(
    parameter READ_MODE = 1'b0, parameter BIT_WIDTH_0 = 32, parameter BIT_WIDTH_1 = 32, parameter BLK_SEL_0 = 3'b000, parameter BLK_SEL_1 = 3'b000,
    parameter RESET_MODE = "SYNC",
    parameter [255:0] INIT_RAM_00 = 0, parameter [255:0] INIT_RAM_01 = 0, parameter [255:0] INIT_RAM_02 = 0, parameter [255:0] INIT_RAM_03 = 0,
    parameter [255:0] INIT_RAM_04 = 0, parameter [255:0] INIT_RAM_05 = 0, parameter [255:0] INIT_RAM_06 = 0, parameter [255:0] INIT_RAM_07 = 0,
    parameter [255:0] INIT_RAM_08 = 0, parameter [255:0] INIT_RAM_09 = 0, parameter [255:0] INIT_RAM_0A = 0, parameter [255:0] INIT_RAM_0B = 0,
    parameter [255:0] INIT_RAM_0C = 0, parameter [255:0] INIT_RAM_0D = 0, parameter [255:0] INIT_RAM_0E = 0, parameter [255:0] INIT_RAM_0F = 0,
    parameter [255:0] INIT_RAM_10 = 0, parameter [255:0] INIT_RAM_11 = 0, parameter [255:0] INIT_RAM_12 = 0, parameter [255:0] INIT_RAM_13 = 0,
    parameter [255:0] INIT_RAM_14 = 0, parameter [255:0] INIT_RAM_15 = 0, parameter [255:0] INIT_RAM_16 = 0, parameter [255:0] INIT_RAM_17 = 0,
    parameter [255:0] INIT_RAM_18 = 0, parameter [255:0] INIT_RAM_19 = 0, parameter [255:0] INIT_RAM_1A = 0, parameter [255:0] INIT_RAM_1B = 0,
    parameter [255:0] INIT_RAM_1C = 0, parameter [255:0] INIT_RAM_1D = 0, parameter [255:0] INIT_RAM_1E = 0, parameter [255:0] INIT_RAM_1F = 0,
    parameter [255:0] INIT_RAM_20 = 0, parameter [255:0] INIT_RAM_21 = 0, parameter [255:0] INIT_RAM_22 = 0, parameter [255:0] INIT_RAM_23 = 0,
    parameter [255:0] INIT_RAM_24 = 0, parameter [255:0] INIT_RAM_25 = 0, parameter [255:0] INIT_RAM_26 = 0, parameter [255:0] INIT_RAM_27 = 0,
    parameter [255:0] INIT_RAM_28 = 0, parameter [255:0] INIT_RAM_29 = 0, parameter [255:0] INIT_RAM_2A = 0, parameter [255:0] INIT_RAM_2B = 0,
    parameter [255:0] INIT_RAM_2C = 0, parameter [255:0] INIT_RAM_2D = 0, parameter [255:0] INIT_RAM_2E = 0, parameter [255:0] INIT_RAM_2F = 0,
    parameter [255:0] INIT_RAM_30 = 0, parameter [255:0] INIT_RAM_31 = 0, parameter [255:0] INIT_RAM_32 = 0, parameter [255:0] INIT_RAM_33 = 0,
    parameter [255:0] INIT_RAM_34 = 0, parameter [255:0] INIT_RAM_35 = 0, parameter [255:0] INIT_RAM_36 = 0, parameter [255:0] INIT_RAM_37 = 0,
    parameter [255:0] INIT_RAM_38 = 0, parameter [255:0] INIT_RAM_39 = 0, parameter [255:0] INIT_RAM_3A = 0, parameter [255:0] INIT_RAM_3B = 0,
    parameter [255:0] INIT_RAM_3C = 0, parameter [255:0] INIT_RAM_3D = 0, parameter [255:0] INIT_RAM_3E = 0, parameter [255:0] INIT_RAM_3F = 0
) (
    input CLKA, CEA, CLKB, CEB, OCE, RESETA, RESETB,
    input [13:0] ADA, ADB,
    input [31:0] DI,
    input [2:0] BLKSELA, BLKSELB,
    output [31:0] DO
);
  wire [BIT_WIDTH_1-1:0] data;
  weft_gowin_ram #(.W(BIT_WIDTH_1), .UNIT(8), .PIPELINE(READ_MODE)) u_ram (
      .wclk_i(CLKA), .we_i(CEA && BLKSELA == BLK_SEL_0), .waddr_i(ADA), .wdata_i(DI[BIT_WIDTH_1-1:0]),
      .rclk_i(CLKB), .re_i(CEB && BLKSELB == BLK_SEL_1), .oce_i(OCE), .reset_i(RESETB), .raddr_i(ADB), .rdata_o(data)
  );
  assign DO = 32'(data);
  initial
    if (BIT_WIDTH_0 != BIT_WIDTH_1) $fatal(1, "SDPB in a mode that is not modelled");
  always @(posedge CLKB) if (RESET_MODE != "SYNC" && RESETB !== 1'b0) $fatal(1, "SDPB is reset asynchronously");
endmodule

module SDPX9B #(
    parameter READ_MODE = 1'b0, parameter BIT_WIDTH_0 = 36, parameter BIT_WIDTH_1 = 36, parameter BLK_SEL_0 = 3'b000, parameter BLK_SEL_1 = 3'b000,
    parameter RESET_MODE = "SYNC",
    parameter [287:0] INIT_RAM_00 = 0, parameter [287:0] INIT_RAM_01 = 0, parameter [287:0] INIT_RAM_02 = 0, parameter [287:0] INIT_RAM_03 = 0,
    parameter [287:0] INIT_RAM_04 = 0, parameter [287:0] INIT_RAM_05 = 0, parameter [287:0] INIT_RAM_06 = 0, parameter [287:0] INIT_RAM_07 = 0,
    parameter [287:0] INIT_RAM_08 = 0, parameter [287:0] INIT_RAM_09 = 0, parameter [287:0] INIT_RAM_0A = 0, parameter [287:0] INIT_RAM_0B = 0,
    parameter [287:0] INIT_RAM_0C = 0, parameter [287:0] INIT_RAM_0D = 0, parameter [287:0] INIT_RAM_0E = 0, parameter [287:0] INIT_RAM_0F = 0,
    parameter [287:0] INIT_RAM_10 = 0, parameter [287:0] INIT_RAM_11 = 0, parameter [287:0] INIT_RAM_12 = 0, parameter [287:0] INIT_RAM_13 = 0,
    parameter [287:0] INIT_RAM_14 = 0, parameter [287:0] INIT_RAM_15 = 0, parameter [287:0] INIT_RAM_16 = 0, parameter [287:0] INIT_RAM_17 = 0,
    parameter [287:0] INIT_RAM_18 = 0, parameter [287:0] INIT_RAM_19 = 0, parameter [287:0] INIT_RAM_1A = 0, parameter [287:0] INIT_RAM_1B = 0,
    parameter [287:0] INIT_RAM_1C = 0, parameter [287:0] INIT_RAM_1D = 0, parameter [287:0] INIT_RAM_1E = 0, parameter [287:0] INIT_RAM_1F = 0,
    parameter [287:0] INIT_RAM_20 = 0, parameter [287:0] INIT_RAM_21 = 0, parameter [287:0] INIT_RAM_22 = 0, parameter [287:0] INIT_RAM_23 = 0,
    parameter [287:0] INIT_RAM_24 = 0, parameter [287:0] INIT_RAM_25 = 0, parameter [287:0] INIT_RAM_26 = 0, parameter [287:0] INIT_RAM_27 = 0,
    parameter [287:0] INIT_RAM_28 = 0, parameter [287:0] INIT_RAM_29 = 0, parameter [287:0] INIT_RAM_2A = 0, parameter [287:0] INIT_RAM_2B = 0,
    parameter [287:0] INIT_RAM_2C = 0, parameter [287:0] INIT_RAM_2D = 0, parameter [287:0] INIT_RAM_2E = 0, parameter [287:0] INIT_RAM_2F = 0,
    parameter [287:0] INIT_RAM_30 = 0, parameter [287:0] INIT_RAM_31 = 0, parameter [287:0] INIT_RAM_32 = 0, parameter [287:0] INIT_RAM_33 = 0,
    parameter [287:0] INIT_RAM_34 = 0, parameter [287:0] INIT_RAM_35 = 0, parameter [287:0] INIT_RAM_36 = 0, parameter [287:0] INIT_RAM_37 = 0,
    parameter [287:0] INIT_RAM_38 = 0, parameter [287:0] INIT_RAM_39 = 0, parameter [287:0] INIT_RAM_3A = 0, parameter [287:0] INIT_RAM_3B = 0,
    parameter [287:0] INIT_RAM_3C = 0, parameter [287:0] INIT_RAM_3D = 0, parameter [287:0] INIT_RAM_3E = 0, parameter [287:0] INIT_RAM_3F = 0
) (
    input CLKA, CEA, CLKB, CEB, OCE, RESETA, RESETB,
    input [13:0] ADA, ADB,
    input [35:0] DI,
    input [2:0] BLKSELA, BLKSELB,
    output [35:0] DO
);
  wire [BIT_WIDTH_1-1:0] data;
  weft_gowin_ram #(.W(BIT_WIDTH_1), .UNIT(9), .PIPELINE(READ_MODE)) u_ram (
      .wclk_i(CLKA), .we_i(CEA && BLKSELA == BLK_SEL_0), .waddr_i(ADA), .wdata_i(DI[BIT_WIDTH_1-1:0]),
      .rclk_i(CLKB), .re_i(CEB && BLKSELB == BLK_SEL_1), .oce_i(OCE), .reset_i(RESETB), .raddr_i(ADB), .rdata_o(data)
  );
  assign DO = 36'(data);
  initial
    if (BIT_WIDTH_0 != BIT_WIDTH_1) $fatal(1, "SDPX9B in a mode that is not modelled");
  always @(posedge CLKB) if (RESET_MODE != "SYNC" && RESETB !== 1'b0) $fatal(1, "SDPX9B is reset asynchronously");
endmodule

// Each register is there or not; the operands' signs are not registered.
module weft_gowin_mult #(
    parameter W = 18,
    parameter AREG = 0, parameter BREG = 0, parameter PIPE_REG = 0, parameter OUT_REG = 0
) (
    input clk_i, ce_i, reset_i,
    input [W-1:0] a_i, b_i,
    input a_signed_i, b_signed_i,
    output [2*W-1:0] p_o
);
  reg [W-1:0] a_q, b_q;
  reg [2*W-1:0] pipe_q, out_q;
  wire [W-1:0] a = AREG ? a_q : a_i;
  wire [W-1:0] b = BREG ? b_q : b_i;
  wire [2*W-1:0] product = {{W{a_signed_i & a[W-1]}}, a} * {{W{b_signed_i & b[W-1]}}, b};
  wire [2*W-1:0] pipe = PIPE_REG ? pipe_q : product;
  always @(posedge clk_i)
    if (reset_i) begin
      a_q <= 0;
      b_q <= 0;
      pipe_q <= 0;
      out_q <= 0;
    end else if (ce_i) begin
      a_q <= a_i;
      b_q <= b_i;
      pipe_q <= product;
      out_q <= pipe;
    end
  assign p_o = OUT_REG ? out_q : pipe;
endmodule

module MULT9X9 #(
    parameter AREG = 1'b0, parameter BREG = 1'b0, parameter OUT_REG = 1'b0, parameter PIPE_REG = 1'b0, parameter ASIGN_REG = 1'b0,
    parameter BSIGN_REG = 1'b0, parameter SOA_REG = 1'b0, parameter MULT_RESET_MODE = "SYNC"
) (
    input [8:0] A, SIA, B, SIB,
    input ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output [17:0] DOUT,
    output [8:0] SOA, SOB
);
  weft_gowin_mult #(.W(9), .AREG(AREG), .BREG(BREG), .PIPE_REG(PIPE_REG), .OUT_REG(OUT_REG)) u_mult (
      .clk_i(CLK), .ce_i(CE), .reset_i(RESET), .a_i(A), .b_i(B), .a_signed_i(ASIGN), .b_signed_i(BSIGN), .p_o(DOUT)
  );
  assign SOA = 9'd0;  // nobody takes them: see below
  assign SOB = 9'd0;
  initial
    if (ASIGN_REG || BSIGN_REG || MULT_RESET_MODE != "SYNC") $fatal(1, "MULT9X9 in a mode that is not modelled");
  always @(A, B) if (ASEL !== 1'b0 || BSEL !== 1'b0) $fatal(1, "MULT9X9 takes an operand from its neighbour");
endmodule

module MULT18X18 #(
    parameter AREG = 1'b0, parameter BREG = 1'b0, parameter OUT_REG = 1'b0, parameter PIPE_REG = 1'b0, parameter ASIGN_REG = 1'b0,
    parameter BSIGN_REG = 1'b0, parameter SOA_REG = 1'b0, parameter MULT_RESET_MODE = "SYNC"
) (
    input [17:0] A, SIA, B, SIB,
    input ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output [35:0] DOUT,
    output [17:0] SOA, SOB
);
  weft_gowin_mult #(.W(18), .AREG(AREG), .BREG(BREG), .PIPE_REG(PIPE_REG), .OUT_REG(OUT_REG)) u_mult (
      .clk_i(CLK), .ce_i(CE), .reset_i(RESET), .a_i(A), .b_i(B), .a_signed_i(ASIGN), .b_signed_i(BSIGN), .p_o(DOUT)
  );
  assign SOA = 18'd0;  // nobody takes them: see below
  assign SOB = 18'd0;
  initial
    if (ASIGN_REG || BSIGN_REG || MULT_RESET_MODE != "SYNC") $fatal(1, "MULT18X18 in a mode that is not modelled");
  always @(A, B) if (ASEL !== 1'b0 || BSEL !== 1'b0) $fatal(1, "MULT18X18 takes an operand from its neighbour");
endmodule
