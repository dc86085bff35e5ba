/* SPDX-License-Identifier: BSD-2-Clause */
#include "parts.h"

#include <string.h>

void parts_escaped(FILE *out, const char *text)
{
  for (; text && *text; text++) {
    switch (*text) {
    case '&':
      fputs("&amp;", out);
      break;
    case '<':
      fputs("&lt;", out);
      break;
    case '>':
      fputs("&gt;", out);
      break;
    case '"':
      fputs("&quot;", out);
      break;
    case '\'':
      fputs("&#39;", out);
      break;
    default:
      fputc(*text, out);
    }
  }
}

/* The ids of what is said of a field, the mistake first. */
static void print_described(FILE *out, const struct parts_field *field, int is_wrong)
{
  if (!field->help && !is_wrong)
    return;
  fputs(" aria-describedby=\"", out);
  if (is_wrong)
    fprintf(out, "%s-wrong%s", field->name, field->help ? " " : "");
  if (field->help)
    fprintf(out, "%s-help", field->name);
  fputc('"', out);
}

static void print_about(FILE *out, const struct page *page, const struct parts_field *field,
                        int is_wrong)
{
  if (field->help)
    fprintf(out, "<p class=\"help\" id=\"%s-help\">%s</p>\n", field->name, field->help);
  if (is_wrong) {
    fprintf(out, "<p class=\"wrong\" id=\"%s-wrong\">", field->name);
    parts_escaped(out, page->wrong_words);
    fputs("</p>\n", out);
  }
}

void parts_field(FILE *out, const struct page *page, const struct parts_field *field)
{
  int is_wrong = page->wrong && strcmp(page->wrong, field->name) == 0;

  fprintf(out, "<div class=\"field\">\n<label for=\"%s\">%s</label>\n", field->name, field->label);
  print_about(out, page, field, is_wrong);
  fprintf(out, field->lines ? "<textarea id=\"%s\"" : "<input id=\"%s\"", field->name);
  fprintf(out, " name=\"%s\" %s", field->name, field->attributes);
  if (is_wrong)
    fputs(" aria-invalid=\"true\" autofocus", out);
  print_described(out, field, is_wrong);
  if (field->lines) {
    /* A browser drops the first line end after the tag: this one, not the text's. */
    fprintf(out, " rows=\"%d\">\n", field->lines);
    parts_escaped(out, field->value);
    fputs("</textarea>\n</div>\n", out);
  } else {
    fputs(" value=\"", out);
    parts_escaped(out, field->value);
    fputs("\">\n</div>\n", out);
  }
}

void parts_form(FILE *out, const struct page *page, const char *below, const char *attributes)
{
  char path[512];

  page_path(path, sizeof path, below);
  fprintf(out, "<form method=\"post\" action=\"%s\" accept-charset=\"utf-8\"%s>\n", path,
          attributes);
  if (page->token && *page->token)
    fprintf(out, "<input type=\"hidden\" name=\"token\" value=\"%s\">\n", page->token);
}
