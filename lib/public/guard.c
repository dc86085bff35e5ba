/* SPDX-License-Identifier: BSD-2-Clause
 * Block, unblock, blocks, members, sessions, the whole table's switch. */
#include <string.h>

#include "base/arith.h"
#include "guard/tell.h"
#include "public/run.h"
#include "respond/block.h"

/* One principal, and what is to be done about it. */
struct task {
  const struct weir_block *block;
  struct wi_principal principal;
  struct wi_block_order order;
  const char *class_name;
  bool was_blocked;
};

static void begin(struct wi_decision *decision, struct weir_table *table,
                  const struct wi_plan *plan, const struct weir_block *block)
{
  decision->table = table;
  decision->plan = plan;
  decision->version = plan != NULL ? wi_load_relaxed(&plan->version) : 0;
  decision->given = (block->flags & WEIR_NOW_GIVEN) != 0;
  decision->now_ns = decision->given ? block->now_ns : wi_region_now_ns(&table->region, false);
  decision->reading = false;
}

static int error_of(enum wi_block_result result)
{
  return result == WI_BLOCK_FULL    ? WEIR_E_CAPACITY
         : result == WI_BLOCK_STALE ? WI_DECISION_STALE
                                    : WEIR_OK;
}

static int run_block(struct weir_table *table, const struct wi_plan *plan, void *context)
{
  struct task *task = context;
  struct wi_decision decision;
  uint64_t word;

  enum wi_block_result result;

  begin(&decision, table, plan, task->block);
  result = wi_block_set(&decision, &task->principal, &task->order, &word);
  if (result == WI_BLOCK_SET)
    wi_tell(&table->region, &(struct wi_news){.kind = WEIR_EVENT_BLOCKED,
                                              .principal = &task->principal,
                                              .reason = task->order.reason,
                                              .by = task->order.by,
                                              .end_ns = wi_block_end_ns(word)});
  return error_of(result);
}

static int run_lift(struct weir_table *table, const struct wi_plan *plan, void *context)
{
  struct task *task = context;
  struct wi_decision decision;
  enum wi_block_result result;
  bool was_blocked;

  begin(&decision, table, plan, task->block);
  result = wi_block_lift(&decision, &task->principal, &was_blocked);
  task->was_blocked |= was_blocked;
  return error_of(result);
}

static int run_member(struct weir_table *table, const struct wi_plan *plan, void *context)
{
  struct task *task = context;
  struct wi_decision decision;

  begin(&decision, table, plan, task->block);
  return error_of(wi_member_set(&decision, &task->principal, task->class_name));
}

static int check_block(const struct weir_table *table, const struct weir_block *block,
                       struct wi_principal *principal)
{
  if (table == NULL || block == NULL || block->size_bytes != sizeof *block ||
      (block->flags & ~(uint32_t)WEIR_NOW_GIVEN) != 0 || block->reserved != 0 ||
      !wi_principal_of(&table->region, block->attributes, block->attribute_count, principal))
    return WEIR_E_ARGUMENT;
  if (block->duration_ns > INT64_MAX)
    return WEIR_E_RANGE;
  /* Acquire: partner is the store by whoever made the larger table. */
  if ((wi_load_acquire(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  return WEIR_OK;
}

WI_PUBLIC int weir_block(struct weir_table *table, const struct weir_block *block)
{
  struct task task = {.block = block};
  int error = check_block(table, block, &task.principal);

  if (error != WEIR_OK)
    return error;
  task.order = (struct wi_block_order){
      .duration_ns = block->duration_ns != 0 ? block->duration_ns : UINT64_MAX,
      .reason = block->reason,
      .by = block->by};
  return wi_run(table, run_block, &task);
}

WI_PUBLIC int weir_unblock(struct weir_table *table, const struct weir_block *block)
{
  struct task task = {.block = block};
  int error = check_block(table, block, &task.principal);

  if (error == WEIR_OK)
    error = wi_run(table, run_lift, &task);
  if (error == WEIR_OK && task.was_blocked)
    wi_tell(&table->region, &(struct wi_news){.kind = WEIR_EVENT_UNBLOCKED,
                                              .principal = &task.principal,
                                              .by = block->by});
  return error != WEIR_OK ? error : task.was_blocked;
}

WI_PUBLIC int weir_member(struct weir_table *table, const struct weir_block *member,
                          const char *name)
{
  struct task task = {.block = member, .class_name = name};
  int error = check_block(table, member, &task.principal);

  if (error != WEIR_OK)
    return error;
  if (name != NULL && (*name == '\0' || strnlen(name, WEIR_NAME_BYTES) == WEIR_NAME_BYTES))
    return WEIR_E_ARGUMENT;
  return wi_run(table, run_member, &task);
}

/* ---------------------------------------------------------------------- blocks -- */

static bool visit_cell(const struct wi_region *region, const struct wi_cell *cell, uint64_t now_ns,
                       weir_block_visitor *visitor, void *context)
{
  uint64_t tag = wi_load_acquire(&cell->tag), word; /* partner: every CAS on the cell */
  struct weir_block_info info = {.principal = "(name not kept)", .reason = "", .by = ""};
  struct wi_name name;

  if (wi_tag_id(tag) != WI_ID_BLOCK || wi_tag_mark(tag) == 0)
    return true;
  word = wi_load_acquire(&cell->state);
  if ((word & WI_TENTATIVE) != 0 || wi_load_acquire(&cell->tag) != tag ||
      !wi_block_is_in_force(word, now_ns))
    return true;
  if (wi_name_find_block(region, tag, word, &name)) {
    info.principal = name.principal;
    info.reason = name.reason;
    info.by = name.by;
    info.since_wall_ns = name.since_wall_ns;
  }
  info.level = wi_block_level(word);
  info.until_wall_ns = wi_tell_wall_ns(region, wi_block_end_ns(word));
  info.remaining_ns = wi_block_end_ns(word) == UINT64_MAX
                          ? WEIR_NEVER
                          : wi_sub_floor(wi_block_end_ns(word), now_ns);
  return visitor(context, &info) == 0;
}

WI_PUBLIC int weir_blocks(struct weir_table *table, weir_block_visitor *visitor, void *context)
{
  const struct wi_region *region;
  uint64_t now_ns, cells;

  if (table == NULL || visitor == NULL)
    return WEIR_E_ARGUMENT;
  region = &table->region;
  now_ns = wi_region_now_ns(region, false);
  cells = wi_guard_suspects_anybody(region) ? region->geometry.groups * WI_GROUP_CELLS : 0;
  for (uint64_t i = 0; i < cells; i++)
    if (!visit_cell(region, &region->cells[i], now_ns, visitor, context))
      return WEIR_OK;
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    if (!visit_cell(region, &region->side->spill[i], now_ns, visitor, context))
      return WEIR_OK;
  return WEIR_OK;
}

/* -------------------------------------------------------------------- sessions -- */

WI_PUBLIC int weir_session_valid(struct weir_table *table, const struct weir_attribute *attributes,
                                 size_t attribute_count, uint64_t issued_wall_ns)
{
  struct wi_principal principal;
  struct wi_hit hit;
  uint64_t now_ns, age_ns, flags;

  if (table == NULL ||
      !wi_principal_of(&table->region, attributes, attribute_count, &principal))
    return WEIR_E_ARGUMENT;
  /* Partner: the CAS of weir_switch(); whoever made the larger table. */
  flags = wi_load_acquire(&table->region.live->hot.flags);
  if ((flags & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  if ((flags & WI_HOT_DENY_ALL) != 0)
    return 0;
  if (!wi_block_find(&table->region, &principal.place, &hit))
    return 1;
  now_ns = wi_region_now_ns(&table->region, false);
  if (wi_block_is_in_force(hit.state, now_ns))
    return 0;
  if ((hit.state & WI_BLOCK_NO_CUT) != 0)
    return 1;
  age_ns = wi_sub_floor(wi_clock_wall_ns(), issued_wall_ns);
  return wi_sub_floor(now_ns, age_ns) >= wi_block_end_ns(hit.state);
}

/* ---------------------------------------------------------------------- switch -- */

WI_PUBLIC int weir_switch(struct weir_table *table, enum weir_switch_position position,
                          const char *by)
{
  static const char *const names[] = {"normal", "deny-all", "allow-all"};
  uint64_t *flags, before, after;

  if (table == NULL)
    return WEIR_E_ARGUMENT;
  if (position != WEIR_SWITCH_NORMAL && position != WEIR_SWITCH_DENY_ALL &&
      position != WEIR_SWITCH_ALLOW_ALL)
    return WEIR_E_RANGE;
  flags = &table->region.live->hot.flags;
  do {
    before = wi_load_acquire(flags); /* partner: the CAS below, and each fetch_or */
    after = before & ~(uint64_t)(WI_HOT_DENY_ALL | WI_HOT_ALLOW_ALL);
    if (position == WEIR_SWITCH_DENY_ALL)
      after |= WI_HOT_DENY_ALL;
    else if (position == WEIR_SWITCH_ALLOW_ALL)
      after |= WI_HOT_ALLOW_ALL;
  } while (!wi_cas_seq_cst(flags, before, after)); /* each failure: another has changed it */
  if (before != after)
    wi_tell(&table->region,
            &(struct wi_news){.kind = WEIR_EVENT_SWITCHED, .reason = names[position],
                              .by = by, .amount = position});
  return WEIR_OK;
}
