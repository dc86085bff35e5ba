/* SPDX-License-Identifier: BSD-2-Clause
 * One principal, named by attributes in any order: where its cells are, and how it is shown. */
#ifndef WI_GUARD_PRINCIPAL_H
#define WI_GUARD_PRINCIPAL_H

#include "plan/plan.h"

struct wi_principal {
  struct wi_plan_key key; /* its attributes in byte order of their names                  */
  const struct weir_attribute *values[WI_KEY_ATTRIBUTES_MAX]; /* in that order           */
  struct wi_hash hash;
  struct wi_place place;
};

/* false: no attribute or more than WI_KEY_ATTRIBUTES_MAX, one twice, a name that is none or
 * `overall`.  The attributes must outlive the principal. */
bool wi_principal_of(const struct wi_region *region, const struct weir_attribute *attributes,
                     size_t count, struct wi_principal *principal);

/* The same with a key that is known to be sound, and values that the caller has found. */
void wi_principal_hash(const struct wi_region *region, struct wi_principal *principal);

/* Its words, as a request has them: user=alice name="a b\x01".  What is not to be shown is \xHH;
 * cut off with "…". */
void wi_principal_text(const struct wi_principal *principal, char text[WI_PRINCIPAL_BYTES]);

#endif
