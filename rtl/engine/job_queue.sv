// SPDX-License-Identifier: Apache-2.0
// Two jobs deep: the pixel walker works ahead on the next job while the sequencer still runs the one before it.
//   job --1--> the walker's --1--> the sequencer's
// Each reader steps past its own job with *_next_i and sees the one behind it two cycles later; a place is free again when both have. Every
// field is one register's output.
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
  logic fresh_q;       // the walker's job is not yet the sequencer's; the walker is at most one job ahead
  logic [1:0] used_q;  // jobs that the sequencer has not passed
  assign ready_o = ~walk_valid_o & ~used_q[1];
  wire logic walk_load = valid_i & ready_o;
  wire logic seq_load = fresh_q & ~seq_valid_o;

  always_ff @(posedge clk_i) if (walk_load) walk_job_o <= job_i;
  always_ff @(posedge clk_i) if (seq_load) seq_job_o <= walk_job_o;
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      walk_valid_o <= 1'b0;
      seq_valid_o  <= 1'b0;
      fresh_q      <= 1'b0;
      used_q       <= '0;
    end else begin
      walk_valid_o <= walk_load | (walk_valid_o & ~walk_next_i);
      seq_valid_o  <= seq_load | (seq_valid_o & ~seq_next_i);
      fresh_q      <= walk_load | (fresh_q & ~seq_load);
      used_q       <= used_q + 2'(walk_load) - 2'(seq_next_i);
    end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : EachReaderSeesEachJob_A
      assert (!(walk_load && fresh_q && !seq_load));
    end
`endif
endmodule
`default_nettype wire
