/* SPDX-License-Identifier: BSD-2-Clause
 * A policy with every statement of the language. */
#ifndef TEST_POLICY_FULL_H
#define TEST_POLICY_FULL_H

static const char full_example[] =
    "policy submission\n"
    "  limit user-minute    30 messages / 1m            per user   burst 60\n"
    "  limit user-day      500 recipients / 1d          per user   sliding\n"
    "  limit user-fanout   200 distinct recipient / 1h  per user   canonical\n"
    "  limit address       120 messages / 1m            per ip     optional when-full deny\n"
    "  limit pair           10 messages / 10s           per user+ip shadow\n"
    "  limit relay        2000 messages / 1m            overall    burst 4000\n"
    "\n"
    "  on user-minute denied 5 in 10m   block user for 1h doubling to 24h\n"
    "  on user-fanout denied            block user for 4h\n"
    "  exempt user=postmaster@example.edu\n"
    "  score suspicion 100 / 1h per user block user+ip for 30m\n"
    "    signal identity-changed 50\n"
    "    signal no-such-recipient 5\n"
    "  reachable recipient=helpdesk@example.edu 5 messages / 1h per user\n"
    "\n"
    "class newsletters\n"
    "  limit user-day    50000\n"
    "  limit user-fanout unlimited\n"
    "  limit user-minute 100 burst 200\n"
    "member newsletters user=list-owner@example.edu\n"
    "member newsletters ip=\"192.0.2.1 # \\\\ \\\"the\\\" host\" # a comment\n";

/* Where what is in it: the limits of the text first, then those that belong to them. */
enum {
  FULL_MINUTE,
  FULL_DAY,
  FULL_FANOUT,
  FULL_ADDRESS,
  FULL_PAIR,
  FULL_RELAY,
  FULL_SCORE,
  FULL_APART,
  FULL_STRIKES,
  FULL_CLASS_DAY,
  FULL_CLASS_FANOUT,
  FULL_CLASS_MINUTE,
  FULL_LIMITS
};

#endif
