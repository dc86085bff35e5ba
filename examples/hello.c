/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <weir.h>

int main(int argc, char **argv)
{
  struct weir_table *table;
  struct weir_fault fault;
  struct weir_verdict verdict;
  const char *user = argc > 1 ? argv[1] : "alice";
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
  int error;

  if (weir_open(NULL, &table, &fault) != WEIR_OK)
    return fprintf(stderr, "%s\n", fault.text), 2;
  error = weir_take(table, &request, &verdict);
  weir_close(table);
  if (error != WEIR_OK)
    return fprintf(stderr, "%s\n", weir_strerror(error)), 2;
  puts(verdict.outcome == WEIR_ALLOW ? "send" : "later");
  return verdict.outcome != WEIR_ALLOW;
}
