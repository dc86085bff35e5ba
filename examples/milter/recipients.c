/* SPDX-License-Identifier: BSD-2-Clause */
#include "recipients.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool has_room(struct recipients *recipients)
{
  if (recipients->values == NULL)
    recipients->values = calloc(RECIPIENTS_MAX, sizeof(*recipients->values));
  if (recipients->charged == NULL)
    recipients->charged = calloc(RECIPIENTS_MAX, sizeof(*recipients->charged));
  return recipients->values != NULL && recipients->charged != NULL;
}

enum recipients_result recipients_add(struct recipients *recipients, const char *address,
                                      size_t bytes)
{
  if (recipients->count == RECIPIENTS_MAX || bytes > RECIPIENTS_BYTES_MAX - recipients->bytes)
    return RECIPIENTS_FULL;
  char *copy = malloc(bytes + 1);
  if (copy == NULL || !has_room(recipients)) {
    free(copy);
    return RECIPIENTS_NO_MEMORY;
  }
  memcpy(copy, address, bytes);
  recipients->values[recipients->count] = (struct weir_value){copy, bytes};
  recipients->charged[recipients->count] = false;
  recipients->count++;
  recipients->bytes += bytes;
  return RECIPIENTS_ADDED;
}

void recipients_drop(struct recipients *recipients)
{
  struct weir_value *last = &recipients->values[--recipients->count];
  recipients->bytes -= last->value_bytes;
  free((void *)(uintptr_t)last->value); /* not const: it was made above */
}

void recipients_clear(struct recipients *recipients)
{
  while (recipients->count > 0)
    recipients_drop(recipients);
  free(recipients->values);
  free(recipients->charged);
  *recipients = (struct recipients){.values = NULL};
}
