// SPDX-License-Identifier: Apache-2.0
// Bursts in flight, whose responses may come in any order across IDs: retires them in the order of their issue.
//   issue n -> slot n mod SLOTS, ID n mod 2^ID_W;   a response is for the oldest burst of its ID that has none
// AXI keeps the order of an ID's responses, so a counter for each ID finds the slot, and a bit of each slot holds what came early.
// One retires a cycle, the first in the cycle after its response.
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
    input  wire logic            response_i,
    input  wire logic [ID_W-1:0] response_id_i,
    output wire logic            retire_o,        // the oldest one
    output wire logic            retire_final_o,
    output wire logic            idle_o,          // none is in flight
    output wire logic            ends_o           // ... when the one that retires is gone
);
  if (SLOTS < 4 || !weft_pkg::power_of_two(SLOTS)) begin : gen_illegal_slots SLOTS_must_be_a_power_of_two_at_least_4 u_illegal (); end
  if (ID_W < 1 || ID_W >= SLOT_W) begin : gen_illegal_id_w ID_W_must_be_1_to_log2_of_SLOTS_minus_1 u_illegal (); end
  localparam int TurnW = SLOT_W - ID_W;
  localparam int Ids = 1 << ID_W;
  logic [SLOT_W:0] head_q, tail_q, flight_q;  // flight: tail - head
  logic [SLOTS-1:0] answered_q, final_q;
  logic [TurnW*Ids-1:0] turn_q;  // upper bits of the slot of each ID's next response
  integer i, k;
  wire logic [SLOT_W-1:0] head = head_q[SLOT_W-1:0];
  logic [TurnW-1:0] turn;
  always_comb begin
    turn = '0;
    for (i = 0; i < Ids; i++) if (ID_W'(i) == response_id_i) turn = turn_q[TurnW*i+:TurnW];
  end
  wire logic [SLOT_W-1:0] answered = {turn, response_id_i};
  assign issue_id_o     = tail_q[ID_W-1:0];
  assign full_o         = flight_q[SLOT_W];
  assign idle_o         = flight_q == '0;
  assign ends_o         = idle_o | (retire_o & (flight_q == (SLOT_W + 1)'(1)));
  assign retire_o       = ~idle_o & answered_q[head];
  assign retire_final_o = final_q[head];

  always_ff @(posedge clk_i) begin
    if (issue_i) begin
      answered_q[tail_q[SLOT_W-1:0]] <= 1'b0;
      final_q[tail_q[SLOT_W-1:0]]    <= issue_final_i;
    end
    for (k = 0; k < SLOTS; k++)  // each slot by itself: the ID is decoded beside what its turn is compared with
      if (response_i && response_id_i == ID_W'(k) && turn_q[TurnW*(k%Ids)+:TurnW] == TurnW'(k / Ids)) answered_q[k] <= 1'b1;
    if (!rst_ni) begin
      head_q   <= '0;
      tail_q   <= '0;
      flight_q <= '0;
      turn_q   <= '0;
    end else begin
      head_q <= head_q + (SLOT_W + 1)'(retire_o);
      tail_q <= tail_q + (SLOT_W + 1)'(issue_i);
      if (issue_i != retire_o) flight_q <= issue_i ? flight_q + 1'b1 : flight_q - 1'b1;
      for (k = 0; k < Ids; k++)
        if (response_i && ID_W'(k) == response_id_i) turn_q[TurnW*k+:TurnW] <= turn_q[TurnW*k+:TurnW] + 1'b1;
    end
  end

`ifndef SYNTHESIS
  wire logic [SLOT_W-1:0] age = answered - head;  // bursts in flight that are older
  always_ff @(posedge clk_i)
    if (rst_ni) begin
      begin : NoOverflow_A
        assert (!(issue_i && full_o));
      end
      begin : ResponseOfABurstInFlight_A
        if (response_i) assert ({1'b0, age} < flight_q && !answered_q[answered]);
      end
    end
`endif
endmodule
`default_nettype wire
