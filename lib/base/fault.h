/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WI_BASE_FAULT_H
#define WI_BASE_FAULT_H

#include "base/compiler.h"
#include "weir.h"

/* What was wrong and what was expected, as one line, into fault (may be NULL); returns error. */
int wi_fault(struct weir_fault *fault, int error, int system, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
