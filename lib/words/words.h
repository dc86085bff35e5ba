/* SPDX-License-Identifier: BSD-2-Clause
 * What a verdict says in other tongues: pure functions, no table.  Each adds to a text, or
 * adds nothing where there is nothing to say; weir.h has the rules.
 *
 * A verdict's limit comes out of the shared file: it may be any 64 bytes. */
#ifndef WI_WORDS_WORDS_H
#define WI_WORDS_WORDS_H

#include "weir.h"
#include "words/text.h"

void wi_words_ratelimit(struct wi_text *text, const struct weir_verdict *verdict);
void wi_words_ratelimit_policy(struct wi_text *text, const struct weir_verdict *verdict);
void wi_words_retry_after(struct wi_text *text, const struct weir_verdict *verdict);
void wi_words_smtp(struct wi_text *text, const struct weir_verdict *verdict, uint32_t flags);
void wi_words_wait(struct wi_text *text, uint64_t wait_ns);

#endif
