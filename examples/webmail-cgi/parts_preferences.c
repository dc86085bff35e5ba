/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page on which users say what they want to be known by.
 */
#include "parts.h"

void parts_preferences(FILE *out, const struct page *page)
{
  const struct parts_field fields[] = {
      {"name", "Name", "Stands beside your address in what you send.",
       "type=\"text\" maxlength=\"120\" autocomplete=\"name\"", page->typed.name, 0},
      {"reply-to", "Replies go to", "An address, if it is not the one you send from.",
       "type=\"text\" inputmode=\"email\" maxlength=\"320\" autocomplete=\"off\" "
       "autocapitalize=\"none\" spellcheck=\"false\"",
       page->typed.reply_to, 0},
      {"signature", "Signature", "Goes below each message: at most 12 lines.", "maxlength=\"1000\"",
       page->typed.signature, 6}};

  parts_form(out, page, "/preferences", " class=\"sheet\"");
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    parts_field(out, page, &fields[i]);
  fputs("<div class=\"actions\">\n<button type=\"submit\">Save</button>\n</div>\n</form>\n", out);
}
