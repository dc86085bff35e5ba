/* SPDX-License-Identifier: BSD-2-Clause
 * One figure, in a line of three columns or as a JSON member.  Values are shown rounded in
 * the line only. */
#include <stdarg.h>

#include "plan.h"

#define FROM_BYTES 512

void plan_figure_between(struct plan_figures *figures)
{
  (void)fputs(figures->between, stdout);
  figures->between = ",";
}

void plan_figure_heading(const struct plan_figures *figures, const char *title)
{
  if (!figures->json)
    printf("\n%s\n", title);
}

void plan_figure_number(enum plan_unit unit, double value)
{
  if (value < 0)
    (void)fputs("null", stdout);
  else
    printf(unit == PLAN_COUNT ? "%.0f" : "%.9g", value);
}

static void write_value(enum plan_unit unit, double value, char *text, size_t bytes)
{
  if (value < 0)
    (void)snprintf(text, bytes, "-");
  else if (unit == PLAN_COUNT)
    (void)snprintf(text, bytes, "%.0f", value);
  else if (unit == PLAN_REAL)
    (void)snprintf(text, bytes, value < 10 ? "%.3g" : value < 100 ? "%.1f" : "%.0f", value);
  else if (value > 0 && value < 1e-9)
    (void)snprintf(text, bytes, "< 1e-7 %%");
  else
    (void)snprintf(text, bytes, value > 0 && value < 0.0001 ? "%.1g %%" : "%.2f %%", value * 100);
}

void plan_figure(struct plan_figures *figures, const char *name, const char *label,
                 enum plan_unit unit, double value, const char *format, ...)
{
  char from[FROM_BYTES], text[64];
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(from, sizeof from, format, arguments);
  va_end(arguments);
  if (!figures->json) {
    write_value(unit, value, text, sizeof text);
    printf("  %-31s %15s  %s\n", label, text, from);
    return;
  }
  plan_figure_between(figures);
  printf("\"%s\":{\"value\":", name);
  plan_figure_number(unit, value);
  printf(",\"from\":");
  wctl_json_string(stdout, from);
  putchar('}');
}
