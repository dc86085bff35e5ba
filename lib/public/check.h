/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WI_PUBLIC_CHECK_H
#define WI_PUBLIC_CHECK_H

#include "weir.h"

/* Whether a request is one that the public header allows: WEIR_OK or WEIR_E_ARGUMENT. */
int wi_check_request(const struct weir_table *table, const struct weir_request *request);

#endif
