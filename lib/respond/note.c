/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/note.h"

#include <string.h>

#include "base/arith.h"
#include "guard/tell.h"
#include "respond/response.h"

/* How many notes there were in this tick. */
static void count_note(struct wi_stripe *stripe, uint64_t now_ns)
{
  uint64_t tick = now_ns >> WI_NOTE_TICK_SHIFT << 8;
  uint64_t time = wi_load_relaxed(&stripe->note_time);

  if (time < tick || time >= tick + 256)
    time = tick;
  wi_store_release(&stripe->note_time, time + 1); /* partner: wi_note_count() */
}

/* What an earlier note counted goes to the record of whom it was about. */
static void settle(const struct wi_region *region, struct wi_note *note, uint32_t slot,
                   uint64_t now_ns)
{
  uint64_t count = wi_load_relaxed(&note->count), before_ns;

  wi_store_release(&note->count, 0); /* partner: wi_note_count(), which may come between */
  if (count != 0)
    (void)wi_name_add_denied(region, wi_load_relaxed(&note->tag), count, slot, now_ns, &before_ns);
}

/* A first record.  false: no room for one. */
static bool put_on_record(const struct wi_decision *decision, const struct wi_principal *principal,
                          uint32_t slot)
{
  struct wi_name name;

  memset(&name, 0, sizeof name);
  name.kind = WI_NAME_DENIED;
  name.hash = principal->hash;
  name.since_wall_ns = wi_clock_wall_ns();
  name.denied = 1;
  name.denied_last_ns = decision->now_ns;
  name.slot = slot;
  wi_principal_text(principal, name.principal);
  return wi_name_put(&decision->table->region, &name, decision->now_ns);
}

void wi_note_denied(const struct wi_decision *decision, const struct weir_request *request,
                    const struct wi_ask *ask)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_stripe *stripe = wi_count_stripe(region);
  uint64_t mark = ask->place->own, before_ns = 0;
  struct wi_note *note = wi_note_of(stripe, mark);
  struct wi_principal principal;

  if (wi_note_count(stripe, mark, decision->now_ns) ||
      !wi_respond_principal(decision, ask->limit->key, request, &principal))
    return;
  count_note(stripe, decision->now_ns);
  settle(region, note, ask->limit->slot, decision->now_ns);
  wi_store_release(&note->tag, wi_note_tag(mark, decision->now_ns)); /* partner: wi_note_count() */
  if (!wi_name_add_denied(region, principal.hash.mark, 1, ask->limit->slot, decision->now_ns,
                          &before_ns))
    (void)put_on_record(decision, &principal, ask->limit->slot);
  if (before_ns != 0 && wi_sub_floor(decision->now_ns, before_ns) < WI_EPISODE_NS)
    return;
  wi_tell(region, &(struct wi_news){.kind = WEIR_EVENT_DENIED,
                                    .principal = &principal,
                                    .limit = ask->limit->verdict.limit});
}
