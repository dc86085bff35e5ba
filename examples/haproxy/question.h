/* SPDX-License-Identifier: BSD-2-Clause
 * From the payload of a NOTIFY to a request of weir: a message's arguments are attributes,
 * and where the value is a number also costs; `cost` is the number of messages. */
#ifndef SPOA_QUESTION_H
#define SPOA_QUESTION_H

#include "bytes.h"
#include "weir.h"

#define ARGUMENTS_MAX 32 /* as many attributes and costs as weir takes             */

/* A request with the storage that it points to. */
struct question {
  struct weir_request request;
  struct weir_attribute attributes[ARGUMENTS_MAX];
  struct weir_cost costs[ARGUMENTS_MAX];
  char names[ARGUMENTS_MAX][WEIR_NAME_BYTES];
  char texts[ARGUMENTS_MAX][48]; /* of addresses and numbers                     */
};

enum question_state {
  QUESTION_ASKED,
  QUESTION_SENSELESS, /* a frame in order, whose message cannot be asked: `why`  */
  QUESTION_INVALID    /* no frame of the protocol                               */
};

/* The question points into the payload. */
enum question_state question_read(struct reader payload, const char *policy,
                                  struct question *question, const char **why);

#endif
