/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/tell.h"

#include <string.h>

#include "base/arith.h"
#include "guard/printable.h"
#include "guard/ring.h"

uint64_t wi_tell_wall_ns(const struct wi_region *region, uint64_t table_ns)
{
  return wi_clock_on_wall_ns(table_ns, wi_region_now_ns(region, false), wi_clock_wall_ns());
}

static void copy(char *to, size_t room, const char *from)
{
  if (from != NULL)
    wi_printable(to, room, from, strlen(from));
}

void wi_tell(const struct wi_region *region, const struct wi_news *news)
{
  struct weir_event event;

  memset(&event, 0, sizeof event);
  event.size_bytes = sizeof event;
  event.kind = news->kind;
  event.level = news->level;
  event.amount = news->amount;
  if (news->end_ns != 0)
    event.until_wall_ns = wi_tell_wall_ns(region, news->end_ns);
  if (news->principal != NULL)
    wi_principal_text(news->principal, event.principal);
  copy(event.limit, sizeof event.limit, news->limit);
  copy(event.reason, sizeof event.reason, news->reason);
  copy(event.by, sizeof event.by, news->by);
  (void)wi_ring_put(region, &event); /* what is lost there is counted there */
}

void wi_tell_pressure(const struct wi_region *region, const char *limit,
                      const struct wi_principal *principal, uint64_t now_ns)
{
  uint64_t *last = &region->live->pressure_ns;
  uint64_t before_ns = wi_load_acquire(last); /* partner: the CAS by whoever tells first */

  if ((before_ns != 0 && now_ns - before_ns < WI_PRESSURE_NS) ||
      !wi_cas_seq_cst(last, before_ns, now_ns != 0 ? now_ns : 1))
    return;
  wi_tell(region, &(struct wi_news){.kind = WEIR_EVENT_PRESSURE,
                                    .principal = principal,
                                    .limit = limit,
                                    .reason = principal != NULL ? "no room for a block"
                                                                : "a group of cells is full"});
}
