// SPDX-License-Identifier: Apache-2.0
// When a list runs: from a start to its one done_o, then until the bus has finished what it has begun, then until the engine is clean.
//
//   start_i  ____/^\_________________________________________________________/^\____________________
//   state    Idle   | First  | Run                      | Stop     | Idle                | First
//   run_o    _______/^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\___________________________________/^^^^^^^^
//   busy_o   _______/^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\____________________/^^^^^^^^^^^
//   done_o   ____________________________________________/^\_________________________________________
//
// run_o low resets what works on the list. Nothing in the array has a reset: its control runs out in FLUSH_CYCLES, after a reset and
// after every list that did not end with CODE_OK. A start in that time waits for its end; an abort ends a start that waits, too.
`default_nettype none
module run_control #(
    parameter int FLUSH_CYCLES = 48,  // Requires: at least 3
    localparam int FLUSH_W = $clog2(FLUSH_CYCLES + 1)
) (
    input  wire logic        clk_i,
    input  wire logic        rst_ni,
    input  wire logic        start_i,          // Requires: busy_o low
    input  wire logic        abort_i,          // does nothing if there is no list to end
    output wire logic        busy_o,           // a list runs or waits, or the bus finishes: the values of the start have to stay
    output logic             done_o,           // once a start, with:
    output logic      [ 7:0] code_o,           // status code, weft_csr_pkg::CODE_*
    output logic      [31:0] error_offset_o,   // where in the memory window
    output logic      [31:0] error_command_o,  // commands that had begun
    // The list
    output wire logic        begins_o,         // a list begins with the next cycle
    output wire logic        first_o,          // the list's first read is offered
    input  wire logic        first_taken_i,
    output wire logic        run_o,            // its inverse is a register, for all that it resets;
    output logic             running_o,        // ... this is one, for what counts the cycles and for what comes late in them
    // How it ends; the errors' codes and offsets come with them
    input  wire logic        list_end_i,
    input  wire logic        list_error_i,
    input  wire logic [ 7:0] list_code_i,
    input  wire logic        read_error_i,
    input  wire logic [ 7:0] read_code_i,
    input  wire logic [31:0] read_offset_i,
    input  wire logic        write_error_i,
    input  wire logic [ 7:0] write_code_i,
    input  wire logic [31:0] write_offset_i,
    input  wire logic        late_i,           // the watchdog
    input  wire logic [31:0] commands_i,
    input  wire logic        bus_idle_i        // nothing is offered or in flight
);
  if (FLUSH_CYCLES < 3) begin : gen_illegal_flush_cycles FLUSH_CYCLES_must_be_at_least_3 u_illegal (); end
  localparam int AfterOk = 3;  // cycles that everything with a reset needs
  typedef enum logic [1:0] {Idle, First, Run, Stop} state_e;
  state_e state_q;
  logic waits_q;                // a start that came before the engine was clean
  logic [FLUSH_W-1:0] flush_q;  // cycles until it is
  logic clean_q;                // it is: flush_q == 0
  wire logic cancel = waits_q & abort_i;
  wire logic ends = running_o & (list_end_i | list_error_i | read_error_i | write_error_i | late_i | abort_i);
  logic first_q;  // state_q == First
  assign first_o   = first_q;
  logic stop_q;   // not run_o: the reset of all that runs, without an inverter before it
  assign run_o = ~stop_q;
  assign busy_o    = waits_q | (state_q != Idle);
  assign begins_o  = (state_q == Idle) & clean_q & (start_i | waits_q) & ~cancel;

  always_ff @(posedge clk_i) begin
    done_o <= rst_ni & (ends | cancel);
    if (ends | cancel) begin
      code_o <= read_error_i  ? read_code_i
              : write_error_i ? write_code_i
              : list_error_i  ? list_code_i
              : list_end_i    ? weft_csr_pkg::CODE_OK
              : abort_i       ? weft_csr_pkg::CODE_ABORTED : weft_csr_pkg::CODE_WATCHDOG;
      error_offset_o  <= read_error_i ? read_offset_i : write_error_i ? write_offset_i : '0;
      error_command_o <= commands_i;
    end
    if (!rst_ni) begin
      state_q   <= Idle;
      flush_q   <= FLUSH_W'(FLUSH_CYCLES);
      clean_q   <= 1'b0;
      waits_q   <= 1'b0;
      stop_q    <= 1'b1;
      running_o <= 1'b0;
      first_q   <= 1'b0;
    end else
      case (state_q)
        Idle: begin
          flush_q <= flush_q - FLUSH_W'(!clean_q);
          clean_q <= clean_q | (flush_q == FLUSH_W'(1));
          waits_q <= (start_i | waits_q) & ~begins_o & ~cancel;
          if (begins_o) begin
            state_q   <= First;
            stop_q    <= 1'b0;
            running_o <= 1'b1;
            first_q   <= 1'b1;
          end
        end
        First, Run:
        if (ends) begin
          state_q   <= Stop;
          stop_q    <= 1'b1;
          running_o <= 1'b0;
          first_q   <= 1'b0;
        end else if (first_taken_i) begin
          state_q <= Run;
          first_q <= 1'b0;
        end
        default: begin
          flush_q <= code_o == weft_csr_pkg::CODE_OK ? FLUSH_W'(AfterOk) : FLUSH_W'(FLUSH_CYCLES);
          clean_q <= 1'b0;
          if (bus_idle_i) state_q <= Idle;
        end
      endcase
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (rst_ni) begin : StartOnlyWhenNotBusy_A
      assert (!(start_i && busy_o));
    end
  always_ff @(posedge clk_i)
    if (rst_ni) begin : CleanIsZero_A
      assert (clean_q == (flush_q == '0));
    end
`endif
endmodule
`default_nettype wire
