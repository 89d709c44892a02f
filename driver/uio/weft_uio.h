/* SPDX-License-Identifier: Apache-2.0 */
/* weft_bus for Linux without a kernel driver of its own: registers and interrupt by UIO (uio_pdrv_genirq), the memory window in a
 * buffer of u-dma-buf. docs/integration.md has the device tree.
 *
 *   weft_uio weft;
 *   if (weft_uio_open(&weft, "/dev/uio0", "/dev/udmabuf0", "/sys/class/u-dma-buf/udmabuf0") != 0) puts(weft.error);
 *   memcpy(weft.window, image, image_bytes);
 *   weft_put(weft.window, &input, tensor);
 *   code = weft_uio_run(&weft, list_bytes, window_bytes, watchdog);
 *   weft_get(weft.window, &output, result);
 *
 * One thread at a time; weft_uio_device makes a weft_device of it, which threads share. The buffer may lie anywhere in 64 bits of
 * addresses that ADDR_W of the hardware reaches. */
#ifndef WEFT_UIO_H
#define WEFT_UIO_H

#include <pthread.h>

#include "driver/weft_device.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_UIO_POLL_MS 1000 /* how long weft_bus.wait sleeps at most: weft_wait then asks STATUS */

typedef struct weft_uio {
  weft_bus bus;            /* for the functions of weft.h */
  uint8_t *window;         /* the buffer as this process sees it, */
  uint64_t window_address; /* ... as the hardware does, */
  uint64_t buffer_bytes;   /* ... all of it */
  char error[256];         /* one sentence, if a function has failed */
  /* private */
  int uio, irq, buffer;
  volatile uint32_t *registers;
  char buffer_class[128];
  pthread_mutex_t mutex;
} weft_uio;

/* 0, or -1 with `error`; then nothing is open. */
int weft_uio_open(weft_uio *weft, const char *uio, const char *buffer, const char *buffer_class);
/* The same with files that are open already and that weft_uio_close closes: registers are mapped from `uio`; `irq` is written (1: enable)
 * and read (number of interrupts), and is `uio` in a real system. */
int weft_uio_attach(weft_uio *weft, int uio, int irq, int buffer, const char *buffer_class);
void weft_uio_close(weft_uio *weft);

/* Hands bytes of the window to the hardware (cleans the cache) or back (invalidates it): 0, or -1 with `error`. No work where the
 * system is coherent. */
int weft_uio_to_device(weft_uio *weft, uint64_t offset, uint64_t bytes);
int weft_uio_to_cpu(weft_uio *weft, uint64_t offset, uint64_t bytes);

/* One start of what is in the window, caches included: WEFT_CODE_* or WEFT_E_* of weft.h, or WEFT_E_UIO with `error`. */
enum { WEFT_E_UIO = -100 };
int weft_uio_run(weft_uio *weft, uint32_t list_bytes, uint64_t window_bytes, uint32_t watchdog);

/* The same as a device of weft_device.h, with its caches and a lock, as long as `weft` is open and stays where it is. weft_uio_run must
 * not be used beside it. */
weft_device weft_uio_device(weft_uio *weft);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_UIO_H */
