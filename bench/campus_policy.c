/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campus.h"
#include "support/fail.h"

#define POLICY_BYTES_MAX 65536

char *campus_policy_read(const char *path)
{
  char *text = bench_allocate(POLICY_BYTES_MAX);
  FILE *file = fopen(path, "re");
  size_t length;

  if (file == NULL)
    bench_fail("%s cannot be read", path);
  length = fread(text, 1, POLICY_BYTES_MAX - 1, file);
  (void)fclose(file);
  if (length == POLICY_BYTES_MAX - 1)
    bench_fail("%s is too long", path);
  return text;
}

static bool is_word(const char *word, size_t length, const char *wanted)
{
  return strlen(wanted) == length && strncmp(word, wanted, length) == 0;
}

/* A line without its comment and end: the third word of a `limit` or a `score` is its number, and
 * what stands behind `burst`. */
static void write_line(FILE *out, const char *line, size_t length, double limits, double scores)
{
  const char *end = line + length, *word = line, *done = line;
  double factor = 0;
  bool is_next = false;

  for (unsigned at = 0; word < end; at++) {
    size_t letters;

    while (word < end && isspace((unsigned char)*word))
      word++;
    letters = strcspn(word, " \t\n#");
    if (letters > (size_t)(end - word))
      letters = (size_t)(end - word);
    if (at == 0)
      factor = is_word(word, letters, "limit")   ? limits
               : is_word(word, letters, "score") ? scores
                                                 : 0;
    if (factor > 0 && (at == 2 || is_next) && letters && isdigit((unsigned char)*word)) {
      double number = round(strtod(word, NULL) * factor);
      fprintf(out, "%.*s%.0f", (int)(word - done), done, number < 1 ? 1 : number);
      done = word + letters;
    }
    is_next = is_word(word, letters, "burst");
    word += letters ? letters : 1;
  }
  fprintf(out, "%.*s\n", (int)(end - done), done);
}

char *campus_policy_scaled(const char *text, double limits, double scores)
{
  char *scaled = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&scaled, &bytes);

  if (out == NULL)
    bench_fail("no memory for a policy");
  while (*text) {
    write_line(out, text, strcspn(text, "\n#"), limits, scores);
    text += strcspn(text, "\n");
    text += *text == '\n';
  }
  if (fclose(out) != 0)
    bench_fail("no memory for a policy");
  return scaled;
}
