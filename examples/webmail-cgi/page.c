/* SPDX-License-Identifier: BSD-2-Clause */
#include "page.h"

static const char *reason(int status)
{
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 405:
    return "Method Not Allowed";
  case 411:
    return "Length Required";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 429:
    return "Too Many Requests";
  case 503:
    return "Service Unavailable";
  default:
    return "Error";
  }
}

static void print_escaped(FILE *out, const char *text)
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

static void print_header(FILE *out, const struct page *page, const char *fields)
{
  fprintf(out, "Status: %d %s\r\n", page->status, reason(page->status));
  fputs("Content-Type: text/html; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n",
        out);
  fprintf(out, "%s\r\n", fields ? fields : "");
}

static void print_form(FILE *out, const struct form *draft)
{
  fputs("<form method=\"post\" accept-charset=\"utf-8\">\n"
        "<p><label for=\"to\">To</label>\n"
        "<input id=\"to\" name=\"to\" required autocomplete=\"off\" spellcheck=\"false\" "
        "aria-describedby=\"to-help\" value=\"",
        out);
  print_escaped(out, draft->to);
  fputs("\">\n<small id=\"to-help\">One address or several, with commas between them.</small></p>\n"
        "<p><label for=\"subject\">Subject</label>\n"
        "<input id=\"subject\" name=\"subject\" autocomplete=\"off\" value=\"",
        out);
  print_escaped(out, draft->subject);
  /* A browser drops the first line end after the tag: this one, not the draft's. */
  fputs("\"></p>\n"
        "<p><label for=\"body\">Message</label>\n"
        "<textarea id=\"body\" name=\"body\" rows=\"12\">\n",
        out);
  print_escaped(out, draft->body);
  fputs("</textarea></p>\n<p><button type=\"submit\">Send</button></p>\n</form>\n", out);
}

void page_print(FILE *out, const struct page *page, const char *fields, int head_only)
{
  print_header(out, page, fields);
  if (head_only)
    return;
  fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
        out);
  print_escaped(out, page->title);
  fputs("</title>\n<style>\n"
        ":root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }\n"
        "body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }\n"
        "label, small { display: block; }\n"
        "label { font-weight: 600; }\n"
        "input, textarea, button { font: inherit; }\n"
        "input, textarea { box-sizing: border-box; width: 100%; }\n"
        "[role] { border-left: .3rem solid; padding-left: 1rem; }\n"
        "</style>\n</head>\n<body>\n<main>\n<h1>",
        out);
  print_escaped(out, page->title);
  fputs("</h1>\n", out);
  if (page->notice) {
    fprintf(out, "<p role=\"%s\">", page->alarming ? "alert" : "status");
    print_escaped(out, page->notice);
    fputs("</p>\n", out);
  }
  if (page->user && *page->user) {
    fputs("<p>Signed in as ", out);
    print_escaped(out, page->user);
    fputs(".</p>\n", out);
  }
  print_form(out, &page->draft);
  fputs("</main>\n</body>\n</html>\n", out);
}
