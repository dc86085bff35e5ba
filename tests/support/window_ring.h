/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A window's ring of words, asked and charged as a decision does, and its yardstick: a log
 * of what was charged and when.  Where time goes back the log's times do not: an event
 * counts as of the latest time that was charged before it. */
#ifndef TEST_WINDOW_RING_H
#define TEST_WINDOW_RING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arith.h"
#include "limit/window.h"
#include "support/random.h"

#define MS 1000000u
#define SECOND 1000000000u
#define MINUTE ((uint64_t)60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY + 6 * HOUR)
#define LOG_MAX 400
#define MOST ((uint64_t)INT64_MAX)

static struct random_state source;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      random_tell(&source);                                                                        \
      fail_msg("%s", #condition);                                                                  \
    }                                                                                              \
  } while (0)

static inline int compile(struct wi_window *window, uint64_t count, uint64_t period_ns)
{
  struct wi_rule rule = {.count = count, .period_ns = period_ns, .burst = count, .sliding = 1};

  return wi_window_compile(window, &rule);
}

/* ------------------------------------------------------------ a ring, and its log */

struct ring {
  struct wi_window window;
  uint64_t words[WI_WINDOW_WORDS];
};

static inline struct wi_window_view view_of(const struct ring *ring, uint64_t now_ns)
{
  struct wi_window_view view;

  wi_window_read(&ring->window, ring->words, now_ns, &view);
  return view;
}

static inline bool passes(const struct ring *ring, uint64_t now_ns, uint64_t units)
{
  struct wi_window_view view = view_of(ring, now_ns);

  return wi_add_sat(view.total, units) <= ring->window.rule.count;
}

static inline void charge(struct ring *ring, uint64_t now_ns, uint64_t units)
{
  struct wi_window_view view = view_of(ring, now_ns);
  uint32_t which = wi_window_word_of(&ring->window, view.epoch);

  ring->words[which] = wi_window_charge(&ring->window, ring->words[which], view.epoch, units);
}

static inline void refund(struct ring *ring, uint64_t now_ns, uint64_t units)
{
  uint64_t epoch = view_of(ring, now_ns).epoch;

  for (uint32_t step = 0; step <= WI_WINDOW_WORDS; step++) {
    uint32_t which = (wi_window_word_of(&ring->window, epoch) + step) % WI_WINDOW_WORDS;

    ring->words[which] =
        wi_window_refund(&ring->window, ring->words[which], which, epoch,
                         wi_window_refund_newest(&ring->window, epoch, step), &units);
  }
}

struct entry {
  uint64_t time_ns; /* as of */
  uint64_t units;
};

struct log {
  size_t count;
  uint64_t latest_ns;
  struct entry entries[LOG_MAX];
};

static inline void log_charge(struct log *log, uint64_t now_ns, uint64_t units)
{
  log->latest_ns = wi_max(log->latest_ns, now_ns);
  log->entries[log->count++] = (struct entry){log->latest_ns, units};
}

/* Units of the last `length_ns`, up to now included. */
static inline uint64_t log_total(const struct log *log, uint64_t now_ns, uint64_t length_ns)
{
  uint64_t as_of_ns = wi_max(log->latest_ns, now_ns), total = 0;

  for (size_t i = 0; i < log->count; i++)
    if (as_of_ns - log->entries[i].time_ns < length_ns)
      total += log->entries[i].units;
  return total;
}

/* Oldest of the ring's memory first. */
static inline void log_refund(struct log *log, const struct wi_window *window, uint64_t now_ns,
                              uint64_t units)
{
  uint64_t as_of_ns = wi_max(log->latest_ns, now_ns);
  uint64_t epoch = as_of_ns / window->part_ns;

  for (size_t i = 0; i < log->count; i++) {
    uint64_t back = wi_min(units, log->entries[i].units);

    if (epoch - log->entries[i].time_ns / window->part_ns > window->parts)
      continue;
    log->entries[i].units -= back;
    units -= back;
  }
}

static inline void compare(const struct ring *ring, const struct log *log, uint64_t now_ns,
                           uint64_t units)
{
  const struct wi_window *window = &ring->window;
  uint64_t strict = log_total(log, now_ns, window->rule.period_ns);
  uint64_t longer = log_total(log, now_ns, (window->parts + 1) * window->part_ns);

  if (passes(ring, now_ns, units))
    CHECK(strict + units <= window->rule.count);
  else
    CHECK(longer + units > window->rule.count);
}

static const struct {
  uint64_t count;
  uint64_t period_ns;
} rules[] = {
    {1, 1},
    {1, MINUTE},
    {2, 7},
    {10, 100},
    {10, 10 * (uint64_t)SECOND},
    {500, DAY},
    {200, HOUR},
    {65535, DAY},
    {65535, MINUTE},
    {40000, 10 * MS},
    {1000000, HOUR},
    {31, 999999937},
    {3, 8 * YEAR},
    {9000000, 90 * DAY},
};

static inline uint64_t some_units(const struct ring *ring)
{
  uint64_t count = ring->window.rule.count;

  switch (random_below(&source, 4)) {
  case 0:
    return random_between(&source, 0, count);
  case 1:
    return random_between(&source, 1, count / 4 + 1);
  default:
    return random_between(&source, 1, count / 40 + 1);
  }
}

#endif
