// SPDX-License-Identifier: Apache-2.0
// Runs the list of commands: takes it piece by piece, checks its header and checksum, gives reads to the read DMA and jobs to the
// engine. What it needs of the list comes through its own reads, one block of the list ahead of time (compiler/list.cpp).
// A piece is the list's next bus word, or 16 bytes of a wider one; header and commands are whole pieces. One piece a cycle: a
// read is given with its last piece, a job is offered in the cycle after that.
`default_nettype none
module command_reader #(
    parameter int BUS_BYTES = 8,         // Requires: a power of two, 4 to 64
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
    output wire logic [ 32*weft_list_pkg::READ_WORDS-1:0]  read_o,
    output wire logic                                 job_valid_o,
    input  wire logic                                 job_ready_i,
    output wire logic                                 job_stores_o,
    output wire logic [  32*weft_list_pkg::JOB_WORDS-1:0]  job_o,
    output wire logic [32*weft_list_pkg::STORE_WORDS-1:0]  store_o,
    input  wire logic                                 quiet_i,     // all reads and writes that were asked for are done
    input  wire logic                                 reads_quiet_i,  // ... all reads
    output logic                                      end_o,       // the list has ended
    output logic                                      error_o,
    output logic      [                          7:0] code_o,      // with end_o or error_o
    output logic      [                         31:0] commands_o   // commands begun
);
  if (BUS_BYTES < 4 || BUS_BYTES > 64 || !weft_pkg::power_of_two(BUS_BYTES))
    begin : gen_illegal_bus_bytes BUS_BYTES_must_be_a_power_of_two_4_to_64 u_illegal (); end
  localparam int Depth = 4 * weft_list_pkg::LIST_BLOCK_BYTES / BUS_BYTES;  // four blocks
  localparam int PieceBytes = BUS_BYTES < 4 * weft_list_pkg::LIST_ALIGN ? BUS_BYTES : 4 * weft_list_pkg::LIST_ALIGN;
  localparam int PieceW = 8 * PieceBytes;
  localparam int Words = PieceBytes / 4;
  localparam int Parts = BUS_BYTES / PieceBytes;
  localparam int PartW = Parts == 1 ? 1 : $clog2(Parts);
  localparam int HeaderPieces = weft_list_pkg::HEADER_WORDS / Words;
  localparam int ReadPieces = weft_list_pkg::READ_WORDS / Words;
  localparam int PlainPieces = weft_list_pkg::PLAIN_JOB_COMMAND_WORDS / Words;
  localparam int JobPieces = weft_list_pkg::JOB_COMMAND_WORDS / Words;
  localparam int EndPieces = weft_list_pkg::LIST_ALIGN / Words;

  // ---- The queue, and behind it the bus word that is looked at, with what is to be known of each of its pieces ------------------
  // What a piece is: of a command's first one, its kind; of the header's, whether what it has to say is said.
  localparam int IsRead = 0, IsJob = 1, IsEnd = 2, IsMagic = 3, IsConfig0 = 4, IsConfig1 = 5, Facts = 6;
  localparam int MagicLsb = 32 * (weft_list_pkg::HEADER_MAGIC % Words);
  localparam int Config0Lsb = 32 * (weft_list_pkg::HEADER_CONFIG0 % Words);
  localparam int Config1Lsb = 32 * (weft_list_pkg::HEADER_CONFIG1 % Words);
  localparam logic [31:0] Magic = 32'(weft_list_pkg::LIST_MAGIC) << weft_list_pkg::HEADER_MAGIC_TEXT_LSB
                                | 32'(weft_list_pkg::LIST_VERSION) << weft_list_pkg::HEADER_MAGIC_VERSION_LSB;
  localparam int OpLsb = weft_list_pkg::COMMAND_OPCODE_LSB, OpW = weft_list_pkg::COMMAND_OPCODE_W;
  wire logic take, last_part;  // the piece; of its bus word
  wire logic queue_valid, queue_empty;
  wire logic [8*BUS_BYTES-1:0] queue_word;
  wire logic [$clog2(Depth):0] list_count;
  logic word_valid_q;
  logic [8*BUS_BYTES-1:0] word_q;
  logic [Facts*Parts-1:0] word_facts, facts_q;
  logic [PartW-1:0] part_q;
  wire logic word_load = queue_valid & (~word_valid_q | (take & last_part));
  wire logic arrives = list_valid_i & list_ready_o;
  ram_fifo #(.WIDTH(8 * BUS_BYTES), .DEPTH(Depth)) u_list (
      .clk_i, .rst_ni, .push_i(arrives), .data_i(list_data_i), .pop_i(word_load), .valid_o(queue_valid), .data_o(queue_word),
      .count_o(list_count), .empty_o(queue_empty)
  );
  integer f;
  always_comb
    for (f = 0; f < Parts; f++) begin
      word_facts[Facts*f+IsRead] = queue_word[PieceW*f+OpLsb+:OpW] == OpW'(weft_list_pkg::OP_READ);
      word_facts[Facts*f+IsJob] = queue_word[PieceW*f+OpLsb+:OpW] == OpW'(weft_list_pkg::OP_JOB);
      word_facts[Facts*f+IsEnd] = queue_word[PieceW*f+OpLsb+:OpW] == OpW'(weft_list_pkg::OP_END);
      word_facts[Facts*f+IsMagic] = queue_word[PieceW*f+MagicLsb+:32] == Magic;
      word_facts[Facts*f+IsConfig0] = queue_word[PieceW*f+Config0Lsb+:32] == CONFIG0;
      word_facts[Facts*f+IsConfig1] = queue_word[PieceW*f+Config1Lsb+:32] == CONFIG1;
    end
  assign last_part = part_q == PartW'(Parts - 1);
  wire logic [PieceW-1:0] piece = word_q[PieceW*part_q+:PieceW];
  wire logic [Facts-1:0] facts = facts_q[Facts*part_q+:Facts];
  logic begun_q;  // a bus word has come
  logic room_q;   // for two bus words
  assign list_ready_o = room_q;
  always_ff @(posedge clk_i) begin
    if (word_load) word_q <= queue_word;
    if (word_load) facts_q <= word_facts;
    if (!rst_ni) begin
      word_valid_q <= 1'b0;
      part_q       <= '0;
      begun_q      <= 1'b0;
      room_q       <= 1'b0;
    end else begin
      word_valid_q <= word_load | (word_valid_q & ~(take & last_part));
      if (take) part_q <= last_part ? '0 : part_q + 1'b1;
      begun_q <= begun_q | arrives;
      room_q  <= list_count < ($clog2(Depth) + 1)'(Depth - 2);
    end
  end

  // All words of the list add up to 0. The sum is complete three cycles after the last one has come, when quiet_q can first be high.
  logic [8*BUS_BYTES-1:0] arrived_word_q;
  logic [31:0] words_sum, words_sum_q, sum_q;
  logic arrived_q, sums_q;
  integer i;
  always_comb begin
    words_sum = '0;
    for (i = 0; i < BUS_BYTES / 4; i++) words_sum = words_sum + arrived_word_q[32*i+:32];
  end
  always_ff @(posedge clk_i) begin
    arrived_word_q <= list_data_i;
    arrived_q      <= rst_ni & arrives;
    words_sum_q    <= words_sum;
    sums_q         <= rst_ni & arrived_q;
    if (!rst_ni) sum_q <= '0;
    else if (sums_q) sum_q <= sum_q + words_sum_q;
  end

  // ---- Commands -----------------------------------------------------------------------------------------------------------
  typedef enum logic [1:0] {Header, Command, Body, Ended} state_e;  // Command: the first piece of one, Body: the others
  localparam int LeftW = $clog2(JobPieces);
  state_e state_q;
  logic [LeftW:0] left_q;        // pieces to come of this command, less two: the top bit says that this one is the last
  logic [JobPieces-1:0] slot_q;  // of a command: one bit for each piece, this one
  logic body_read_q, body_job_q, body_end_q;  // the command that has begun
  logic job_full_q;
  wire logic begins = state_q == Command;
  wire logic in_body = state_q == Body;
  wire logic is_read = (begins & facts[IsRead]) | (in_body & body_read_q);
  wire logic is_job = (begins & facts[IsJob]) | (in_body & body_job_q);
  wire logic is_end = (begins & facts[IsEnd]) | (in_body & body_end_q);
  wire logic none = begins & ~facts[IsRead] & ~facts[IsJob] & ~facts[IsEnd];
  wire logic last = begins ? is_end & (EndPieces == 1) : left_q[LeftW];
  logic quiet_q;    // a cycle ago all was quiet, no word had just come, no job was held, and none and no read was given
  logic starves_q;  // no bus word can come any more
  // What a piece waits for: a place for the read, the job before to be gone, all to be done.
  wire logic waits_read = in_body & body_read_q & left_q[LeftW] & ~read_ready_i;
  wire logic waits_job = begins & facts[IsJob] & job_full_q;
  wire logic waits_end = (EndPieces == 1 ? begins & facts[IsEnd] : in_body & body_end_q & left_q[LeftW]) & ~quiet_q;
  assign take = word_valid_q & ~waits_read & ~waits_job & ~waits_end;
  wire logic take_job = take & is_job;
  wire logic take_end = take & is_end;

  // Each word of the header that is checked: pieces that come behind its piece.
  localparam int HeaderLast = HeaderPieces - 1;
  localparam int MagicLeft = HeaderLast - weft_list_pkg::HEADER_MAGIC / Words;
  localparam int Config0Left = HeaderLast - weft_list_pkg::HEADER_CONFIG0 / Words;
  localparam int Config1Left = HeaderLast - weft_list_pkg::HEADER_CONFIG1 / Words;
  wire logic header_ok = ((left_q != (LeftW + 1)'(MagicLeft - 1)) | facts[IsMagic])
                         & ((left_q != (LeftW + 1)'(Config0Left - 1)) | facts[IsConfig0])
                         & ((left_q != (LeftW + 1)'(Config1Left - 1)) | facts[IsConfig1]);
  always_ff @(posedge clk_i) begin
    end_o   <= 1'b0;
    error_o <= 1'b0;
    if (!rst_ni) begin
      state_q     <= Header;
      left_q      <= (LeftW + 1)'(HeaderLast - 1);
      slot_q      <= JobPieces'(1);
      job_full_q  <= 1'b0;
      quiet_q     <= 1'b0;
      starves_q   <= 1'b0;
      body_read_q <= 1'b0;
      body_job_q  <= 1'b0;
      body_end_q  <= 1'b0;
      commands_o  <= '0;
    end else begin
      quiet_q   <= quiet_i & ~arrived_q & ~(read_valid_o & read_ready_i) & ~job_full_q & ~(take_job & last);
      starves_q <= begun_q & reads_quiet_i & ~word_valid_q & queue_empty & ~list_valid_i;
      if (job_valid_o & job_ready_i) job_full_q <= 1'b0;
      if (take_job & last) job_full_q <= 1'b1;
      if (take & (begins | in_body)) slot_q <= last ? JobPieces'(1) : slot_q << 1;
      if (starves_q & (state_q != Ended)) begin
        state_q <= Ended;
        error_o <= 1'b1;
        code_o  <= weft_csr_pkg::CODE_BAD_LIST;
      end
      if (take) begin
        left_q <= left_q - 1'b1;
        case (state_q)
          Header: begin
            if (last) state_q <= Command;
            if (!header_ok) begin
              state_q <= Ended;
              error_o <= 1'b1;
              code_o  <= weft_csr_pkg::CODE_BAD_LIST;
            end
          end
          Command: begin
            commands_o <= commands_o + 1'b1;
            {body_read_q, body_job_q, body_end_q} <= {facts[IsRead], facts[IsJob], facts[IsEnd]};
            state_q    <= Body;
            left_q     <= (LeftW + 1)'((is_read ? ReadPieces : is_end ? EndPieces : piece[weft_list_pkg::COMMAND_ADDS_BIT] ? JobPieces : PlainPieces) - 3);
            if (none) begin
              state_q <= Ended;
              error_o <= 1'b1;
              code_o  <= weft_csr_pkg::CODE_BAD_COMMAND;
            end
          end
          Body: if (last) state_q <= Command;
          default: ;
        endcase
        if (take_end & last) begin
          state_q <= Ended;
          end_o   <= sum_q == '0;
          error_o <= sum_q != '0;
          code_o  <= sum_q == '0 ? weft_csr_pkg::CODE_OK : weft_csr_pkg::CODE_BAD_CHECKSUM;
        end
      end
    end
  end

  // ---- What is given ------------------------------------------------------------------------------------------------------
  // A piece is written as long as it is there, and stays when it is taken: take comes late in the cycle.
  localparam int ReadW = 32 * weft_list_pkg::READ_WORDS;
  logic [ReadW-PieceW-1:0] read_q;  // the pieces before this one
  assign read_valid_o = word_valid_q & is_read & last;
  assign read_o = {piece, read_q};

  localparam int JobLsb = 32;  // behind the command's first word: the engine's job, then where its outputs go
  localparam int JobW = 32 * weft_list_pkg::JOB_WORDS;
  localparam int StoreLsb = JobLsb + JobW;
  localparam int StoreW = 32 * weft_list_pkg::STORE_WORDS;
  localparam int KindLsb = 32 * weft_list_pkg::STORE_ADD + weft_list_pkg::STORE_ADD_KIND_LSB;
  localparam int KindW = weft_list_pkg::STORE_ADD_KIND_W;
  logic [32*weft_list_pkg::JOB_COMMAND_WORDS-1:0] job_q;  // the command as it is in the list
  integer p;
  always_ff @(posedge clk_i) begin
    for (p = 0; p < ReadPieces - 1; p++) if (slot_q[p]) read_q[PieceW*p+:PieceW] <= piece;
    for (p = 0; p < JobPieces; p++)
      if (slot_q[p] & ~job_full_q) job_q[PieceW*p+:PieceW] <= piece;  // also those of a read, which a job's then take the place of
  end
  wire logic job_adds = job_q[weft_list_pkg::COMMAND_ADDS_BIT];  // without it there are no words from STORE_ADD on
  wire logic [StoreW-1:0] job_store = job_q[StoreLsb+:StoreW];
  assign job_valid_o = job_full_q;
  assign job_stores_o = job_q[weft_list_pkg::COMMAND_STORES_BIT];
  assign job_o = job_q[JobLsb+:JobW];
  assign store_o = {job_store[StoreW-1:KindLsb+KindW], job_store[KindLsb+:KindW] & {KindW{job_adds}}, job_store[KindLsb-1:0]};
  wire unused = &{1'b0, job_q};

`ifndef SYNTHESIS
  logic job_stalled_q, ended_q;
  logic [JobW+StoreW:0] job_held_q;
  always_ff @(posedge clk_i) begin
    job_stalled_q <= rst_ni & job_valid_o & ~job_ready_i;
    if (job_valid_o & ~job_ready_i & ~job_stalled_q) job_held_q <= {job_stores_o, job_o, store_o};
    ended_q       <= rst_ni & (ended_q | end_o | error_o);
    if (rst_ni) begin
      begin : JobHeldUntilTaken_A
        if (job_stalled_q) assert (job_valid_o && {job_stores_o, job_o, store_o} === job_held_q);  // not every command has all words
      end
      begin : EndsOnce_A
        assert (!(end_o && error_o) && !(ended_q && (end_o || error_o)));
      end
      begin : NothingAfterTheEnd_A
        if (ended_q) assert (!read_valid_o && (!job_valid_o || job_stalled_q));
      end
    end
  end
`endif
endmodule
`default_nettype wire
