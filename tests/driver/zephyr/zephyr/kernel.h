/* SPDX-License-Identifier: Apache-2.0 */
/* What zephyr/weft_zephyr.c uses of Zephyr, declared as Zephyr 3.7 does (shortened): a stand-in to compile against, of one device. */
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_WEFT_POLL_MS 1000
#define CONFIG_WEFT_INIT_PRIORITY 90
#define ARG_UNUSED(x) (void)(x)

/* ---- kernel.h */
typedef struct {
  int64_t ticks;
} k_timeout_t;
#define K_MSEC(ms) ((k_timeout_t){(ms)})
#define K_FOREVER ((k_timeout_t){-1})
struct k_mutex {
  int locks;
};
struct k_sem {
  unsigned int count;
};
int k_mutex_init(struct k_mutex *mutex);
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);
int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);

/* ---- cache.h, irq.h, sys/sys_io.h */
int sys_cache_data_flush_range(void *addr, size_t size);
int sys_cache_data_invd_range(void *addr, size_t size);
void irq_enable(unsigned int irq);
void irq_disable(unsigned int irq);
typedef uintptr_t mm_reg_t;
typedef uintptr_t mem_addr_t;
uint32_t sys_read32(mem_addr_t addr);
void sys_write32(uint32_t data, mem_addr_t addr);
struct device;
int fake_irq_connect(unsigned int irq, void (*handler)(const struct device *dev), const struct device *dev);
#define IRQ_CONNECT(irq, priority, handler, argument, flags) (void)fake_irq_connect(irq, handler, argument)

/* ---- device.h, sys/device_mmio.h */
struct device {
  const char *name;
  const void *config;
  void *data;
};
struct z_device_mmio_rom {
  uintptr_t phys_addr;
  size_t size;
};
#define K_MEM_CACHE_NONE 2u
#define K_MEM_CACHE_WB 0u
#define DEVICE_MMIO_RAM mm_reg_t _mmio
#define DEVICE_MMIO_ROM struct z_device_mmio_rom _mmio
#define DEVICE_MMIO_GET(dev) (*(mm_reg_t *)((dev)->data))
#define DEVICE_MMIO_ROM_INIT(node) ._mmio = {DT_REG_ADDR(node), DT_REG_SIZE(node)}
#define DEVICE_MMIO_MAP(dev, flags)                                      \
  device_map((mm_reg_t *)((dev)->data), ((const struct z_device_mmio_rom *)((dev)->config))->phys_addr, \
             ((const struct z_device_mmio_rom *)((dev)->config))->size, (flags))
void device_map(mm_reg_t *virt_addr, uintptr_t phys_addr, size_t size, uint32_t flags);
extern const struct device fake_device_0;
#define DEVICE_DT_INST_GET(n) (&fake_device_##n)
#define DEVICE_DT_INST_DEFINE(n, init_fn, pm, data_ptr, config_ptr, level, priority, api) \
  const struct device fake_device_##n = {"weft", config_ptr, data_ptr};                   \
  int fake_init_##n(void);                                                                \
  int fake_init_##n(void) { return init_fn(&fake_device_##n); }

/* ---- devicetree.h: of the test, as macros DT_N_... are of the build */
#define DT_DRV_INST(n) WEFT_NODE
#define DT_INST_PHANDLE(n, property) WINDOW_NODE
#define DT_CAT(a, b) a##b
#define DT_REG_ADDR(node) DT_CAT(node, _ADDR)
#define DT_REG_SIZE(node) DT_CAT(node, _SIZE)
#define DT_INST_IRQN(n) 12
#define DT_INST_IRQ(n, cell) 1
#define DT_INST_PROP(n, property) 0
#define DT_INST_FOREACH_STATUS_OKAY(define) define(0)
#define WEFT_NODE_ADDR 0xa0000000u
#define WEFT_NODE_SIZE 0x1000u
#define WINDOW_NODE_ADDR 0x80000000u
#define WINDOW_NODE_SIZE 0x400000u

#endif
