// SPDX-License-Identifier: Apache-2.0
// Two jobs deep: the pixel walker works ahead on the next job while the sequencer still runs the one before it.
// Each reader sees its own current job and steps past it with *_next_i; a place is free again when both have.
// The current jobs are copies in registers, so that every field is one register's output: a job can be seen two cycles after it
// was taken, and two cycles after *_next_i.
`default_nettype none
module job_queue (
    input  wire logic                              clk_i,
    input  wire logic                              rst_ni,
    input  wire logic                              valid_i,
    output wire logic                              ready_o,
    input  wire logic [32*weft_list_pkg::JOB_WORDS-1:0] job_i,
    output logic                                   walk_valid_o,
    output logic      [32*weft_list_pkg::JOB_WORDS-1:0] walk_job_o,
    input  wire logic                              walk_next_i,
    output logic                                   seq_valid_o,
    output logic      [32*weft_list_pkg::JOB_WORDS-1:0] seq_job_o,
    input  wire logic                              seq_next_i
);
  logic [32*weft_list_pkg::JOB_WORDS-1:0] job0_q, job1_q;
  logic [1:0] write_q, walk_q, seq_q;  // running counts; bit 0 names the place

  logic ready_q;
  assign ready_o = ready_q;
  wire logic take = valid_i & ready_q;
  wire logic [1:0] used = write_q - seq_q;  // the sequencer is never ahead of the walker

  always_ff @(posedge clk_i) if (!walk_valid_o) walk_job_o <= walk_q[0] ? job1_q : job0_q;
  always_ff @(posedge clk_i) if (!seq_valid_o) seq_job_o <= seq_q[0] ? job1_q : job0_q;
  always_ff @(posedge clk_i) if (take && !write_q[0]) job0_q <= job_i;
  always_ff @(posedge clk_i) if (take && write_q[0]) job1_q <= job_i;
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      write_q      <= '0;
      walk_q       <= '0;
      seq_q        <= '0;
      ready_q      <= 1'b1;
      walk_valid_o <= 1'b0;
      seq_valid_o  <= 1'b0;
    end else begin
      write_q      <= write_q + 2'(take);
      walk_q       <= walk_q + 2'(walk_next_i);
      seq_q        <= seq_q + 2'(seq_next_i);
      ready_q      <= take ? used == 2'd0 || (used == 2'd1 && seq_next_i) : used != 2'd2 || seq_next_i;
      walk_valid_o <= walk_valid_o ? ~walk_next_i : walk_q != write_q;
      seq_valid_o  <= seq_valid_o ? ~seq_next_i : seq_q != write_q;
    end
endmodule
`default_nettype wire
