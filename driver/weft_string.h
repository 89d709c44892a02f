/* SPDX-License-Identifier: Apache-2.0 */
/* memcpy, which a compiler asks for even without a C library. */
#ifndef WEFT_STRING_H
#define WEFT_STRING_H

#include <stddef.h>

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t bytes);
#endif

#endif /* WEFT_STRING_H */
