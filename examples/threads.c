/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One handle serves all threads: weir_open() the table once (here it is made, in memory), then
 * call weir_take() from any of them, without a lock.  Four ask for one user at once, and the
 * limit lets exactly 1000 messages through.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir.h>

enum { THREADS = 4, TRIES = 500 };

struct sender {
  struct weir_table *table;
  pthread_t thread;
  int sent, error;
};

static void *send_all(void *argument)
{
  struct sender *sender = argument;
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
  struct weir_verdict verdict;

  for (int i = 0; i < TRIES && sender->error == WEIR_OK; i++)
    if ((sender->error = weir_take(sender->table, &request, &verdict)) == WEIR_OK)
      sender->sent += verdict.outcome == WEIR_ALLOW;
  return NULL;
}

int main(void)
{
  static const char policy[] = "policy mail\n limit user 1000 messages / 1d per user sliding\n";
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = 100,
                                        .policy_text = policy,
                                        .policy_bytes = sizeof policy - 1};
  struct sender senders[THREADS] = {0};
  struct weir_fault fault;
  int sent = 0;

  if (weir_create(NULL, &options, &senders[0].table, &fault) != WEIR_OK)
    return fprintf(stderr, "%s\n", fault.text), 2;
  for (int i = 0; i < THREADS; i++) {
    senders[i].table = senders[0].table;
    if (pthread_create(&senders[i].thread, NULL, send_all, &senders[i]) != 0)
      return fputs("no thread\n", stderr), 2;
  }
  for (int i = 0; i < THREADS; i++) {
    (void)pthread_join(senders[i].thread, NULL);
    if (senders[i].error != WEIR_OK)
      return fprintf(stderr, "%s\n", weir_strerror(senders[i].error)), 2;
    sent += senders[i].sent;
  }
  weir_close(senders[0].table); /* the last call on it: no thread is left */
  printf("%d threads asked %d times: %d sent\n", THREADS, THREADS * TRIES, sent);
  return 0;
}
