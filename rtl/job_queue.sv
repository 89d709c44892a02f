// Two jobs deep: the pixel walker works ahead on the next job while the sequencer still runs the one before it.
// Each reader sees its own current job and steps past it with *_next_i; a place is free again when both have.
`default_nettype none
module job_queue (
    input  wire logic                             clk_i,
    input  wire logic                             rst_ni,
    input  wire logic                             valid_i,
    output wire logic                             ready_o,
    input  wire logic [32*weft_pkg::JOB_WORDS-1:0] job_i,
    output wire logic                             walk_valid_o,
    output wire logic [32*weft_pkg::JOB_WORDS-1:0] walk_job_o,
    input  wire logic                             walk_next_i,
    output wire logic                             seq_valid_o,
    output wire logic [32*weft_pkg::JOB_WORDS-1:0] seq_job_o,
    input  wire logic                             seq_next_i
);
  logic [32*weft_pkg::JOB_WORDS-1:0] job0_q, job1_q;
  logic [1:0] write_q, walk_q, seq_q;  // running counts; bit 0 names the place

  assign ready_o      = 2'(write_q - seq_q) != 2'd2;  // the sequencer is never ahead of the walker
  assign walk_valid_o = walk_q != write_q;
  assign seq_valid_o  = seq_q != write_q;
  assign walk_job_o   = walk_q[0] ? job1_q : job0_q;
  assign seq_job_o    = seq_q[0] ? job1_q : job0_q;
  wire logic take = valid_i & ready_o;

  always_ff @(posedge clk_i) begin
    if (take && !write_q[0]) job0_q <= job_i;
    if (take && write_q[0]) job1_q <= job_i;
    if (!rst_ni) begin
      write_q <= '0;
      walk_q  <= '0;
      seq_q   <= '0;
    end else begin
      write_q <= write_q + 2'(take);
      walk_q  <= walk_q + 2'(walk_next_i);
      seq_q   <= seq_q + 2'(seq_next_i);
    end
  end
endmodule
`default_nettype wire
