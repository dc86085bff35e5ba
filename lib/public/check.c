/* SPDX-License-Identifier: BSD-2-Clause */
#include "public/check.h"

#include "admit/subject.h"

static bool lists_are_sound(const struct weir_request *request)
{
  if (request->list_count > WI_LISTS_MAX || (request->lists == NULL && request->list_count != 0))
    return false;
  for (size_t i = 0; i < request->list_count; i++) {
    const struct weir_list *list = &request->lists[i];

    if (list->name == NULL || list->value_count > WI_LIST_VALUES_MAX ||
        (list->values == NULL && list->value_count != 0))
      return false;
    for (size_t j = 0; j < list->value_count; j++)
      if (list->values[j].value == NULL && list->values[j].value_bytes != 0)
        return false;
    for (size_t j = 0; j < i; j++)
      if (wi_same_name(list->name, request->lists[j].name))
        return false;
  }
  return true;
}

/* Requests have few attributes: all pairs are soon compared. */
static bool has_twins(const struct weir_request *request)
{
  for (size_t i = 1; i < request->attribute_count; i++)
    for (size_t j = 0; j < i; j++)
      if (wi_same_name(request->attributes[i].name, request->attributes[j].name))
        return true;
  for (size_t i = 1; i < request->cost_count; i++)
    for (size_t j = 0; j < i; j++)
      if (wi_same_name(request->costs[i].unit, request->costs[j].unit))
        return true;
  return false;
}

int wi_check_request(const struct weir_table *table, const struct weir_request *request)
{
  if (table == NULL || request == NULL || request->size_bytes != sizeof *request ||
      (request->flags & ~(uint32_t)WEIR_NOW_GIVEN) != 0 || request->reserved != 0 ||
      request->attribute_count > WI_ATTRIBUTES_MAX || request->cost_count > WI_COSTS_MAX ||
      (request->attributes == NULL && request->attribute_count != 0) ||
      (request->costs == NULL && request->cost_count != 0))
    return WEIR_E_ARGUMENT;
  for (size_t i = 0; i < request->attribute_count; i++) {
    const struct weir_attribute *attribute = &request->attributes[i];

    if (attribute->name == NULL || (attribute->value == NULL && attribute->value_bytes != 0))
      return WEIR_E_ARGUMENT;
  }
  for (size_t i = 0; i < request->cost_count; i++)
    if (request->costs[i].unit == NULL)
      return WEIR_E_ARGUMENT;
  return has_twins(request) || !lists_are_sound(request) ? WEIR_E_ARGUMENT : WEIR_OK;
}
