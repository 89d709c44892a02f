// SPDX-License-Identifier: Apache-2.0
// The output of one cell of a netlist that has faults planted (netlist.py): the faulty cell's if WEFT_FAULT in the environment is NUMBER,
// else the good one's.
`default_nettype none
module netlist_fault #(
    parameter int NUMBER = 1
) (
    input  wire logic good_i,
    input  wire logic faulty_i,
    output wire logic out_o
);
  import "DPI-C" function int weft_fault();
  logic faulty;
  initial faulty = weft_fault() == NUMBER;
  assign out_o = faulty ? faulty_i : good_i;
endmodule
`default_nettype wire
