/* SPDX-License-Identifier: BSD-2-Clause
 * Events, made of what the library knows: one for each change of somebody's state. */
#ifndef WI_GUARD_TELL_H
#define WI_GUARD_TELL_H

#include "guard/principal.h"

struct wi_news {
  uint32_t kind;                        /* enum weir_event_kind                           */
  const struct wi_principal *principal; /* NULL: of nobody, as the texts may be              */
  const char *limit;
  const char *reason;
  const char *by;
  uint64_t end_ns; /* of a block, on the table's clock; UINT64_MAX: until lifted; 0: none       */
  uint32_t level;
  uint64_t amount;
};

void wi_tell(const struct wi_region *region, const struct wi_news *news);

/* The first time in WI_PRESSURE_NS that there was no room: an event, of a limit where it was for one
 * of its cells, of a principal too where it was for a block by a policy. */
#define WI_PRESSURE_NS 300000000000u
void wi_tell_pressure(const struct wi_region *region, const char *limit,
                      const struct wi_principal *principal, uint64_t now_ns);

/* CLOCK_REALTIME at a time of the table's clock; UINT64_MAX stays. */
uint64_t wi_tell_wall_ns(const struct wi_region *region, uint64_t table_ns);

#endif
