// SPDX-License-Identifier: Apache-2.0
// Behaviour of the block RAM that Yosys makes of rtl/prim on a CrossLink-NX and ships as a black box, for netlists.
// The model is ours, written from Lattice's document on the Nexus memories and from what Yosys expects of it (lattice/brams_map_nexus.v): it covers
// the modes in which Yosys uses the cell and stops the simulation at any other. The other cells' models are those that Yosys ships:
// vendor: lattice/cells_sim_nexus.v

// One clock, one write and one read port. A word of 1, 2, 4, 9, 18, 36 bits is at address bits [13:s], s = 0, 1, 2, 3, 4, 5; from 18 bits on
// the lowest bits of the write address enable its units of 9. A read of the word that is being written returns the old one, on which Yosys
// relies ("wrtrans all old"). It is never reset: RESETMODE and ASYNC_RST_RELEASE, of which Yosys chooses one or the other, say nothing then. It
// begins with anything, whatever INITVAL_* say, as the RTL relies on nothing.
module PDPSC16K #(
    parameter DATA_WIDTH_W = "X36", parameter DATA_WIDTH_R = "X36", parameter OUTREG = "BYPASSED", parameter RESETMODE = "SYNC",
    parameter GSR = "ENABLED", parameter ECC = "DISABLED", parameter CSDECODE_W = "000", parameter CSDECODE_R = "000",
    parameter ASYNC_RST_RELEASE = "SYNC", parameter INIT_DATA = "STATIC",
    parameter INITVAL_00 = "0x0", parameter INITVAL_01 = "0x0", parameter INITVAL_02 = "0x0", parameter INITVAL_03 = "0x0",
    parameter INITVAL_04 = "0x0", parameter INITVAL_05 = "0x0", parameter INITVAL_06 = "0x0", parameter INITVAL_07 = "0x0",
    parameter INITVAL_08 = "0x0", parameter INITVAL_09 = "0x0", parameter INITVAL_0A = "0x0", parameter INITVAL_0B = "0x0",
    parameter INITVAL_0C = "0x0", parameter INITVAL_0D = "0x0", parameter INITVAL_0E = "0x0", parameter INITVAL_0F = "0x0",
    parameter INITVAL_10 = "0x0", parameter INITVAL_11 = "0x0", parameter INITVAL_12 = "0x0", parameter INITVAL_13 = "0x0",
    parameter INITVAL_14 = "0x0", parameter INITVAL_15 = "0x0", parameter INITVAL_16 = "0x0", parameter INITVAL_17 = "0x0",
    parameter INITVAL_18 = "0x0", parameter INITVAL_19 = "0x0", parameter INITVAL_1A = "0x0", parameter INITVAL_1B = "0x0",
    parameter INITVAL_1C = "0x0", parameter INITVAL_1D = "0x0", parameter INITVAL_1E = "0x0", parameter INITVAL_1F = "0x0",
    parameter INITVAL_20 = "0x0", parameter INITVAL_21 = "0x0", parameter INITVAL_22 = "0x0", parameter INITVAL_23 = "0x0",
    parameter INITVAL_24 = "0x0", parameter INITVAL_25 = "0x0", parameter INITVAL_26 = "0x0", parameter INITVAL_27 = "0x0",
    parameter INITVAL_28 = "0x0", parameter INITVAL_29 = "0x0", parameter INITVAL_2A = "0x0", parameter INITVAL_2B = "0x0",
    parameter INITVAL_2C = "0x0", parameter INITVAL_2D = "0x0", parameter INITVAL_2E = "0x0", parameter INITVAL_2F = "0x0",
    parameter INITVAL_30 = "0x0", parameter INITVAL_31 = "0x0", parameter INITVAL_32 = "0x0", parameter INITVAL_33 = "0x0",
    parameter INITVAL_34 = "0x0", parameter INITVAL_35 = "0x0", parameter INITVAL_36 = "0x0", parameter INITVAL_37 = "0x0",
    parameter INITVAL_38 = "0x0", parameter INITVAL_39 = "0x0", parameter INITVAL_3A = "0x0", parameter INITVAL_3B = "0x0",
    parameter INITVAL_3C = "0x0", parameter INITVAL_3D = "0x0", parameter INITVAL_3E = "0x0", parameter INITVAL_3F = "0x0"
) (
    input [35:0] DI,
    input [13:0] ADW, ADR,
    input CLK, CER, CEW, RST,
    input [2:0] CSW, CSR,
    output [35:0] DO,
    output ONEBITERR, TWOBITERR
);
  localparam W = DATA_WIDTH_R == "X1" ? 1 : DATA_WIDTH_R == "X2" ? 2 : DATA_WIDTH_R == "X4" ? 4 : DATA_WIDTH_R == "X9" ? 9 :
                 DATA_WIDTH_R == "X18" ? 18 : 36;
  localparam AW = W == 1 ? 14 : W == 2 ? 13 : W == 4 ? 12 : W == 9 ? 11 : W == 18 ? 10 : 9;
  localparam Units = W < 9 ? 1 : W / 9;
  localparam UnitW = W / Units;
  reg [W-1:0] mem[0:(1<<AW)-1];
  reg [W-1:0] q;
  wire [AW-1:0] waddr = ADW[13-:AW];
  wire [AW-1:0] raddr = ADR[13-:AW];
  wire we = CEW && CSW == 3'b111;
  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : gen_unit
      wire enable;
      if (Units == 1) begin : gen_whole
        assign enable = 1'b1;
      end else begin : gen_part
        assign enable = ADW[u];
      end
      always @(posedge CLK) if (we && enable) mem[waddr][UnitW*u+:UnitW] <= DI[UnitW*u+:UnitW];
    end
  endgenerate
  always @(posedge CLK)
    if (CER && CSR == 3'b111) q <= mem[raddr];
  assign DO = 36'(q);
  assign {ONEBITERR, TWOBITERR} = 2'b00;

  initial
    if (DATA_WIDTH_W != DATA_WIDTH_R || OUTREG != "BYPASSED" || GSR != "DISABLED" || ECC != "DISABLED" ||
        CSDECODE_W != "111" || CSDECODE_R != "111")
      $fatal(1, "PDPSC16K in a mode that is not modelled");
  always @(posedge CLK) if (RST !== 1'b0) $fatal(1, "PDPSC16K is reset");
endmodule
