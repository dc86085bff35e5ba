/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The main job: the incident replayed twice on the same load, without weir and with.
 *
 *   incident [--minutes N] CGI POLICY
 *
 * CGI is the compose program, POLICY a file in weir's language with the policy
 * `submission`.  WEIR_SEED chooses the load (1).  Exit status: 0 both runs were done, 64
 * usage, 70 something failed.
 */
#include "progress.h"
#include "replay.h"
#include "scale.h"
#include "screen.h"
#include "weir.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTES 20
#define MINUTES_LEAST 6
#define MINUTES_MOST 25
#define ATTACK_MINUTE 2.0
#define PERSON_MINUTES 8.0 /* people needed 5 to 10 to look and lock                   */
#define POLICY_BYTES_MAX 65536
#define TABLE_KEYS 4096

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
  caught = number;
  replay_stop = 1;
}

static int usage(void)
{
  fprintf(stderr,
          "usage: incident [--minutes N] CGI POLICY   (N: %d to %d, %d if not given)\n"
          "       WEIR_SEED=NUMBER chooses the load\n",
          MINUTES_LEAST, MINUTES_MOST, MINUTES);
  return 64;
}

static int read_number(const char *text, uint64_t *number)
{
  char *end;

  errno = 0;
  *number = strtoull(text, &end, 10);
  return errno || end == text || *end || *text == '-' ? -1 : 0;
}

static char *read_policy(const char *path)
{
  static char text[POLICY_BYTES_MAX + 1];
  FILE *file = fopen(path, "re");
  unsigned wrong = 0;
  size_t bytes;
  char *scaled;

  if (!file) {
    fprintf(stderr, "incident: %s: %s\n", path, strerror(errno));
    return NULL;
  }
  bytes = fread(text, 1, sizeof text, file);
  (void)fclose(file);
  if (bytes > POLICY_BYTES_MAX || strlen(text) != bytes) {
    fprintf(stderr, "incident: %s: not a policy file\n", path);
    return NULL;
  }
  scaled = scale_policy(text, REPLAY_COMPRESSION, &wrong);
  if (!scaled)
    fprintf(stderr, "incident: %s:%u: a duration that is none\n", path, wrong);
  return scaled;
}

static int make_table(const char *path, const char *policy, const char *name)
{
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = TABLE_KEYS,
                                        .mode = 0600,
                                        .policy_text = policy,
                                        .policy_bytes = strlen(policy),
                                        .policy_name = name};
  struct weir_fault fault = {0};
  struct weir_table *table;
  int error = weir_create(path, &options, &table, &fault);

  if (error != WEIR_OK) {
    fprintf(stderr, "incident: %s\n", fault.text);
    return -1;
  }
  weir_close(table);
  return 0;
}

/* The first lines of what the CGI logged: it should have logged nothing. */
static void show_log(const char *path)
{
  FILE *log = fopen(path, "re");
  char line[512];

  for (int i = 0; log && i < 5 && fgets(line, sizeof line, log); i++)
    fprintf(stderr, "incident: the CGI says: %s", line);
  if (log)
    (void)fclose(log);
}

static int run(struct replay_setup *setup, const char *name, struct replay_outcome *outcome)
{
  struct progress progress;
  int result;

  progress_begin(&progress, name, setup->minutes);
  setup->progress = progress_show;
  setup->progress_context = &progress;
  result = replay_run(setup, outcome);
  progress_end(&progress);
  if (result != 0 && !caught)
    show_log(setup->place->log);
  place_empty();
  return result;
}

static int replay_both(struct replay_setup setups[2], const char *policy, const char *policy_name)
{
  struct replay_outcome outcomes[2] = {{.spam_accepted = 0}, {.spam_accepted = 0}};
  int result = run(&setups[0], "1/2 without weir", &outcomes[0]);

  if (result == 0)
    result = make_table(setups[1].place->table, policy, policy_name);
  if (result == 0)
    result = run(&setups[1], "2/2 with weir   ", &outcomes[1]);
  if (result == 0)
    screen_print(setups, outcomes);
  replay_free(&outcomes[0]);
  replay_free(&outcomes[1]);
  return result;
}

static int prepare_and_replay(const char *program, const char *policy_path, double minutes,
                              uint64_t seed)
{
  const struct place *place = NULL;
  struct load load = {0};
  double after = minutes - ATTACK_MINUTE;
  char *policy = read_policy(policy_path);
  int result = -1;

  if (policy && load_make(&load, seed, minutes) == 0)
    place = place_make();
  if (place) {
    struct replay_setup without = {.program = program,
                                   .place = place,
                                   .load = &load,
                                   .seed = seed,
                                   .minutes = minutes,
                                   .attack_minute = ATTACK_MINUTE};
    struct replay_setup setups[2] = {without, without};
    setups[0].lock_minute =
        ATTACK_MINUTE + (after > 2 * PERSON_MINUTES ? PERSON_MINUTES : after / 2);
    setups[1].lock_minute = minutes + 1; /* weir is left alone with it */
    setups[1].with_weir = 1;
    result = replay_both(setups, policy, policy_path);
  }
  load_free(&load);
  free(policy);
  return result;
}

int main(int count, char **arguments)
{
  struct sigaction action = {.sa_handler = on_signal};
  const char *seed_text = getenv("WEIR_SEED");
  uint64_t minutes = MINUTES, seed = 1;
  int result;

  if (count > 2 && strcmp(arguments[1], "--minutes") == 0) {
    if (read_number(arguments[2], &minutes) != 0 || minutes < MINUTES_LEAST ||
        minutes > MINUTES_MOST)
      return usage();
    count -= 2;
    arguments += 2;
  }
  if (count != 3)
    return usage();
  if (seed_text && *seed_text && read_number(seed_text, &seed) != 0) {
    fprintf(stderr, "incident: WEIR_SEED is not a number: %s\n", seed_text);
    return 64;
  }
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGHUP, &action, NULL);
  (void)signal(SIGPIPE, SIG_IGN);
  result = prepare_and_replay(arguments[1], arguments[2], (double)minutes, seed);
  if (caught) {
    fprintf(stderr, "incident: stopped by signal %d\n", (int)caught);
    return 128 + (int)caught;
  }
  return result == 0 && fflush(stdout) == 0 ? 0 : 70;
}
