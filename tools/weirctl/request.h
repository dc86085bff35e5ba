/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A request as text: words NAME=VALUE separated by blanks or tabs, in any order.
 *
 *   NAME   letters, digits, - _ . ; 1 to 63 bytes; each at most once
 *   VALUE  bytes up to the next blank or tab.  "…" quotes blanks and tabs, at the
 *          start of the value or after a comma of it; in quotes \ takes the next byte
 *          as it is, and n, r, t, 0 after it mean newline, return, tab and NUL.
 *
 * Every word is an attribute.  Where its value is all digits it is also the cost of
 * the unit NAME (0 to 2^64 - 1; more is a mistake, never a wrap).  `messages`,
 * `recipients` and `bytes` must be numbers.  `recipient=` is a list: its values stand
 * between commas, quoted or not (\, in quotes is a comma that belongs to a value);
 * so do those of any other attribute that a policy takes as a list.
 * Where `recipients=` is not given the number of recipients is their cost.
 * `policy=`, `for=` and `reason=` are kept apart and are no attributes.
 *
 * One owner; no sharing between threads.
 */
#ifndef WCTL_REQUEST_H
#define WCTL_REQUEST_H

#include "weir.h"

#define WCTL_REQUEST_ATTRIBUTES_MAX 32
#define WCTL_REQUEST_COSTS_MAX 32
#define WCTL_REQUEST_ERROR_BYTES 200 /* holds every complaint */

/* Zero it before the first parse; it may be parsed into again, which ends what the
 * parse before gave and takes its memory over. */
struct wctl_request {
  struct weir_request request; /* points into the arrays below and into storage; flags 0 */
  struct weir_attribute attributes[WCTL_REQUEST_ATTRIBUTES_MAX]; /* in the text's order */
  struct weir_cost costs[WCTL_REQUEST_COSTS_MAX];
  uint8_t name_bytes[WCTL_REQUEST_ATTRIBUTES_MAX]; /* of attributes[].name               */
  size_t first_comma[WCTL_REQUEST_ATTRIBUTES_MAX]; /* of attributes[].value, in commas   */
  size_t items[WCTL_REQUEST_ATTRIBUTES_MAX];       /* between commas: 1 at least          */
  const char *reason;    /* reason=, or NULL; NUL-terminated, may have NULs inside       */
  size_t reason_bytes;
  uint64_t for_ns;       /* for=, or 0 where it is not given                             */
  size_t error_column;   /* after a mistake: byte from 1 (of the word, for shell words)  */
  const char *error_what; /* after a mistake: the complaint without its place           */
  struct weir_list lists[8]; /* after wctl_request_lists()                                */
  struct weir_value *values; /* of them                                                   */
  char *storage;
  size_t storage_bytes;
  const char **commas; /* those between items, in order                                 */
  size_t comma_room;
};

/* Read a text of `bytes` bytes (no NUL needed; a NUL byte is a byte).
 *
 * error   gets "column N: what is wrong, what was expected", one line, on a mistake
 * Returns 0; -1 for a mistake in the text; -2 where memory is short (error says so).
 * On -1 and -2 request is not to be used, but out may be parsed into again. */
int wctl_request_parse(const char *text, size_t bytes, struct wctl_request *out, char *error,
                       size_t error_bytes);

/* The same from words that a shell has split: each is one NAME=VALUE, and a value that
 * does not begin with a quote is taken as it is, blanks included.
 * error gets "word N, column M: what is wrong, what was expected". */
int wctl_request_parse_words(int argc, char *const *argv, struct wctl_request *out, char *error,
                             size_t error_bytes);

/* Value of the attribute of that name, or NULL. */
const struct weir_attribute *wctl_request_attribute(const struct wctl_request *in,
                                                    const char *name);

/* An item of an attribute of `in`, from 0; not NUL-terminated. */
const char *wctl_request_item(const struct wctl_request *in,
                              const struct weir_attribute *attribute, size_t item,
                              size_t *item_bytes);

/* Give the request its lists: `recipient`, and each attribute with several items; at most 8, of at
 * most 1024 values each.  Returns 0; -1: *what names the attribute that is too much; -2: no memory.
 * They last until the request is parsed into again or freed. */
int wctl_request_lists(struct wctl_request *in, const char **what);

/* Frees the memory and zeroes *out. */
void wctl_request_free(struct wctl_request *out);

#endif
