/* SPDX-License-Identifier: BSD-2-Clause
 * Under which policies the library is explored. */
#ifndef TEST_EXPLORE_MODES_H
#define TEST_EXPLORE_MODES_H

#include <stdint.h>

struct mode {
  const char *name;
  uint64_t burst; /* of the tightest limit in all its policies                            */
  int policy_count;
  const char *policies[6];
};

static const struct mode modes[] = {
    {"bucket", 6, 1, {"policy p\n limit a 6 messages / 1h per user\n"}},
    {"window", 6, 1, {"policy p\n limit a 6 messages / 1h per user sliding\n"}},
    {"two buckets", 5, 1,
     {"policy p\n limit a 6 messages / 1h per user\n limit b 5 messages / 2h per user\n"}},
    {"bucket and window", 5, 1,
     {"policy p\n limit a 6 messages / 1h per user\n limit b 5 messages / 2h per user sliding\n"}},
    {"bucket, numbers change", 6, 2,
     {"policy p\n limit a 6 messages / 1h per user\n", "policy p\n limit a 6 messages / 2h per user\n"}},
    {"window, numbers change", 6, 2,
     {"policy p\n limit a 6 messages / 1h per user sliding\n",
      "policy p\n limit a 6 messages / 2h per user sliding\n"}},
    {"bucket and window in turn", 6, 6,
     {"policy p\n limit a 6 messages / 1h per user\n", "policy p\n limit a 6 messages / 2h per user\n",
      "policy p\n limit a 6 messages / 3h per user\n",
      "policy p\n limit a 6 messages / 4h per user sliding\n",
      "policy p\n limit a 6 messages / 5h per user sliding\n",
      "policy p\n limit a 6 messages / 6h per user sliding\n"}},
    {"two limits change", 5, 3,
     {"policy p\n limit a 6 messages / 1h per user\n limit b 5 messages / 2h per user sliding\n",
      "policy p\n limit a 6 messages / 2h per user\n limit b 5 messages / 2h per user\n",
      "policy p\n limit a 6 messages / 3h per user\n limit b 5 messages / 3h per user\n"}},
    {"bucket, blocked and lifted", 6, 1, {"policy p\n limit a 6 messages / 1h per user\n"}},
    {"window, blocked and lifted", 6, 1,
     {"policy p\n limit a 6 messages / 1h per user sliding\n"}},
    {"distinct values", 6, 1, {"policy p\n limit a 6 distinct value / 1h per user\n"}},
    {"distinct values and a bucket", 5, 1,
     {"policy p\n limit a 6 distinct value / 1h per user\n limit b 5 messages / 2h per user\n"}},
    {"two limits change, blocked and lifted", 5, 2,
     {"policy p\n limit a 6 messages / 1h per user\n limit b 5 messages / 2h per user sliding\n",
      "policy p\n limit a 6 messages / 2h per user\n limit b 5 messages / 2h per user\n"}},
    {"denials that double a block, lifted", 4, 1,
     {"policy p\n limit a 4 messages / 1h per user\n"
      " on a denied block user for 1h doubling to 8h\n"}},
    {"strikes, lifted", 4, 1,
     {"policy p\n limit a 4 messages / 1h per user\n"
      " on a denied 3 in 1h block user for 1h doubling to 8h\n"}},
    {"strikes of a window, lifted", 4, 2,
     {"policy p\n limit a 4 messages / 1h per user sliding\n"
      " on a denied 2 in 1h block user for 1h doubling to 8h\n",
      "policy p\n limit a 4 messages / 2h per user sliding\n"
      " on a denied 2 in 1h block user for 1h doubling to 8h\n"}},
    {"bucket, plain", 6, 1, {"policy p\n limit a 6 messages / 1h per user\n"}},
    {"bucket, plain, blocked and lifted", 6, 1, {"policy p\n limit a 6 messages / 1h per user\n"}},
    {"two buckets, plain, blocked and lifted", 5, 1,
     {"policy p\n limit a 6 messages / 1h per user\n limit b 5 messages / 2h per user\n"}},
};

#endif
