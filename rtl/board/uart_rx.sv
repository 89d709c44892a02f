// SPDX-License-Identifier: Apache-2.0
// Receives the bytes of a serial line: a start bit (0), 8 data bits, lowest first, no parity, a stop bit (1), DIV cycles each.
//   valid_o: data_o is a byte, for one cycle
// Every bit is sampled once, in its middle, counted from the start bit's edge. A start bit that is not 0 there is a spike and begins
// nothing; a byte whose stop bit is not 1 is dropped, and the next one begins when the line has been 1 again.
`default_nettype none
module uart_rx #(
    parameter int DIV = 40  // cycles of a bit. Requires: 4 to 65536
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,
    input  wire logic       rx_i,     // from another clock, or none: two registers take it
    output wire logic       valid_o,
    output wire logic [7:0] data_o
);
  if (DIV < 4 || DIV > 65536) begin : gen_illegal_div DIV_must_be_4_to_65536 u_illegal (); end
  localparam int CountW = $clog2(DIV);
  localparam int StopBit = 9;

  logic [1:0] line_q;
  logic [CountW-1:0] count_q;
  logic [3:0] bit_q;
  logic busy_q, broken_q, valid_q;  // broken: a stop bit was 0, and the line has not been 1 since
  logic [7:0] data_q;
  wire logic line = line_q[1];
  wire logic sample = busy_q & (count_q == '0);

  always_ff @(posedge clk_i) begin
    line_q  <= {line_q[0], rx_i};
    valid_q <= sample & (bit_q == 4'(StopBit)) & line;
    count_q <= count_q == '0 ? CountW'(DIV - 1) : count_q - CountW'(1);
    if (!busy_q & !line & !broken_q) begin
      busy_q  <= 1'b1;
      bit_q   <= '0;
      count_q <= CountW'(DIV / 2 - 1);
    end
    if (line) broken_q <= 1'b0;
    if (sample) begin
      bit_q <= bit_q + 4'd1;
      if (bit_q == '0) busy_q <= !line;
      else if (bit_q == 4'(StopBit)) begin
        busy_q   <= 1'b0;
        broken_q <= !line;
      end else data_q <= {line, data_q[7:1]};
    end
    if (!rst_ni) begin
      line_q   <= '1;
      busy_q   <= 1'b0;
      broken_q <= 1'b0;
      valid_q  <= 1'b0;
    end
  end
  assign valid_o = valid_q;
  assign data_o  = data_q;
endmodule
`default_nettype wire
