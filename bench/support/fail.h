/* SPDX-License-Identifier: BSD-2-Clause
 * A bench that cannot go on says why and ends; what is under a name is removed by who made it. */
#ifndef BENCH_SUPPORT_FAIL_H
#define BENCH_SUPPORT_FAIL_H

#include <stddef.h>

/* The status of a bench that cannot be made here: the rows of the time before are kept. */
#define BENCH_SKIPPED 77

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed, on a pair of lines of its own; never NULL. */
void *bench_allocate(size_t length_bytes);

#endif
