/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page on which a message is written.
 */
#include "parts.h"

static void print_from(FILE *out, const struct page *page)
{
  fputs("<p class=\"from\"><b>From</b> ", out);
  if (*page->preferences.name) {
    parts_escaped(out, page->preferences.name);
    fputs(" &lt;", out);
  }
  parts_escaped(out, page->sender);
  fputs(*page->preferences.name ? "&gt;</p>\n" : "</p>\n", out);
}

static void print_signature(FILE *out, const struct page *page)
{
  if (!*page->preferences.signature)
    return;
  fputs("<div class=\"signature\">\n<p class=\"help\">Your signature goes below the text:</p>\n"
        "<pre>",
        out);
  parts_escaped(out, page->preferences.signature);
  fputs("</pre>\n</div>\n", out);
}

void parts_write(FILE *out, const struct page *page)
{
  const struct parts_field fields[] = {
      {"to", "To", "One address or several, with commas between them.",
       "type=\"text\" inputmode=\"email\" required autocomplete=\"off\" autocapitalize=\"none\" "
       "spellcheck=\"false\"",
       page->draft.to, 0},
      {"subject", "Subject", NULL, "type=\"text\" autocomplete=\"off\"", page->draft.subject, 0},
      {"body", "Message", NULL, "", page->draft.body, 12}};

  parts_form(out, page, "", " class=\"sheet\"");
  if (*page->sender)
    print_from(out, page);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    parts_field(out, page, &fields[i]);
  print_signature(out, page);
  fputs("<div class=\"actions\">\n<button type=\"submit\"", out);
  if (*page->quota) {
    fprintf(out, " aria-describedby=\"quota\">Send</button>\n<p id=\"quota\" class=\"quota%s\">",
            page->quota_is_low ? " low" : "");
    parts_escaped(out, page->quota);
    fputs("</p>\n</div>\n</form>\n", out);
  } else {
    fputs(">Send</button>\n</div>\n</form>\n", out);
  }
}
