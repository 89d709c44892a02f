// SPDX-License-Identifier: Apache-2.0
// response_ring.sv with any issues, and any responses that AXI allows: one burst, any of them, is followed from its issue to its end. It
// retires when all older ones have and its own response has come, in the first such cycle, and with the flag that it came with.
`default_nettype none
module response_ring_formal #(
    parameter int SLOTS     = 16,
    parameter int ID_W      = 2,
    parameter int INDUCTION = 1,  // 0: without what only the induction needs, so that a fault shows as what it breaks
    localparam int SLOT_W = $clog2(SLOTS),
    localparam int IDS = 1 << ID_W,
    localparam int TURN_W = SLOT_W - ID_W
) (
    input wire logic            clk_i,
    input wire logic            rst_ni,
    input wire logic            issue_i,
    input wire logic            issue_final_i,
    input wire logic            response_i,
    input wire logic [ID_W-1:0] response_id_i,
    input wire logic            follow_i        // the burst that is issued now is the one to follow
);
  wire logic [ID_W-1:0] id;
  wire logic full, retire, retire_final, idle, none_after;
  response_ring #(.SLOTS(SLOTS), .ID_W(ID_W)) dut (
      .clk_i, .rst_ni, .issue_i, .issue_final_i, .issue_id_o(id), .full_o(full), .response_i, .response_id_i,
      .retire_o(retire), .retire_final_o(retire_final), .idle_o(idle), .ends_o(none_after)
  );

  // ---- Bursts in flight, those of each ID without a response, and the next burst's number
  logic [SLOT_W:0] flight_q;
  logic [SLOT_W-1:0] next_q;
  logic [TURN_W:0] open_q[0:IDS-1];
  integer i;
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      flight_q <= '0;
      next_q   <= '0;
      for (i = 0; i < IDS; i++) open_q[i] <= '0;
    end else begin
      flight_q <= flight_q + (SLOT_W + 1)'(issue_i) - (SLOT_W + 1)'(retire);
      next_q   <= next_q + SLOT_W'(issue_i);
      for (i = 0; i < IDS; i++)
        open_q[i] <= open_q[i] + (TURN_W + 1)'(issue_i && ID_W'(i) == next_q[ID_W-1:0])
                   - (TURN_W + 1)'(response_i && ID_W'(i) == response_id_i);
    end

  logic issued_q;  // one was issued a cycle ago: it has no response in this one
  wire logic [SLOT_W-1:0] last = next_q - 1'b1;
  wire logic [ID_W-1:0] id_last = last[ID_W-1:0];
  always_ff @(posedge clk_i) issued_q <= rst_ni & issue_i;

  logic began_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) began_q <= 1'b1;
  always_comb begin
    assume (rst_ni == began_q);  // reset in the first cycle and never again
    if (issue_i) assume (!full);
    if (response_i) assume (open_q[response_id_i] > (TURN_W + 1)'(issued_q && id_last == response_id_i));
  end

  // ---- The burst that is followed: how many older ones are in flight, and of its ID without a response
  logic followed_q, final_q, has_response_q;
  logic [ID_W-1:0] id_q;
  logic [SLOT_W:0] older_q;
  logic [TURN_W:0] older_open_q;
  wire logic begins = issue_i & follow_i & ~followed_q;
  wire logic own = response_i & (response_id_i == id_q);
  wire logic ends = followed_q & retire & (older_q == '0);
  always_ff @(posedge clk_i) begin
    followed_q <= rst_ni & (begins | (followed_q & ~ends));
    if (begins) begin
      final_q        <= issue_final_i;
      id_q           <= id;
      older_q        <= flight_q - (SLOT_W + 1)'(retire);
      older_open_q   <= open_q[id] - (TURN_W + 1)'(response_i && response_id_i == id);
      has_response_q <= 1'b0;
    end else if (followed_q) begin
      if (retire) older_q <= older_q - 1'b1;
      if (own && !has_response_q) begin
        if (older_open_q == '0) has_response_q <= 1'b1;
        else older_open_q <= older_open_q - 1'b1;
      end
    end
  end

  // ---- What the module itself has (response_ring.sby connects these): what makes the proof inductive. For every slot: how many slots
  // of its ID were issued since, it included.
  wire logic [SLOT_W-1:0] head, next, tail;
  wire logic [SLOT_W:0] flight;
  wire logic [SLOT_W-1:0] between = tail - head;
  wire logic [SLOT_W-1:0] behind = head + 1'b1;
  wire logic [SLOTS-1:0] answered, finals;
  wire logic issued, issued_final;
  wire logic [SLOT_W-1:0] issued_slot;
  wire logic [TURN_W*IDS-1:0] turns;
  logic turns_ok, answered_ok, open_ok;
  logic [SLOT_W-1:0] age, follows;
  logic [ID_W-1:0] ahead;
  logic [TURN_W:0] since;
  logic [TURN_W-1:0] next_turn;
  wire logic [SLOT_W-1:0] slot = head + older_q[SLOT_W-1:0];  // of the burst that is followed
  integer s;
  always_comb begin
    turns_ok = 1'b1;
    open_ok = 1'b1;
    answered_ok = 1'b1;
    for (s = 0; s < IDS; s++) begin
      ahead = ID_W'(s) - next_q[ID_W-1:0];
      follows = next_q + SLOT_W'(ahead);  // the next slot of this ID
      if (turns[TURN_W*s+:TURN_W] != follows[SLOT_W-1:ID_W] - open_q[s][TURN_W-1:0]) turns_ok = 1'b0;
      if (int'(open_q[s]) > (1 << TURN_W)) open_ok = 1'b0;
    end
    for (s = 0; s < SLOTS; s++) begin
      age = SLOT_W'(s) - head;
      ahead = ID_W'(s) - next_q[ID_W-1:0];
      follows = next_q + SLOT_W'(ahead);
      next_turn = follows[SLOT_W-1:ID_W] - TURN_W'(s >> ID_W);
      since = next_turn == '0 ? (TURN_W + 1)'(1 << TURN_W) : {1'b0, next_turn};
      if ({1'b0, age} < flight_q) begin
        if (answered[s] != (since > open_q[s%IDS])) answered_ok = 1'b0;
      end else begin
        if (answered[s]) answered_ok = 1'b0;
        if (since <= open_q[s%IDS]) open_ok = 1'b0;  // no burst waits that is not in flight
      end
    end
    ahead = id_q - next_q[ID_W-1:0];
    follows = next_q + SLOT_W'(ahead);
    next_turn = follows[SLOT_W-1:ID_W] - slot[SLOT_W-1:ID_W];
    since = next_turn == '0 ? (TURN_W + 1)'(1 << TURN_W) : {1'b0, next_turn};
  end

  always_comb
    if (rst_ni && began_q) begin
      begin : Counts_A
        assert (full == (flight_q == (SLOT_W + 1)'(SLOTS)) && idle == (flight_q == '0) && id == next_q[ID_W-1:0]
                && none_after == (flight_q == (SLOT_W + 1)'(retire)));
      end
      begin : Inductive_A
        if (INDUCTION != 0)
          assert (flight_q <= (SLOT_W + 1)'(SLOTS) && between == flight_q[SLOT_W-1:0] && flight == flight_q && tail == next_q
                  && issued == issued_q && (!issued || (issued_slot == last && open_q[id_last] != '0 && flight_q != '0))
                  && next == behind && retire == answered[head] && (!retire || retire_final == finals[head]) && turns_ok && answered_ok && open_ok);
      end
      begin : FollowedIsInItsSlot_A
        if (INDUCTION != 0 && followed_q)
          assert (older_q < flight_q && slot[ID_W-1:0] == id_q && (issued && slot == last ? issued_final : finals[slot]) == final_q
                  && (has_response_q ? since > open_q[id_q] : {1'b0, since} + {1'b0, older_open_q} == {1'b0, open_q[id_q]}));
      end
      begin : NotBeforeItsResponse_A
        if (ends) assert (has_response_q && retire_final == final_q);
      end
      begin : AtOnce_A
        if (followed_q && has_response_q && older_q == '0) assert (retire);
      end
      begin : OnlyWhatIsInFlight_A
        if (retire) assert (flight_q != '0);
      end
      begin : Overtakes_C
        cover (followed_q && has_response_q && older_q >= (SLOT_W + 1)'(3));
      end
      begin : Full_C
        cover (full && retire);
      end
    end
endmodule
`default_nettype wire
