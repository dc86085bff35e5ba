/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does the default policy stop, and whom does it hit that did nothing?
 *
 * Four weeks of a campus' mail (campus.h) with thirty stolen accounts (campus_thieves.c) are asked
 * of the library, one message after another by the month's own clock: under the policy as it is
 * shipped, and with all its limits, or its score's threshold, a quarter to four times as large.
 *
 * Who sends over 200 messages a day on average is a member of the class `bulk`, as an operator
 * would have it, and no program tells signals about it.  Everybody else is a person: tries a
 * message three times, 90 s apart (median).
 *
 * campus_load      the month
 * campus_thefts    a kind of theft, the policy as shipped: tried, passed, stopped after
 * campus_limits    the curve over the limits; campus_score over the threshold
 *   passed   messages that went out; a theft ends when people lock the account (8 minutes, a day,
 *            half an hour), whatever the policy did
 *   stopped  from the first to the first refusal behind the last that passed; those that went on
 *            to the end are counted apart
 *   users_blocked   others than the stolen accounts that met a block
 *   denied   their messages refused at the first try; lost: at all three
 *
 * Prints TSV rows; never asserts.
 *
 * bench_campus [--alone] [POLICY]   without --alone the curves too; default
 * share/weir/default.conf; WEIR_SEED (1) chooses the month
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campus.h"

#define NONE 1e6 /* a score that never trips: what the limits do alone                    */
#define SPAM_AIM 40

static const double factors[] = {0.25, 0.5, 1, 2, 4, NONE};
static const char *const kind_names[CAMPUS_KINDS] = {"fast", "slow", "bots"};

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Of one kind. */
struct sum {
  uint32_t tried, passed, recipients, blocked, not_stopped;
  double passed_median, passed_most, stopped_s_median, stopped_s_most;
};

static struct sum sum_up(const struct campus *campus, const struct campus_outcome *outcome,
                         enum campus_kind kind)
{
  double passed[CAMPUS_EACH], stopped[CAMPUS_EACH];
  struct sum sum = {0};
  uint32_t ended = 0;

  for (uint32_t i = 0; i < CAMPUS_EACH; i++) {
    const struct campus_caught *caught = &outcome->caught[kind * CAMPUS_EACH + i];

    passed[i] = caught->passed;
    sum.tried += caught->tried;
    sum.passed += caught->passed;
    sum.recipients += caught->recipients;
    sum.blocked += caught->first_blocked_ms != UINT32_MAX;
    if (caught->first_refused_ms != UINT32_MAX)
      stopped[ended++] =
          (caught->first_refused_ms - campus->thefts[kind * CAMPUS_EACH + i].begin_ms) / 1000.0;
  }
  sum.not_stopped = CAMPUS_EACH - ended;
  qsort(passed, CAMPUS_EACH, sizeof *passed, ascending);
  qsort(stopped, ended, sizeof *stopped, ascending);
  sum.passed_median = (passed[CAMPUS_EACH / 2 - 1] + passed[CAMPUS_EACH / 2]) / 2;
  sum.passed_most = passed[CAMPUS_EACH - 1];
  sum.stopped_s_median = ended ? stopped[(ended - 1) / 2] : -1;
  sum.stopped_s_most = ended ? stopped[ended - 1] : -1;
  return sum;
}

static double percent(uint64_t part, uint64_t whole)
{
  return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_load(const struct campus *campus, uint64_t seed)
{
  uint64_t head = 0, own = 0, recipients = 0, unknown = 0, refused = 0, signs[3] = {0};

  for (size_t i = 0; i < campus->count; i++) {
    const struct campus_event *event = &campus->events[i];
    if (event->thief)
      continue;
    own++;
    head += event->sender < CAMPUS_HEAD;
    recipients += event->recipients;
    unknown += event->unknown;
    refused += event->refused;
    for (int sign = 0; sign < 3; sign++)
      signs[sign] += event->signs >> sign & 1;
  }
  printf("question\tseed\tsenders\tdays\tmessages\trecipients\tbusiest_5.8_percent_send_percent\t"
         "members_of_bulk\tidentity_changed\tsame_size\tnew_country\tunknown_recipient\t"
         "remote_refusal\n");
  printf("campus_load\t%llu\t%u\t%u\t%llu\t%llu\t%.1f\t%u\t%llu\t%llu\t%llu\t%llu\t%llu\n",
         (unsigned long long)seed, CAMPUS_SENDERS, CAMPUS_DAYS, (unsigned long long)own,
         (unsigned long long)recipients, percent(head, own), (unsigned)campus->bulk,
         (unsigned long long)signs[0], (unsigned long long)signs[1], (unsigned long long)signs[2],
         (unsigned long long)unknown, (unsigned long long)refused);
}

static void print_thefts(const struct campus *campus, const struct campus_outcome *outcome)
{
  printf("question\tkind\ttried\tpassed\tpassed_median\tpassed_most\trecipients_passed\t"
         "stopped_percent\tstopped_s_median\tstopped_s_most\tblocked\tto_the_end\n");
  for (int kind = 0; kind < CAMPUS_KINDS; kind++) {
    struct sum sum = sum_up(campus, outcome, (enum campus_kind)kind);
    printf("campus_thefts\t%s\t%u\t%u\t%.1f\t%.0f\t%u\t%.2f\t%.1f\t%.1f\t%u\t%u\n",
           kind_names[kind], sum.tried, sum.passed, sum.passed_median, sum.passed_most,
           sum.recipients, 100 - percent(sum.passed, sum.tried), sum.stopped_s_median,
           sum.stopped_s_most, sum.blocked, sum.not_stopped);
  }
  printf("question\tkind\trecipients_a_message\tsender_rank\ttried\tpassed\tblocked_after_s\n");
  for (uint32_t i = 0; i < CAMPUS_THEFTS; i++) {
    const struct campus_theft *theft = &campus->thefts[i];
    const struct campus_caught *caught = &outcome->caught[i];
    printf("campus_theft\t%s\t%u\t%u\t%u\t%u\t", kind_names[theft->kind],
           (unsigned)theft->recipients, theft->sender + 1u, caught->tried, caught->passed);
    if (caught->first_blocked_ms != UINT32_MAX)
      printf("%.1f\n", (caught->first_blocked_ms - theft->begin_ms) / 1000.0);
    else
      printf("-\n");
  }
}

static void print_factor(const char *question, double factor, const struct campus *campus,
                         const struct campus_outcome *outcome)
{
  if (factor < NONE)
    printf("%s\t%.2f", question, factor);
  else
    printf("%s\tnone", question);
  for (int kind = 0; kind < CAMPUS_KINDS; kind++) {
    struct sum sum = sum_up(campus, outcome, (enum campus_kind)kind);
    printf("\t%.1f\t%.0f", sum.passed_median, sum.passed_most);
  }
  printf("\t%llu\t%llu\t%.4f\t%llu\t%llu\t%llu\t%llu\t%llu\t%.1f\n",
         (unsigned long long)outcome->blocked, (unsigned long long)outcome->denied,
         percent(outcome->denied, outcome->people), (unsigned long long)outcome->bulk_denied,
         (unsigned long long)outcome->lost, (unsigned long long)outcome->owners_refused,
         (unsigned long long)outcome->evicted, (unsigned long long)outcome->decisions,
         outcome->seconds);
}

static void print_curve(const char *question, const struct campus *campus, const char *policy,
                        uint64_t seed, bool of_limits, bool alone,
                        const struct campus_outcome *shipped)
{
  printf("question\tfactor\tfast_passed_median\tfast_passed_most\tslow_passed_median\t"
         "slow_passed_most\tbots_passed_median\tbots_passed_most\tusers_blocked\tdenied\t"
         "denied_percent\tbulk_denied\tlost\towners_refused\tevicted\tdecisions\tseconds\n");
  for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
    struct campus_outcome outcome;
    char *scaled;

    if (factors[i] >= 1 && factors[i] <= 1) {
      print_factor(question, 1, campus, shipped);
      continue;
    }
    if (alone || (of_limits && factors[i] >= NONE))
      continue;
    scaled = campus_policy_scaled(policy, of_limits ? factors[i] : 1, of_limits ? 1 : factors[i]);
    campus_replay(campus, scaled, seed, &outcome);
    free(scaled);
    print_factor(question, factors[i], campus, &outcome);
    (void)fflush(stdout);
  }
}

static void print_bars(const struct campus *campus, const struct campus_outcome *outcome)
{
  static const enum campus_kind swift[] = {CAMPUS_FAST, CAMPUS_BOTS};

  for (size_t i = 0; i < sizeof swift / sizeof *swift; i++) {
    struct sum sum = sum_up(campus, outcome, swift[i]);
    printf("bar\tcampus_%s_passed_median\t%.1f\t<=%d\n", kind_names[swift[i]], sum.passed_median,
           SPAM_AIM);
    printf("bar\tcampus_%s_passed_most\t%.0f\t<=%d\n", kind_names[swift[i]], sum.passed_most,
           SPAM_AIM);
  }
  printf("bar\tcampus_slow_passed_median\t%.1f\tnone\n",
         sum_up(campus, outcome, CAMPUS_SLOW).passed_median);
  printf("bar\tcampus_users_blocked\t%llu\t<=0\n", (unsigned long long)outcome->blocked);
  printf("bar\tcampus_denied_percent\t%.4f\t<=0.1\n", percent(outcome->denied, outcome->people));
}

int main(int count, char **arguments)
{
  const char *given = getenv("WEIR_SEED");
  uint64_t seed = given && *given ? strtoull(given, NULL, 0) : 1;
  bool alone = count > 1 && strcmp(arguments[1], "--alone") == 0;
  char *policy =
      campus_policy_read(count > 1 + alone ? arguments[1 + alone] : "share/weir/default.conf");
  struct campus campus;
  struct campus_outcome shipped;

  campus_make(&campus, seed);
  print_load(&campus, seed);
  campus_replay(&campus, policy, seed, &shipped);
  print_thefts(&campus, &shipped);
  print_curve("campus_limits", &campus, policy, seed, true, alone, &shipped);
  if (!alone)
    print_curve("campus_score", &campus, policy, seed, false, false, &shipped);
  print_bars(&campus, &shipped);
  campus_free(&campus);
  free(policy);
  return 0;
}
