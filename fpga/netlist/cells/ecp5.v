// SPDX-License-Identifier: Apache-2.0
// Behaviour of the two ECP5 cells that rtl/prim/ecp5 instantiates, for netlists and for tests/rtl/prim/family_prim_test.sh.
// These models are ours, written from the documents on the ECP5 sysDSP and sysMEM blocks: Yosys ships both cells as black boxes.
// They cover the modes that rtl/prim/ecp5 uses and stop the simulation at any other. Below them are the cells of which nextpnr makes the others when
// it packs slices (fpga/families/ecp5.py, unpack). The other cells' models are those that Yosys ships:
// vendor: lattice/common_sim.vh lattice/ccu2c_sim.vh

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", parameter REG_INPUTA_CE = "CE0", parameter REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE", parameter REG_INPUTB_CE = "CE0", parameter REG_INPUTB_RST = "RST0",
    parameter REG_PIPELINE_CLK = "NONE", parameter REG_PIPELINE_CE = "CE0", parameter REG_PIPELINE_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE", parameter REG_OUTPUT_CE = "CE0", parameter REG_OUTPUT_RST = "RST0",
    parameter GSR = "ENABLED"
) (
    input A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17,
    input B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, RST0,
    output P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17,
    output P18, P19, P20, P21, P22, P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
  wire [17:0] a = {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
  wire [17:0] b = {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
  reg signed [18:0] a_q, b_q;  // one bit more, for unsigned operands
  wire signed [37:0] product = a_q * b_q;
  reg [35:0] pipeline_q, output_q;
  always @(posedge CLK0) begin
    if (CE0) begin
      a_q <= {SIGNEDA & A17, a};
      b_q <= {SIGNEDB & B17, b};
      pipeline_q <= product[35:0];
      output_q <= pipeline_q;
    end
    if (RST0) begin
      a_q <= 0;
      b_q <= 0;
      pipeline_q <= 0;
      output_q <= 0;
    end
  end
  assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
          P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = output_q;

  initial
    if (REG_INPUTA_CLK != "CLK0" || REG_INPUTB_CLK != "CLK0" || REG_PIPELINE_CLK != "CLK0" || REG_OUTPUT_CLK != "CLK0" ||
        REG_INPUTA_CE != "CE0" || REG_INPUTB_CE != "CE0" || REG_PIPELINE_CE != "CE0" || REG_OUTPUT_CE != "CE0" ||
        REG_INPUTA_RST != "RST0" || REG_INPUTB_RST != "RST0" || REG_PIPELINE_RST != "RST0" || REG_OUTPUT_RST != "RST0" ||
        GSR != "DISABLED")
      $fatal(1, "MULT18X18D in a mode that is not modelled");
  always @(posedge CLK0)
    if (SOURCEA !== 1'b0 || SOURCEB !== 1'b0) $fatal(1, "MULT18X18D takes an operand from its neighbour");
endmodule

// Port A writes, port B reads. A word of W bits is at address bits [13:s], s = 0, 1, 2, 3, 4 for W = 1, 2, 4, 9, 18;
// with W = 18, bits 0 and 1 of the write address enable its two halves of 9 bits.
module DP16KD #(
    parameter DATA_WIDTH_A = 18, parameter DATA_WIDTH_B = 18, parameter REGMODE_A = "NOREG", parameter REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC", parameter WRITEMODE_A = "NORMAL", parameter WRITEMODE_B = "NORMAL",
    parameter CSDECODE_A = "0b000", parameter CSDECODE_B = "0b000", parameter GSR = "ENABLED"
) (
    input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2, CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
    input ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13,
    input ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11, ADB12, ADB13,
    input DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16, DIA17,
    output DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);
  localparam W = DATA_WIDTH_A;
  localparam AW = W == 18 ? 10 : W == 9 ? 11 : W == 4 ? 12 : W == 2 ? 13 : 14;
  wire [13:0] ada = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [13:0] adb = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  wire [17:0] dia = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  reg [W-1:0] mem[0:(1<<AW)-1];
  reg [W-1:0] array_q, output_q;
  wire write = CEA && WEA && {CSA2, CSA1, CSA0} == 3'd0;
  wire [AW-1:0] waddr = ada[13-:AW];
  wire [AW-1:0] raddr = adb[13-:AW];
  always @(posedge CLKA)
    if (write) begin
      if (W == 18) begin
        if (ada[0]) mem[waddr][W/2-1:0] <= dia[W/2-1:0];
        if (ada[1]) mem[waddr][W-1:W/2] <= dia[W-1:W/2];
      end else mem[waddr] <= dia[W-1:0];
    end
  always @(posedge CLKB) begin
    if (CEB && {CSB2, CSB1, CSB0} == 3'd0)
      array_q <= write && waddr == raddr ? {W{1'bx}} : mem[raddr];  // nobody promises what such a read returns
    if (OCEB) output_q <= array_q;
    if (RSTB) output_q <= 0;
  end
  wire [17:0] dob = 18'(output_q);
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = dob;

  initial
    if (DATA_WIDTH_A != DATA_WIDTH_B || REGMODE_B != "OUTREG" || RESETMODE != "SYNC" || CSDECODE_A != "0b000" ||
        CSDECODE_B != "0b000" || GSR != "DISABLED")
      $fatal(1, "DP16KD in a mode that is not modelled");
  always @(posedge CLKB)
    if (WEB !== 1'b0 || RSTA !== 1'b0) $fatal(1, "DP16KD writes by port B or resets port A");
endmodule

// One look-up table of a slice, as logic, a half of a CCU2C, or one bit of a distributed RAM; and the multiplexer beside it, of two tables
// (IS_Z1 = 0) or of two such multiplexers. Yosys' own model drives no FCO.
module TRELLIS_COMB #(
    parameter MODE = "LOGIC", parameter [15:0] INITVAL = 0, parameter CCU2_INJECT1 = "NO", parameter IS_Z1 = 1'b0
) (
    input A, B, C, D, M, FCI, F1, FXA, FXB, WD, WAD0, WAD1, WAD2, WAD3, WRE, WCK,
    output F, FCO, OFX
);
  wire lut4 = INITVAL[{D, C, B, A}];
  wire lut2 = INITVAL[{2'b00, B, A}];
  generate
    if (MODE == "DPRAM") begin : gen_ram
      reg [15:0] mem;
      always @(posedge WCK) if (WRE) mem[{WAD3, WAD2, WAD1, WAD0}] <= WD;
      assign F = mem[{A, C, B, D}];
      assign FCO = 1'b0;
    end else if (MODE == "CCU2") begin : gen_carry
      localparam Injects = CCU2_INJECT1 == "YES";
      assign F = lut4 ^ (FCI & ~Injects);
      assign FCO = lut4 ? FCI : lut2 & ~Injects;
    end else begin : gen_logic
      assign F = lut4;
      assign FCO = 1'b0;
      initial if (MODE != "LOGIC") $fatal(1, "TRELLIS_COMB in a mode that is not modelled");
    end
    if (IS_Z1) begin : gen_wide
      assign OFX = M ? FXB : FXA;
    end else begin : gen_narrow
      assign OFX = M ? F1 : F;
    end
  endgenerate
endmodule

// The write port of four TRELLIS_COMB that are a distributed RAM: data and address as the slice wires them.
module TRELLIS_RAMW (
    input A0, B0, C0, D0, A1, B1, C1, D1,
    output WADO0, WADO1, WADO2, WADO3, WDO0, WDO1, WDO2, WDO3
);
  assign {WADO3, WADO2, WADO1, WADO0} = {A0, C0, B0, D0};
  assign {WDO3, WDO2, WDO1, WDO0} = {B1, D1, A1, C1};
endmodule

module DCCA (
    input CLKI, CE,
    output CLKO
);
  assign CLKO = CLKI;
  always @(posedge CLKI) if (CE !== 1'b1) $fatal(1, "DCCA stops its clock");
endmodule

module weft_ecp5_pad (
    input I,
    output O
);
  assign O = I;
endmodule
