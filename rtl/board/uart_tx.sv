// SPDX-License-Identifier: Apache-2.0
// Sends bytes over a serial line: a start bit (0), 8 data bits, lowest first, no parity, a stop bit (1), DIV cycles each.
// The line is 1 while nothing is sent. ready_o does not wait for valid_i; a byte that is taken is on the line from the next cycle on.
`default_nettype none
module uart_tx #(
    parameter int DIV = 40  // cycles of a bit. Requires: 4 to 65536
) (
    input  wire logic       clk_i,
    input  wire logic       rst_ni,
    input  wire logic       valid_i,
    output wire logic       ready_o,
    input  wire logic [7:0] data_i,
    output wire logic       tx_o
);
  if (DIV < 4 || DIV > 65536) begin : gen_illegal_div DIV_must_be_4_to_65536 u_illegal (); end
  localparam int CountW = $clog2(DIV);

  logic [8:0] shift_q;  // the bits behind the one on the line
  logic [3:0] left_q;   // bits to send, with the one on the line
  logic [CountW-1:0] count_q;
  logic line_q;
  wire logic take = valid_i & ready_o;
  assign ready_o = left_q == '0;
  assign tx_o    = line_q;

  always_ff @(posedge clk_i) begin
    count_q <= count_q - CountW'(1);
    if (take) begin
      {shift_q, line_q} <= {1'b1, data_i, 1'b0};
      left_q  <= 4'd10;
      count_q <= CountW'(DIV - 1);
    end else if (left_q != '0 && count_q == '0) begin
      {shift_q, line_q} <= {1'b1, shift_q};
      left_q  <= left_q - 4'd1;
      count_q <= CountW'(DIV - 1);
    end
    if (!rst_ni) begin
      line_q <= 1'b1;
      left_q <= '0;
    end
  end
endmodule
`default_nettype wire
