/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver.h"
#include "environment.h"
#include "spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_S 30
#define PATIENCE_MOST_S 600

static unsigned patience_s(void)
{
  unsigned long seconds = strtoul(environment("WEIR_SMTP_PATIENCE"), NULL, 10);

  return seconds >= 1 && seconds <= PATIENCE_MOST_S ? (unsigned)seconds : PATIENCE_S;
}

static enum smtp_outcome by_smtp(const char *place, const struct mail *mail,
                                 const struct asker *asker, struct smtp_delivery *delivery)
{
  int tells = environment_is("WEIR_SMTP_XCLIENT", "1");
  struct smtp_server server = {place, environment_domain(), tells ? asker->user : NULL,
                               asker->address, patience_s()};
  enum smtp_outcome outcome = smtp_send(&server, mail, delivery);

  if (*delivery->fault)
    fprintf(stderr, "compose: WEIR_SMTP %s: %s\n", place, delivery->fault);
  return outcome;
}

static enum smtp_outcome by_spool(const char *path, const struct mail *mail)
{
  errno = ENOENT;
  if (*path && spool_append(path, mail) == 0)
    return SMTP_TAKEN;
  fprintf(stderr, "compose: WEIR_SPOOL %s: %s\n", *path ? path : "is not set", strerror(errno));
  return SMTP_LATER;
}

enum smtp_outcome deliver(const struct mail *mail, const struct asker *asker,
                          struct smtp_delivery *delivery)
{
  const char *place = environment("WEIR_SMTP");

  memset(delivery, 0, sizeof *delivery);
  if (*place)
    return by_smtp(place, mail, asker, delivery);
  return by_spool(environment("WEIR_SPOOL"), mail);
}
