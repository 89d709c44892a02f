/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of weft_top in plain C99: the same file for the simulation and for bare metal.
 *
 * A program (docs/program.md) is loaded by copying its image to a window of memory that the hardware sees: at its begin, which has
 * to be a multiple of WEFT_ALIGN. Inputs are written into the window and outputs read from it, row by row (weft_put, weft_get);
 * caches, if there are any, are the caller's, and so are threads: weft_device.h has both.
 *
 *   weft_start(&bus, &run);
 *   if (weft_wait(&bus) != WEFT_CODE_OK) ...
 */
#ifndef WEFT_H
#define WEFT_H

#include <stddef.h>
#include <stdint.h>

#include "weft_list.h"
#include "weft_regs.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_ALIGN 4096u

/* What is said before the hardware is asked (of a cache and of a reset, also after it): negative, unlike WEFT_CODE_*. */
enum {
  WEFT_OK = 0,
  WEFT_E_NO_WEFT = -1,
  WEFT_E_BUSY = -2,
  WEFT_E_LIST = -3,
  WEFT_E_CONFIG = -4,
  WEFT_E_WINDOW = -5,
  WEFT_E_ADDRESS = -6,
  WEFT_E_MEMORY = -7, /* weft_device.h */
  WEFT_E_CACHE = -8,
  WEFT_E_VERSION = -9,
  WEFT_E_RESET = -10 /* weft_wait */
};

/* How the registers are reached. `wait` returns when something may have happened (an interrupt, or at once). */
typedef struct weft_bus {
  void *context;
  uint32_t (*read)(void *context, uint32_t offset);
  void (*write)(void *context, uint32_t offset, uint32_t value);
  void (*wait)(void *context);
} weft_bus;

/* A run: the window as the hardware sees it, anywhere below 2^CONFIG1.ADDR_BITS, and the list in it. */
typedef struct weft_run {
  uint64_t window, window_bytes;
  uint32_t list_bytes; /* from the window's begin on */
  uint32_t watchdog;   /* cycles without progress that end the run; 0: never */
} weft_run;

typedef struct weft_counters {
  uint64_t cycles, count[8], bytes_read, bytes_written; /* count: rtl/weft_pkg.sv CAUSE_* */
} weft_counters;

/* Where a tensor lies in the window: NHWC, row_pitch bytes from a row to the next. */
typedef struct weft_place {
  uint32_t offset, row_pitch;
  uint32_t n, h, w, c;
} weft_place;

/* Whether `list`, with all its `bytes`, is a list of commands, undamaged, for the configuration that the registers tell: WEFT_OK or
 * WEFT_E_*. */
int weft_check_list(const weft_bus *bus, const void *list, size_t bytes);
/* Takes over hardware in whatever state it is, ending what runs there: WEFT_OK or WEFT_E_*. Not needed after a reset of the hardware. */
int weft_init(const weft_bus *bus);
/* Starts a run: WEFT_OK, or WEFT_E_* and nothing has happened. */
int weft_start(const weft_bus *bus, const weft_run *run);
/* Waits for its end, and until the next run can start: WEFT_CODE_*, or WEFT_E_RESET if the hardware knows of no run. Memory that
 * does not answer any more keeps the hardware busy: then it returns too, after WEFT_SETTLE_READS reads of STATUS, and weft_start says
 * WEFT_E_BUSY until the memory has answered. */
#define WEFT_SETTLE_READS 10000u
int weft_wait(const weft_bus *bus);
/* Ends a run; weft_wait then says WEFT_CODE_ABORTED. */
void weft_abort(const weft_bus *bus);
/* Of the last run. */
void weft_read_counters(const weft_bus *bus, weft_counters *counters);

/* Copies a tensor (NHWC without padding) into the window, or out of it. */
void weft_put(void *window, const weft_place *place, const int8_t *tensor);
void weft_get(const void *window, const weft_place *place, int8_t *tensor);

const char *weft_code_name(int code); /* of WEFT_CODE_* and WEFT_E_* */

#ifdef __cplusplus
}
#endif

#endif /* WEFT_H */
