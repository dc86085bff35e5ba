/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/mistake.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path as long as the system takes, and a message. */
#define LINE_BYTES (4096 + 512)
#define MESSAGE_BYTES 512

const char *wi_mistake_show(char *shown, const char *text, size_t text_bytes)
{
  static const char digits[] = "0123456789abcdef";
  static const char cut[] = "...";
  size_t length = 0;

  for (size_t i = 0; i < text_bytes; i++) {
    unsigned char byte = (unsigned char)text[i];
    bool is_plain = byte >= 0x20 && byte < 0x7f;

    /* Room is kept for this byte, the mark of the cut and the NUL. */
    if (length + (is_plain ? 1 : 4) + sizeof cut > WI_SHOWN_BYTES) {
      memcpy(shown + length, cut, sizeof cut);
      return shown;
    }
    if (is_plain) {
      shown[length++] = (char)byte;
    } else {
      shown[length++] = '\\';
      shown[length++] = 'x';
      shown[length++] = digits[byte >> 4];
      shown[length++] = digits[byte & 15];
    }
  }
  shown[length] = '\0';
  return shown;
}

/* A file's name may hold anything; a complaint is one line. */
static void blank_controls(char *line)
{
  for (char *at = line; *at != '\0'; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
}

/* Where a long path would push the message out of the fault, its last part must do. */
static void fill_fault(struct weir_fault *fault, const char *name, size_t line, size_t column,
                       const char *message)
{
  int length =
      snprintf(fault->text, sizeof fault->text, "%s:%zu:%zu: %s", name, line, column, message);

  if (length < 0 || (size_t)length >= sizeof fault->text) {
    const char *slash = strrchr(name, '/');

    (void)snprintf(fault->text, sizeof fault->text, "%.60s:%zu:%zu: %s", slash ? slash + 1 : name,
                   line, column, message);
  }
  blank_controls(fault->text);
}

static void tell(struct wi_mistakes *mistakes, size_t line, size_t column, const char *message)
{
  const char *name = mistakes->name ? mistakes->name : "policy";
  char text[LINE_BYTES];

  if (mistakes->fault && mistakes->syntax + mistakes->capacity == 0)
    fill_fault(mistakes->fault, name, line, column, message);
  if (mistakes->complaint) {
    (void)snprintf(text, sizeof text, "%.4096s:%zu:%zu: %s", name, line, column, message);
    blank_controls(text);
    mistakes->complaint(mistakes->context, text);
  }
}

void wi_mistake(struct wi_mistakes *mistakes, size_t line, size_t column, const char *format, ...)
{
  char message[MESSAGE_BYTES];
  va_list arguments;

  if (mistakes->muted)
    return;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  tell(mistakes, line, column, message);
  mistakes->syntax++;
}

void wi_mistake_capacity(struct wi_mistakes *mistakes, size_t line, size_t column,
                         const char *format, ...)
{
  char message[MESSAGE_BYTES];
  va_list arguments;

  if (mistakes->muted)
    return;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  tell(mistakes, line, column, message);
  mistakes->capacity++;
}

int wi_mistakes_end(struct wi_mistakes *mistakes)
{
  int error = mistakes->syntax ? WEIR_E_SYNTAX : mistakes->capacity ? WEIR_E_CAPACITY : WEIR_OK;

  if (mistakes->fault && error != WEIR_OK) {
    mistakes->fault->error = error;
    mistakes->fault->system = 0;
  }
  return error;
}
