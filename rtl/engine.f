// SPDX-License-Identifier: Apache-2.0
// conv_engine and all that it needs, for -F: paths are relative to this file. For an FPGA family take prim/<family>/ instead of prim/.
weft_pkg.sv
weft_list_pkg.sv
prim/mult.sv
prim/ram.sv
cells/clock_gate.sv
cells/delay.sv
cells/fifo.sv
cells/loop_counter.sv
cells/rotate.sv
engine/activation.sv
engine/bias.sv
engine/conv_engine.sv
engine/cycle_counters.sv
engine/drain.sv
engine/gather.sv
engine/job_queue.sv
engine/line_buffer.sv
engine/max_pool.sv
engine/param_buffer.sv
engine/pe.sv
engine/pixel_walker.sv
engine/requantize.sv
engine/row_feeder.sv
engine/sequencer.sv
engine/systolic_array.sv
engine/weight_buffer.sv
