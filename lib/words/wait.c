/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/words.h"

#define SECOND_NS 1000000000u

/* From these counts on the next unit is told.  They are compared with counts that are
 * rounded up already, so that no text says "24 hours". */
#define SECONDS_END 120u /* sooner, a minute too much would be half of the wait       */
#define MINUTES_END 1440u
#define HOURS_END 240u

static uint64_t up(uint64_t count, uint64_t part)
{
  return count / part + (count % part != 0);
}

static void put_count(struct wi_text *text, uint64_t count, const char *unit)
{
  wi_text_number(text, count);
  wi_text_byte(text, ' ');
  wi_text_put(text, unit);
  if (count != 1)
    wi_text_byte(text, 's');
}

static void put_two(struct wi_text *text, uint64_t large, const char *large_unit, uint64_t small,
                    const char *small_unit)
{
  if (large != 0)
    put_count(text, large, large_unit);
  if (large != 0 && small != 0)
    wi_text_byte(text, ' ');
  if (small != 0)
    put_count(text, small, small_unit);
}

void wi_words_wait(struct wi_text *text, uint64_t wait_ns)
{
  uint64_t seconds = up(wait_ns, SECOND_NS);
  uint64_t minutes = up(seconds, 60);
  uint64_t hours = up(seconds, 3600);

  if (wait_ns == WEIR_NEVER)
    wi_text_put(text, "never");
  else if (wait_ns < SECOND_NS)
    wi_text_put(text, "a moment");
  else if (seconds < SECONDS_END)
    put_count(text, seconds, "second");
  else if (minutes < MINUTES_END)
    put_two(text, minutes / 60, "hour", minutes % 60, "minute");
  else if (hours < HOURS_END)
    put_two(text, hours / 24, "day", hours % 24, "hour");
  else
    put_count(text, up(hours, 24), "day");
}
