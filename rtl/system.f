// SPDX-License-Identifier: Apache-2.0
// weft_top and all that it needs, for -F: paths are relative to this file.
-F engine.f
weft_csr_pkg.sv
prim/mult_logic.sv
cells/ram_fifo.sv
system/add_steps.sv
system/add_tables.sv
system/axi_rules.sv
system/burst_former.sv
system/burst_splitter.sv
system/command_reader.sv
system/csr.sv
system/depthwise.sv
system/depthwise_fir.sv
system/depthwise_params.sv
system/depthwise_walk.sv
system/output_walk.sv
system/read_dma.sv
system/residual_add.sv
system/residual_lines.sv
system/response_ring.sv
system/run_control.sv
system/weft_axi.sv
system/weft_core.sv
system/weft_top.sv
system/write_dma.sv
