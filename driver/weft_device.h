/* SPDX-License-Identifier: Apache-2.0 */
/* A weft_top as an operating system shares it: with its memory window, its caches, and threads that take turns. C99, like weft.h.
 *
 *   static const weft_program program = {image, sizeof image, list_bytes, window_bytes};   (weft export --format c has the numbers)
 *   const weft_input in = {input_place, input};
 *   const weft_output out = {output_place, output};
 *   code = weft_device_run(&device, &program, &in, 1, &out, 1, watchdog);
 *
 * From any thread, if `lock` and `unlock` are there; an interrupt handler may only make `bus.wait` return. */
#ifndef WEFT_DEVICE_H
#define WEFT_DEVICE_H

#include "weft.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_device {
  weft_bus bus;
  uint8_t *window;         /* the memory window as the processor sees it, */
  uint64_t window_address; /* ... as the hardware does: a multiple of WEFT_ALIGN, anywhere in ADDR_BITS, */
  uint64_t window_bytes;   /* ... all of it */
  void *context;           /* of the hooks below */
  /* Caches between the two, whose lines have at most 64 bytes: writes back what the processor has written there, or makes it read
   * what the hardware has. 0, or another value for a failure. NULL: the window is not cached, or the system is coherent. */
  int (*clean)(void *context, void *begin, size_t bytes);
  int (*invalidate)(void *context, void *begin, size_t bytes);
  /* One lock a device, which a thread holds for all of a run. NULL: there is one thread. */
  void (*lock)(void *context);
  void (*unlock)(void *context);
  const void *loaded; /* private: the image that the window begins with; NULL after anything else has written there */
} weft_device;

/* What a start runs: the image stays where it is, and as it is, as long as programs of the device do. */
typedef struct weft_program {
  const void *image;
  size_t image_bytes;
  uint32_t list_bytes;
  uint64_t window_bytes;
} weft_program;

typedef struct weft_input {
  weft_place place;
  const int8_t *tensor; /* NHWC without padding */
} weft_input;

typedef struct weft_output {
  weft_place place;
  int8_t *tensor;
} weft_output;

/* One start: loads the program if another one was there, writes the inputs, runs, reads the outputs. WEFT_CODE_* of the end, or WEFT_E_* and
 * the outputs are as they were. */
int weft_device_run(weft_device *device, const weft_program *program, const weft_input *inputs, size_t input_count,
                    const weft_output *outputs, size_t output_count, uint32_t watchdog);

/* Takes over hardware in whatever state it is (weft_init). */
int weft_device_init(weft_device *device);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_DEVICE_H */
