/* SPDX-License-Identifier: BSD-2-Clause
 * What weir asks of its compiler, and which machines it runs on. */
#ifndef WI_BASE_COMPILER_H
#define WI_BASE_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__linux__)
#error "weir runs on Linux: it needs O_TMPFILE, memfd_create and the vDSO clock"
#endif
#if !(defined(__x86_64__) && defined(__LP64__)) && !(defined(__aarch64__) && defined(__AARCH64EL__))
#error "weir needs a 16-byte compare-and-swap between processes: x86-64 or little-endian aarch64"
#endif

#define WI_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define WI_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* For what every decision runs through: a call would cost more than it holds. */
#define WI_INLINE static inline __attribute__((always_inline))
#define WI_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define WI_LINE_BYTES 64 /* of a cache line on every machine above */

/* Exported from the shared library; everything else is hidden. */
#define WI_PUBLIC __attribute__((visibility("default")))

__extension__ typedef unsigned __int128 wi_u128;

#endif
