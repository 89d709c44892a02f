// SPDX-License-Identifier: Apache-2.0
// command_reader.sv with any list and any takers. Forever: a job and a read stay as they are until they are taken, a list ends once, with
// END or with an error, and nothing is given after that or before the first command. Up to a bound: commands are given in the order of the
// list, as it has them, when all of their words have come, each once, and none behind a header that is not this hardware's.
`default_nettype none
module command_reader_formal #(
    parameter int BUS_BYTES = 16,
    parameter int ORDER     = 0,  // 1: what follows from the words of the list
    parameter int INDUCTION = 1,  // 0: without what only the induction needs, so that a fault shows as what it breaks
    localparam int READ = 32 * weft_list_pkg::READ_WORDS,
    localparam int JOB = 32 * weft_list_pkg::JOB_WORDS,
    localparam int STORE = 32 * weft_list_pkg::STORE_WORDS
) (
    input wire logic                   clk_i,
    input wire logic                   rst_ni,
    input wire logic                   list_valid_i,
    input wire logic [8*BUS_BYTES-1:0] list_data_i,
    input wire logic                   read_ready_i,
    input wire logic                   job_ready_i,
    input wire logic                   quiet_i,
    input wire logic                   reads_quiet_i
);
  localparam logic [31:0] Config0 = 32'h0804_0810, Config1 = 32'h0020_1110;
  wire logic list_ready, read_valid, job_valid, stores, ends, error;
  wire logic [READ-1:0] read;
  wire logic [JOB-1:0] job;
  wire logic [STORE-1:0] store;
  wire logic [7:0] code;
  wire logic [31:0] commands;
  command_reader #(.BUS_BYTES(BUS_BYTES), .CONFIG0(Config0), .CONFIG1(Config1)) dut (
      .clk_i, .rst_ni, .list_valid_i, .list_ready_o(list_ready), .list_data_i, .read_valid_o(read_valid), .read_ready_i,
      .read_o(read), .job_valid_o(job_valid), .job_ready_i, .job_stores_o(stores), .job_o(job), .store_o(store), .quiet_i,
      .reads_quiet_i, .end_o(ends), .error_o(error), .code_o(code), .commands_o(commands)
  );

  wire unused = &{1'b0, stores, job, store};  // command_reader.sv itself asserts that a job is held until it is taken

  logic began_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) began_q <= 1'b1;
  always_comb assume (rst_ni == began_q);  // reset in the first cycle and never again

  wire logic word = list_valid_i & list_ready;
  wire logic read_take = read_valid & read_ready_i;
  wire logic job_take = job_valid & job_ready_i;
  logic ended_q, quiet_q, quiet_q2, given_q, given_q2, waits_q, begun_q;
  logic [31:0] commands_q;
  logic [READ-1:0] read_q;
  always_ff @(posedge clk_i) begin
    ended_q    <= rst_ni & (ended_q | ends | error);
    quiet_q    <= quiet_i;
    quiet_q2   <= quiet_q;
    given_q    <= rst_ni & (read_take | job_take);
    given_q2   <= rst_ni & given_q;
    waits_q    <= rst_ni & read_valid & ~read_ready_i;
    read_q     <= read;
    begun_q    <= rst_ni & (begun_q | (commands != '0));  // they are counted modulo 2^32
    commands_q <= commands;
  end

  // What the module itself has (command_reader.sby connects these): what makes the proof inductive.
  wire logic [1:0] state;  // header, command, body, ended
  localparam int Depth = 4 * weft_list_pkg::LIST_BLOCK_BYTES / BUS_BYTES;
  localparam int CountW = $clog2(Depth) + 1;
  wire logic [5:0] facts;  // of one piece: it is READ, JOB, END, three of the header
  wire logic body_read, body_job, body_end, ended, starves, quiet, word_valid, queue_valid, ram_valid;
  wire logic [CountW-1:0] ram_count;
  wire logic [2:0] places, next_count;
  wire logic [weft_pkg::RAM_LATENCY-1:0] fetches;
  localparam int Words = BUS_BYTES < 4 * weft_list_pkg::LIST_ALIGN ? BUS_BYTES / 4 : weft_list_pkg::LIST_ALIGN;  // of a piece
  localparam int ReadPieces = weft_list_pkg::READ_WORDS / Words, JobPieces = weft_list_pkg::JOB_COMMAND_WORDS / Words;
  localparam int LeftW = $clog2(JobPieces);
  wire logic [JobPieces-1:0] slot;
  wire logic [LeftW:0] left;
  wire logic [LeftW:0] read_place = (LeftW + 1)'(ReadPieces - 2) - left;  // of the piece of a read that has begun
  wire logic [2:0] on_its_way = 3'(fetches[0]) + 3'(fetches[1]);  // words from the RAM to the queue's head
  always_comb
    if (rst_ni && began_q) begin
      begin : CodeSaysWhichEnd_A
        if (ends) assert (code == weft_csr_pkg::CODE_OK);
        if (error)
          assert (code == weft_csr_pkg::CODE_BAD_LIST || code == weft_csr_pkg::CODE_BAD_COMMAND
                  || code == weft_csr_pkg::CODE_BAD_CHECKSUM);
      end
      begin : EndWaitsForReadsAndWrites_A
        if (ends) assert (quiet_q2 && !given_q2 && !given_q && !job_valid);
      end
      begin : NothingAfterTheEnd_A
        if (ended_q || ends || error) assert (!read_valid);
        if (ended_q) assert (commands == commands_q);
      end
      begin : NothingBeforeACommand_A
        if (commands == '0 && !begun_q) assert (!read_valid && !job_valid);
      end
      begin : ReadHeldUntilTaken_A
        if (waits_q) assert (read_valid && read == read_q);
      end
      begin : Inductive_A
        if (INDUCTION != 0)
          assert (ended == ended_q && (state == 2'd3) == (ended_q || ends || error)
                  && (state != 2'd0 || (!body_read && !body_job && !body_end && !job_valid && commands == '0 && !begun_q))
                  && ((state != 2'd2 && !job_valid) || begun_q || commands != '0)
                  && (state != 2'd2 || !job_valid || !body_job) && (!quiet || (quiet_q && !given_q && !job_valid))
                  && (!word_valid || 2'(facts[0]) + 2'(facts[1]) + 2'(facts[2]) <= 2'd1)
                  && 2'(body_read) + 2'(body_job) + 2'(body_end) <= 2'd1);
      end
      begin : EachPieceHasItsPlace_A
        if (INDUCTION != 0) begin
          if (state != 2'd2) assert (slot == JobPieces'(1) || state == 2'd3);
          if (state == 2'd2 && body_read)
            assert (read_place >= 1 && read_place < (LeftW + 1)'(ReadPieces) && slot == JobPieces'(1) << read_place);
          if (state == 2'd2 && body_end) assert (Words < weft_list_pkg::LIST_ALIGN);
        end
      end
      begin : Queue_A
        if (INDUCTION != 0)
          assert (queue_valid == (next_count != '0) && ram_valid == (ram_count != '0) && (!list_ready || ram_count <= CountW'(Depth - 2))
                  && {1'b0, places} + {1'b0, next_count} + {1'b0, on_its_way} == 4'd4 && !(starves && word_valid));
      end
    end

  // ---- The list as it comes, one piece a bus word.
  generate
    if (ORDER != 0) begin : gen_order
      localparam int Pieces = BUS_BYTES / (4 * weft_list_pkg::LIST_ALIGN);  // Requires: 1
      logic [7:0] left_q;            // words to come of the header or the command
      logic header_q, bad_q, over_q;  // it comes; it is another one; what comes is behind END or a command that does not exist
      logic [7:0] op_q;
      wire logic starts = left_q == '0;
      wire logic [7:0] op = starts ? list_data_i[7:0] : op_q;
      wire logic is_read = op == 8'(weft_list_pkg::OP_READ);
      wire logic is_job = op == 8'(weft_list_pkg::OP_JOB);
      wire logic [7:0] more = is_read ? 8'(weft_list_pkg::READ_WORDS / weft_list_pkg::LIST_ALIGN - 1)
                            : list_data_i[weft_list_pkg::COMMAND_ADDS_BIT]
                              ? 8'(weft_list_pkg::JOB_COMMAND_WORDS / weft_list_pkg::LIST_ALIGN - 1)
                              : 8'(weft_list_pkg::PLAIN_JOB_COMMAND_WORDS / weft_list_pkg::LIST_ALIGN - 1);
      wire logic whole = word & ~header_q & ~over_q & (left_q == 8'd1);  // with this word
      logic [3:0] reads_q, jobs_q, reads_taken_q, jobs_taken_q;  // whole in the list; given
      logic [READ-1:0] first_q;                                  // the first read
      logic [8*BUS_BYTES-1:0] before_q;
      always_ff @(posedge clk_i)
        if (!rst_ni) begin
          left_q   <= 8'd1;
          header_q <= 1'b1;
          {bad_q, over_q, reads_q, jobs_q, reads_taken_q, jobs_taken_q} <= '0;
        end else begin
          if (word) begin
            header_q <= 1'b0;
            op_q     <= op;
            before_q <= list_data_i;
            left_q   <= starts ? more : left_q - 1'b1;
            if (header_q)
              bad_q <= {list_data_i[127:64], list_data_i[31:0]} != {Config1, Config0, 8'(weft_list_pkg::LIST_VERSION), weft_list_pkg::LIST_MAGIC};
            else if (starts && !is_read && !is_job) over_q <= 1'b1;
          end
          if (whole && is_read && reads_q == '0) first_q <= {list_data_i, before_q};
          reads_q       <= reads_q + 4'(whole & is_read);
          jobs_q        <= jobs_q + 4'(whole & is_job);
          reads_taken_q <= reads_taken_q + 4'(read_take);
          jobs_taken_q  <= jobs_taken_q + 4'(job_take);
        end
      always_comb
        if (rst_ni && began_q) begin
          begin : OnlyWholeCommands_A
            if (read_valid) assert (reads_taken_q < reads_q);
            if (job_valid) assert (jobs_taken_q < jobs_q);
          end
          begin : NothingBehindABadHeader_A
            if (bad_q) assert (!read_valid && !job_valid && commands == '0 && !ends);
          end
          begin : FirstReadIsThatOfTheList_A
            if (read_valid && reads_taken_q == '0) assert (read == first_q);
          end
          begin : TwoReads_C
            cover (read_take && reads_taken_q == 4'd1);
          end
          begin : Ended_C
            cover (ends && reads_taken_q == 4'd1);
          end
        end
      initial assert (Pieces == 1);
    end
  endgenerate
endmodule
`default_nettype wire
