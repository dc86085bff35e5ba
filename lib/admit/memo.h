/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The last hash that a processor computed twice in a row.  Who asks for one principal time after
 * time, as who sends by a stolen account does, need not hash its name each time: a third of a
 * decision.
 *
 * In the handle, so of this process alone: one a processor, for all threads that come by.  A seqlock
 * of which nobody waits for anybody:
 *
 * KEEP  K1  Compare-and-swap seq from an even number to the next: whoever fails keeps nothing.
 *       K2  Store what the name was, and its hash.
 *       K3  Store seq, again even.
 * FIND  F1  Load seq.  F2  Load the name and the hash.  F3  Load seq again.
 *       Found: the same and even, and the name is that of the request.
 *
 * A thread that dies or is forked away within KEEP leaves an odd number: that processor's memo is of
 * no more use in this process, and its decisions cost what others do.  tests/model/memo.c.
 */
#ifndef WI_ADMIT_MEMO_H
#define WI_ADMIT_MEMO_H

#include "base/atomic.h"
#include "hash/siphash.h"

#define WI_MEMOS 64u /* processors beyond share those of others */
#define WI_MEMO_NAME_MAX 32u

/* A name of up to 32 bytes: the state of the key before it, with its length, which nothing else has
 * but by a collision of 64 bits; and four words that overlap where it is shorter. */
struct wi_memo {
  uint64_t seq; /* odd: being written                                                    */
  uint64_t whose;
  uint64_t words[4];
  struct wi_hash hash;
};
_Static_assert(sizeof(struct wi_memo) == WI_LINE_BYTES, "one line");

WI_INLINE uint64_t wi_memo_whose(const struct wi_sip *begun, size_t value_bytes)
{
  return begun->v[0] ^ value_bytes;
}

/* Word i of a name of 8 bytes or more: where it would end behind the name, the last 8 bytes; so is
 * the last of the four. */
WI_INLINE uint64_t wi_memo_word(const unsigned char *value, size_t value_bytes, size_t i)
{
  size_t last = value_bytes - 8;

  return wi_sip_load(value + (i == 3 || last < 8 * i ? last : 8 * i));
}

/* FIND.  value_bytes: at most WI_MEMO_NAME_MAX.  What differs first, differs by its end. */
WI_INLINE bool wi_memo_find(const struct wi_memo *memo, const struct wi_sip *begun,
                            const unsigned char *value, size_t value_bytes, struct wi_hash *hash)
{
  uint64_t seq = wi_load_acquire(&memo->seq); /* partner: K3 */
  bool is_long = value_bytes >= 8;
  uint64_t differs = wi_load_acquire(&memo->whose) ^ wi_memo_whose(begun, value_bytes);

  differs |= wi_load_acquire(&memo->words[3]) ^
             (WI_LIKELY(is_long) ? wi_memo_word(value, value_bytes, 3)
                                 : wi_sip_last(value, value_bytes));
  if (WI_LIKELY(differs != 0))
    return false;
  if (is_long) { /* F2; partners: K2 */
    differs |= wi_load_acquire(&memo->words[0]) ^ wi_memo_word(value, value_bytes, 0);
    differs |= wi_load_acquire(&memo->words[1]) ^ wi_memo_word(value, value_bytes, 1);
    differs |= wi_load_acquire(&memo->words[2]) ^ wi_memo_word(value, value_bytes, 2);
  }
  hash->place = wi_load_acquire(&memo->hash.place);
  hash->mark = wi_load_acquire(&memo->hash.mark);
  return ((seq & 1) | differs | (wi_load_relaxed(&memo->seq) ^ seq)) == 0; /* F3; partner: K1 */
}

/* KEEP. */
void wi_memo_keep(struct wi_memo *memo, const struct wi_sip *begun, const unsigned char *value,
                  size_t value_bytes, struct wi_hash hash);

#endif
