// SPDX-License-Identifier: Apache-2.0
// weft_board and all that it needs, for -F: paths are relative to this file.
-F system.f
board/loader_pkg.sv
board/axi_ram.sv
board/crc32.sv
board/loader.sv
board/reset_sync.sv
board/uart_rx.sv
board/uart_tx.sv
board/weft_board.sv
