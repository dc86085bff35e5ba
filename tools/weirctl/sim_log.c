/* SPDX-License-Identifier: BSD-2-Clause
 * The messages of mail logs through the engine, by the lines of a trace that plan --trace would
 * print of them. */
#include "sim_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void)
{
  wctl_error("no memory left, expected room for every user");
  return WCTL_INTERNAL;
}

/* --------------------------------------------------------------------------- the policy -- */

static int choose_policy(struct sim_log *log)
{
  const struct wi_policy_set *set = log->engine.set;
  const char *wanted = log->options->policy;

  if (!wanted && set->policy_count != 1) {
    wctl_error("--policy is missing, the file has %u policies: expected --policy NAME",
               set->policy_count);
    return WCTL_USAGE;
  }
  for (uint32_t i = 0; i < set->policy_count; i++)
    if (!wanted || strcmp(set->policies[i].name, wanted) == 0) {
      log->accounts.policy = i;
      log->policy_name = set->policies[i].name;
      return WCTL_DONE;
    }
  wctl_error("--policy '%s', expected a policy of the file", wanted);
  return WCTL_USAGE;
}

/* What the policy wants to know of a log: each costs memory for messages under way. */
static void choose_facts(struct sim_log *log)
{
  const struct wi_policy_set *set = log->engine.set;

  log->logs = log->options->logs;
  for (uint32_t i = 0; i < set->word_count; i++)
    log->logs.names |= strcmp(set->words[i], "recipient") == 0;
  for (uint32_t i = 0; i < set->signal_count; i++) {
    bool known = false;

    if (set->limits[set->signals[i].score].policy != log->accounts.policy)
      continue;
    for (int signal = LOG_NO_SIGNAL + 1; signal < LOG_SIGNALS; signal++)
      if (strcmp(set->signals[i].name, log_signal_names[signal]) == 0)
        known = log->logs.signals[signal] = true;
    log->signals_unknown += !known;
  }
}

/* -------------------------------------------------------------------------- the messages -- */

static bool is_refusal(const struct sim_verdict *verdict)
{
  return verdict->outcome == SIM_DENIED || verdict->outcome == SIM_BLOCKED;
}

static int judge(struct sim_log *log, const struct log_message *message, struct sim_event *event,
                 struct sim_verdict *verdict)
{
  int status;

  if (log_message_write(message, log->policy_name, &log->text) != 0)
    return -2;
  status = sim_event_read(log->text.bytes, log->text.length, false, event);
  if (status == 0)
    status = sim_engine_run(&log->engine, event, verdict);
  if (status != -1)
    return status;
  *verdict = (struct sim_verdict){.outcome = SIM_ERROR};
  if (log->errors + log->signal_errors == 0)
    (void)snprintf(log->error, sizeof log->error, "%s", event->what);
  ++*(message->signal == LOG_NO_SIGNAL ? &log->errors : &log->signal_errors);
  return 0;
}

/* A log_taker. */
static int take(void *context, const struct log_message *message)
{
  struct sim_log *log = context;
  struct sim_event event = {.request = &log->request};
  const struct sim_block *block = NULL;
  struct sim_verdict verdict;
  bool is_signal = message->signal != LOG_NO_SIGNAL;

  if (is_signal && message->sender->stopped) {
    log->signals_left_out++;
    return 0;
  }
  if (!is_signal && log->first_ns == 0)
    log->first_ns = message->at_ns;
  if (!is_signal)
    log->last_ns = message->at_ns;
  log->signals += is_signal;
  if (judge(log, message, &event, &verdict) != 0)
    return -1;
  message->sender->stopped |= is_refusal(&verdict);
  if ((is_signal || is_refusal(&verdict)) && verdict.outcome != SIM_ERROR &&
      sim_block_find(&log->engine.blocks, &log->request, &block) != 0)
    return -1;
  if (log->options->rows)
    sim_row_print(&event, &verdict, log->options->json);
  return sim_accounts_add(&log->accounts, message, verdict.outcome == SIM_ERROR ? NULL : &verdict,
                          block);
}

/* ------------------------------------------------------------------------------ command -- */

static int run(struct sim_log *log)
{
  int status = log_reader_run(&log->reader, &log->logs, take, log);

  if (status == WCTL_DONE)
    status = log_reader_judge(&log->reader);
  if (status != WCTL_DONE)
    return status;
  if (log->errors == log->reader.queue.messages) {
    wctl_error("no message can be judged: %s", log->error);
    return WCTL_INPUT;
  }
  (void)fflush(stdout);
  return sim_report_print(log, log->options->rows ? stderr : stdout) == 0 ? WCTL_DONE : no_memory();
}

int sim_log_run(const struct sim_options *options, struct wi_policy_set *set)
{
  static struct sim_log log;
  int status = WCTL_DONE;

  log = (struct sim_log){.options = options};
  log.accounts.engine = &log.engine;
  sim_accounts_begin(&log.accounts);
  if (sim_engine_begin(&log.engine, set) != 0)
    status = no_memory();
  if (status == WCTL_DONE)
    status = choose_policy(&log);
  if (status == WCTL_DONE && options->spam) {
    log.accounts.has_spam = true;
    status = sim_spam_read(options->spam, &log.accounts.spam);
  }
  if (status == WCTL_DONE) {
    choose_facts(&log);
    status = run(&log);
  }
  log_reader_free(&log.reader);
  sim_accounts_free(&log.accounts);
  sim_engine_free(&log.engine);
  wctl_request_free(&log.request);
  free(log.text.bytes);
  return status;
}
