/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page on which users sign in.  A draft that was being sent when a session ended goes along,
 * and is there again afterwards.
 */
#include "parts.h"

static int is_given(const char *text)
{
  return text && *text;
}

int parts_has_draft(const struct page *page)
{
  const struct draft *draft = &page->draft;

  return is_given(draft->to) || is_given(draft->subject) || is_given(draft->body);
}

static void print_draft(FILE *out, const struct page *page)
{
  const struct draft *draft = &page->draft;
  const struct parts_field fields[] = {
      {"to", "To", NULL, "type=\"text\" readonly", draft->to, 0},
      {"subject", "Subject", NULL, "type=\"text\" readonly", draft->subject, 0},
      {"body", "Message", NULL, "readonly", draft->body, 8}};

  fputs("<fieldset>\n<legend>Your message, which was not sent</legend>\n"
        "<p class=\"help\">It is kept here, and goes on with you when you sign in.</p>\n",
        out);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    parts_field(out, page, &fields[i]);
  fputs("</fieldset>\n", out);
}

void parts_sign_in(FILE *out, const struct page *page)
{
  const struct parts_field fields[] = {
      {"user", "User name", NULL,
       "type=\"text\" required autocomplete=\"username\" autocapitalize=\"none\" "
       "spellcheck=\"false\"",
       page->typed_user, 0},
      {"password", "Password", NULL, "type=\"password\" required autocomplete=\"current-password\"",
       NULL, 0}};

  parts_form(out, page, "/sign-in", " class=\"sheet\"");
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    parts_field(out, page, &fields[i]);
  fputs("<div class=\"actions\">\n<button type=\"submit\">Sign in</button>\n</div>\n", out);
  if (parts_has_draft(page))
    print_draft(out, page);
  fputs("</form>\n", out);
}
