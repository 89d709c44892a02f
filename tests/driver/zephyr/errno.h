/* SPDX-License-Identifier: Apache-2.0 */
#define ENODEV 19
#define ENOTSUP 134
