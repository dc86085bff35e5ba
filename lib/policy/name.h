/* SPDX-License-Identifier: BSD-2-Clause
 * The names of a set: which are well formed, and the set's lists of words and keys. */
#ifndef WI_POLICY_NAME_H
#define WI_POLICY_NAME_H

#include <stdbool.h>

#include "policy/policy.h"

#define WI_NAME_LENGTH_MAX (WEIR_NAME_BYTES - 1)

/* Number of bytes at the beginning that may stand in a name: all of them where the
 * name is well formed, but for its length. */
size_t wi_name_span(const char *text, size_t text_bytes);

/* Whether WEIR_NAME_BYTES bytes are a well-formed name of at least one byte, with
 * NULs behind it to the end. */
bool wi_name_stored_is_sound(const char *stored);

/* Store a well-formed name in zeroed place. */
void wi_name_store(char *stored, const char *text, size_t text_bytes);

bool wi_name_is(const char *stored, const char *text, size_t text_bytes);

/* Index of a word (an attribute or a unit) in the set, added where it is new; -1
 * where the set is full. */
int wi_set_word(struct wi_policy_set *set, const char *text, size_t text_bytes);

/* Index of a key, its attributes in any order, added where it is new; -1 where
 * the set is full. */
int wi_set_key(struct wi_policy_set *set, const struct wi_key *key);

#endif
