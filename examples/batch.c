/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Many decisions in one call: weir_take_many() gives, in order, what weir_take() would, and
 * fetches the memory of all of them first, which is a multiple faster on a large table.  Each
 * request has its own verdict and its own error: one that is mistaken does not stop the rest.
 */
#include <stdio.h>
#include <string.h>
#include <weir.h>

enum { MESSAGES = 7 };

int main(void)
{
  static const char policy[] = "policy mail\n limit user 3 messages / 1d per user sliding\n";
  static const char *const queue[MESSAGES] = {"alice", "bob",   "alice", "alice",
                                              "",      "alice", "carol"};
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = 100,
                                        .policy_text = policy,
                                        .policy_bytes = sizeof policy - 1};
  struct weir_attribute senders[MESSAGES];
  struct weir_request requests[MESSAGES];
  struct weir_verdict verdicts[MESSAGES];
  int errors[MESSAGES];
  struct weir_table *table;
  struct weir_fault fault;
  int failed;

  if (weir_create(NULL, &options, &table, &fault) != WEIR_OK)
    return fprintf(stderr, "%s\n", fault.text), 2;
  for (int i = 0; i < MESSAGES; i++) {
    senders[i] = (struct weir_attribute){"user", queue[i], strlen(queue[i])};
    requests[i] = (struct weir_request){.size_bytes = sizeof requests[i],
                                        .attributes = &senders[i],
                                        .attribute_count = queue[i][0] != '\0'};
  }
  failed = weir_take_many(table, requests, verdicts, errors, MESSAGES);
  weir_close(table);
  if (failed < 0)
    return fprintf(stderr, "%s\n", weir_strerror(failed)), 2;
  for (int i = 0; i < MESSAGES; i++)
    if (errors[i] != WEIR_OK)
      printf("%d nobody: %s\n", i, weir_strerror(errors[i]));
    else
      printf("%d %s: %s\n", i, queue[i], verdicts[i].outcome == WEIR_ALLOW ? "send" : "later");
  printf("%d of %d without an answer\n", failed, MESSAGES);
  return 0;
}
