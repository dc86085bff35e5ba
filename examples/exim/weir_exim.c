/* SPDX-License-Identifier: BSD-2-Clause
 * weir for Exim's ACLs.  ${dlfunc{…/weir_exim.so}{FUNCTION}{POLICY}{NAME=VALUE}…}:
 *
 *   weir_acl_allows  ask and charge; "yes" or "no", for a `condition`
 *   weir_acl_take    ask and charge; the verdict as a list
 *   weir_acl_peek    ask only; the list
 *   weir_acl_refund  give back; the list
 *   weir_acl_last    without arguments: the list of the last call of this process
 *
 * The list is for ${extract{NAME}{…}}, such as
 *
 *   verdict=deny limit=user-minute remaining=0 retry=12 text="450 4.7.1 user-minute: …"
 *
 * weir_acl_allows spares an ACL the list where there is nothing to say, which is most
 * of the time: Exim takes longer to take a list apart than weir to decide.
 *
 * Whatever happens to the table, the expansion succeeds: what then becomes of mail
 * is said by `/ fail_open` behind the policy, not by how Exim treats an expansion
 * that fails.  Only arguments that can never be a request fail it.
 *
 * The names are not weir_take and so on: those are the library's own, and Exim finds
 * a function by its name in this file and in what it is linked with.
 *
 * Taint: nothing of a request is ever part of a result, so a result is as untainted
 * as the memory that it lies in, and no argument is used as the name of a file. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DLFUNC_IMPL
#include <local_scan.h>

#include "table.h"
#include "words.h"

#pragma GCC visibility push(default)
exim_dlfunc_t weir_acl_allows, weir_acl_take, weir_acl_peek, weir_acl_refund, weir_acl_last;
#pragma GCC visibility pop

enum last { LAST_NONE, LAST_DECIDED, LAST_FAILED_OPEN, LAST_FAILED_CLOSED };

/* The last call, written down as text when somebody wants to read it. */
static enum last last;
static struct weir_verdict last_verdict;

/* Exim copies a result before it expands anything else. */
static char result[512];

/* The name of a limit as it may stand in a reply and in the list.  The table is
 * writable by its group: no blank, quote or newline may come from there. */
static const char *safe_name(char name[WEIR_NAME_BYTES], const char limit[WEIR_NAME_BYTES])
{
  size_t i = 0;
  for (; i < WEIR_NAME_BYTES - 1 && limit[i] != '\0'; i++)
    name[i] = limit[i] > ' ' && limit[i] < 0x7f && strchr("\"\\=", limit[i]) == NULL ? limit[i]
                                                                                    : '?';
  name[i] = '\0';
  return i > 0 ? name : "-";
}

static void write_verdict(const struct weir_verdict *verdict)
{
  static const char *const names[] = {
      [WEIR_ALLOW] = "allow", [WEIR_DENY] = "deny", [WEIR_BLOCK] = "block"};
  char safe[WEIR_NAME_BYTES], text[WEIR_WORDS_BYTES];
  char left[24] = "unlimited", retry[24] = "0";
  int bytes;
  if (verdict->outcome == WEIR_BLOCK)
    strcpy(left, "0");
  else if (verdict->remaining != UINT64_MAX)
    snprintf(left, sizeof left, "%llu", (unsigned long long)verdict->remaining);
  if (verdict->outcome != WEIR_ALLOW && weir_http_retry_after(verdict, retry, sizeof retry) == 0)
    strcpy(retry, "never");
  bytes = snprintf(result, sizeof result, "verdict=%s limit=%s remaining=%s retry=%s",
                   names[verdict->outcome], safe_name(safe, verdict->limit), left, retry);
  if (weir_smtp_reply(verdict, 0, text, sizeof text) > 0)
    snprintf(result + bytes, sizeof result - (size_t)bytes, " text=\"%s\"", text);
}

static void write_list(void)
{
  static const char *const texts[] = {
      [LAST_NONE] = "verdict=none limit=- remaining=unlimited retry=0",
      [LAST_FAILED_OPEN] = "verdict=allow limit=- remaining=unlimited retry=0 fault=yes",
      [LAST_FAILED_CLOSED] =
          "verdict=error limit=- remaining=0 retry=1 fault=yes "
          "text=\"451 4.3.5 sending limits cannot be checked, try again later\""};
  if (last == LAST_DECIDED)
    write_verdict(&last_verdict);
  else
    snprintf(result, sizeof result, "%s", texts[last]);
}

/* One line a second and process, so that a flood of mail is none of log lines. */
static void log_fault(const struct words *words, const char *why)
{
  static time_t logged_s = -1;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec == logged_s)
    return;
  logged_s = now.tv_sec;
  log_write(0, LOG_MAIN, "weir: cannot decide by policy %s of table %s: %s; failed %s",
            words->policy, table_path(), why, words->fails_open ? "open" : "closed");
}

static int give_back(struct weir_table *table, const struct weir_request *request,
                     struct weir_verdict *verdict)
{
  *verdict = (struct weir_verdict){.outcome = WEIR_ALLOW, .remaining = UINT64_MAX};
  return weir_refund(table, request);
}

static void fail(const struct words *words, const char *why)
{
  log_fault(words, why);
  last = words->fails_open ? LAST_FAILED_OPEN : LAST_FAILED_CLOSED;
}

/* Sets `last`.  Returns OK, or ERROR with a message in yield. */
static int decide(table_ask *ask, uschar **yield, int argc, uschar **argv)
{
  struct words words;
  const char *why = NULL;
  last = LAST_DECIDED;
  /* uschar is unsigned char: the same bytes, read as text. */
  switch (words_read(&words, argc, (char *const *)argv, &why)) {
  case WORDS_CONFIGURATION:
    last = LAST_NONE;
    snprintf(result, sizeof result, "weir: %s (arguments: {POLICY}{NAME=VALUE}...)", why);
    *yield = (uschar *)result;
    return ERROR; /* like FAIL, and a line in the panic log */
  case WORDS_VALUE:
    fail(&words, why);
    break;
  case WORDS_OK:
    if (table_asked(ask, &words.request, &last_verdict, &why) != WEIR_OK)
      fail(&words, why);
    break;
  }
  return OK;
}

static int decide_and_list(table_ask *ask, uschar **yield, int argc, uschar **argv)
{
  int status = decide(ask, yield, argc, argv);
  if (status != OK)
    return status;
  write_list();
  *yield = (uschar *)result;
  return OK;
}

int weir_acl_allows(uschar **yield, int argc, uschar *argv[])
{
  static char yes[] = "yes", no[] = "no";
  int status = decide(weir_take, yield, argc, argv);
  bool allows =
      last == LAST_FAILED_OPEN || (last == LAST_DECIDED && last_verdict.outcome == WEIR_ALLOW);
  if (status == OK)
    *yield = (uschar *)(allows ? yes : no);
  return status;
}

int weir_acl_take(uschar **yield, int argc, uschar *argv[])
{
  return decide_and_list(weir_take, yield, argc, argv);
}

int weir_acl_peek(uschar **yield, int argc, uschar *argv[])
{
  return decide_and_list(weir_peek, yield, argc, argv);
}

int weir_acl_refund(uschar **yield, int argc, uschar *argv[])
{
  return decide_and_list(give_back, yield, argc, argv);
}

int weir_acl_last(uschar **yield, int argc, uschar *argv[])
{
  (void)argc;
  (void)argv;
  write_list();
  *yield = (uschar *)result;
  return OK;
}
