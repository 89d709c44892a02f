/* SPDX-License-Identifier: Apache-2.0 */
/* One input through the network of `weft export --format c` on a LiteX SoC, on driver/weft.c: prints every output, whether all are
 * the golden model's, and the class. LiteX' BIOS has set up the DRAM and starts this in it. */
#include <generated/csr.h>
#include <generated/mem.h>
#include <generated/soc.h>
#include <irq.h>
#include <libbase/uart.h>
#include <stdio.h>
#include <string.h>

#include "network.h"
#include "weft.h"

#if WEFT_NET_STARTS != 1
#error "this firmware runs networks of one start: that one has operators for the host in between"
#endif

/* The upper half of the DRAM: the program is in the lower one. */
#define WINDOW ((uint8_t *)(MAIN_RAM_BASE + MAIN_RAM_SIZE / 2))
#define WATCHDOG 1000000u

static volatile int interrupts;

/* The level stays until weft_wait clears it, so the CPU looks away until the next wait. */
static void weft_isr(void) {
  interrupts++;
  irq_setmask(irq_getmask() & ~(1u << WEFT_INTERRUPT));
}

static uint32_t read_register(void *base, uint32_t offset) { return ((volatile uint32_t *)base)[offset / 4]; }
static void write_register(void *base, uint32_t offset, uint32_t value) { ((volatile uint32_t *)base)[offset / 4] = value; }
static void wait_for_interrupt(void *base) {
  const int before = interrupts;
  (void)base;
  irq_setmask(irq_getmask() | 1u << WEFT_INTERRUPT);
  while (interrupts == before) continue;
}

/* So that Weft and the CPU see the same memory; without an L2 the second does nothing. */
static void flush_caches(void) {
  flush_cpu_dcache();
  flush_l2_cache();
}

static int run(int8_t *output) {
  static const weft_place input_place = WEFT_NET_START0_INPUT0_PLACE, output_place = WEFT_NET_START0_OUTPUT0_PLACE;
  const weft_bus bus = {(void *)WEFT_BASE, read_register, write_register, wait_for_interrupt};
  const weft_run start = {(uintptr_t)WINDOW, WEFT_NET_START0_WINDOW_BYTES, WEFT_NET_START0_LIST_BYTES, WATCHDOG};
  weft_counters counters;
  int code;
  memcpy(WINDOW, weft_start0_program, sizeof weft_start0_program);
  code = weft_check_list(&bus, WINDOW, WEFT_NET_START0_LIST_BYTES);
  if (code != WEFT_OK) return code;
  weft_put(WINDOW, &input_place, weft_start0_input0);
  flush_caches();
  code = weft_start(&bus, &start);
  if (code != WEFT_OK) return code;
  code = weft_wait(&bus);
  if (code != (int)WEFT_CODE_OK) return code;
  flush_caches();
  weft_get(WINDOW, &output_place, output);
  weft_read_counters(&bus, &counters);
  printf("weft: cycles %lu, interrupts %d\n", (unsigned long)counters.cycles, interrupts);
  return code;
}

static void report(void) {
  static int8_t output[WEFT_NET_START0_OUTPUT0_BYTES];
  size_t i, wrong = 0, best = 0;
  const int code = run(output);
  if (code != (int)WEFT_CODE_OK) {
    printf("weft: %s\n", weft_code_name(code));
    return;
  }
  printf("weft: outputs");
  for (i = 0; i < sizeof output; i++) {
    printf(" %d", output[i]);
    wrong += output[i] != weft_start0_output0[i];
    if (output[i] > output[best]) best = i;
  }
  printf("\nweft: %u of %u outputs are the golden model's\n", (unsigned)(sizeof output - wrong), (unsigned)sizeof output);
  printf("weft: class %u\n", (unsigned)best);
}

int main(void) {
  irq_setmask(0);
  irq_setie(1);
  uart_init();
  irq_attach(WEFT_INTERRUPT, weft_isr);
  report();
  uart_sync();
#ifdef CSR_SIM_FINISH_BASE
  sim_finish_finish_write(1);
#endif
  return 0;
}
