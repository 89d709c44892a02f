/* SPDX-License-Identifier: Apache-2.0 */
#include "weft.h"

#include "weft_string.h"

static uint32_t reg_read(const weft_bus *bus, uint32_t offset) { return bus->read(bus->context, offset); }
static void reg_write(const weft_bus *bus, uint32_t offset, uint32_t value) { bus->write(bus->context, offset, value); }

static void write64(const weft_bus *bus, uint32_t lo, uint64_t value) {
  reg_write(bus, lo, (uint32_t)value);
  reg_write(bus, lo + 4, (uint32_t)(value >> 32));
}

static uint64_t read64(const weft_bus *bus, uint32_t lo) {
  const uint64_t low = reg_read(bus, lo); /* the hardware keeps the upper word of that moment */
  return low | (uint64_t)reg_read(bus, lo + 4) << 32;
}

static uint32_t word_at(const uint8_t *bytes, size_t index) {
  const uint8_t *b = bytes + 4 * index;
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

int weft_check_list(const weft_bus *bus, const void *list, size_t bytes) {
  const uint8_t *words = list;
  uint32_t sum = 0;
  size_t i;
  if (reg_read(bus, WEFT_ID) != WEFT_ID_VALUE) return WEFT_E_NO_WEFT;
  if (bytes < 8 * WEFT_HEADER_WORDS || bytes % 4 != 0) return WEFT_E_LIST; /* a header and an END */
  if (word_at(words, WEFT_HEADER_MAGIC) != WEFT_LIST_MAGIC) return WEFT_E_LIST;
  if (reg_read(bus, WEFT_LIST_VERSION) != WEFT_LIST_FORMAT) return WEFT_E_VERSION;
  if (word_at(words, WEFT_HEADER_CONFIG0) != reg_read(bus, WEFT_CONFIG0)) return WEFT_E_CONFIG;
  if (word_at(words, WEFT_HEADER_CONFIG1) != (reg_read(bus, WEFT_CONFIG1) & ~WEFT_CONFIG1_ADDR_BITS_MASK)) return WEFT_E_CONFIG;
  for (i = 0; i < bytes / 4; i++) sum += word_at(words, i);
  return sum == 0 ? WEFT_OK : WEFT_E_LIST;
}

/* Whether the hardware is no longer BUSY: memory that does not answer any more keeps it so. */
static int settles(const weft_bus *bus) {
  uint32_t reads;
  for (reads = 0; reads < WEFT_SETTLE_READS; reads++)
    if (!(reg_read(bus, WEFT_STATUS) & WEFT_STATUS_BUSY)) return 1;
  return 0;
}

int weft_init(const weft_bus *bus) {
  if (reg_read(bus, WEFT_ID) != WEFT_ID_VALUE) return WEFT_E_NO_WEFT;
  reg_write(bus, WEFT_CONTROL, WEFT_CONTROL_SOFT_RESET);
  return settles(bus) ? WEFT_OK : WEFT_E_BUSY;
}

/* Whether the hardware's addresses reach the whole window. */
static int reaches(const weft_bus *bus, const weft_run *run) {
  const uint32_t bits = (reg_read(bus, WEFT_CONFIG1) & WEFT_CONFIG1_ADDR_BITS_MASK) >> WEFT_CONFIG1_ADDR_BITS_SHIFT;
  const uint64_t last = run->window + run->window_bytes - 1;
  return last >= run->window && (bits >= 64 || last >> bits == 0);
}

int weft_start(const weft_bus *bus, const weft_run *run) {
  if (reg_read(bus, WEFT_ID) != WEFT_ID_VALUE) return WEFT_E_NO_WEFT;
  if (reg_read(bus, WEFT_STATUS) & WEFT_STATUS_BUSY) return WEFT_E_BUSY;
  if (run->window % WEFT_ALIGN != 0 || run->list_bytes == 0 || run->list_bytes > run->window_bytes) return WEFT_E_WINDOW;
  if (!reaches(bus, run)) return WEFT_E_ADDRESS;
  write64(bus, WEFT_WINDOW_BASE_LO, run->window);
  write64(bus, WEFT_WINDOW_SIZE_LO, run->window_bytes);
  write64(bus, WEFT_LIST_ADDR_LO, run->window);
  reg_write(bus, WEFT_LIST_BYTES, run->list_bytes);
  reg_write(bus, WEFT_WATCHDOG, run->watchdog);
  reg_write(bus, WEFT_IRQ_STATUS, WEFT_IRQ_STATUS_DONE | WEFT_IRQ_STATUS_ERROR);
  reg_write(bus, WEFT_IRQ_ENABLE, WEFT_IRQ_ENABLE_DONE | WEFT_IRQ_ENABLE_ERROR);
  reg_write(bus, WEFT_CONTROL, WEFT_CONTROL_START);
  return WEFT_OK;
}

int weft_wait(const weft_bus *bus) {
  uint32_t status;
  do {
    bus->wait(bus->context);
    status = reg_read(bus, WEFT_STATUS);
    if (!(status & (WEFT_STATUS_BUSY | WEFT_STATUS_DONE | WEFT_STATUS_ERROR))) return WEFT_E_RESET;
  } while (!(status & (WEFT_STATUS_DONE | WEFT_STATUS_ERROR)));
  reg_write(bus, WEFT_IRQ_STATUS, WEFT_IRQ_STATUS_DONE | WEFT_IRQ_STATUS_ERROR);
  (void)settles(bus);
  return (int)((status & WEFT_STATUS_CODE_MASK) >> WEFT_STATUS_CODE_SHIFT);
}

void weft_abort(const weft_bus *bus) { reg_write(bus, WEFT_CONTROL, WEFT_CONTROL_ABORT); }

void weft_read_counters(const weft_bus *bus, weft_counters *counters) {
  int i;
  counters->cycles = read64(bus, WEFT_CYCLES_LO);
  for (i = 0; i < 8; i++) counters->count[i] = read64(bus, WEFT_COUNT_MAC_LO + 8u * (uint32_t)i);
  counters->bytes_read = read64(bus, WEFT_BYTES_READ_LO);
  counters->bytes_written = read64(bus, WEFT_BYTES_WRITTEN_LO);
}

void weft_put(void *window, const weft_place *place, const int8_t *tensor) {
  const size_t rows = (size_t)place->n * place->h, bytes = (size_t)place->w * place->c;
  size_t row;
  for (row = 0; row < rows; row++)
    memcpy((uint8_t *)window + place->offset + row * place->row_pitch, tensor + row * bytes, bytes);
}

void weft_get(const void *window, const weft_place *place, int8_t *tensor) {
  const size_t rows = (size_t)place->n * place->h, bytes = (size_t)place->w * place->c;
  size_t row;
  for (row = 0; row < rows; row++)
    memcpy(tensor + row * bytes, (const uint8_t *)window + place->offset + row * place->row_pitch, bytes);
}

const char *weft_code_name(int code) {
  switch (code) {
    case WEFT_CODE_OK: return "OK";
    case WEFT_CODE_ABORTED: return "ABORTED";
    case WEFT_CODE_BAD_LIST: return "BAD_LIST";
    case WEFT_CODE_BAD_CHECKSUM: return "BAD_CHECKSUM";
    case WEFT_CODE_BAD_COMMAND: return "BAD_COMMAND";
    case WEFT_CODE_OUT_OF_WINDOW: return "OUT_OF_WINDOW";
    case WEFT_CODE_READ_ERROR: return "READ_ERROR";
    case WEFT_CODE_WRITE_ERROR: return "WRITE_ERROR";
    case WEFT_CODE_WATCHDOG: return "WATCHDOG";
    case WEFT_CODE_BAD_JOB: return "BAD_JOB";
    case WEFT_E_NO_WEFT: return "there is no Weft at these registers";
    case WEFT_E_BUSY: return "the hardware is busy";
    case WEFT_E_LIST: return "not a list of commands, or a damaged one";
    case WEFT_E_CONFIG: return "the list is for another configuration";
    case WEFT_E_WINDOW: return "the window is not aligned, or too small for the list";
    case WEFT_E_ADDRESS: return "the hardware's addresses do not reach the window: it has to lie below 2^ADDR_BITS";
    case WEFT_E_MEMORY: return "the program, or a tensor of it, does not fit the device's memory window";
    case WEFT_E_CACHE: return "the cache could not be cleaned or invalidated";
    case WEFT_E_VERSION: return "the hardware reads lists of another version: build it, or compile the network, with the same version of Weft";
    case WEFT_E_RESET: return "the hardware was reset before the run ended";
    default: return "unknown";
  }
}
