// SPDX-License-Identifier: Apache-2.0
// burst_former.sv with any fragments and any sink: every beat is of the word of the fragments that it merges and holds their bytes, the
// beats of a burst follow each other inside one block of MAX_BEATS words, its address and length are those of its beats, and a beat is
// handed over as soon as it can be known to be complete.
`default_nettype none
module burst_former_formal #(
    parameter int WORD_W    = 37,
    parameter int BUS_BYTES = 8,
    parameter int MAX_BEATS = 16,
    parameter int INDUCTION = 1,   // 0: without what only the induction needs, so that a fault shows as what it breaks
    localparam int BEAT_W = $clog2(MAX_BEATS),
    localparam int BYTE_W = $clog2(BUS_BYTES)
) (
    input wire logic                   clk_i,
    input wire logic                   rst_ni,
    input wire logic                   fragment_valid_i,
    input wire logic [     WORD_W-1:0] fragment_word_i,
    input wire logic [8*BUS_BYTES-1:0] fragment_data_i,
    input wire logic [  BUS_BYTES-1:0] fragment_strobe_i,
    input wire logic                   fragment_final_i,
    input wire logic                   beat_ready_i,
    input wire logic [     BYTE_W-1:0] byte_i             // any byte of the bus word, the same in all cycles
);
  // ---- The fragment before, as far as one may be continued
  logic before_q;
  logic [WORD_W-1:0] before_word_q;
  wire logic same = before_q & (fragment_word_i == before_word_q);
  wire logic next = before_q & (fragment_word_i == before_word_q + 1'b1);
  wire logic ready, beat, last, final_burst;
  wire logic [8*BUS_BYTES-1:0] data;
  wire logic [BUS_BYTES-1:0] strobe;
  wire logic [WORD_W-1:0] first_word;
  wire logic [BEAT_W-1:0] len;
  burst_former #(.WORD_W(WORD_W), .BUS_BYTES(BUS_BYTES), .MAX_BEATS(MAX_BEATS)) dut (
      .clk_i, .rst_ni, .fragment_valid_i, .fragment_ready_o(ready), .fragment_word_i, .fragment_data_i, .fragment_strobe_i,
      .fragment_same_i(same), .fragment_next_i(next), .fragment_final_i, .beat_valid_o(beat), .beat_ready_i,
      .beat_data_o(data), .beat_strobe_o(strobe), .beat_last_o(last), .burst_word_o(first_word), .burst_len_o(len),
      .burst_final_o(final_burst)
  );
  wire logic take = fragment_valid_i & ready;
  wire logic send = beat & beat_ready_i;

  logic began_q, waits_q;
  logic [WORD_W+9*BUS_BYTES:0] fragment_q;
  logic [BYTE_W-1:0] byte_q;
  wire logic [WORD_W+9*BUS_BYTES:0] fragment = {fragment_word_i, fragment_data_i, fragment_strobe_i, fragment_final_i};
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) begin
    began_q    <= 1'b1;
    waits_q    <= rst_ni & fragment_valid_i & ~ready;
    fragment_q <= fragment;
    byte_q     <= byte_i;
  end
  always_comb begin
    assume (rst_ni == began_q);  // reset in the first cycle and never again
    if (began_q) assume (byte_i == byte_q);
    if (waits_q) assume (fragment_valid_i && fragment == fragment_q);
  end

  // ---- What is in the beat that is open, and how many beats of its burst were sent
  logic open_q, final_q, strobe_q;
  logic [7:0] data_q;
  logic [BEAT_W:0] sent_q;
  logic [WORD_W-1:0] first_q;  // of the burst, if sent_q is not 0
  wire logic written = fragment_strobe_i[byte_i];
  always_ff @(posedge clk_i) begin
    open_q   <= rst_ni & (take | (open_q & ~send));
    before_q <= rst_ni & (take ? ~fragment_final_i : before_q);
    if (!rst_ni) sent_q <= '0;
    else if (send) sent_q <= last ? '0 : sent_q + 1'b1;
    if (send && sent_q == '0) first_q <= before_word_q;
    if (take) begin
      before_word_q <= fragment_word_i;
      final_q       <= fragment_final_i;
      strobe_q      <= written | (same & strobe_q);
      if (written) data_q <= fragment_data_i[8*byte_i+:8];
    end
  end

  // What the module itself has (burst_former.sby connects it to dut.open_q): what makes the proof inductive.
  wire logic open;
  wire logic [WORD_W-1:0] first = sent_q == '0 ? before_word_q : first_q;
  logic beat_waits_q;
  logic [9*BUS_BYTES+WORD_W+BEAT_W+1:0] beat_q;
  wire logic [9*BUS_BYTES+WORD_W+BEAT_W+1:0] beat_now = {data, strobe, last, first_word, len, final_burst};
  always_ff @(posedge clk_i) begin
    beat_waits_q <= rst_ni & beat & ~beat_ready_i;
    beat_q       <= beat_now;
  end

  always_comb
    if (rst_ni && began_q) begin
      begin : OpenIsOpen_A
        if (INDUCTION != 0) assert (open == open_q && (!open_q || (final_burst == final_q && before_q == !final_q)));
      end
      begin : NothingOpenNothingSent_A
        if (INDUCTION != 0 && !open_q) assert (sent_q == '0 && !before_q);
      end
      begin : AddressOfTheFirst_A
        if (open_q) assert (first_word == first);
      end
      begin : LengthIsTheBeatsSent_A
        if (open_q) assert ({1'b0, len} == sent_q);
      end
      begin : BeatsFollow_A
        if (open_q) assert (before_word_q == first + WORD_W'(sent_q));
      end
      begin : InsideABlock_A
        if (open_q) assert (before_word_q[WORD_W-1:BEAT_W] == first[WORD_W-1:BEAT_W]);
      end
      begin : BytesAreThoseWritten_A
        if (open_q) assert (strobe[byte_i] == strobe_q && (!strobe_q || data[8*byte_i+:8] == data_q));
      end
      begin : FinalEndsAtOnce_A
        if (open_q && final_q) assert (beat && last && final_burst);
      end
      begin : AsLongAsItCanBe_A
        if (beat && last && !final_q)
          assert (!next || fragment_word_i[BEAT_W-1:0] == '0);
      end
      begin : OnlyWhatIsComplete_A
        if (beat) assert (open_q && (final_q || (fragment_valid_i && !same)));
      end
      begin : OneACycle_A
        if (beat_ready_i) assert (ready);
      end
      begin : StableUntilReady_A
        if (beat_waits_q) assert (beat && beat_now == beat_q);
      end
      begin : Longest_C
        cover (send && last && int'(len) == (MAX_BEATS < 16 ? MAX_BEATS : 16) - 1);
      end
      begin : IsolatedWords_C
        cover (send && last && sent_last_q && sent_last_q2);
      end
      begin : Merged_C
        cover (take && same && sent_q != '0);
      end
    end
  logic sent_last_q, sent_last_q2;
  always_ff @(posedge clk_i) begin
    sent_last_q  <= rst_ni & send & last;
    sent_last_q2 <= sent_last_q;
  end
endmodule
`default_nettype wire
