// SPDX-License-Identifier: Apache-2.0
// What a host does over a serial line: reads and writes registers (AXI4-Lite) and the memory (single bytes). The words are those of
// loader_pkg.sv; docs/board.md describes the protocol.
//   request: SYNC, operation, tag, address (4), value (4), CRC (4); OP_WRITE_MEMORY: `value` bytes and their CRC behind it
//   answer:  SYNC, status, tag, value (4), CRC (4);                 OP_READ_MEMORY with STATUS_OK: `value` bytes and their CRC behind it
// A CRC is zlib's CRC-32 of all bytes before it back to the SYNC or to the CRC before, both without. Numbers are little endian.
// One request at a time: what comes before the answer has ended is lost. A request whose CRC is wrong is not answered; one that has no
// byte for TIMEOUT cycles is forgotten. Bytes between requests are dropped until a SYNC.
`default_nettype none
module loader #(
    parameter int MEM_BYTES = 65536,  // Requires: 2 to 2^24
    parameter int TIMEOUT   = 65536,  // Requires: 2 to 2^30
    localparam int MEM_ADDR_W = $clog2(MEM_BYTES)
) (
    input  wire logic                  clk_i,
    input  wire logic                  rst_ni,
    // Bytes of the line. One that comes has to be followed by no other one for 8 cycles.
    input  wire logic                  rx_valid_i,
    input  wire logic [           7:0] rx_data_i,
    output wire logic                  tx_valid_o,
    input  wire logic                  tx_ready_i,
    output wire logic [           7:0] tx_data_o,
    // Registers
    output wire logic                  awvalid_o,
    input  wire logic                  awready_i,
    output wire logic                  wvalid_o,
    input  wire logic                  wready_i,
    input  wire logic                  bvalid_i,
    output wire logic                  bready_o,
    input  wire logic [           1:0] bresp_i,
    output wire logic                  arvalid_o,
    input  wire logic                  arready_i,
    output wire logic [          11:0] addr_o,        // of reads and writes
    output wire logic [          31:0] wdata_o,
    input  wire logic                  rvalid_i,
    output wire logic                  rready_o,
    input  wire logic [          31:0] rdata_i,
    input  wire logic [           1:0] rresp_i,
    // Memory: always taken; a read's byte comes any time later
    output wire logic                  mem_valid_o,
    output wire logic                  mem_write_o,
    output wire logic [MEM_ADDR_W-1:0] mem_addr_o,
    output wire logic [           7:0] mem_wdata_o,
    input  wire logic                  mem_rvalid_i,
    input  wire logic [           7:0] mem_rdata_i
);
  if (MEM_BYTES < 2 || MEM_BYTES > (1 << 24)) begin : gen_illegal_mem_bytes MEM_BYTES_must_be_2_to_2_24 u_illegal (); end
  if (TIMEOUT < 2 || TIMEOUT > (1 << 30)) begin : gen_illegal_timeout TIMEOUT_must_be_2_to_2_30 u_illegal (); end
  localparam int TimerW = TIMEOUT < 2 ? 1 : $clog2(TIMEOUT);
  localparam logic [3:0] Hunt = 0;         // for a SYNC
  localparam logic [3:0] Request = 1;      // its bytes and its CRC
  localparam logic [3:0] Execute = 2;
  localparam logic [3:0] Register = 3;     // waits for its answer
  localparam logic [3:0] WriteBytes = 4;   // of the memory, and their CRC
  localparam logic [3:0] WriteEnd = 5;
  localparam logic [3:0] Answer = 6;       // SYNC and its bytes
  localparam logic [3:0] AnswerCrc = 7;
  localparam logic [3:0] ReadByte = 8;     // asks the memory for one
  localparam logic [3:0] ReadWait = 9;     // ... waits for it
  localparam logic [3:0] ReadSend = 10;
  localparam logic [3:0] ReadCrc = 11;

  logic [3:0] state_q;
  logic [3:0] index_q;   // of a byte of the request, the answer or a CRC
  logic [79:0] request_q;
  logic [31:0] left_q;   // bytes of the memory
  logic [MEM_ADDR_W-1:0] mem_addr_q;
  logic [31:0] value_q;  // of the answer
  logic [7:0] status_q, tag_q, byte_q;
  logic refused_q, aw_valid_q, w_valid_q, ar_valid_q;
  logic [TimerW-1:0] timer_q;
  wire logic [7:0] op = request_q[7:0];
  wire logic [7:0] tag = request_q[15:8];
  wire logic [31:0] addr = request_q[47:16];
  wire logic [31:0] value = request_q[79:48];
  wire logic in_memory = {1'b0, addr} + {1'b0, value} <= 33'(MEM_BYTES);
  wire logic is_register = (addr >> 12) == '0;

  // ---- The line. The timer stands at its end while nothing is awaited.
  wire logic receives = (state_q == Request) | (state_q == WriteBytes);
  wire logic late = receives & (timer_q == '0) & !rx_valid_i;
  wire logic sends_crc = (state_q == AnswerCrc) | (state_q == ReadCrc);
  wire logic take = tx_valid_o & tx_ready_i;
  assign tx_valid_o = (state_q == Answer) | (state_q == ReadSend) | sends_crc;

  // ---- CRC: of a request's bytes, then of an answer's or the memory's
  wire logic crc_clear = (state_q == Hunt) | (state_q == Execute) | (state_q == Answer & index_q == '0) |
                         (state_q == AnswerCrc & take & index_q == 4'd3);
  wire logic [31:0] crc;
  wire logic crc_good;
  crc32 u_crc (
      .clk_i, .clear_i(crc_clear), .valid_i(receives ? rx_valid_i : take & !sends_crc),
      .data_i(receives ? rx_data_i : tx_data_o), .crc_o(crc), .good_o(crc_good)
  );
  wire logic [8*(1+loader_pkg::ANSWER_BYTES)-1:0] answer = {value_q, tag_q, status_q, 8'(loader_pkg::SYNC)};
  wire logic [31:0] crc_sent = ~crc;
  assign tx_data_o = sends_crc ? crc_sent[8*index_q[1:0]+:8] : state_q == ReadSend ? byte_q : answer[8*index_q[2:0]+:8];

  // ---- Memory
  wire logic write_byte = (state_q == WriteBytes) & rx_valid_i & (left_q != '0);
  assign mem_write_o = state_q == WriteBytes;
  assign mem_valid_o = mem_write_o ? write_byte & !refused_q : state_q == ReadByte;
  assign mem_addr_o  = mem_addr_q;
  assign mem_wdata_o = rx_data_i;

  // ---- Registers
  assign awvalid_o = aw_valid_q;
  assign wvalid_o  = w_valid_q;
  assign arvalid_o = ar_valid_q;
  assign addr_o    = addr[11:0];
  assign wdata_o   = value;
  assign bready_o  = state_q == Register;
  assign rready_o  = state_q == Register;

  always_ff @(posedge clk_i) begin
    timer_q <= rx_valid_i | !receives ? TimerW'(TIMEOUT - 1) : timer_q - TimerW'(timer_q != '0);
    if (awready_i) aw_valid_q <= 1'b0;
    if (wready_i) w_valid_q <= 1'b0;
    if (arready_i) ar_valid_q <= 1'b0;
    case (state_q)
      Hunt: begin
        index_q <= '0;
        if (rx_valid_i && rx_data_i == 8'(loader_pkg::SYNC)) state_q <= Request;
      end
      Request: if (rx_valid_i) begin
        if (index_q < 4'(loader_pkg::REQUEST_BYTES)) request_q <= {rx_data_i, request_q[79:8]};
        index_q <= index_q + 4'd1;
        if (index_q == 4'(loader_pkg::REQUEST_BYTES + loader_pkg::CRC_BYTES - 1)) state_q <= Execute;
      end
      Execute: begin
        index_q    <= '0;
        left_q     <= value;
        mem_addr_q <= addr[MEM_ADDR_W-1:0];
        refused_q  <= !in_memory;
        tag_q      <= tag;
        value_q    <= '0;
        status_q   <= 8'(loader_pkg::STATUS_REFUSED);
        state_q    <= Answer;
        case (op)
          8'(loader_pkg::OP_INFO): begin
            status_q <= 8'(loader_pkg::STATUS_OK);
            value_q  <= 32'(MEM_BYTES);
          end
          8'(loader_pkg::OP_READ_REGISTER): if (is_register) begin
            ar_valid_q <= 1'b1;
            state_q    <= Register;
          end
          8'(loader_pkg::OP_WRITE_REGISTER): if (tag == tag_q) status_q <= status_q;
          else if (is_register) begin
            aw_valid_q <= 1'b1;
            w_valid_q  <= 1'b1;
            state_q    <= Register;
          end
          8'(loader_pkg::OP_READ_MEMORY): if (in_memory) begin
            status_q <= 8'(loader_pkg::STATUS_OK);
            value_q  <= value;
          end
          8'(loader_pkg::OP_WRITE_MEMORY): state_q <= WriteBytes;
          default: ;
        endcase
        if (!crc_good) begin
          tag_q    <= tag_q;
          status_q <= status_q;
          state_q  <= Hunt;
          ar_valid_q <= 1'b0;
          aw_valid_q <= 1'b0;
          w_valid_q  <= 1'b0;
        end
      end
      Register: if (bvalid_i | rvalid_i) begin
        value_q  <= rvalid_i ? rdata_i : '0;
        status_q <= (rvalid_i ? rresp_i[1] : bresp_i[1]) ? 8'(loader_pkg::STATUS_ERROR) : 8'(loader_pkg::STATUS_OK);
        state_q  <= Answer;
      end
      WriteBytes: if (rx_valid_i) begin
        if (left_q != '0) begin
          left_q     <= left_q - 32'd1;
          mem_addr_q <= mem_addr_q + MEM_ADDR_W'(1);
        end else begin
          index_q <= index_q + 4'd1;
          if (index_q == 4'(loader_pkg::CRC_BYTES - 1)) state_q <= WriteEnd;
        end
      end
      WriteEnd: begin
        index_q  <= '0;
        status_q <= !crc_good ? 8'(loader_pkg::STATUS_BAD_DATA) : refused_q ? 8'(loader_pkg::STATUS_REFUSED) : 8'(loader_pkg::STATUS_OK);
        state_q  <= Answer;
      end
      Answer: if (take) begin
        index_q <= index_q + 4'd1;
        if (index_q == 4'(loader_pkg::ANSWER_BYTES)) begin
          index_q <= '0;
          state_q <= AnswerCrc;
        end
      end
      AnswerCrc: if (take) begin
        index_q <= index_q + 4'd1;
        if (index_q == 4'(loader_pkg::CRC_BYTES - 1)) begin
          index_q <= '0;
          state_q <= op != 8'(loader_pkg::OP_READ_MEMORY) || status_q != 8'(loader_pkg::STATUS_OK) ? Hunt : left_q == '0 ? ReadCrc : ReadByte;
        end
      end
      ReadByte: state_q <= ReadWait;
      ReadWait: if (mem_rvalid_i) begin
        byte_q     <= mem_rdata_i;
        mem_addr_q <= mem_addr_q + MEM_ADDR_W'(1);
        left_q     <= left_q - 32'd1;
        state_q    <= ReadSend;
      end
      ReadSend: if (take) state_q <= left_q == '0 ? ReadCrc : ReadByte;
      ReadCrc: if (take) begin
        index_q <= index_q + 4'd1;
        if (index_q == 4'(loader_pkg::CRC_BYTES - 1)) state_q <= Hunt;
      end
      default: state_q <= Hunt;
    endcase
    if (late) state_q <= Hunt;
    if (!rst_ni) begin
      state_q    <= Hunt;
      tag_q      <= '0;
      aw_valid_q <= 1'b0;
      w_valid_q  <= 1'b0;
      ar_valid_q <= 1'b0;
    end
  end
  wire unused = &{1'b0, bresp_i[0], rresp_i[0]};
endmodule
`default_nettype wire
