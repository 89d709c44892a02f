// SPDX-License-Identifier: Apache-2.0
// weft_board on a ULX3S (Lattice ECP5): a PLL, the reset, the serial line of the FTDI chip. Pins: ulx3s.lpf.
`default_nettype none
module ulx3s #(
    parameter int MHZ           = 50,  // of weft_board. Requires: 25, 50, 75 or 100
    parameter int ROWS          = 2,
    parameter int COLS          = 2,
    parameter int LANES         = 1,
    parameter int LINE_BYTES    = 4096,
    parameter int WEIGHT_BYTES  = 8192,
    parameter int BUS_BYTES     = 4,
    parameter int ACC_W         = 32,
    parameter int MACS_PER_MULT = 1,
    parameter int DW_TAPS       = 0,
    parameter int RESIDUAL_ADD  = 1,
    parameter int MEM_BYTES     = 73728,
    parameter int DIV           = 50
) (
    input  wire logic       clk_25mhz,
    input  wire logic       btn_fire1,   // pressed (1): reset
    input  wire logic       ftdi_txd,    // from the host
    output wire logic       ftdi_rxd,    // to the host
    output wire logic [7:0] led,
    output wire logic       wifi_gpio0   // 1 keeps the ESP32 from taking over
);
  if (MHZ != 25 && MHZ != 50 && MHZ != 75 && MHZ != 100) begin : gen_illegal_mhz MHZ_must_be_25_50_75_or_100 u_illegal (); end
  localparam int Vco = 600;  // MHz; 400 to 800 are legal
  wire logic clk, locked, rst_n;
  (* FREQUENCY_PIN_CLKI = "25", ICP_CURRENT = "12", LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
      .CLKI_DIV(1), .CLKFB_DIV(MHZ / 25), .FEEDBK_PATH("CLKOP"),
      .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(Vco / MHZ), .CLKOP_CPHASE(Vco / MHZ / 2 - 1), .CLKOP_FPHASE(0),
      .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
      .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD")
  ) u_pll (
      .CLKI(clk_25mhz), .CLKFB(clk), .CLKOP(clk), .LOCK(locked), .RST(1'b0), .STDBY(1'b0), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
      .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1)
  );
  reset_sync #(.CYCLES(16)) u_reset (.clk_i(clk), .ok_i(locked & ~btn_fire1), .rst_no(rst_n));

  wire logic [3:0] leds;
  weft_board #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .MEM_BYTES(MEM_BYTES), .DIV(DIV)
  ) u_board (.clk_i(clk), .rst_ni(rst_n), .rx_i(ftdi_txd), .tx_o(ftdi_rxd), .leds_o(leds));
  assign led = {4'd0, leds};
  assign wifi_gpio0 = 1'b1;
endmodule
`default_nettype wire
