/* SPDX-License-Identifier: Apache-2.0 */
/* Weft on Zephyr: weft_device_run (weft_device.h) from any thread, on
 *
 *   weft_device *weft = weft_zephyr_device(DEVICE_DT_GET(DT_NODELABEL(weft)));
 */
#ifndef WEFT_ZEPHYR_H
#define WEFT_ZEPHYR_H

#include <zephyr/device.h>

#include "weft_device.h"

weft_device *weft_zephyr_device(const struct device *dev);

#endif /* WEFT_ZEPHYR_H */
