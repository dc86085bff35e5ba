/* SPDX-License-Identifier: BSD-2-Clause
 * The tallies of all users, and who of them stands in which list. */
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "sim_log.h"

void sim_accounts_begin(struct sim_accounts *accounts)
{
  sim_map_begin(&accounts->users);
  sim_map_begin(&accounts->spam);
  sim_map_begin(&accounts->shadow);
}

void sim_accounts_free(struct sim_accounts *accounts)
{
  sim_map_free(&accounts->users);
  sim_map_free(&accounts->spam);
  sim_map_free(&accounts->shadow);
}

/* --------------------------------------------------------------------------------- add -- */

static void tally(const struct sim_accounts *accounts, struct sim_tally *to,
                  const struct log_message *message, const struct sim_verdict *verdict,
                  const struct sim_block *block)
{
  if (message->signal == LOG_NO_SIGNAL)
    sim_tally_message(to, message->at_ns, message->recipients, verdict);
  if (block && block->end_ns > message->at_ns)
    sim_tally_block(to, message->at_ns, wi_u128_clamp(block->end_ns),
                    block->by > 0 ? accounts->engine->set->limits[block->by - 1].name : NULL);
}

/* The shadow limits whose counters this message has moved. */
static int add_shadow(struct sim_accounts *accounts, const struct log_message *message)
{
  struct log_slice user = message->sender->user;

  for (uint32_t i = 0; i < accounts->engine->set->limit_count; i++) {
    uint64_t denied = accounts->engine->counts[i].shadow_denied;
    struct sim_shadowed *shadowed;

    if (denied == accounts->shadow_seen[i])
      continue;
    accounts->shadow_seen[i] = denied;
    shadowed =
        sim_map_need(&accounts->shadow, sim_map_hash(&accounts->shadow, i, user.text, user.bytes),
                     i, user.text, user.bytes, sizeof *shadowed);
    if (!shadowed)
      return -1;
    if (shadowed->denied++ == 0)
      shadowed->first_ns = message->at_ns;
  }
  return 0;
}

int sim_accounts_add(struct sim_accounts *accounts, const struct log_message *message,
                     const struct sim_verdict *verdict, const struct sim_block *block)
{
  struct log_slice user = message->sender->user;
  struct sim_tally *to =
      sim_map_need(&accounts->users, sim_map_hash(&accounts->users, 0, user.text, user.bytes), 0,
                   user.text, user.bytes, sizeof *to);
  struct sim_spam *spam = NULL;

  if (!to)
    return -1;
  tally(accounts, to, message, verdict, block);
  if (accounts->has_spam)
    spam = sim_map_find(&accounts->spam, sim_map_hash(&accounts->spam, 0, user.text, user.bytes), 0,
                        user.text, user.bytes);
  if (spam && sim_spam_is(spam, message->at_ns))
    tally(accounts, &spam->tally, message, verdict, block);
  return message->signal == LOG_NO_SIGNAL ? add_shadow(accounts, message) : 0;
}

/* -------------------------------------------------------------------------------- sums -- */

struct summing {
  const struct sim_accounts *accounts;
  struct sim_sums *totals;
};

static bool is_listed(const struct sim_accounts *accounts, const char *user, size_t user_bytes)
{
  return accounts->has_spam &&
         sim_map_find(&accounts->spam, sim_map_hash(&accounts->spam, 0, user, user_bytes), 0, user,
                      user_bytes) != NULL;
}

static void sum(struct sim_tally *to, const struct sim_tally *tally)
{
  to->messages += tally->messages;
  to->passed += tally->passed;
  to->recipients += tally->recipients;
  to->denied += tally->denied;
  to->refused += tally->refused;
}

static void sum_user(void *context, uint64_t kind, const void *payload, const char *key,
                     size_t key_bytes)
{
  const struct summing *summing = context;
  struct sim_sums *totals = summing->totals;
  const struct sim_tally *tally = payload;

  (void)kind;
  sum(&totals->all, tally);
  totals->users++;
  totals->users_stopped += tally->stopped;
  totals->users_denied += tally->denied > 0;
  totals->users_blocked += tally->blocks > 0;
  if (is_listed(summing->accounts, key, key_bytes))
    return;
  sum(&totals->ordinary, tally);
  totals->ordinary_users++;
  totals->ordinary_users_hit += tally->denied + tally->refused > 0;
}

static void sum_spam(void *context, uint64_t kind, const void *payload, const char *key,
                     size_t key_bytes)
{
  const struct summing *summing = context;
  const struct sim_spam *spam = payload;

  (void)kind;
  (void)key;
  (void)key_bytes;
  sum(&summing->totals->spam, &spam->tally);
  summing->totals->spam_users++;
  summing->totals->spam_users_stopped += spam->tally.stopped;
}

void sim_accounts_sum(const struct sim_accounts *accounts, struct sim_sums *totals)
{
  struct summing summing = {accounts, totals};

  *totals = (struct sim_sums){.users = 0};
  sim_map_visit(&accounts->users, sum_user, &summing);
  sim_map_visit(&accounts->spam, sum_spam, &summing);
}

/* ------------------------------------------------------------------------------- lists -- */

struct listing {
  const struct sim_accounts *accounts;
  enum sim_account_kind kind;
  struct sim_accounts_list *list;
};

static void add_row(void *context, uint64_t kind, const void *payload, const char *key,
                    size_t key_bytes)
{
  struct listing *listing = context;
  struct sim_account row = {.user = {key, key_bytes}};

  switch (listing->kind) {
  case SIM_STOPPED:
  case SIM_ORDINARY:
    row.tally = payload;
    row.at_ns = row.tally->stopped_ns;
    if (!row.tally->stopped ||
        (listing->kind == SIM_ORDINARY && (row.tally->denied + row.tally->refused == 0 ||
                                           is_listed(listing->accounts, key, key_bytes))))
      return;
    break;
  case SIM_SHADOWED:
    row.shadowed = payload;
    row.at_ns = row.shadowed->first_ns;
    row.limit = listing->accounts->engine->set->limits[kind].name;
    break;
  case SIM_SPAM:
    row.tally = &((const struct sim_spam *)payload)->tally;
    row.at_ns = row.tally->messages > 0 ? row.tally->first_ns : SIM_NEVER_NS;
    break;
  }
  listing->list->rows[listing->list->count++] = row;
}

static int compare(const void *left, const void *right)
{
  const struct sim_account *a = left, *b = right;
  size_t common = a->user.bytes < b->user.bytes ? a->user.bytes : b->user.bytes;
  int order;

  if (a->at_ns != b->at_ns)
    return a->at_ns < b->at_ns ? -1 : 1;
  order = common > 0 ? memcmp(a->user.text, b->user.text, common) : 0;
  if (order != 0 || a->user.bytes != b->user.bytes)
    return order != 0 ? order : a->user.bytes < b->user.bytes ? -1 : 1;
  return a->limit && b->limit ? strcmp(a->limit, b->limit) : 0;
}

int sim_accounts_list(const struct sim_accounts *accounts, enum sim_account_kind kind,
                      struct sim_accounts_list *list)
{
  const struct sim_map *map = kind == SIM_SHADOWED ? &accounts->shadow
                              : kind == SIM_SPAM   ? &accounts->spam
                                                   : &accounts->users;
  struct listing listing = {accounts, kind, list};

  list->count = 0;
  list->rows = malloc((map->entry_count + 1) * sizeof *list->rows);
  if (!list->rows)
    return -1;
  sim_map_visit(map, add_row, &listing);
  qsort(list->rows, list->count, sizeof *list->rows, compare);
  return 0;
}
