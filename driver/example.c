/* SPDX-License-Identifier: Apache-2.0 */
/* One input through a compiled network on bare metal (docs/program.md): 15 lines, and how the registers are reached. The image and
 * the numbers come from the file that `weft compile` writes. */
#include "weft_string.h"

#include "weft.h"

typedef struct network {
  const void *image;
  size_t image_bytes;
  uint32_t list_bytes, window_bytes;
  weft_place input, output;
} network;

int run_network(void *registers, void *window, const network *net, const int8_t *input, int8_t *output);

static uint32_t read_register(void *registers, uint32_t offset) { return ((volatile uint32_t *)registers)[offset / 4]; }
static void write_register(void *registers, uint32_t offset, uint32_t value) {
  ((volatile uint32_t *)registers)[offset / 4] = value;
}
static void wait_for_interrupt(void *registers) { (void)registers; /* or sleep until there is one */ }

/* WEFT_CODE_OK (0) and the output, or why not. `window`: net->window_bytes of memory, aligned to WEFT_ALIGN. */
int run_network(void *registers, void *window, const network *net, const int8_t *input, int8_t *output) {
  const weft_bus bus = {registers, read_register, write_register, wait_for_interrupt};
  weft_run run = {(uintptr_t)window, net->window_bytes, net->list_bytes, 1000000};
  int code;
  memcpy(window, net->image, net->image_bytes); /* once: a run does not change it */
  code = weft_check_list(&bus, window, net->list_bytes);
  if (code != WEFT_OK) return code;
  weft_put(window, &net->input, input);
  code = weft_start(&bus, &run);
  if (code != WEFT_OK) return code;
  code = weft_wait(&bus);
  if (code == (int)WEFT_CODE_OK) weft_get(window, &net->output, output);
  return code;
}
