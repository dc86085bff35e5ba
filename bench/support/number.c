/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/number.h"

#include <errno.h>
#include <stdlib.h>

#include "support/fail.h"

uint64_t bench_number(int count, char *const *arguments, int at, const char *name,
                      uint64_t otherwise, uint64_t least, uint64_t most)
{
  const char *text = at < count ? arguments[at] : NULL;
  unsigned long long number;
  char *end;

  if (text == NULL)
    return otherwise;
  errno = 0;
  number = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < least ||
      number > most)
    bench_fail("%s is '%s', expected a number from %llu to %llu", name, text,
               (unsigned long long)least, (unsigned long long)most);
  return number;
}
