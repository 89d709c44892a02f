// SPDX-License-Identifier: Apache-2.0
// weft_board on a Tang Nano 20K (Gowin GW2AR-18): a PLL, the reset, the serial line of the USB chip. Pins: tang_nano_20k.cst.
`default_nettype none
module tang_nano_20k #(
    parameter int MHZ           = 36,  // of weft_board. Requires: a multiple of 9, 36 to 72
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
    parameter int MEM_BYTES     = 24576,
    parameter int DIV           = 36
) (
    input  wire logic       clk_27mhz,
    input  wire logic       btn_s1,    // pressed (1): reset
    input  wire logic       uart_rx,   // from the host
    output wire logic       uart_tx,   // to the host
    output wire logic [5:0] led_n      // 0: on
);
  if (MHZ < 36 || MHZ > 72 || MHZ % 9 != 0) begin : gen_illegal_mhz MHZ_must_be_a_multiple_of_9_36_to_72 u_illegal (); end
  wire logic clk, locked, rst_n;
  // 27 MHz / 3 * (MHZ / 9); the VCO runs at 16 times that, 500 to 1250 MHz.
  rPLL #(.FCLKIN("27"), .IDIV_SEL(2), .FBDIV_SEL(MHZ / 9 - 1), .ODIV_SEL(16)) u_pll (
      .CLKIN(clk_27mhz), .CLKOUT(clk), .LOCK(locked), .CLKOUTP(), .CLKOUTD(), .CLKOUTD3(), .RESET(1'b0), .RESET_P(1'b0), .CLKFB(1'b0),
      .FBDSEL(6'd0), .IDSEL(6'd0), .ODSEL(6'd0), .PSDA(4'd0), .DUTYDA(4'd0), .FDLY(4'd0)
  );
  reset_sync #(.CYCLES(16)) u_reset (.clk_i(clk), .ok_i(locked & ~btn_s1), .rst_no(rst_n));

  wire logic [3:0] leds;
  weft_board #(
      .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .LINE_BYTES(LINE_BYTES), .WEIGHT_BYTES(WEIGHT_BYTES), .BUS_BYTES(BUS_BYTES),
      .ACC_W(ACC_W), .MACS_PER_MULT(MACS_PER_MULT), .DW_TAPS(DW_TAPS), .RESIDUAL_ADD(RESIDUAL_ADD), .MEM_BYTES(MEM_BYTES), .DIV(DIV)
  ) u_board (.clk_i(clk), .rst_ni(rst_n), .rx_i(uart_rx), .tx_o(uart_tx), .leds_o(leds));
  assign led_n = {2'b11, ~leds};
endmodule
`default_nettype wire
