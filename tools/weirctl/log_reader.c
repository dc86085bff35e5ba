/* SPDX-License-Identifier: BSD-2-Clause
 * Logs to messages, and what was left out. */
#include <inttypes.h>

#include "log.h"

static int no_memory(void)
{
  wctl_error("no memory left, expected room for every principal and message");
  return WCTL_INTERNAL;
}

static int read_lines(struct log_reader *reader)
{
  struct log_line line;
  int got;

  while ((got = log_sources_next(&reader->sources, &line)) == 1) {
    struct log_fact fact;

    if (!line.text) {
      reader->not_understood++;
      continue;
    }
    log_line_read((struct log_slice){line.text, line.bytes}, &fact);
    reader->not_understood += fact.kind == LOG_MISTAKEN;
    reader->other_lines += fact.kind == LOG_NOTHING;
    if (log_queue_add(&reader->queue, &fact, line.at_ns) != 0)
      return no_memory();
    if (ferror_unlocked(stdout)) /* main() says so */
      return WCTL_INTERNAL;
  }
  reader->not_understood += reader->sources.too_long;
  if (got < 0)
    return WCTL_INPUT;
  return log_queue_end(&reader->queue) == 0 ? WCTL_DONE : no_memory();
}

int log_reader_run(struct log_reader *reader, const struct log_choice *choice, log_taker *take,
                   void *context)
{
  int status = log_sources_open(&reader->sources, choice);

  reader->queue = (struct log_queue){.take = take, .context = context, .choice = choice};
  if (status != WCTL_DONE)
    return status;
  return log_queue_begin(&reader->queue) == 0 ? read_lines(reader) : no_memory();
}

int log_reader_judge(const struct log_reader *reader)
{
  if (reader->queue.messages > 0)
    return WCTL_DONE;
  if (reader->queue.began_before > 0)
    wctl_error("no message in %" PRIu64 " lines but %" PRIu64 " whose beginning is not among them, "
               "expected the log from before, too",
               reader->sources.lines, reader->queue.began_before);
  else
    wctl_error("no message in %" PRIu64 " lines, %" PRIu64 " of them not understood, expected a "
               "log of Postfix or Exim%s",
               reader->sources.lines, reader->not_understood,
               reader->queue.unauthenticated > 0 ? ": nobody signed in (--authenticated)" : "");
  return WCTL_INPUT;
}

void log_reader_notes(const struct log_reader *reader, log_note *note, void *context)
{
  const struct log_queue *queue = &reader->queue;

  note(context, reader->not_understood,
       "lines not understood: without a time, too long, or mistaken");
  note(context, queue->passed_on, "messages left out: a content filter's second look");
  note(context, queue->began_before,
       "messages left out: received before the log begins, or made by the server");
  note(context, queue->without_user, "messages left out: neither user nor sender (bounces)");
  note(context, queue->unauthenticated, "messages left out: the user had not signed in");
  note(context, queue->unnamed,
       "recipients that no line named within 10 minutes: each taken as one of its own");
  note(context, reader->sources.steps_back,
       "times a log's clock went back over 10 minutes: taken as going on");
}

void log_reader_free(struct log_reader *reader)
{
  log_queue_free(&reader->queue);
  log_sources_close(&reader->sources);
}
