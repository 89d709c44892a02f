// SPDX-License-Identifier: Apache-2.0
// Words of the protocol between a host and loader.sv (docs/board.md).
`default_nettype none
package loader_pkg;
  localparam int SYNC = 87;         // the first byte of a request and of an answer, 'W'
  localparam int REQUEST_BYTES = 10;  // operation, tag, address (4), value (4): between SYNC and the CRC
  localparam int ANSWER_BYTES = 6;  // status, tag, value (4): as well
  localparam int CRC_BYTES = 4;

  // Operations. Address and value are little endian; the answer's value is 0 unless said otherwise.
  localparam int OP_INFO = 1;            // the answer's value: bytes of the memory
  localparam int OP_READ_REGISTER = 2;   // the register at byte address; the answer's value: what it holds
  localparam int OP_WRITE_REGISTER = 3;  // not done again if the tag is that of the request before
  localparam int OP_READ_MEMORY = 4;     // `value` bytes from address on, which follow the answer
  localparam int OP_WRITE_MEMORY = 5;    // `value` bytes from address on, which follow the request

  // Statuses of an answer
  localparam int STATUS_OK = 0;
  localparam int STATUS_REFUSED = 1;   // no such operation, register or place in the memory: nothing was read or written
  localparam int STATUS_BAD_DATA = 2;  // the CRC of the bytes behind the request is wrong: the memory holds anything there
  localparam int STATUS_ERROR = 3;     // the register answered with an error
endpackage
`default_nettype wire
