/* SPDX-License-Identifier: BSD-2-Clause */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

const char *environment(const char *name)
{
  const char *value = getenv(name);

  return value ? value : "";
}

int environment_is(const char *name, const char *value)
{
  return strcmp(environment(name), value) == 0;
}

const char *environment_domain(void)
{
  const char *domain = environment("WEIR_MAIL_DOMAIN");

  return *domain ? domain : "localhost";
}
