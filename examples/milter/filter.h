/* SPDX-License-Identifier: BSD-2-Clause
 * What the mail server tells libmilter, as the stages of a message, and the answers to it. */
#ifndef MILTER_FILTER_H
#define MILTER_FILTER_H

#include "message.h"

/* Register with libmilter; before its socket is opened.  Returns 0, or -1: logged. */
int filter_register(const char *name, struct decider *decider, unsigned idle_s);

#endif
