/* SPDX-License-Identifier: BSD-2-Clause
 * The lists of a request: `recipient`, and each attribute whose value has commas. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

#define LISTS_MAX 8     /* as struct weir_request takes                                    */
#define VALUES_MAX 1024 /* likewise, in one list                                           */

static bool is_list(const struct wctl_request *in, size_t index)
{
  return in->items[index] > 1 || strcmp(in->attributes[index].name, "recipient") == 0;
}

static void fill(struct wctl_request *in, size_t index, struct weir_value *values)
{
  struct weir_list *list = &in->lists[in->request.list_count++];

  *list = (struct weir_list){in->attributes[index].name, values, in->items[index]};
  for (size_t item = 0; item < in->items[index]; item++) {
    size_t bytes;

    values[item].value = wctl_request_item(in, &in->attributes[index], item, &bytes);
    values[item].value_bytes = bytes;
  }
}

int wctl_request_lists(struct wctl_request *in, const char **what)
{
  size_t lists = 0, values = 0, used = 0;

  for (size_t i = 0; i < in->request.attribute_count; i++) {
    if (!is_list(in, i))
      continue;
    lists++;
    values += in->items[i];
    *what = in->attributes[i].name;
    if (lists > LISTS_MAX || in->items[i] > VALUES_MAX)
      return -1;
  }
  free(in->values);
  in->values = calloc(values + 1, sizeof *in->values);
  if (in->values == NULL)
    return -2;
  in->request.lists = in->lists;
  in->request.list_count = 0;
  for (size_t i = 0; i < in->request.attribute_count; i++)
    if (is_list(in, i)) {
      fill(in, i, in->values + used);
      used += in->items[i];
    }
  return 0;
}
