/* SPDX-License-Identifier: BSD-2-Clause
 * How a mistake in a policy text is told: "NAME:LINE:COLUMN: what, expected what". */
#ifndef WI_POLICY_MISTAKE_H
#define WI_POLICY_MISTAKE_H

#include <stdbool.h>

#include "policy/lex.h"
#include "weir.h"

struct wi_mistakes {
  const char *name;          /* of the text; NULL: "policy"                               */
  weir_complaint *complaint; /* may be NULL                                       */
  void *context;
  struct weir_fault *fault; /* gets the first mistake; may be NULL                */
  size_t syntax;            /* told so far, but for                               */
  size_t capacity;          /* too many of something                             */
  bool muted;               /* say nothing: what is wrong with the line is told already          */
};

#define WI_SHOWN_BYTES 64

/* A word as a message shows it, in `shown` of WI_SHOWN_BYTES: bytes that are not
 * printable ASCII as \xHH, a long word cut off with "...".  Returns shown. */
const char *wi_mistake_show(char *shown, const char *text, size_t text_bytes);

__attribute__((format(printf, 4, 5))) void wi_mistake(struct wi_mistakes *mistakes, size_t line,
                                                      size_t column, const char *format, ...);

/* The same, of a maximum that is passed. */
__attribute__((format(printf, 4, 5))) void wi_mistake_capacity(struct wi_mistakes *mistakes,
                                                               size_t line, size_t column,
                                                               const char *format, ...);

/* WEIR_OK, WEIR_E_SYNTAX, or WEIR_E_CAPACITY where nothing else is wrong; goes into
 * fault too where there is a mistake. */
int wi_mistakes_end(struct wi_mistakes *mistakes);

#endif
