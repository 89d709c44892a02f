/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of weft_top (docs/registers.md). Written by scripts/registers.py from rtl/registers.json; do not edit. */
#ifndef WEFT_REGS_H
#define WEFT_REGS_H

#define WEFT_REGS_BYTES 4096u

/* Byte offsets; a value of more than 32 bits has two registers. */
#define WEFT_ID 0x000u
#define WEFT_VERSION 0x004u
#define WEFT_CONFIG0 0x008u
#define WEFT_CONFIG1 0x00cu
#define WEFT_LIST_VERSION 0x010u
#define WEFT_CONTROL 0x020u
#define WEFT_STATUS 0x024u
#define WEFT_IRQ_ENABLE 0x028u
#define WEFT_IRQ_STATUS 0x02cu
#define WEFT_LIST_ADDR_LO 0x030u
#define WEFT_LIST_ADDR_HI 0x034u
#define WEFT_LIST_BYTES 0x038u
#define WEFT_WATCHDOG 0x03cu
#define WEFT_WINDOW_BASE_LO 0x040u
#define WEFT_WINDOW_BASE_HI 0x044u
#define WEFT_WINDOW_SIZE_LO 0x048u
#define WEFT_WINDOW_SIZE_HI 0x04cu
#define WEFT_ERROR_ADDR_LO 0x050u
#define WEFT_ERROR_ADDR_HI 0x054u
#define WEFT_ERROR_COMMAND 0x058u
#define WEFT_CYCLES_LO 0x080u
#define WEFT_CYCLES_HI 0x084u
#define WEFT_COUNT_MAC_LO 0x088u
#define WEFT_COUNT_MAC_HI 0x08cu
#define WEFT_COUNT_FILL_LO 0x090u
#define WEFT_COUNT_FILL_HI 0x094u
#define WEFT_COUNT_DRAIN_LO 0x098u
#define WEFT_COUNT_DRAIN_HI 0x09cu
#define WEFT_COUNT_LINES_LO 0x0a0u
#define WEFT_COUNT_LINES_HI 0x0a4u
#define WEFT_COUNT_WEIGHTS_LO 0x0a8u
#define WEFT_COUNT_WEIGHTS_HI 0x0acu
#define WEFT_COUNT_STORE_LO 0x0b0u
#define WEFT_COUNT_STORE_HI 0x0b4u
#define WEFT_COUNT_EDGE_LO 0x0b8u
#define WEFT_COUNT_EDGE_HI 0x0bcu
#define WEFT_COUNT_FEED_LO 0x0c0u
#define WEFT_COUNT_FEED_HI 0x0c4u
#define WEFT_BYTES_READ_LO 0x0c8u
#define WEFT_BYTES_READ_HI 0x0ccu
#define WEFT_BYTES_WRITTEN_LO 0x0d0u
#define WEFT_BYTES_WRITTEN_HI 0x0d4u

/* Values of the registers that never change. */
#define WEFT_ID_VALUE 0x57454654u
#define WEFT_VERSION_VALUE 0x00010100u
#define WEFT_LIST_VERSION_VALUE 0x00000006u

/* Fields: the mask of a bit; shift and mask (of the register) of a number. */
#define WEFT_VERSION_PATCH_SHIFT 0
#define WEFT_VERSION_PATCH_MASK 0x000000ffu
#define WEFT_VERSION_MINOR_SHIFT 8
#define WEFT_VERSION_MINOR_MASK 0x0000ff00u
#define WEFT_VERSION_MAJOR_SHIFT 16
#define WEFT_VERSION_MAJOR_MASK 0x00ff0000u
#define WEFT_CONFIG0_ROWS_SHIFT 0
#define WEFT_CONFIG0_ROWS_MASK 0x000000ffu
#define WEFT_CONFIG0_COLS_SHIFT 8
#define WEFT_CONFIG0_COLS_MASK 0x0000ff00u
#define WEFT_CONFIG0_LANES_SHIFT 16
#define WEFT_CONFIG0_LANES_MASK 0x00ff0000u
#define WEFT_CONFIG0_BUS_BYTES_SHIFT 24
#define WEFT_CONFIG0_BUS_BYTES_MASK 0xff000000u
#define WEFT_CONFIG1_LOG2_LINE_BYTES_SHIFT 0
#define WEFT_CONFIG1_LOG2_LINE_BYTES_MASK 0x000000ffu
#define WEFT_CONFIG1_LOG2_WEIGHT_BYTES_SHIFT 8
#define WEFT_CONFIG1_LOG2_WEIGHT_BYTES_MASK 0x0000ff00u
#define WEFT_CONFIG1_ACC_BITS_SHIFT 16
#define WEFT_CONFIG1_ACC_BITS_MASK 0x003f0000u
#define WEFT_CONFIG1_DEPTHWISE_TAPS_SHIFT 22
#define WEFT_CONFIG1_DEPTHWISE_TAPS_MASK 0x00c00000u
#define WEFT_CONFIG1_ADDR_BITS_SHIFT 24
#define WEFT_CONFIG1_ADDR_BITS_MASK 0x7f000000u
#define WEFT_CONFIG1_NO_RESIDUAL_ADD 0x80000000u
#define WEFT_CONTROL_START 0x00000001u
#define WEFT_CONTROL_ABORT 0x00000002u
#define WEFT_CONTROL_SOFT_RESET 0x00000004u
#define WEFT_STATUS_BUSY 0x00000001u
#define WEFT_STATUS_DONE 0x00000002u
#define WEFT_STATUS_ERROR 0x00000004u
#define WEFT_STATUS_IDLE 0x00000008u
#define WEFT_STATUS_CODE_SHIFT 8
#define WEFT_STATUS_CODE_MASK 0x0000ff00u
#define WEFT_IRQ_ENABLE_DONE 0x00000001u
#define WEFT_IRQ_ENABLE_ERROR 0x00000002u
#define WEFT_IRQ_STATUS_DONE 0x00000001u
#define WEFT_IRQ_STATUS_ERROR 0x00000002u

/* Status codes (STATUS.CODE). */
#define WEFT_CODE_OK 0u /* the list ran to its end */
#define WEFT_CODE_ABORTED 1u /* CONTROL.ABORT ended it */
#define WEFT_CODE_BAD_LIST 2u /* the list's magic number, version or configuration is not the hardware's, or the list ends early */
#define WEFT_CODE_BAD_CHECKSUM 3u /* the list's checksum is wrong */
#define WEFT_CODE_BAD_COMMAND 4u /* a command that the hardware does not know, or a read of no words or too many */
#define WEFT_CODE_OUT_OF_WINDOW 5u /* an access outside the memory window, or a read that is not aligned to the bus; it was not made */
#define WEFT_CODE_READ_ERROR 6u /* an AXI error response to a read */
#define WEFT_CODE_WRITE_ERROR 7u /* an AXI error response to a write */
#define WEFT_CODE_WATCHDOG 8u /* no progress for WATCHDOG cycles */
#define WEFT_CODE_BAD_JOB 9u /* a job whose outputs are not those that its store words announce */

#endif /* WEFT_REGS_H */
