/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table may be used on both sides of fork(): it holds no lock and no process id.  A server
 * opens it, forks its workers, and their limits are one limit: here exactly 250 messages.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <weir.h>

enum { WORKERS = 4, TRIES = 100, FAILED = 255 };

/* How many were sent, at most TRIES, so that an exit status holds it; or FAILED. */
static int send_all(struct weir_table *table)
{
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
  struct weir_verdict verdict;
  int sent = 0;

  for (int i = 0; i < TRIES; i++) {
    if (weir_take(table, &request, &verdict) != WEIR_OK)
      return FAILED;
    sent += verdict.outcome == WEIR_ALLOW;
  }
  return sent;
}

int main(void)
{
  static const char policy[] = "policy mail\n limit user 250 messages / 1d per user sliding\n";
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = 100,
                                        .policy_text = policy,
                                        .policy_bytes = sizeof policy - 1};
  struct weir_table *table;
  struct weir_fault fault;
  int status, sent = 0;

  /* Without a path: memory that this process shares with what it forks, nobody else. */
  if (weir_create(NULL, &options, &table, &fault) != WEIR_OK)
    return fprintf(stderr, "%s\n", fault.text), 2;
  for (int i = 0; i < WORKERS; i++) {
    pid_t worker = fork();

    if (worker < 0)
      return perror("fork"), 2;
    if (worker == 0)
      _exit(send_all(table));
  }
  while (wait(&status) > 0) {
    if (!WIFEXITED(status) || WEXITSTATUS(status) == FAILED)
      return fputs("a worker failed\n", stderr), 2;
    sent += WEXITSTATUS(status);
  }
  weir_close(table);
  printf("%d workers asked %d times: %d sent\n", WORKERS, WORKERS * TRIES, sent);
  return 0;
}
