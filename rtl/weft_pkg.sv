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

  // The weights of a pe_pair: the six low bits of wgt1, the nine high bits of the factor wgt1*2^9 + wgt0, wgt0.
  localparam int PAIR_WGT_W = 23;
  function automatic bit [PAIR_WGT_W-1:0] pair_weights(input bit [7:0] wgt1, input bit [7:0] wgt0);
    pair_weights = {wgt1[5:0], {wgt1[7], wgt1} - {8'd0, wgt0[7]}, wgt0};
  endfunction

  // a < b of two int8: without signs, if these change places. A signed comparison takes two carry chains of an ECP5 after one another.
  function automatic logic int8_less(input logic [7:0] a, input logic [7:0] b);
    int8_less = {b[7], a[6:0]} < {a[7], b[6:0]};
  endfunction

  // Latencies in cycles. Those with a number are each the property of one module; all others, here, in the modules,
  // in sw_model/cycles/latency.hpp and in the tests, are sums of them, so that a stage more costs one edit beside itself.
  localparam int RAM_LATENCY = 2;         // ram: raddr_i -> rdata_o; so line_buffer and param_buffer
  localparam int QUEUE_LATENCY = RAM_LATENCY + 2;  // ram_fifo: push -> it can be popped
  localparam int MULT_LATENCY = 3;        // mult: factors -> product
  localparam int WALK_LATENCY = 2;        // pixel_walker: a tile's last pixel -> its lines, at the multiplier
  localparam int ROW_ADDR_LATENCY = 2;    // row_feeder: a row's turn -> the address of its chunk
  localparam int ROW_LOAD_LATENCY = 3;    // row_feeder: the chunk's bytes, rotated (2) -> the row's register
  localparam int BYTE_LATENCY = 1;        // row_feeder: byte select; weight_buffer: weight word select
  localparam int CHAIN_LATENCY = 2;       // pe: CTL_LAST -> the drain register
  localparam int RECORD_LATENCY = 1;      // output_path: a tile begins to drain -> its record
  localparam int BIAS_LATENCY = 1;
  localparam int REQUANT_LATENCY = 13;
  localparam int ACTIVATION_LATENCY = 2;
  localparam int GATHER_LATENCY = 1;
  localparam int POOL_LATENCY = 1;
  // From the sequencer's beat to the byte select of row 0, and to its byte at the array.
  localparam int FEED_LATENCY = ROW_ADDR_LATENCY + RAM_LATENCY + ROW_LOAD_LATENCY;
  localparam int ACT_LATENCY = FEED_LATENCY + BYTE_LATENCY;
  localparam int WEIGHT_LATENCY = RAM_LATENCY + BYTE_LATENCY;  // weight_buffer: raddr_i -> wgt_o
  // From the requantiser's sum to its byte, clamped; from a row's turn in the drain to its pixel at the output fifo, and to that
  // from the tile's last beat, beside the skew of COLS columns and the rows before.
  localparam int SCALE_LATENCY = REQUANT_LATENCY + ACTIVATION_LATENCY;
  localparam int OUTPUT_LATENCY = RECORD_LATENCY + RAM_LATENCY + BIAS_LATENCY + SCALE_LATENCY + GATHER_LATENCY + POOL_LATENCY;
  localparam int PIXEL_LATENCY = ACT_LATENCY + MULT_LATENCY + OUTPUT_LATENCY;
  // The addition: from the bytes of a step to their sum, and from the pixel.
  localparam int TABLES_LATENCY = RAM_LATENCY + 1;
  localparam int ADD_SUM_LATENCY = 1 + TABLES_LATENCY;
  // The fused depthwise convolution: from a slot to its entry's bytes at the multipliers, to their products, and (of a slot that gives
  // an output) to the sums, ready for their first step.
  localparam int DW_ENTRIES = 512;        // depthwise_params: entries of each ring
  localparam int DW_MAX_KW = 6;           // columns of a filter
  localparam int DW_SUM_W = 22;           // of a sum of up to DW_MAX_KW * 16 products of int8
  localparam int MULT_LOGIC_LATENCY = 2;  // mult_logic: factors -> product
  localparam int DW_READ_LATENCY = RAM_LATENCY + 1;
  localparam int DW_PRODUCT_LATENCY = DW_READ_LATENCY + MULT_LOGIC_LATENCY;
  localparam int DW_SUM_LATENCY = DW_PRODUCT_LATENCY + 1;

  // Margins.
  localparam int CLOCK_MARGIN = 2;   // cycles that a gated clock runs on after its part's last change, so that pulses end
  localparam int PLACE_MARGIN = 12;  // cycles from the fifo to the sequencer and its next decision, for OUT_DEPTH places
  localparam int RECORD_MARGIN = 5;  // cycles from a tile's decision to its first beat's drain beside PIXEL_LATENCY, for INFO_DEPTH

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
