/* SPDX-License-Identifier: Apache-2.0 */
#define DT_DRV_COMPAT weft_weft_top

#include "weft_zephyr.h"

#include <errno.h>
#include <zephyr/cache.h>
#include <zephyr/irq.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/device_mmio.h>
#include <zephyr/sys/sys_io.h>

struct weft_data {
  DEVICE_MMIO_RAM;
  weft_device device;
  const struct device *dev;
  struct k_mutex mutex;
  struct k_sem interrupt;
};

struct weft_config {
  DEVICE_MMIO_ROM;
  unsigned int irq;
  void (*connect)(void);
  uintptr_t window;
  size_t window_bytes;
  bool coherent;
};

static uint32_t read_register(void *context, uint32_t offset) {
  const struct weft_data *data = context;
  return sys_read32(DEVICE_MMIO_GET(data->dev) + offset);
}

static void write_register(void *context, uint32_t offset, uint32_t value) {
  const struct weft_data *data = context;
  sys_write32(value, DEVICE_MMIO_GET(data->dev) + offset);
}

/* The interrupt is a level that weft_wait clears, so it is off from when it comes until the next wait. */
static void wait_for_interrupt(void *context) {
  struct weft_data *data = context;
  const struct weft_config *config = data->dev->config;
  irq_enable(config->irq);
  (void)k_sem_take(&data->interrupt, K_MSEC(CONFIG_WEFT_POLL_MS)); /* weft_wait asks STATUS in any case */
}

static void isr(const struct device *dev) {
  struct weft_data *data = dev->data;
  const struct weft_config *config = dev->config;
  irq_disable(config->irq);
  k_sem_give(&data->interrupt);
}

/* A system without a cache has none to look after. */
static int without_cache(int result) { return result == -ENOTSUP ? 0 : result; }

static int clean(void *context, void *begin, size_t bytes) {
  ARG_UNUSED(context);
  return without_cache(sys_cache_data_flush_range(begin, bytes));
}

static int invalidate(void *context, void *begin, size_t bytes) {
  ARG_UNUSED(context);
  return without_cache(sys_cache_data_invd_range(begin, bytes));
}

static void lock(void *context) { (void)k_mutex_lock(&((struct weft_data *)context)->mutex, K_FOREVER); }
static void unlock(void *context) { (void)k_mutex_unlock(&((struct weft_data *)context)->mutex); }

static int init(const struct device *dev) {
  struct weft_data *data = dev->data;
  const struct weft_config *config = dev->config;
  mm_reg_t window;
  DEVICE_MMIO_MAP(dev, K_MEM_CACHE_NONE);
  device_map(&window, config->window, config->window_bytes, K_MEM_CACHE_WB);
  data->dev = dev;
  k_mutex_init(&data->mutex);
  (void)k_sem_init(&data->interrupt, 0, 1);
  data->device.bus.context = data;
  data->device.bus.read = read_register;
  data->device.bus.write = write_register;
  data->device.bus.wait = wait_for_interrupt;
  data->device.window = (uint8_t *)window;
  data->device.window_address = config->window;
  data->device.window_bytes = config->window_bytes;
  data->device.context = data;
  data->device.clean = config->coherent ? NULL : clean;
  data->device.invalidate = config->coherent ? NULL : invalidate;
  data->device.lock = lock;
  data->device.unlock = unlock;
  config->connect();
  return weft_device_init(&data->device) == WEFT_OK ? 0 : -ENODEV;
}

weft_device *weft_zephyr_device(const struct device *dev) { return &((struct weft_data *)dev->data)->device; }

#define WEFT_WINDOW(n) DT_INST_PHANDLE(n, memory_region)
#define WEFT_DEFINE(n)                                                                                             \
  static void connect_##n(void) {                                                                                  \
    IRQ_CONNECT(DT_INST_IRQN(n), DT_INST_IRQ(n, priority), isr, DEVICE_DT_INST_GET(n), 0);                         \
  }                                                                                                                \
  static struct weft_data data_##n;                                                                                \
  static const struct weft_config config_##n = {DEVICE_MMIO_ROM_INIT(DT_DRV_INST(n)),                              \
                                                .irq = DT_INST_IRQN(n),                                            \
                                                .connect = connect_##n,                                            \
                                                .window = DT_REG_ADDR(WEFT_WINDOW(n)),                             \
                                                .window_bytes = DT_REG_SIZE(WEFT_WINDOW(n)),                       \
                                                .coherent = DT_INST_PROP(n, dma_coherent)};                        \
  DEVICE_DT_INST_DEFINE(n, init, NULL, &data_##n, &config_##n, POST_KERNEL, CONFIG_WEFT_INIT_PRIORITY, NULL);
DT_INST_FOREACH_STATUS_OKAY(WEFT_DEFINE)
