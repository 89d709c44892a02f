// SPDX-License-Identifier: Apache-2.0
// run_control.sv with anybody who starts only while it is not busy, and with any list and bus.
`default_nettype none
module run_control_formal #(
    parameter int FLUSH_CYCLES = 6,
    parameter int INDUCTION    = 1  // 0: without what only the induction needs, so that a fault shows as what it breaks
) (
    input wire logic        clk_i,
    input wire logic        rst_ni,
    input wire logic        start_i,
    input wire logic        abort_i,
    input wire logic        first_taken_i,
    input wire logic        list_end_i,
    input wire logic        list_error_i,
    input wire logic        read_error_i,
    input wire logic        write_error_i,
    input wire logic        late_i,
    input wire logic        bus_idle_i
);
  localparam int CountW = 8;
  localparam int AfterOk = 3;
  localparam int Bad = 4;  // any code but OK and ABORTED
  wire logic busy, done, begins, first, running, run;
  wire logic [7:0] code;
  wire logic [31:0] error_offset, error_command;
  run_control #(.FLUSH_CYCLES(FLUSH_CYCLES)) dut (
      .clk_i, .rst_ni, .start_i, .abort_i, .busy_o(busy), .done_o(done), .code_o(code), .error_offset_o(error_offset),
      .error_command_o(error_command), .begins_o(begins), .first_o(first), .first_taken_i, .running_o(running), .run_o(run),
      .list_end_i, .list_error_i, .list_code_i(8'(Bad)), .read_error_i, .read_code_i(8'(Bad)), .read_offset_i(32'd1),
      .write_error_i, .write_code_i(8'(Bad)), .write_offset_i(32'd2), .late_i, .commands_i(32'd3), .bus_idle_i
  );

  logic began_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) began_q <= 1'b1;

  // A list is owed its end from its start to done; after that the bus may still have something to finish.
  logic owed_q, released_q, bus_idle_q, run_q, abort_q, end_q;
  wire logic end_now = list_end_i | list_error_i | read_error_i | write_error_i | late_i;
  logic [CountW-1:0] low_q, wait_q;  // cycles that run_o has been low; that a start waits
  logic ok_q;                        // the last list ended with OK, and nothing was reset after it
  always_ff @(posedge clk_i) begin
    owed_q     <= rst_ni & (start_i | (owed_q & ~done));
    released_q <= ~rst_ni | (~run & bus_idle_i & (done | ~owed_q) & ~start_i);
    bus_idle_q <= ~rst_ni | bus_idle_i;
    run_q      <= rst_ni & run;
    abort_q    <= rst_ni & abort_i & owed_q & ~done;
    end_q      <= rst_ni & run & end_now;
    if (!rst_ni || run) low_q <= '0;
    else if (!(&low_q)) low_q <= low_q + 1'b1;
    if (!rst_ni || !owed_q || done || run) wait_q <= '0;
    else wait_q <= wait_q + 1'b1;
    if (!rst_ni) ok_q <= 1'b0;
    else if (run_q && done) ok_q <= code == weft_csr_pkg::CODE_OK;
  end

  always_comb begin
    assume (rst_ni == began_q);  // reset in the first cycle and never again
    if (rst_ni && began_q) begin
      assume (!(start_i && (busy || abort_i)));
      if (bus_idle_q && !run_q) assume (bus_idle_i);                                         // a bus begins nothing by itself
      if (!run) assume (!list_end_i && !list_error_i && !read_error_i && !write_error_i && !late_i);
    end
  end

  wire logic [1:0] state;  // dut.state_q
  wire logic waits;        // dut.waits_q
  wire logic [$clog2(FLUSH_CYCLES+1)-1:0] flush;  // dut.flush_q

  always_comb
    if (rst_ni && began_q) begin
      begin : IdleAfterResetAndEnd_A  // a bus that writes registers then is not refused
        if (released_q) assert (!busy);
      end
      begin : BusyWhileOwed_A
        if (owed_q && !done) assert (busy);
        if (!bus_idle_i) assert (busy);
      end
      begin : OneDoneAStart_A
        if (done) assert (owed_q);
      end
      begin : AbortAndEndsEndIt_A
        if (abort_q | end_q) assert (done);
        if (done) assert (abort_q | end_q);
      end
      begin : StartWaitsNotForEver_A
        assert (wait_q <= CountW'(FLUSH_CYCLES));
      end
      begin : CleanBeforeItRuns_A
        if (run && !run_q) assert (low_q >= CountW'(ok_q ? AfterOk : FLUSH_CYCLES));
      end
      begin : RunsFromFirstToDone_A
        assert (run == running && (!first || run) && (!run || owed_q));
        if (run && !run_q) assert (first);
      end
      begin : Induction_A
        if (INDUCTION != 0) begin
          assert (run == (state == 2'd1 || state == 2'd2));
          assert ((owed_q && !done) == (waits || run));
          assert (!(waits && (run || done)) && !(run && done) && (!waits || state == 2'd0));
          assert (run_q || !end_q);
          if (state == 2'd0) assert (low_q + CountW'(flush) >= CountW'(ok_q ? AfterOk : FLUSH_CYCLES));
          assert (CountW'(flush) <= CountW'(FLUSH_CYCLES) && (!waits || wait_q + CountW'(flush) <= CountW'(FLUSH_CYCLES)));
        end
      end
      begin : StartWaits_C
        cover (run && !run_q && wait_q == CountW'(FLUSH_CYCLES));
      end
      begin : AbortedWhileItWaits_C
        cover (done && abort_q && !run_q && !run);
      end
      begin : SecondListAfterOk_C
        cover (run && !run_q && ok_q && low_q == CountW'(AfterOk + 2));  // and the cycles in which it stops and begins
      end
    end
endmodule
`default_nettype wire
