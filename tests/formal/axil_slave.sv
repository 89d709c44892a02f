// SPDX-License-Identifier: Apache-2.0
// The rules of an AXI4-Lite slave as properties: what the master may do is assumed, what the slave must do asserted.
//
// A payload waits unchanged until it is taken. Every request has exactly one response: none comes without one (a write's needs both its
// address and its data), and while the master is ready none takes longer than MAX_WAIT cycles; nor does a request wait longer for ready.
`default_nettype none
module axil_slave #(
    parameter int MAX_WAIT = 3,         // cycles
    parameter int MAX_OUTSTANDING = 2,  // requests that the slave may have taken and not answered
    localparam int CountW = 4
) (
    input wire logic        clk_i,
    input wire logic        rst_ni,
    input wire logic        awvalid_i,
    input wire logic        awready_i,
    input wire logic [11:0] awaddr_i,
    input wire logic        wvalid_i,
    input wire logic        wready_i,
    input wire logic [31:0] wdata_i,
    input wire logic [ 3:0] wstrb_i,
    input wire logic        bvalid_i,
    input wire logic        bready_i,
    input wire logic [ 1:0] bresp_i,
    input wire logic        arvalid_i,
    input wire logic        arready_i,
    input wire logic [11:0] araddr_i,
    input wire logic        rvalid_i,
    input wire logic        rready_i,
    input wire logic [31:0] rdata_i,
    input wire logic [ 1:0] rresp_i
);
  // ---- What was there in the cycle before, and waits
  logic aw_waits_q, w_waits_q, b_waits_q, ar_waits_q, r_waits_q;
  logic [11:0] awaddr_q, araddr_q;
  logic [35:0] w_q;
  logic [1:0] bresp_q;
  logic [33:0] r_q;
  always_ff @(posedge clk_i) begin
    aw_waits_q <= rst_ni & awvalid_i & ~awready_i;
    w_waits_q  <= rst_ni & wvalid_i & ~wready_i;
    b_waits_q  <= rst_ni & bvalid_i & ~bready_i;
    ar_waits_q <= rst_ni & arvalid_i & ~arready_i;
    r_waits_q  <= rst_ni & rvalid_i & ~rready_i;
    awaddr_q   <= awaddr_i;
    araddr_q   <= araddr_i;
    w_q        <= {wstrb_i, wdata_i};
    bresp_q    <= bresp_i;
    r_q        <= {rresp_i, rdata_i};
  end

  // ---- Requests that were taken and not answered
  logic [CountW-1:0] aw_count_q, w_count_q, ar_count_q;
  wire logic b = bvalid_i & bready_i;
  wire logic r = rvalid_i & rready_i;
  always_ff @(posedge clk_i)
    if (!rst_ni) begin
      aw_count_q <= '0;
      w_count_q  <= '0;
      ar_count_q <= '0;
    end else begin
      aw_count_q <= aw_count_q + CountW'(awvalid_i & awready_i) - CountW'(b);
      w_count_q  <= w_count_q + CountW'(wvalid_i & wready_i) - CountW'(b);
      ar_count_q <= ar_count_q + CountW'(arvalid_i & arready_i) - CountW'(r);
    end

  // ---- Cycles of waiting that are the slave's fault: the master is ready, and neither half of a write is missing
  logic [CountW-1:0] aw_time_q, w_time_q, b_time_q, ar_time_q, r_time_q;
  wire logic aw_slow = awvalid_i & ~awready_i & bready_i & (wvalid_i | (w_count_q > aw_count_q));
  wire logic w_slow = wvalid_i & ~wready_i & bready_i & (awvalid_i | (aw_count_q > w_count_q));
  wire logic b_slow = aw_count_q != '0 & w_count_q != '0 & ~bvalid_i;
  wire logic ar_slow = arvalid_i & ~arready_i & rready_i;
  wire logic r_slow = ar_count_q != '0 & ~rvalid_i;
  always_ff @(posedge clk_i) begin
    aw_time_q <= rst_ni & aw_slow ? aw_time_q + CountW'(1) : '0;
    w_time_q  <= rst_ni & w_slow ? w_time_q + CountW'(1) : '0;
    b_time_q  <= rst_ni & b_slow ? b_time_q + CountW'(1) : '0;
    ar_time_q <= rst_ni & ar_slow ? ar_time_q + CountW'(1) : '0;
    r_time_q  <= rst_ni & r_slow ? r_time_q + CountW'(1) : '0;
  end

  always_comb
    if (rst_ni) begin
      // The master
      begin : AwStable_M
        if (aw_waits_q) assume (awvalid_i && awaddr_i == awaddr_q);
      end
      begin : WStable_M
        if (w_waits_q) assume (wvalid_i && {wstrb_i, wdata_i} == w_q);
      end
      begin : ArStable_M
        if (ar_waits_q) assume (arvalid_i && araddr_i == araddr_q);
      end
      // The slave
      begin : BStable_A
        if (b_waits_q) assert (bvalid_i && bresp_i == bresp_q);
      end
      begin : RStable_A
        if (r_waits_q) assert (rvalid_i && {rresp_i, rdata_i} == r_q);
      end
      begin : BOnlyAfterRequest_A
        if (bvalid_i) assert (aw_count_q != '0 && w_count_q != '0);
      end
      begin : ROnlyAfterRequest_A
        if (rvalid_i) assert (ar_count_q != '0);
      end
      begin : FewOutstanding_A
        assert (aw_count_q <= CountW'(MAX_OUTSTANDING));
        assert (w_count_q <= CountW'(MAX_OUTSTANDING));
        assert (ar_count_q <= CountW'(MAX_OUTSTANDING));
      end
      begin : AnsweredInTime_A
        assert (b_time_q <= CountW'(MAX_WAIT));
        assert (r_time_q <= CountW'(MAX_WAIT));
      end
      begin : TakenInTime_A
        assert (aw_time_q <= CountW'(MAX_WAIT));
        assert (w_time_q <= CountW'(MAX_WAIT));
        assert (ar_time_q <= CountW'(MAX_WAIT));
      end
      begin : RespIsOkayOrSlvErr_A
        if (bvalid_i) assert (bresp_i == 2'b00 || bresp_i == 2'b10);
        if (rvalid_i) assert (rresp_i == 2'b00 || rresp_i == 2'b10);
      end
    end
endmodule
`default_nettype wire
