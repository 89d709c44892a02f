// SPDX-License-Identifier: Apache-2.0
// Names that the whole of the RTL shares: widths, the control that travels with the data, latencies, causes.
`default_nettype none
package weft_pkg;
  // Control that travels with the data through the array, one bit each.
  localparam int CTL_VALID = 0;  // this beat carries a product
  localparam int CTL_FIRST = 1;  // ... the first of a tile
  localparam int CTL_LAST = 2;   // ... the last of a tile
  localparam int CTL_SHIFT = 3;  // the drain registers move up one row
  localparam int CTL_W = 4;

  // Cycles from the sequencer's decision to the byte select of row 0, and from there to the accumulator.
  localparam int FEED_LATENCY = 7;
  localparam int MULT_LATENCY = 3;
  localparam int REQUANT_LATENCY = 9;

  // What an array cycle was spent on (sequencer.sv decides, cycle_counters.sv counts).
  localparam int CAUSE_MAC = 0;      // a beat
  localparam int CAUSE_FILL = 1;     // nothing to do yet: a job, its first tile or a decision on its way
  localparam int CAUSE_DRAIN = 2;    // the drain registers are still being read, or the last outputs are on their way
  localparam int CAUSE_LINES = 3;    // waiting for input lines
  localparam int CAUSE_WEIGHTS = 4;  // waiting for weights or requantisation parameters
  localparam int CAUSE_STORE = 5;    // waiting for room for the outputs
  localparam int CAUSE_EDGE = 6;     // not a cause of its own: idle PEs during beats, in PE cycles
  localparam int CAUSE_FEED = 7;     // the read port is busy: the run is shorter than ROWS bytes
  localparam int CAUSES = 8;
  localparam int COUNT_W = 48;

  // What a parameter "Requires:" is checked at elaboration, in simulation and synthesis: a parameter that breaks it instantiates a
  // module that does not exist, whose name tells what was wrong, and every tool stops there (tests/rtl/illegal.txt).
  function automatic bit power_of_two(input int x);
    power_of_two = x > 0 && (x & (x - 1)) == 0;
  endfunction
endpackage
