/* SPDX-License-Identifier: BSD-2-Clause */
#include "page.h"
#include "environment.h"
#include "parts.h"
#include "token.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name; /* in the navigation                                           */
  const char *heading;
  const char *below;
  void (*print)(FILE *out, const struct page *page);
} kinds[PAGE_KINDS] = {
    [PAGE_NOTICE] = {"Notice", "Webmail", "", NULL},
    [PAGE_WRITE] = {"Write", "Write a message", "", parts_write},
    [PAGE_PREFERENCES] = {"Preferences", "Preferences", "/preferences", parts_preferences},
    [PAGE_SIGN_IN] = {"Sign in", "Sign in", "/sign-in", parts_sign_in},
};

static const char *reason(int status)
{
  static const struct {
    int status;
    const char *reason;
  } known[] = {{200, "OK"},
               {303, "See Other"},
               {400, "Bad Request"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {408, "Request Timeout"},
               {411, "Length Required"},
               {413, "Content Too Large"},
               {415, "Unsupported Media Type"},
               {422, "Unprocessable Content"},
               {429, "Too Many Requests"},
               {503, "Service Unavailable"}};

  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (known[i].status == status)
      return known[i].reason;
  }
  return "Error";
}

static const char *product(void)
{
  const char *name = environment("WEIR_PRODUCT");

  return *name ? name : "Webmail";
}

void page_add_field(struct page *page, const char *name, const char *value)
{
  size_t used = strlen(page->fields);

  (void)snprintf(page->fields + used, sizeof page->fields - used, "%s: %s\r\n", name, value);
}

void page_say(struct page *page, int status, const char *title, const char *format, ...)
{
  va_list arguments;

  page->status = status;
  page->title = title;
  va_start(arguments, format);
  (void)vsnprintf(page->notice, sizeof page->notice, format, arguments);
  va_end(arguments);
}

void page_say_wrong(struct page *page, const char *field, const char *words)
{
  page->wrong = field;
  page->wrong_words = words;
}

/* The web server's name for this program stands in links and in a header. */
void page_path(char *path, size_t path_bytes, const char *below)
{
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
  const char *base = environment("SCRIPT_NAME");

  if (*base != '/' || base[1] == '/' || base[strspn(base, safe)] != '\0')
    base = "";
  if (strcmp(base, "/") == 0)
    base = "";
  (void)snprintf(path, path_bytes, "%s%s", base, *base || *below ? below : "/");
}

/* The style is this page's own, and nothing that got into the page is a style. */
static void print_header(FILE *out, const struct page *page, const char *nonce)
{
  fprintf(out,
          "Status: %d %s\r\n"
          "Content-Type: text/html; charset=utf-8\r\n"
          "Cache-Control: no-store\r\n"
          "Content-Security-Policy: default-src 'none'; style-src 'nonce-%s'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
          "X-Content-Type-Options: nosniff\r\n"
          "Referrer-Policy: same-origin\r\n"
          "%s\r\n",
          page->status, reason(page->status), nonce, page->fields);
}

static void print_link(FILE *out, const struct page *page, enum page_kind kind)
{
  char path[512];

  page_path(path, sizeof path, kinds[kind].below);
  fprintf(out, "<li><a href=\"%s\"%s>%s</a></li>\n", path,
          page->kind == kind ? " aria-current=\"page\"" : "", kinds[kind].name);
}

static void print_navigation(FILE *out, const struct page *page)
{
  fputs("<nav aria-label=\"Webmail\">\n<ul>\n", out);
  print_link(out, page, PAGE_WRITE);
  if (*page->token)
    print_link(out, page, PAGE_PREFERENCES);
  if (page->can_sign_out) {
    fputs("<li>", out);
    parts_form(out, page, "/sign-out", "");
    fputs("<button class=\"quiet\">Sign out</button>\n</form></li>\n", out);
  }
  fputs("</ul>\n</nav>\n", out);
}

static void print_banner(FILE *out, const struct page *page)
{
  fputs("<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n"
        "<header>\n<div class=\"bar\">\n<p class=\"product\">"
        "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M3 5h18v14H3z"
        "M3.5 6l8.5 7 8.5-7\"/></svg>",
        out);
  parts_escaped(out, product());
  fputs("</p>\n", out);
  if (*page->user) {
    print_navigation(out, page);
    fputs("<p class=\"user\"><span class=\"unseen\">Signed in as </span>", out);
    parts_escaped(out, page->user);
    fputs("</p>\n", out);
  } else if (page->can_sign_in && page->kind != PAGE_SIGN_IN) {
    fputs("<nav aria-label=\"Webmail\">\n<ul>\n", out);
    print_link(out, page, PAGE_SIGN_IN);
    fputs("</ul>\n</nav>\n", out);
  }
  fputs("</div>\n</header>\n", out);
}

static void print_notice(FILE *out, const struct page *page)
{
  int is_alarming = page->status >= 400 || page->item_count > 0;

  if (!page->title)
    return;
  fprintf(out, "<div class=\"notice %s\" role=\"%s\">\n<h2>", is_alarming ? "alarm" : "calm",
          is_alarming ? "alert" : "status");
  parts_escaped(out, page->title);
  fputs("</h2>\n<p>", out);
  parts_escaped(out, page->notice);
  fputs("</p>\n", out);
  if (page->item_count)
    fputs("<ul>\n", out);
  for (size_t i = 0; i < page->item_count; i++) {
    fputs("<li><b>", out);
    parts_escaped(out, page->items[i].name);
    fputs("</b>: ", out);
    parts_escaped(out, page->items[i].words);
    fputs("</li>\n", out);
  }
  fputs(page->item_count ? "</ul>\n</div>\n" : "</div>\n", out);
}

static void print_head(FILE *out, const struct page *page, const char *nonce)
{
  fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        out);
  if (page->title) {
    parts_escaped(out, page->title);
    fputs(" - ", out);
  }
  if (page->kind != PAGE_NOTICE)
    fprintf(out, "%s - ", kinds[page->kind].heading);
  parts_escaped(out, product());
  fprintf(out, "</title>\n<style nonce=\"%s\">\n", nonce);
  parts_style(out);
  fputs("</style>\n</head>\n", out);
}

void page_free(struct page *page)
{
  for (size_t i = 0; i < page->item_count; i++) {
    free(page->items[i].name);
    free(page->items[i].words);
  }
  free(page->items);
  free(page->kept_to);
}

void page_print(FILE *out, const struct page *page, int head_only)
{
  char nonce[TOKEN_BYTES] = "none";

  (void)token_make(nonce); /* without one the page is plain                            */
  print_header(out, page, nonce);
  if (head_only || page->status == 303)
    return;
  print_head(out, page, nonce);
  print_banner(out, page);
  fprintf(out, "<main id=\"content\" tabindex=\"-1\"%s>\n<h1>%s</h1>\n",
          page->kind == PAGE_SIGN_IN && !parts_has_draft(page) ? " class=\"narrow\"" : "",
          kinds[page->kind].heading);
  print_notice(out, page);
  if (kinds[page->kind].print)
    kinds[page->kind].print(out, page);
  fputs("</main>\n</body>\n</html>\n", out);
}
