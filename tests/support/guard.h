/* SPDX-License-Identifier: BSD-2-Clause
 * Short words for tests of what a policy does about somebody. */
#ifndef TEST_SUPPORT_GUARD_H
#define TEST_SUPPORT_GUARD_H

#include "support/table.h"

#define GUARD_NOW_NS ((uint64_t)1 << 50)

/* A request of a user with recipients, at a time. */
struct sending {
  struct weir_request request;
  struct weir_attribute user;
  struct weir_value values[16];
  struct weir_list list;
};

/* recipients: up to 16 words with a blank between; NULL: no list. */
static inline void send_as(struct sending *sending, const char *user, const char *recipients,
                           uint64_t now_ns)
{
  memset(sending, 0, sizeof *sending);
  sending->user = (struct weir_attribute){"user", user, strlen(user)};
  sending->request.size_bytes = sizeof sending->request;
  sending->request.attributes = &sending->user;
  sending->request.attribute_count = 1;
  sending->request.now_ns = now_ns;
  sending->request.flags = WEIR_NOW_GIVEN;
  if (recipients == NULL)
    return;
  sending->list = (struct weir_list){.name = "recipient", .values = sending->values};
  sending->request.lists = &sending->list;
  sending->request.list_count = 1;
  while (*recipients != '\0') {
    size_t bytes = strcspn(recipients, " ");

    sending->values[sending->list.value_count++] = (struct weir_value){recipients, bytes};
    recipients += bytes + strspn(recipients + bytes, " ");
  }
}

static inline struct weir_verdict send_verdict(struct weir_table *table, const char *user,
                                               const char *recipients, uint64_t now_ns)
{
  struct weir_verdict verdict;
  struct sending sending;
  int error;

  send_as(&sending, user, recipients, now_ns);
  error = weir_take(table, &sending.request, &verdict);
  if (error != WEIR_OK) {
    fprintf(stderr, "take: %s\n", weir_strerror(error));
    abort();
  }
  return verdict;
}

static inline enum weir_outcome send_to(struct weir_table *table, const char *user,
                                        const char *recipients, uint64_t now_ns)
{
  return (enum weir_outcome)send_verdict(table, user, recipients, now_ns).outcome;
}

static inline struct weir_block block_words(const struct weir_attribute *who, uint64_t now_ns)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = who,
                             .attribute_count = 1,
                             .now_ns = now_ns,
                             .flags = WEIR_NOW_GIVEN};
}

static inline int unblock_user(struct weir_table *table, const char *user, uint64_t now_ns)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_block block = block_words(&who, now_ns);

  return weir_unblock(table, &block);
}

static inline int block_user(struct weir_table *table, const char *user, uint64_t now_ns)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_block block = block_words(&who, now_ns);

  return weir_block(table, &block);
}

#endif
