// SPDX-License-Identifier: Apache-2.0
// csr.sv with any master and any core that becomes busy only by a start: the rules of AXI4-Lite (axil_slave.sv), and what the core relies on.
`default_nettype none
module csr_formal #(
    parameter int ADDR_W    = 40,
    parameter int INDUCTION = 1  // 0: without what only the induction needs, so that a fault shows as what it breaks
) (
    input wire logic                    clk_i,
    input wire logic                    rst_ni,
    input wire logic                    awvalid_i,
    input wire logic [            11:0] awaddr_i,
    input wire logic                    wvalid_i,
    input wire logic [            31:0] wdata_i,
    input wire logic [             3:0] wstrb_i,
    input wire logic                    bready_i,
    input wire logic                    arvalid_i,
    input wire logic [            11:0] araddr_i,
    input wire logic                    rready_i,
    input wire logic                    busy_i,
    input wire logic                    done_i,
    input wire logic [             7:0] code_i,
    input wire logic [      ADDR_W-1:0] error_addr_i,
    input wire logic [            31:0] error_command_i,
    input wire logic [            47:0] cycles_i,
    input wire logic [        8*48-1:0] counts_i,
    input wire logic [            47:0] bytes_read_i,
    input wire logic [            47:0] bytes_written_i
);
  wire logic awready, wready, bvalid, arready, rvalid, irq, start, abort, soft_reset;
  wire logic [1:0] bresp, rresp;
  wire logic [31:0] rdata, list_bytes, watchdog;
  wire logic [ADDR_W-1:0] list_addr, window_base, window_size;
  csr #(.ADDR_W(ADDR_W)) dut (
      .clk_i, .rst_ni, .awvalid_i, .awready_o(awready), .awaddr_i, .wvalid_i, .wready_o(wready), .wdata_i, .wstrb_i,
      .bvalid_o(bvalid), .bready_i, .bresp_o(bresp), .arvalid_i, .arready_o(arready), .araddr_i,
      .rvalid_o(rvalid), .rready_i, .rdata_o(rdata), .rresp_o(rresp), .irq_o(irq),
      .start_o(start), .abort_o(abort), .soft_reset_o(soft_reset),
      .list_addr_o(list_addr), .list_bytes_o(list_bytes), .window_base_o(window_base), .window_size_o(window_size),
      .watchdog_o(watchdog), .busy_i, .done_i, .code_i, .error_addr_i, .error_command_i,
      .cycles_i, .counts_i, .bytes_read_i, .bytes_written_i
  );
  axil_slave axil (
      .clk_i, .rst_ni, .awvalid_i, .awready_i(awready), .awaddr_i, .wvalid_i, .wready_i(wready), .wdata_i, .wstrb_i,
      .bvalid_i(bvalid), .bready_i, .bresp_i(bresp), .arvalid_i, .arready_i(arready), .araddr_i,
      .rvalid_i(rvalid), .rready_i, .rdata_i(rdata), .rresp_i(rresp)
  );

  logic began_q;
  initial began_q = 1'b0;
  always_ff @(posedge clk_i) began_q <= 1'b1;
  always_comb assume (rst_ni == began_q);  // reset in the first cycle and never again

  // A list runs from start to done_i.
  logic runs_q, busy_q, core_busy_q, start_q, abort_q, soft_reset_q;
  wire logic runs = (start | runs_q) & ~soft_reset;
  wire logic [3*ADDR_W+63:0] values = {list_addr, list_bytes, window_base, window_size, watchdog};
  logic [3*ADDR_W+63:0] values_q;
  always_ff @(posedge clk_i) begin
    runs_q       <= rst_ni & runs & ~done_i;
    busy_q       <= rst_ni & (runs | busy_i);
    core_busy_q  <= rst_ni & busy_i;
    start_q      <= rst_ni & start;
    abort_q      <= rst_ni & abort;
    soft_reset_q <= rst_ni & soft_reset;
    values_q     <= values;
  end
  always_comb if (began_q && busy_i) assume (core_busy_q || start_q);

  // The write whose response is new, and whether its register takes writes.
  logic b_waits_q;
  logic [11:0] waddr_q;
  always_ff @(posedge clk_i) begin
    b_waits_q <= rst_ni & bvalid & ~bready_i;
    if (awvalid_i & awready) waddr_q <= {3'd0, awaddr_i >= 12'h100, awaddr_i[7:2], 2'b00};  // as the module holds it

  end
  logic writable;
  always_comb
    case (waddr_q)
      weft_csr_pkg::CONTROL, weft_csr_pkg::IRQ_ENABLE, weft_csr_pkg::IRQ_STATUS, weft_csr_pkg::LIST_ADDR_LO,
      weft_csr_pkg::LIST_ADDR_HI, weft_csr_pkg::LIST_BYTES, weft_csr_pkg::WATCHDOG, weft_csr_pkg::WINDOW_BASE_LO,
      weft_csr_pkg::WINDOW_BASE_HI, weft_csr_pkg::WINDOW_SIZE_LO, weft_csr_pkg::WINDOW_SIZE_HI: writable = 1'b1;
      default: writable = 1'b0;
    endcase

  // What makes the proof inductive: the module's own state, which csr.sby connects or which the readys tell.
  wire logic running;  // dut.running_q
  wire logic looked;  // dut.looked_q
  wire logic [11:0] waddr;  // dut.waddr_q
  wire logic [3:0] axil_aw, axil_w, axil_ar;  // axil.*_count_q
  wire logic aw_held = ~awready;
  wire logic w_held = ~wready;
  wire logic ar_held = ~arready;

  always_comb
    if (rst_ni && began_q) begin
      begin : CountsAreWhatIsHeld_A
        if (INDUCTION != 0) begin
          assert (axil_aw == 4'(aw_held) + 4'(bvalid) && axil_w == 4'(w_held) + 4'(bvalid));
          assert (axil_ar == 4'(ar_held) + 4'(rvalid) && (ar_held || !looked));
        end
      end
      begin : AddressIsWhatIsHeld_A
        if (INDUCTION != 0 && aw_held) assert (waddr == waddr_q);
      end
      begin : RunsIsRunning_A
        if (INDUCTION != 0) assert (runs == running);
      end
      begin : NoStartWhileBusy_A
        if (start) assert (!busy_q);
      end
      begin : RefusedOnlyWhileBusy_A  // so nothing is lost after a reset
        if (bvalid && !b_waits_q && writable && !busy_q) assert (bresp == 2'b00);
        if (bvalid && !b_waits_q && !writable) assert (bresp == 2'b10);
      end
      begin : CommandsArePulses_A
        assert (!(start && start_q) && !(abort && abort_q) && !(soft_reset && soft_reset_q));
        assert (!(start && (abort || soft_reset)));
      end
      begin : ValuesStableWhileBusy_A
        if (runs && runs_q) assert (values == values_q);
      end
      begin : ValuesAreThereAtTheStart_A
        if (start) assert (values == values_q);
      end
      begin : FinishInterruptIsSeen_C
        cover (irq && start);
      end
      begin : Abort_C
        cover (abort && runs);
      end
      begin : TwoReadsAndAWriteWait_C
        cover (bvalid && !bready_i && !awready && !wready && rvalid && !rready_i && !arready && bresp == 2'b10);
      end
      begin : LargeValue_C
        cover (start && list_addr == {ADDR_W{1'b1}} && window_size == {ADDR_W{1'b1}});
      end
    end
endmodule
`default_nettype wire
