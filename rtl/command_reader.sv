// Runs the list of commands: takes it word by word, checks its header and checksum, gives reads to the read DMA and jobs to the
// engine. What it needs of the list comes through its own reads, one block of the list ahead of time (compiler/program.hpp).
// One word a cycle; a job is offered in the cycle after its last word, a read is in the queue then.
`default_nettype none
module command_reader #(
    parameter int BUS_BYTES = 8,
    parameter logic [31:0] CONFIG0 = 0,  // what the header must say of the configuration
    parameter logic [31:0] CONFIG1 = 0
) (
    input  wire logic                                 clk_i,
    input  wire logic                                 rst_ni,
    input  wire logic                                 list_valid_i,
    output wire logic                                 list_ready_o,
    input  wire logic [              8*BUS_BYTES-1:0] list_data_i,
    output wire logic                                 read_valid_o,
    input  wire logic                                 read_ready_i,
    output wire logic [ 32*weft_pkg::READ_WORDS-1:0]  read_o,
    output wire logic                                 job_valid_o,
    input  wire logic                                 job_ready_i,
    output wire logic                                 job_stores_o,
    output wire logic [  32*weft_pkg::JOB_WORDS-1:0]  job_o,
    output wire logic [32*weft_pkg::STORE_WORDS-1:0]  store_o,
    input  wire logic                                 quiet_i,     // all reads and writes that were asked for are done
    input  wire logic                                 reads_quiet_i,  // ... all reads
    output logic                                      end_o,       // the list has ended
    output logic                                      error_o,
    output logic      [                          7:0] code_o,      // with end_o or error_o
    output logic      [                         31:0] commands_o   // commands begun
);
  localparam int Depth = 4 * weft_pkg::LIST_BLOCK / BUS_BYTES;
  localparam int Words = BUS_BYTES / 4;
  localparam int WordW = Words == 1 ? 1 : $clog2(Words);
  localparam int JobWords = weft_pkg::JOB_WORDS + weft_pkg::STORE_WORDS;
  localparam int PlainWords = weft_pkg::JOB_WORDS + weft_pkg::STORE_PLAIN_WORDS;

  wire logic list_full, list_valid;
  wire logic [8*BUS_BYTES-1:0] list_word;
  wire logic [$clog2(Depth):0] list_count;
  wire logic list_pop;
  fifo #(.WIDTH(8 * BUS_BYTES), .DEPTH(Depth)) u_list (
      .clk_i, .rst_ni, .push_i(list_valid_i & list_ready_o), .data_i(list_data_i), .pop_i(list_pop),
      .valid_o(list_valid), .data_o(list_word), .count_o(list_count)
  );
  assign list_full = list_count[$clog2(Depth)];
  assign list_ready_o = ~list_full;

  // A word of the list a cycle.
  logic [WordW-1:0] part_q;  // of the bus word
  wire logic last_part = part_q == WordW'(Words - 1);
  wire logic [31:0] word = list_word[32*part_q+:32];
  wire logic take;
  assign list_pop = take & last_part;

  localparam int Header = 0, Command = 1, Read = 2, Job = 3, Ended = 4;
  logic [2:0] state_q;
  logic [6:0] left_q;  // words to come of this command, less one
  wire logic [7:0] opcode = word[7:0];
  logic [31:0] sum_q;
  logic [32*(weft_pkg::READ_WORDS-1)-1:0] read_q;
  logic [32*JobWords-1:0] job_q;
  logic [6:0] index_q;  // of the job's next word
  integer w;
  logic job_full_q, job_stores_q;
  logic begun_q;  // a word has come
  wire logic starves = begun_q & reads_quiet_i & ~list_valid & (state_q != 3'(Ended));  // no word can come any more

  wire logic last_read = (state_q == 3'(Read)) & (left_q == 7'd0);
  wire logic waits = (last_read & ~read_ready_i)
                     | ((state_q == 3'(Command)) & (opcode == 8'(weft_pkg::OP_JOB)) & job_full_q)
                     | ((state_q == 3'(Command)) & (opcode == 8'(weft_pkg::OP_END)) & (~quiet_i | job_full_q))
                     | (state_q == 3'(Ended));
  assign take = list_valid & ~waits;
  assign read_valid_o = take & last_read;
  assign read_o = {word, read_q};
  assign job_valid_o = job_full_q;
  assign job_stores_o = job_stores_q;
  assign {store_o, job_o} = job_q;

  wire logic [31:0] sum = sum_q + word;
  wire logic header_ok = left_q == 7'd7 ? word == weft_pkg::LIST_MAGIC
                       : left_q == 7'd6 ? word == 32'(weft_pkg::LIST_VERSION)
                       : left_q == 7'd3 ? word == CONFIG0
                       : left_q == 7'd2 ? word == CONFIG1 : 1'b1;
  always_ff @(posedge clk_i) begin
    end_o   <= 1'b0;
    error_o <= 1'b0;
    if (!rst_ni) begin
      state_q    <= 3'(Header);
      left_q     <= 7'(weft_pkg::LIST_HEADER - 1);
      part_q     <= '0;
      sum_q      <= '0;
      job_full_q <= 1'b0;
      commands_o <= '0;
      begun_q    <= 1'b0;
    end else begin
      begun_q <= begun_q | list_valid;
      if (starves) begin
        state_q <= 3'(Ended);
        error_o <= 1'b1;
        code_o  <= weft_csr_pkg::CODE_BAD_LIST;
      end
      if (job_valid_o & job_ready_i) job_full_q <= 1'b0;
      if (take) begin
        part_q <= last_part ? '0 : part_q + 1'b1;
        sum_q  <= sum;
        left_q <= left_q - 1'b1;
        case (state_q)
          3'(Header): begin
            if (left_q == 7'd0) state_q <= 3'(Command);
            if (!header_ok) begin
              state_q <= 3'(Ended);
              error_o <= 1'b1;
              code_o  <= weft_csr_pkg::CODE_BAD_LIST;
            end
          end
          3'(Command): begin
            commands_o <= commands_o + 1'b1;
            case (opcode)
              8'(weft_pkg::OP_READ): begin
                state_q <= 3'(Read);
                left_q  <= 7'(weft_pkg::READ_WORDS - 2);
              end
              8'(weft_pkg::OP_JOB): begin
                state_q      <= 3'(Job);
                left_q       <= 7'((word[9] ? JobWords : PlainWords) - 1);
                job_stores_q <= word[8];
              end
              8'(weft_pkg::OP_END): begin
                state_q <= 3'(Ended);
                end_o   <= sum == '0;
                error_o <= sum != '0;
                code_o  <= sum == '0 ? weft_csr_pkg::CODE_OK : weft_csr_pkg::CODE_BAD_CHECKSUM;
              end
              default: begin
                state_q <= 3'(Ended);
                error_o <= 1'b1;
                code_o  <= weft_csr_pkg::CODE_BAD_COMMAND;
              end
            endcase
          end
          3'(Read): if (left_q == 7'd0) state_q <= 3'(Command);
          3'(Job):
            if (left_q == 7'd0) begin
              state_q    <= 3'(Command);
              job_full_q <= 1'b1;
            end
          default: ;
        endcase
      end
    end
    if (take && (state_q == 3'(Command))) begin
      index_q <= '0;
      if (opcode == 8'(weft_pkg::OP_JOB)) job_q[32*(weft_pkg::JOB_WORDS+weft_pkg::STORE_ADD)+:32] <= '0;
    end
    if (take && (state_q == 3'(Job))) begin
      index_q <= index_q + 1'b1;
      for (w = 0; w < JobWords; w++) if (index_q == 7'(w)) job_q[32*w+:32] <= word;
    end
    if (take && (state_q == 3'(Read) || state_q == 3'(Command))) read_q <= {word, read_q[32*(weft_pkg::READ_WORDS-1)-1:32]};
  end
endmodule
`default_nettype wire
