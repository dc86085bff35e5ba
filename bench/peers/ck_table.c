/* SPDX-License-Identifier: BSD-2-Clause */
#include "peers/ck_table.h"

#ifdef WI_HAVE_CK

#include <ck_ht.h>
#include <stdlib.h>

#include "support/clock.h"
#include "support/fail.h"
#include "support/sip.h"

#define UNIT_NS 1000u /* so small that nothing is ever denied                            */
#define BURST_NS ((uint64_t)1 << 62)

/* The key is stored with its word, in one line; entries lie in one block, which is kinder to
 * the peer than one allocation each. */
struct entry {
  _Alignas(32) uint64_t arrival_ns;
  struct bench_key key;
};
_Static_assert(sizeof(struct entry) == 32, "two to a line, none in two lines");

static void *allocate(size_t length_bytes)
{
  return malloc(length_bytes);
}

static void *reallocate(void *bytes, size_t old_bytes, size_t new_bytes, bool deferred)
{
  (void)old_bytes;
  (void)deferred;
  return realloc(bytes, new_bytes);
}

static void release(void *bytes, size_t length_bytes, bool deferred)
{
  (void)length_bytes;
  (void)deferred; /* nobody reads while the table is filled                             */
  free(bytes);
}

static struct ck_malloc allocator = {.malloc = allocate, .realloc = reallocate, .free = release};

static const uint64_t secret[2] = {0x2726252423222120u, 0x2f2e2d2c2b2a2928u};

/* ck_ht asks for it by this signature when it grows, too. */
static void hash_key(ck_ht_hash_t *hash, const void *key, size_t key_bytes, uint64_t seed)
{
  (void)key_bytes;
  (void)seed;
  hash->value = bench_sip(secret, bench_key_through_memory(key)).low;
}

static bool charge(uint64_t *arrival_ns, uint64_t now_ns)
{
  uint64_t seen = __atomic_load_n(arrival_ns, __ATOMIC_RELAXED);

  for (;;) {
    uint64_t next = (seen > now_ns ? seen : now_ns) + UNIT_NS;

    if (next - now_ns > BURST_NS)
      return false;
    /* On failure `seen` is what another thread has charged meanwhile. */
    if (__atomic_compare_exchange_n(arrival_ns, &seen, next, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_RELAXED))
      return true;
  }
}

uint64_t bench_ck_decide(void *self, struct bench_feed *feed, uint64_t decisions, uint32_t batch)
{
  struct bench_ck *ck = self;
  struct bench_key key;
  uint64_t allowed = 0;

  (void)batch; /* it has no batches */
  for (uint64_t i = 0; i < decisions; i++) {
    ck_ht_entry_t found;
    ck_ht_hash_t hash;
    uint64_t now_ns;

    bench_feed_next(feed, &key);
    hash_key(&hash, &key, sizeof key, 0);
    now_ns = bench_coarse_ns();
    ck_ht_entry_key_set(&found, &key, sizeof key);
    if (ck_ht_get_spmc(ck->table, hash, &found))
      allowed += charge(&((struct entry *)ck_ht_entry_value(&found))->arrival_ns, now_ns);
  }
  return allowed;
}

bool bench_ck_make(struct bench_ck *ck, uint64_t keys)
{
  struct entry *entries = bench_allocate(keys * sizeof *entries);
  uint64_t begin_ns = bench_now_ns();

  ck->table = bench_allocate(sizeof(ck_ht_t));
  ck->entries = entries;
  if (!ck_ht_init(ck->table, CK_HT_MODE_BYTESTRING, hash_key, &allocator, keys, 1))
    bench_fail("ck_ht_init");
  for (uint64_t number = 0; number < keys; number++) {
    struct entry *entry = &entries[number];
    ck_ht_entry_t put;
    ck_ht_hash_t hash;

    bench_key_write(&entry->key, (uint32_t)number);
    hash_key(&hash, &entry->key, sizeof entry->key, 0);
    ck_ht_entry_set(&put, hash, &entry->key, sizeof entry->key, entry);
    if (!ck_ht_put_spmc(ck->table, hash, &put))
      bench_fail("ck_ht_put_spmc");
  }
  ck->fill_ns = (double)(bench_now_ns() - begin_ns) / (double)keys;
  return true;
}

void bench_ck_free(struct bench_ck *ck)
{
  ck_ht_destroy(ck->table);
  free(ck->table);
  free(ck->entries);
}

#else

bool bench_ck_make(struct bench_ck *ck, uint64_t keys)
{
  (void)ck;
  (void)keys;
  return false;
}

void bench_ck_free(struct bench_ck *ck)
{
  (void)ck;
}

uint64_t bench_ck_decide(void *self, struct bench_feed *feed, uint64_t decisions, uint32_t batch)
{
  (void)self;
  (void)feed;
  (void)batch;
  return decisions;
}

#endif
