/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a list of commands (docs/list.md). Written by scripts/list_format.py from rtl/list.json; do not edit. */
#ifndef WEFT_LIST_H
#define WEFT_LIST_H

#define WEFT_LIST_FORMAT 6u
#define WEFT_LIST_MAGIC (WEFT_LIST_FORMAT << 24 | 0x544657u)

/* Its words of 32 bits. */
#define WEFT_HEADER_MAGIC 0u /* magic and version */
#define WEFT_HEADER_CHECKSUM 1u /* such that all words of the list add up to 0 (modulo 2^32), those behind its END included */
#define WEFT_HEADER_CONFIG0 2u /* as the register CONFIG0: rows, cols, lanes, bus bytes */
#define WEFT_HEADER_CONFIG1 3u /* as the register CONFIG1 without ADDR_BITS: log2 of the buffers, accumulator bits, taps of the depthwise convolution, whether nothing is added */
#define WEFT_HEADER_WORDS 4u

#endif /* WEFT_LIST_H */
