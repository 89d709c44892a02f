// SPDX-License-Identifier: Apache-2.0
// The register map for csr.sv. Written by scripts/registers.py from rtl/registers.json; do not edit.
`default_nettype none
package weft_csr_pkg;
  // Offsets
  localparam logic [11:0] ID = 12'h000;
  localparam logic [11:0] VERSION = 12'h004;
  localparam logic [11:0] CONFIG0 = 12'h008;
  localparam logic [11:0] CONFIG1 = 12'h00c;
  localparam logic [11:0] LIST_VERSION = 12'h010;
  localparam logic [11:0] CONTROL = 12'h020;
  localparam logic [11:0] STATUS = 12'h024;
  localparam logic [11:0] IRQ_ENABLE = 12'h028;
  localparam logic [11:0] IRQ_STATUS = 12'h02c;
  localparam logic [11:0] LIST_ADDR_LO = 12'h030;
  localparam logic [11:0] LIST_ADDR_HI = 12'h034;
  localparam logic [11:0] LIST_BYTES = 12'h038;
  localparam logic [11:0] WATCHDOG = 12'h03c;
  localparam logic [11:0] WINDOW_BASE_LO = 12'h040;
  localparam logic [11:0] WINDOW_BASE_HI = 12'h044;
  localparam logic [11:0] WINDOW_SIZE_LO = 12'h048;
  localparam logic [11:0] WINDOW_SIZE_HI = 12'h04c;
  localparam logic [11:0] ERROR_ADDR_LO = 12'h050;
  localparam logic [11:0] ERROR_ADDR_HI = 12'h054;
  localparam logic [11:0] ERROR_COMMAND = 12'h058;
  localparam logic [11:0] CYCLES_LO = 12'h080;
  localparam logic [11:0] CYCLES_HI = 12'h084;
  localparam logic [11:0] COUNT_MAC_LO = 12'h088;
  localparam logic [11:0] COUNT_MAC_HI = 12'h08c;
  localparam logic [11:0] COUNT_FILL_LO = 12'h090;
  localparam logic [11:0] COUNT_FILL_HI = 12'h094;
  localparam logic [11:0] COUNT_DRAIN_LO = 12'h098;
  localparam logic [11:0] COUNT_DRAIN_HI = 12'h09c;
  localparam logic [11:0] COUNT_LINES_LO = 12'h0a0;
  localparam logic [11:0] COUNT_LINES_HI = 12'h0a4;
  localparam logic [11:0] COUNT_WEIGHTS_LO = 12'h0a8;
  localparam logic [11:0] COUNT_WEIGHTS_HI = 12'h0ac;
  localparam logic [11:0] COUNT_STORE_LO = 12'h0b0;
  localparam logic [11:0] COUNT_STORE_HI = 12'h0b4;
  localparam logic [11:0] COUNT_EDGE_LO = 12'h0b8;
  localparam logic [11:0] COUNT_EDGE_HI = 12'h0bc;
  localparam logic [11:0] COUNT_FEED_LO = 12'h0c0;
  localparam logic [11:0] COUNT_FEED_HI = 12'h0c4;
  localparam logic [11:0] BYTES_READ_LO = 12'h0c8;
  localparam logic [11:0] BYTES_READ_HI = 12'h0cc;
  localparam logic [11:0] BYTES_WRITTEN_LO = 12'h0d0;
  localparam logic [11:0] BYTES_WRITTEN_HI = 12'h0d4;

  // The map's bytes, and where in it is a register: a bit for each word
  localparam int MAP_BYTES = 256;
  localparam logic [MAP_BYTES/4-1:0] MAP = 64'h3fffff007fff1f;

  // Values of the registers that never change
  localparam logic [31:0] ID_VALUE = 32'h57454654;
  localparam logic [31:0] VERSION_VALUE = 32'h00010100;
  localparam logic [31:0] LIST_VERSION_VALUE = 32'h00000006;

  // Fields: the place of a bit, the lowest bit and the width of a number
  localparam int VERSION_PATCH_LSB = 0;
  localparam int VERSION_PATCH_W = 8;
  localparam int VERSION_MINOR_LSB = 8;
  localparam int VERSION_MINOR_W = 8;
  localparam int VERSION_MAJOR_LSB = 16;
  localparam int VERSION_MAJOR_W = 8;
  localparam int CONFIG0_ROWS_LSB = 0;
  localparam int CONFIG0_ROWS_W = 8;
  localparam int CONFIG0_COLS_LSB = 8;
  localparam int CONFIG0_COLS_W = 8;
  localparam int CONFIG0_LANES_LSB = 16;
  localparam int CONFIG0_LANES_W = 8;
  localparam int CONFIG0_BUS_BYTES_LSB = 24;
  localparam int CONFIG0_BUS_BYTES_W = 8;
  localparam int CONFIG1_LOG2_LINE_BYTES_LSB = 0;
  localparam int CONFIG1_LOG2_LINE_BYTES_W = 8;
  localparam int CONFIG1_LOG2_WEIGHT_BYTES_LSB = 8;
  localparam int CONFIG1_LOG2_WEIGHT_BYTES_W = 8;
  localparam int CONFIG1_ACC_BITS_LSB = 16;
  localparam int CONFIG1_ACC_BITS_W = 6;
  localparam int CONFIG1_DEPTHWISE_TAPS_LSB = 22;
  localparam int CONFIG1_DEPTHWISE_TAPS_W = 2;
  localparam int CONFIG1_ADDR_BITS_LSB = 24;
  localparam int CONFIG1_ADDR_BITS_W = 7;
  localparam int CONFIG1_NO_RESIDUAL_ADD_BIT = 31;
  localparam int CONTROL_START_BIT = 0;
  localparam int CONTROL_ABORT_BIT = 1;
  localparam int CONTROL_SOFT_RESET_BIT = 2;
  localparam int STATUS_BUSY_BIT = 0;
  localparam int STATUS_DONE_BIT = 1;
  localparam int STATUS_ERROR_BIT = 2;
  localparam int STATUS_IDLE_BIT = 3;
  localparam int STATUS_CODE_LSB = 8;
  localparam int STATUS_CODE_W = 8;
  localparam int IRQ_ENABLE_DONE_BIT = 0;
  localparam int IRQ_ENABLE_ERROR_BIT = 1;
  localparam int IRQ_STATUS_DONE_BIT = 0;
  localparam int IRQ_STATUS_ERROR_BIT = 1;

  // Status codes
  localparam logic [7:0] CODE_OK = 8'd0;  // the list ran to its end
  localparam logic [7:0] CODE_ABORTED = 8'd1;  // CONTROL.ABORT ended it
  localparam logic [7:0] CODE_BAD_LIST = 8'd2;  // the list's magic number, version or configuration is not the hardware's, or the list ends early
  localparam logic [7:0] CODE_BAD_CHECKSUM = 8'd3;  // the list's checksum is wrong
  localparam logic [7:0] CODE_BAD_COMMAND = 8'd4;  // a command that the hardware does not know, or a read of no words or too many
  localparam logic [7:0] CODE_OUT_OF_WINDOW = 8'd5;  // an access outside the memory window, or a read that is not aligned to the bus; it was not made
  localparam logic [7:0] CODE_READ_ERROR = 8'd6;  // an AXI error response to a read
  localparam logic [7:0] CODE_WRITE_ERROR = 8'd7;  // an AXI error response to a write
  localparam logic [7:0] CODE_WATCHDOG = 8'd8;  // no progress for WATCHDOG cycles
  localparam logic [7:0] CODE_BAD_JOB = 8'd9;  // a job whose outputs are not those that its store words announce
endpackage
`default_nettype wire
