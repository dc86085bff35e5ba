/* SPDX-License-Identifier: BSD-2-Clause
 * The recipients of one message that weir has let pass: what is given back if the message is not
 * sent, and what it is asked about once more when it is complete. */
#ifndef MILTER_RECIPIENTS_H
#define MILTER_RECIPIENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "weir.h"

#define RECIPIENTS_MAX 1024               /* as many as a list of weir's may have        */
#define RECIPIENTS_BYTES_MAX (1024 * 1024) /* of all of a message, 1 KB each             */

struct recipients {
  struct weir_value *values; /* NULL, or room for RECIPIENTS_MAX; each allocated         */
  bool *charged;             /* of each: to the limits of the policy                    */
  size_t count;
  size_t bytes;
};

enum recipients_result { RECIPIENTS_ADDED, RECIPIENTS_FULL, RECIPIENTS_NO_MEMORY };

/* Keep a copy, not charged yet. */
enum recipients_result recipients_add(struct recipients *recipients, const char *address,
                                      size_t bytes);

/* Drop the one that was added last. */
void recipients_drop(struct recipients *recipients);

/* Drop all, and what they are kept in. */
void recipients_clear(struct recipients *recipients);

#endif
