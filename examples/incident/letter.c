/* SPDX-License-Identifier: BSD-2-Clause */
#include "letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void letter_user(uint32_t user, char name[LETTER_NAME_BYTES], char address[LETTER_NAME_BYTES])
{
  (void)snprintf(name, LETTER_NAME_BYTES, "user%" PRIu32, user);
  (void)snprintf(address, LETTER_NAME_BYTES, "10.20.%" PRIu32 ".%" PRIu32, user % 60 / 20,
                 user % 20 + 1);
}

static char *letter(const char *name, unsigned recipients, const char *rest, size_t *bytes)
{
  char *text = NULL;
  FILE *out = open_memstream(&text, bytes);

  if (!out)
    return NULL;
  fputs("to=", out);
  for (unsigned i = 0; i < recipients; i++)
    fprintf(out, "%s%s%u%%40example.org", i ? "%2C" : "", name, i);
  fputs(rest, out);
  if (fclose(out) != 0) {
    free(text);
    return NULL;
  }
  return text;
}

char *letter_ordinary(uint32_t user, unsigned recipients, uint32_t number, size_t *bytes)
{
  uint32_t words = (number + 1) * 2654435761u >> 23; /* 0 to 511 letters                  */
  char name[32];
  char rest[768];

  (void)snprintf(name, sizeof name, "friend%" PRIu32 ".", user);
  (void)snprintf(rest, sizeof rest,
                 "&subject=Notes+of+the+meeting&body=Dear+all%%2C%%0D%%0A%%0D%%0A"
                 "here+are+the+notes%0*d.%%0D%%0A%%0D%%0A--+%%0D%%0AUser+%" PRIu32 "%%0D%%0A",
                 (int)words + 1, 0, user);
  return letter(name, recipients, rest, bytes);
}

char *letter_of_owner(size_t *bytes)
{
  return letter("colleague", 2,
                "&subject=Tomorrow"
                "&body=See+you+at+nine.%0D%0A%0D%0A--+%0D%0AJo+Owner%2C+Institute+of+Physics%0D%0A",
                bytes);
}

/* Every message is of one size; the advertisement hides in the signature. */
char *letter_spam(unsigned recipients, uint32_t number, size_t *bytes)
{
  char name[32];

  (void)snprintf(name, sizeof name, "victim%06" PRIu32 ".", number);
  return letter(name, recipients,
                "&subject=Re%3A+your+request"
                "&body=Please+see+below.%0D%0A%0D%0A--+%0D%0A"
                "Cheap+watches%2C+today+only%3A+http%3A%2F%2Fspam.example%2F%0D%0A",
                bytes);
}
