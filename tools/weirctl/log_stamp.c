/* SPDX-License-Identifier: BSD-2-Clause
 * Times as logs write them: RFC 3339 (2026-11-23T10:00:00.5+01:00), Exim's
 * (2026-11-23 10:00:00.500 +0100) and traditional syslog's (Nov 23 10:00:00), which has no
 * year.  A time without a zone is taken as it stands: only differences matter. */
#include <string.h>

#include "log.h"

struct reader {
  const char *text;
  size_t bytes;
  size_t at;
};

/* Exactly `digits` digits. */
static bool read_digits(struct reader *reader, size_t digits, unsigned *value)
{
  *value = 0;
  if (reader->bytes - reader->at < digits)
    return false;
  for (size_t i = 0; i < digits; i++) {
    char c = reader->text[reader->at + i];

    if (c < '0' || c > '9')
      return false;
    *value = *value * 10 + (unsigned)(c - '0');
  }
  reader->at += digits;
  return true;
}

static bool read_byte(struct reader *reader, char c)
{
  if (reader->at == reader->bytes || reader->text[reader->at] != c)
    return false;
  reader->at++;
  return true;
}

/* hh:mm:ss, and a fraction of any length. */
static bool read_of_day(struct reader *reader, uint64_t *ns)
{
  unsigned hour, minute, second;
  uint64_t unit = LOG_NS_PER_S;

  if (!read_digits(reader, 2, &hour) || !read_byte(reader, ':') ||
      !read_digits(reader, 2, &minute) || !read_byte(reader, ':') ||
      !read_digits(reader, 2, &second) || hour > 23 || minute > 59 || second > 60)
    return false;
  *ns = ((uint64_t)hour * 3600 + minute * 60 + second) * LOG_NS_PER_S;
  if (!read_byte(reader, '.'))
    return true;
  for (; reader->at < reader->bytes; reader->at++) {
    char c = reader->text[reader->at];

    if (c < '0' || c > '9')
      break;
    unit /= 10;
    *ns += unit * (uint64_t)(c - '0');
  }
  return true;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static uint64_t days_of(uint64_t year, unsigned month, unsigned day)
{
  uint64_t y = month <= 2 ? year - 1 : year;
  uint64_t of_year = (153 * (uint64_t)((month > 2 ? month - 3 : month + 9)) + 2) / 5 + day - 1;

  return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

/* Whether a month has that day in that year. */
static bool fits(uint64_t year, unsigned month, unsigned day)
{
  static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

  return month >= 1 && month <= 12 && day >= 1 &&
         day <= (month == 2 && leap ? 29u : days[month - 1]);
}

/* +01:00, +0100, Z; east of Greenwich is earlier. */
static bool read_zone(struct reader *reader, int64_t *ns)
{
  bool west;
  unsigned hour, minute;

  *ns = 0;
  if (read_byte(reader, 'Z'))
    return true;
  west = read_byte(reader, '-');
  if (!west && !read_byte(reader, '+'))
    return false;
  if (!read_digits(reader, 2, &hour))
    return false;
  (void)read_byte(reader, ':');
  if (!read_digits(reader, 2, &minute) || hour > 14 || minute > 59)
    return false;
  *ns = ((int64_t)hour * 3600 + (int64_t)minute * 60) * LOG_NS_PER_S * (west ? 1 : -1);
  return true;
}

static bool read_dated(struct reader *reader, struct log_stamp *stamp)
{
  unsigned year;
  int64_t zone = 0;
  bool has_t;

  if (!read_digits(reader, 4, &year) || !read_byte(reader, '-') ||
      !read_digits(reader, 2, &stamp->month) || !read_byte(reader, '-') ||
      !read_digits(reader, 2, &stamp->day))
    return false;
  has_t = read_byte(reader, 'T');
  if (!has_t && !read_byte(reader, ' '))
    return false;
  if (!read_of_day(reader, &stamp->of_day_ns) || year < LOG_YEAR_MIN || year > LOG_YEAR_MAX ||
      !fits(year, stamp->month, stamp->day))
    return false;
  if (has_t) {
    if (!read_zone(reader, &zone))
      return false;
  } else if (reader->bytes - reader->at > 5 && reader->text[reader->at] == ' ' &&
             (reader->text[reader->at + 1] == '+' || reader->text[reader->at + 1] == '-')) {
    struct reader ahead = {reader->text, reader->bytes, reader->at + 1};

    if (read_zone(&ahead, &zone))
      reader->at = ahead.at;
  }
  stamp->has_year = true;
  stamp->ns = log_stamp_in_year(stamp, year) + (uint64_t)zone;
  return true;
}

/* A day that is in some year. */
#define LEAP_YEAR 2000u

static bool read_traditional(struct reader *reader, struct log_stamp *stamp)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

  for (stamp->month = 1; stamp->month <= 12; stamp->month++)
    if (reader->bytes > 15 && memcmp(reader->text, months + 3 * (stamp->month - 1), 3) == 0)
      break;
  if (stamp->month > 12)
    return false;
  reader->at = 3;
  if (!read_byte(reader, ' '))
    return false;
  if (!read_digits(reader, 2, &stamp->day) &&
      !(read_byte(reader, ' ') && read_digits(reader, 1, &stamp->day)))
    return false;
  return read_byte(reader, ' ') && read_of_day(reader, &stamp->of_day_ns) &&
         fits(LEAP_YEAR, stamp->month, stamp->day);
}

size_t log_stamp_read(const char *line, size_t bytes, struct log_stamp *stamp)
{
  struct reader reader = {line, bytes, 0};

  *stamp = (struct log_stamp){0};
  if (bytes == 0 || !(line[0] >= '0' && line[0] <= '9' ? read_dated(&reader, stamp)
                                                       : read_traditional(&reader, stamp)))
    return 0;
  return read_byte(&reader, ' ') ? reader.at : 0;
}

bool log_stamp_fits(const struct log_stamp *stamp, uint64_t year)
{
  return fits(year, stamp->month, stamp->day);
}

uint64_t log_stamp_in_year(const struct log_stamp *stamp, uint64_t year)
{
  return days_of(year, stamp->month, stamp->day) * LOG_NS_PER_DAY + stamp->of_day_ns;
}

/* Year, month and day of days since 1970 (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). */
static void date_of(uint64_t days, uint64_t *year, unsigned *month, unsigned *day)
{
  uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
  uint64_t of = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint64_t of_year = of_era - (365 * of + of / 4 - of / 100);
  uint64_t shifted = (5 * of_year + 2) / 153;

  *day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1);
  *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
  *year = of + era * 400 + (*month <= 2);
}

uint64_t log_stamp_year(uint64_t ns)
{
  uint64_t year;
  unsigned month, day;

  date_of(ns / LOG_NS_PER_DAY, &year, &month, &day);
  return year;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
  return a > b ? a - b : b - a;
}

uint64_t log_stamp_near(const struct log_stamp *stamp, uint64_t near)
{
  uint64_t year = log_stamp_year(near), best = log_stamp_in_year(stamp, year);

  if (stamp->has_year)
    return stamp->ns;
  for (uint64_t other = year > 1971 ? year - 1 : year; other <= year + 1; other++) {
    uint64_t ns = log_stamp_in_year(stamp, other);

    if (distance(ns, near) < distance(best, near))
      best = ns;
  }
  return best;
}

const char *log_stamp_print(char *text, uint64_t ns)
{
  uint64_t year, second = ns / LOG_NS_PER_S % 86400;
  unsigned month, day;

  date_of(ns / LOG_NS_PER_DAY, &year, &month, &day);
  (void)snprintf(text, LOG_STAMP_BYTES, "%04u-%02u-%02u %02u:%02u:%02u", (unsigned)(year % 10000),
                 month, day, (unsigned)(second / 3600), (unsigned)(second / 60 % 60),
                 (unsigned)(second % 60));
  return text;
}
