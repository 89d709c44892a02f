/* SPDX-License-Identifier: Apache-2.0 */
/* A whole network without an operating system and without a C library: `weft export NET.weft --format c --input FILE -o DIR` writes
 * network.h and network.c, and this runs its input and compares its output. docs/integration.md has the commands.
 *
 * The window here is memory that no cache holds. Where one does, `clean` and `invalidate` of the device are its instructions. */
#include "network.h"
#include "weft_device.h"

#if WEFT_NET_STARTS != 1
#error "this runs networks of one start: this one has operators for the host in between"
#endif

#ifndef WEFT_REGISTERS
#define WEFT_REGISTERS 0xa0000000u
#endif
#ifndef WEFT_WINDOW
#define WEFT_WINDOW 0x80000000u
#endif
#define WATCHDOG 1000000u /* cycles */

int main(void);
void *memcpy(void *to, const void *from, size_t bytes);

static uint32_t read_register(void *registers, uint32_t offset) { return ((volatile uint32_t *)registers)[offset / 4]; }
static void write_register(void *registers, uint32_t offset, uint32_t value) {
  ((volatile uint32_t *)registers)[offset / 4] = value;
}
static void wait(void *registers) { (void)registers; /* weft_wait asks STATUS; or sleep until the interrupt */ }

static const weft_program program = {weft_start0_program, sizeof weft_start0_program, WEFT_NET_START0_LIST_BYTES,
                                     WEFT_NET_START0_WINDOW_BYTES};
static int8_t result[sizeof weft_start0_output0];

/* WEFT_CODE_OK (0) if the output is the golden model's, 1000 and more: which byte is not; else what went wrong. */
int main(void) {
  weft_device device = {{(void *)(uintptr_t)WEFT_REGISTERS, read_register, write_register, wait},
                        (uint8_t *)(uintptr_t)WEFT_WINDOW, WEFT_WINDOW, WEFT_NET_START0_WINDOW_BYTES,
                        NULL, NULL, NULL, NULL, NULL, NULL};
  const weft_input input = {WEFT_NET_START0_INPUT0_PLACE, weft_start0_input0};
  const weft_output output = {WEFT_NET_START0_OUTPUT0_PLACE, result};
  size_t i;
  int code = weft_device_init(&device);
  if (code == WEFT_OK) code = weft_device_run(&device, &program, &input, 1, &output, 1, WATCHDOG);
  for (i = 0; code == (int)WEFT_CODE_OK && i < sizeof result; i++)
    if (result[i] != weft_start0_output0[i]) code = 1000 + (int)i;
  return code;
}

/* volatile, or the compiler makes a call of memcpy of it. */
void *memcpy(void *to, const void *from, size_t bytes) {
  volatile uint8_t *t = to;
  const uint8_t *f = from;
  while (bytes-- > 0) *t++ = *f++;
  return to;
}
