/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <string.h>

#include "sim.h"

#define NS_PER_S 1000000000u
#define DECIMALS_MAX 9
#define OPS_HELP "take, peek, refund, block, unblock, reset or signal"

static const char *const ops[SIM_OPS] = {"take",    "peek",  "refund", "block",
                                         "unblock", "reset", "signal"};

int sim_event_mistake(struct sim_event *event, size_t column, const char *format, ...)
{
  va_list arguments;

  event->column = column;
  va_start(arguments, format);
  (void)vsnprintf(event->what, sizeof event->what, format, arguments);
  va_end(arguments);
  return -1;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static size_t skip_blanks(const char *line, size_t bytes, size_t at)
{
  while (at < bytes && is_blank(line[at]))
    at++;
  return at;
}

bool sim_event_is_there(const char *line, size_t bytes)
{
  size_t at = skip_blanks(line, bytes, 0);

  return at < bytes && line[at] != '#';
}

/* number * 10 + digit; false where that is above 2^64 - 1. */
static bool add_digit(uint64_t *number, char digit)
{
  return !__builtin_mul_overflow(*number, 10u, number) &&
         !__builtin_add_overflow(*number, (uint64_t)(digit - '0'), number);
}

static int read_whole(struct sim_event *event, const char *line, size_t bytes, size_t *at)
{
  size_t start = *at;

  event->now_ns = 0;
  for (; *at < bytes && is_digit(line[*at]); ++*at)
    if (!add_digit(&event->now_ns, line[*at]))
      return sim_event_mistake(event, start + 1, "time too large, expected at most 2^64 - 1 ns");
  if (*at == start)
    return sim_event_mistake(event, start + 1, "no time, expected digits");
  return 0;
}

/* Up to nine decimals, as ns. */
static int read_decimals(struct sim_event *event, const char *line, size_t bytes, size_t *at,
                         uint64_t *ns)
{
  int decimals = 0;

  *ns = 0;
  if (*at == bytes || line[*at] != '.')
    return 0;
  for (++*at; *at < bytes && is_digit(line[*at]); ++*at, decimals++)
    if (decimals == DECIMALS_MAX || !add_digit(ns, line[*at]))
      return sim_event_mistake(event, *at + 1, "too many decimals, expected at most %d",
                               DECIMALS_MAX);
  if (decimals == 0)
    return sim_event_mistake(event, *at + 1, "no decimals, expected digits behind the point");
  for (; decimals < DECIMALS_MAX; decimals++)
    *ns *= 10;
  return 0;
}

static int read_time(struct sim_event *event, const char *line, size_t bytes, bool whole_ns,
                     size_t *at)
{
  size_t start = *at;
  uint64_t rest;

  if (read_whole(event, line, bytes, at) != 0)
    return -1;
  if (!whole_ns) {
    if (read_decimals(event, line, bytes, at, &rest) != 0)
      return -1;
    if (__builtin_mul_overflow(event->now_ns, (uint64_t)NS_PER_S, &event->now_ns) ||
        __builtin_add_overflow(event->now_ns, rest, &event->now_ns))
      return sim_event_mistake(event, start + 1, "time too large, expected at most 2^64 - 1 ns");
  }
  if (*at < bytes && !is_blank(line[*at]))
    return sim_event_mistake(event, *at + 1, "byte 0x%02x in a time, expected %s",
                             (unsigned char)line[*at],
                             whole_ns ? "digits (ns) and a blank" : "digits (seconds) and a blank");
  event->time = line + start;
  event->time_bytes = *at - start;
  return 0;
}

static int read_op(struct sim_event *event, const char *line, size_t bytes, size_t *at)
{
  size_t start = *at;

  while (*at < bytes && !is_blank(line[*at]))
    ++*at;
  for (size_t i = 0; i < SIM_OPS; i++)
    if (strlen(ops[i]) == *at - start && memcmp(ops[i], line + start, *at - start) == 0) {
      event->op = (enum sim_op)i;
      event->op_name = ops[i];
      return 0;
    }
  if (*at == start)
    return sim_event_mistake(event, start + 1, "no operation, expected " OPS_HELP);
  return sim_event_mistake(event, start + 1, "'%.*s' is no operation, expected " OPS_HELP,
                           (int)(*at - start < 40 ? *at - start : 40), line + start);
}

int sim_event_read(const char *line, size_t bytes, bool whole_ns, struct sim_event *event)
{
  size_t at = skip_blanks(line, bytes, 0);
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  int status;

  event->time = NULL;
  event->op_name = NULL;
  if (read_time(event, line, bytes, whole_ns, &at) != 0)
    return -1;
  at = skip_blanks(line, bytes, at);
  if (read_op(event, line, bytes, &at) != 0)
    return -1;
  at = skip_blanks(line, bytes, at);
  event->request_column = at + 1;
  status = wctl_request_parse(line + at, bytes - at, event->request, complaint, sizeof complaint);
  if (status != 0)
    (void)sim_event_mistake(event, at + event->request->error_column, "%s",
                            event->request->error_what);
  return status;
}
