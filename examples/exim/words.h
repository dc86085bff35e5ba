/* SPDX-License-Identifier: BSD-2-Clause
 * From the arguments of ${dlfunc to a request: {POLICY / OPTION …}{NAME=VALUE}… */
#ifndef EXIM_WORDS_H
#define EXIM_WORDS_H

#include <stdbool.h>

#include "weir.h"

enum { WORDS_MAX = 18 }; /* ${dlfunc takes 20 with the file and the function */

struct words {
  struct weir_request request;
  bool fails_open;              /* option fail_open                             */
  char policy[WEIR_NAME_BYTES];
  char names[WORDS_MAX][WEIR_NAME_BYTES];
  struct weir_attribute attributes[WORDS_MAX];
  struct weir_cost costs[WORDS_MAX + 1]; /* and recipients, counted             */
};

enum words_error {
  WORDS_OK,
  WORDS_CONFIGURATION, /* what the administrator wrote can never be a request     */
  WORDS_VALUE          /* what came in is none this time: a number that is not one */
};

/* A NAME with an empty VALUE is left out: Exim's variables are empty where there is
 * nothing.  A VALUE of digits alone is a number as well as an attribute, as in
 * weirctl; `recipient` without `recipients` counts its items between commas.
 * `words` points into argv and must not be copied.  `mistake`: in words, where not
 * WORDS_OK; no value is ever part of it. */
enum words_error words_read(struct words *words, int argc, char *const *argv,
                            const char **mistake);

#endif
