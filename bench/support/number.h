/* SPDX-License-Identifier: BSD-2-Clause
 * Numbers among a bench's arguments. */
#ifndef BENCH_SUPPORT_NUMBER_H
#define BENCH_SUPPORT_NUMBER_H

#include <stdint.h>

/* Argument `at`, called `name`; `otherwise` where there are fewer.  Ends the program where it is
 * no number of least to most. */
uint64_t bench_number(int count, char *const *arguments, int at, const char *name,
                      uint64_t otherwise, uint64_t least, uint64_t most);

#endif
