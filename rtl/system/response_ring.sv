// SPDX-License-Identifier: Apache-2.0
// Bursts in flight, whose responses may come in any order across IDs: retires them in the order of their issue.
//   issue n -> slot n mod SLOTS, ID n mod 2^ID_W;   a response is for the oldest burst of its ID that has none
// AXI keeps the order of an ID's responses, so a counter for each ID finds the slot, and a bit of each slot holds what came early.
// One retires a cycle, the first in the cycle after its response. While the oldest one has none, the next response of its ID is its own.
// No burst has its response in the cycle after its issue, in which the bus gets its address: its flag is kept with the end of that cycle.
`default_nettype none
module response_ring #(
    parameter int SLOTS = 64,  // Requires: a power of two, at least 4
    parameter int ID_W  = 4,   // Requires: 1 to log2 of SLOTS - 1
    localparam int SLOT_W = $clog2(SLOTS)
) (
    input  wire logic            clk_i,
    input  wire logic            rst_ni,
    input  wire logic            issue_i,         // Requires: full_o low
    input  wire logic            issue_final_i,   // what comes back with retire_o
    output wire logic [ID_W-1:0] issue_id_o,      // of the burst that is issued next
    output wire logic            full_o,
    input  wire logic            response_i,      // Requires: of a burst that was issued two cycles ago or before
    input  wire logic [ID_W-1:0] response_id_i,
    output logic                 retire_o,        // the oldest one
    output logic                 retire_final_o,
    output wire logic            idle_o,          // none is in flight
    output wire logic            ends_o           // ... when the one that retires is gone
);
  if (SLOTS < 4 || !weft_pkg::power_of_two(SLOTS)) begin : gen_illegal_slots SLOTS_must_be_a_power_of_two_at_least_4 u_illegal (); end
  if (ID_W < 1 || ID_W >= SLOT_W) begin : gen_illegal_id_w ID_W_must_be_1_to_log2_of_SLOTS_minus_1 u_illegal (); end
  localparam int TurnW = SLOT_W - ID_W;
  localparam int Ids = 1 << ID_W;
  logic [SLOT_W-1:0] head_q, next_q, tail_q;  // slots: of the oldest one; behind it; of the one that is issued next
  logic [SLOT_W:0] flight_q;                  // in flight
  logic [SLOTS-1:0] answered_q, final_q;      // head_q's bit of answered_q is retire_o
  logic issued_q, issued_final_q;             // one was issued a cycle ago: for final_q
  logic [SLOT_W-1:0] issued_slot_q;
  logic [TurnW*Ids-1:0] turn_q;  // upper bits of the slot of each ID's next response
  integer k;
  assign issue_id_o     = tail_q[ID_W-1:0];
  assign full_o         = flight_q[SLOT_W];
  assign idle_o         = flight_q == '0;
  assign ends_o         = idle_o | (retire_o & (flight_q == (SLOT_W + 1)'(1)));

  always_ff @(posedge clk_i) begin
    issued_q       <= rst_ni & issue_i;
    issued_final_q <= issue_final_i;
    issued_slot_q  <= tail_q;
    if (issued_q) final_q[issued_slot_q] <= issued_final_q;
    retire_final_o <= final_q[retire_o ? next_q : head_q];
    if (!rst_ni) begin
      head_q     <= '0;
      next_q     <= SLOT_W'(1);
      tail_q     <= '0;
      flight_q   <= '0;
      turn_q     <= '0;
      answered_q <= '0;
      retire_o   <= 1'b0;
    end else begin
      for (k = 0; k < SLOTS; k++)  // each slot by itself: the ID is decoded beside what its turn is compared with
        if (response_i && response_id_i == ID_W'(k) && turn_q[TurnW*(k%Ids)+:TurnW] == TurnW'(k / Ids)) answered_q[k] <= 1'b1;
        else if (retire_o && head_q == SLOT_W'(k)) answered_q[k] <= 1'b0;
      retire_o <= retire_o ? answered_q[next_q] | (response_i & (response_id_i == next_q[ID_W-1:0]))
                           : response_i & (response_id_i == head_q[ID_W-1:0]);
      if (retire_o) begin
        head_q <= next_q;
        next_q <= next_q + 1'b1;
      end
      tail_q <= tail_q + SLOT_W'(issue_i);
      if (issue_i != retire_o) flight_q <= issue_i ? flight_q + 1'b1 : flight_q - 1'b1;
      for (k = 0; k < Ids; k++)
        if (response_i && ID_W'(k) == response_id_i) turn_q[TurnW*k+:TurnW] <= turn_q[TurnW*k+:TurnW] + 1'b1;
    end
  end

`ifndef SYNTHESIS
  wire logic [SLOT_W-1:0] answered = {turn_q[TurnW*response_id_i+:TurnW], response_id_i};
  wire logic [SLOT_W-1:0] age = answered - head_q;  // bursts in flight that are older
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : NoOverflow_A
        assert (!(issue_i && full_o));
      end
      begin : ResponseOfABurstInFlight_A
        if (response_i) assert ({1'b0, age} < flight_q && !answered_q[answered] && !(issued_q && answered == issued_slot_q));
      end
    end
`endif
endmodule
`default_nettype wire
