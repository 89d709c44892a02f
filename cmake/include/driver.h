/* SPDX-License-Identifier: Apache-2.0 */
/* The driver in C99, as <weft/driver.h> of an installed Weft; on Linux also <driver/uio/weft_uio.h>. */
#ifndef WEFT_DRIVER_H
#define WEFT_DRIVER_H

#include "driver/weft.h"
#include "driver/weft_device.h"

#endif
