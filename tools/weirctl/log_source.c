/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of several logs (rotated, or of several hosts), merged by time.
 *
 * A year that is not written is the one that brings the time nearest to the time before it.
 * Where a log's clock goes back by more than STEP_NS (summer time ends, files were joined in
 * the wrong order) its time goes on from where it was, else an hour would be replayed into
 * the hour before; less is disorder of a syslog daemon, and such a line has the time of the
 * line before it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define STEP_NS ((uint64_t)600 * LOG_NS_PER_S)

static int cannot(const char *name, const char *what)
{
  wctl_error("%s: cannot %s: %s, expected a mail log", name, what, strerror(errno));
  return WCTL_INPUT;
}

static int open_source(struct log_source *source, const char *path)
{
  bool is_input = strcmp(path, "-") == 0;

  *source = (struct log_source){.name = is_input ? "<stdin>" : path};
  source->descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (source->descriptor < 0)
    return cannot(source->name, "open");
  source->buffer = malloc(LOG_LINE_MAX);
  if (source->buffer)
    return WCTL_DONE;
  wctl_error("no memory left, expected room for a line of each log");
  return WCTL_INTERNAL;
}

int log_sources_open(struct log_sources *sources, const struct log_choice *choice)
{
  *sources = (struct log_sources){.year = choice->year};
  sources->each = calloc(choice->count, sizeof *sources->each);
  if (!sources->each) {
    wctl_error("no memory left, expected room for a line of each log");
    return WCTL_INTERNAL;
  }
  for (; sources->count < choice->count; sources->count++) {
    int status =
        open_source(&sources->each[sources->count], log_choice_path(choice, sources->count));

    if (status != WCTL_DONE) {
      sources->count++;
      return status;
    }
  }
  return WCTL_DONE;
}

void log_sources_close(struct log_sources *sources)
{
  for (size_t i = 0; i < sources->count; i++) {
    free(sources->each[i].buffer);
    if (sources->each[i].descriptor > STDERR_FILENO)
      close(sources->each[i].descriptor);
  }
  free(sources->each);
  *sources = (struct log_sources){0};
}

/* ------------------------------------------------------------------------ bytes -- */

/* What prints a log that rotation has compressed; NULL: it is not. */
static const char *unpacker_of(const char *bytes, size_t count)
{
  static const struct {
    char magic[5];
    const char *program;
  } kinds[] = {{"\x1f\x8b", "zcat"},
               {"BZh", "bzcat"},
               {"\xfd\x37zX", "xzcat"},
               {"\x28\xb5\x2f\xfd", "zstdcat"}};

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    size_t length = strlen(kinds[i].magic);

    if (count >= length && memcmp(bytes, kinds[i].magic, length) == 0)
      return kinds[i].program;
  }
  return NULL;
}

static int check_beginning(struct log_source *source)
{
  const char *unpacker = unpacker_of(source->buffer, source->end);

  source->begun = true;
  if (!unpacker)
    return 0;
  wctl_error("%s: is compressed, expected a mail log: %s ... | weirctl ... --from -", source->name,
             unpacker);
  return -1;
}

static int read_more(struct log_source *source)
{
  ssize_t got;

  memmove(source->buffer, source->buffer + source->begin, source->end - source->begin);
  source->end -= source->begin;
  source->begin = 0;
  do
    got = read(source->descriptor, source->buffer + source->end, LOG_LINE_MAX - source->end);
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    (void)cannot(source->name, "read");
    return -1;
  }
  source->ended = got == 0;
  source->end += (size_t)got;
  return source->begun ? 0 : check_beginning(source);
}

/* The next line, without its newline.  Of one that is too long nothing is given, and it is
 * counted.  Returns 1, 0 at the end, -1. */
static int next_line(struct log_sources *sources, struct log_source *source,
                     struct log_slice *line)
{
  for (;;) {
    const char *start = source->buffer + source->begin;
    const char *newline = memchr(start, '\n', source->end - source->begin);
    size_t bytes = newline ? (size_t)(newline - start) : source->end - source->begin;
    bool was_skipping = source->skipping;

    if (newline || (source->ended && bytes > 0)) {
      source->begin += bytes + (newline != NULL);
      source->skipping = false;
      sources->lines++;
      if (was_skipping) {
        sources->too_long++;
        continue;
      }
      *line = (struct log_slice){start, bytes > 0 && start[bytes - 1] == '\r' ? bytes - 1 : bytes};
      return 1;
    }
    if (source->ended) {
      sources->lines += was_skipping;
      sources->too_long += was_skipping;
      source->skipping = false;
      return 0;
    }
    if (bytes == LOG_LINE_MAX) {
      source->skipping = true;
      source->begin = source->end;
    }
    if (read_more(source) != 0)
      return -1;
  }
}

/* ------------------------------------------------------------------------ times -- */

/* The last year in which it is past, or tomorrow at most: the zone is not known. */
static uint64_t in_last_year(const struct log_stamp *stamp)
{
  uint64_t now = (uint64_t)time(NULL) * LOG_NS_PER_S, year = log_stamp_year(now);

  while (!log_stamp_fits(stamp, year) || log_stamp_in_year(stamp, year) > now + LOG_NS_PER_DAY)
    year--; /* at most to the leap year before last */
  return log_stamp_in_year(stamp, year);
}

/* A time that the year of this log's next is known by, or 0. */
static uint64_t time_near(const struct log_sources *sources, const struct log_source *source)
{
  if (source->known)
    return source->last_ns - source->offset_ns;
  for (size_t i = (size_t)(source - sources->each); i > 0; i--)
    if (sources->each[i - 1].known)
      return sources->each[i - 1].last_ns;
  return 0;
}

static void set_time(struct log_sources *sources, struct log_source *source,
                     const struct log_stamp *stamp)
{
  uint64_t ns = stamp->ns;

  if (!stamp->has_year) {
    uint64_t near = time_near(sources, source);

    ns = near > 0             ? log_stamp_near(stamp, near)
         : sources->year != 0 ? log_stamp_in_year(stamp, sources->year)
                              : in_last_year(stamp);
  }
  if (source->known && ns + source->former_offset_ns >= source->last_ns)
    source->offset_ns = source->former_offset_ns; /* it is set again */
  ns += source->offset_ns;
  if (source->known && ns < source->last_ns) {
    if (source->last_ns - ns > STEP_NS) {
      uint64_t offset_ns = source->offset_ns + (source->last_ns - ns);

      source->former_offset_ns =
          source->last_ns - ns > LOG_NS_PER_DAY ? source->offset_ns : offset_ns;
      source->offset_ns = offset_ns;
      sources->steps_back++;
    }
    ns = source->last_ns;
  }
  source->last_ns = ns;
  source->known = true;
}

/* -------------------------------------------------------------------------- merge -- */

static int fetch(struct log_sources *sources, struct log_source *source)
{
  struct log_slice line;
  struct log_stamp stamp;
  size_t behind;
  int got = next_line(sources, source, &line);

  if (got != 1)
    return got;
  behind = log_stamp_read(line.text, line.bytes, &stamp);
  if (behind > 0)
    set_time(sources, source, &stamp);
  source->line = (struct log_line){
      .text = behind > 0 ? line.text + behind : NULL,
      .bytes = line.bytes - behind,
      .at_ns = source->last_ns,
  };
  source->waiting = true;
  return 1;
}

int log_sources_next(struct log_sources *sources, struct log_line *line)
{
  struct log_source *found = NULL;

  for (size_t i = 0; i < sources->count; i++) {
    struct log_source *source = &sources->each[i];

    if (!source->waiting && fetch(sources, source) < 0)
      return -1;
    if (source->waiting && (!found || source->line.at_ns < found->line.at_ns))
      found = source;
  }
  if (!found)
    return 0;
  found->waiting = false;
  *line = found->line;
  return 1;
}
