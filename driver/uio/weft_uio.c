/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "driver/uio/weft_uio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DIRECTION_TO_DEVICE = 1, DIRECTION_FROM_DEVICE = 2 }; /* u-dma-buf's sync_direction */

static int fail(weft_uio *weft, const char *what, const char *why) {
  snprintf(weft->error, sizeof weft->error, "%s: %s", what, why);
  return -1;
}

/* ---- weft_bus. The fences keep the window's reads and writes on their side of the registers'. */

static uint32_t read_register(void *context, uint32_t offset) {
  const uint32_t value = ((weft_uio *)context)->registers[offset / 4];
  __sync_synchronize();
  return value;
}

static void write_register(void *context, uint32_t offset, uint32_t value) {
  __sync_synchronize();
  ((weft_uio *)context)->registers[offset / 4] = value;
}

/* The interrupt is a level, so one that came before it was enabled is not lost. UIO disables it when it comes. */
static void wait_for_interrupt(void *context) {
  const weft_uio *weft = context;
  struct pollfd ready = {weft->irq, POLLIN, 0};
  const uint32_t enable = 1;
  uint32_t count;
  if (write(weft->irq, &enable, sizeof enable) != (ssize_t)sizeof enable) return; /* weft_wait polls, then */
  if (poll(&ready, 1, WEFT_UIO_POLL_MS) > 0 && read(weft->irq, &count, sizeof count) < 0) return;
}

/* ---- Files of u-dma-buf in sysfs */

static int attribute(weft_uio *weft, const char *name, int flags) {
  char path[sizeof weft->buffer_class + 32];
  int file;
  snprintf(path, sizeof path, "%s/%s", weft->buffer_class, name);
  file = open(path, flags | O_CLOEXEC);
  if (file < 0) fail(weft, path, strerror(errno));
  return file;
}

static int read_number(weft_uio *weft, const char *name, int base, uint64_t *value) {
  char text[64], *end;
  const int file = attribute(weft, name, O_RDONLY);
  ssize_t got;
  if (file < 0) return -1;
  got = read(file, text, sizeof text - 1);
  close(file);
  text[got > 0 ? got : 0] = '\0';
  errno = 0;
  *value = strtoull(text, &end, base);
  if (end == text || errno != 0) return fail(weft, name, "u-dma-buf gives no number for it");
  return 0;
}

static int write_number(weft_uio *weft, const char *name, uint64_t value) {
  char text[32];
  const int file = attribute(weft, name, O_WRONLY | O_TRUNC);
  const int length = snprintf(text, sizeof text, "%" PRIu64, value);
  ssize_t put;
  if (file < 0) return -1;
  put = write(file, text, (size_t)length);
  close(file);
  return put == length ? 0 : fail(weft, name, "u-dma-buf does not take this value");
}

static int synchronise(weft_uio *weft, uint64_t offset, uint64_t bytes, int direction, const char *owner) {
  if (offset > weft->buffer_bytes || bytes > weft->buffer_bytes - offset)
    return fail(weft, "cache", "these bytes are not in the buffer");
  if (write_number(weft, "sync_offset", offset) != 0 || write_number(weft, "sync_size", bytes) != 0 ||
      write_number(weft, "sync_direction", (uint64_t)direction) != 0)
    return -1;
  return write_number(weft, owner, 1);
}

int weft_uio_to_device(weft_uio *weft, uint64_t offset, uint64_t bytes) {
  return synchronise(weft, offset, bytes, DIRECTION_TO_DEVICE, "sync_for_device");
}

int weft_uio_to_cpu(weft_uio *weft, uint64_t offset, uint64_t bytes) {
  return synchronise(weft, offset, bytes, DIRECTION_FROM_DEVICE, "sync_for_cpu");
}

/* ---- Open, run, close */

static int map_all(weft_uio *weft) {
  void *map = mmap(NULL, WEFT_REGS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, weft->uio, 0);
  if (map == MAP_FAILED) return fail(weft, "the registers cannot be mapped", strerror(errno));
  weft->registers = map;
  if (read_number(weft, "phys_addr", 16, &weft->window_address) != 0) return -1;
  if (read_number(weft, "size", 10, &weft->buffer_bytes) != 0) return -1;
  if (weft->window_address % WEFT_ALIGN != 0 || weft->buffer_bytes == 0 || weft->buffer_bytes > SIZE_MAX)
    return fail(weft, "the buffer", "its address is not a multiple of 4096, or its size is none");
  map = mmap(NULL, (size_t)weft->buffer_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, weft->buffer, 0);
  if (map == MAP_FAILED) return fail(weft, "the buffer cannot be mapped", strerror(errno));
  weft->window = map;
  if (weft->registers[WEFT_ID / 4] != WEFT_ID_VALUE) return fail(weft, "the registers", weft_code_name(WEFT_E_NO_WEFT));
  return 0;
}

int weft_uio_attach(weft_uio *weft, int uio, int irq, int buffer, const char *buffer_class) {
  int result = 0;
  memset(weft, 0, sizeof *weft);
  weft->bus.context = weft;
  weft->bus.read = read_register;
  weft->bus.write = write_register;
  weft->bus.wait = wait_for_interrupt;
  weft->uio = uio;
  weft->irq = irq;
  weft->buffer = buffer;
  pthread_mutex_init(&weft->mutex, NULL);
  if (strlen(buffer_class) >= sizeof weft->buffer_class) result = fail(weft, "the buffer's class", "this name is too long");
  else strcpy(weft->buffer_class, buffer_class);
  if (result == 0) result = map_all(weft);
  if (result != 0) weft_uio_close(weft);
  return result;
}

int weft_uio_open(weft_uio *weft, const char *uio, const char *buffer, const char *buffer_class) {
  const int uio_file = open(uio, O_RDWR | O_CLOEXEC);
  int buffer_file;
  if (uio_file < 0) return fail(weft, uio, strerror(errno));
  buffer_file = open(buffer, O_RDWR | O_CLOEXEC);
  if (buffer_file < 0) {
    fail(weft, buffer, strerror(errno));
    close(uio_file);
    return -1;
  }
  return weft_uio_attach(weft, uio_file, uio_file, buffer_file, buffer_class);
}

void weft_uio_close(weft_uio *weft) {
  if (weft->registers != NULL) munmap((void *)weft->registers, WEFT_REGS_BYTES);
  if (weft->window != NULL) munmap(weft->window, (size_t)weft->buffer_bytes);
  if (weft->irq >= 0 && weft->irq != weft->uio) close(weft->irq);
  if (weft->uio >= 0) close(weft->uio);
  if (weft->buffer >= 0) close(weft->buffer);
  pthread_mutex_destroy(&weft->mutex);
  weft->registers = NULL;
  weft->window = NULL;
  weft->uio = weft->irq = weft->buffer = -1;
}

/* ---- weft_device */

static int clean(void *context, void *begin, size_t bytes) {
  weft_uio *weft = context;
  return weft_uio_to_device(weft, (uint64_t)((uint8_t *)begin - weft->window), bytes);
}

static int invalidate(void *context, void *begin, size_t bytes) {
  weft_uio *weft = context;
  return weft_uio_to_cpu(weft, (uint64_t)((uint8_t *)begin - weft->window), bytes);
}

static void lock(void *context) { pthread_mutex_lock(&((weft_uio *)context)->mutex); }
static void unlock(void *context) { pthread_mutex_unlock(&((weft_uio *)context)->mutex); }

weft_device weft_uio_device(weft_uio *weft) {
  const weft_device device = {weft->bus, weft->window, weft->window_address, weft->buffer_bytes, weft, clean, invalidate, lock,
                              unlock,    NULL};
  return device;
}

int weft_uio_run(weft_uio *weft, uint32_t list_bytes, uint64_t window_bytes, uint32_t watchdog) {
  const weft_run run = {weft->window_address, window_bytes, list_bytes, watchdog};
  int code;
  if (window_bytes > weft->buffer_bytes) {
    fail(weft, "the window", "the buffer is smaller");
    return WEFT_E_UIO;
  }
  if (list_bytes > window_bytes) return WEFT_E_WINDOW;
  code = weft_check_list(&weft->bus, weft->window, list_bytes);
  if (code != WEFT_OK) return code;
  if (weft_uio_to_device(weft, 0, window_bytes) != 0) return WEFT_E_UIO;
  code = weft_start(&weft->bus, &run);
  if (code != WEFT_OK) return code;
  code = weft_wait(&weft->bus);
  return weft_uio_to_cpu(weft, 0, window_bytes) == 0 ? code : WEFT_E_UIO;
}
