/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/memo.h"

void wi_memo_keep(struct wi_memo *memo, const struct wi_sip *begun, const unsigned char *value,
                  size_t value_bytes, struct wi_hash hash)
{
  uint64_t seq = wi_load_relaxed(&memo->seq);

  if ((seq & 1) != 0 || !wi_cas_seq_cst(&memo->seq, seq, seq + 1)) /* K1; partner: F3, other K1 */
    return;
  /* K2: each after K1; partners: F2. */
  wi_store_release(&memo->whose, wi_memo_whose(begun, value_bytes));
  for (size_t i = 0; i < WI_COUNT_OF(memo->words); i++)
    wi_store_release(&memo->words[i], value_bytes >= 8 ? wi_memo_word(value, value_bytes, i)
                                                       : wi_sip_last(value, value_bytes));
  wi_store_release(&memo->hash.place, hash.place);
  wi_store_release(&memo->hash.mark, hash.mark);
  wi_store_release(&memo->seq, seq + 2); /* K3; partner: F1 */
}
