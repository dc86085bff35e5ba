/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/principal.h"

#include <string.h>

#include "guard/printable.h"
#include "policy/name.h"

static bool name_is_sound(const char *name)
{
  size_t length = strnlen(name, WEIR_NAME_BYTES);

  return length > 0 && length <= WI_NAME_LENGTH_MAX && wi_name_span(name, length) == length &&
         strcmp(name, "overall") != 0;
}

void wi_principal_hash(const struct wi_region *region, struct wi_principal *principal)
{
  struct wi_sip sip = principal->key.begun;

  if (principal->key.attribute_count > 1)
    for (uint32_t i = 0; i < principal->key.attribute_count; i++)
      wi_sip_word(&sip, principal->values[i]->value_bytes);
  for (uint32_t i = 0; i < principal->key.attribute_count; i++)
    wi_sip_bytes(&sip, principal->values[i]->value, principal->values[i]->value_bytes);
  principal->hash = wi_sip_end(&sip);
  principal->place = wi_place_of(region->cells, region->geometry.groups, principal->hash);
}

bool wi_principal_of(const struct wi_region *region, const struct weir_attribute *attributes,
                     size_t count, struct wi_principal *principal)
{
  if (attributes == NULL || count == 0 || count > WI_KEY_ATTRIBUTES_MAX)
    return false;
  memset(principal, 0, sizeof *principal);
  for (size_t i = 0; i < count; i++) {
    const struct weir_attribute *attribute = &attributes[i];
    size_t at = i;

    if (attribute->name == NULL || (attribute->value == NULL && attribute->value_bytes != 0) ||
        !name_is_sound(attribute->name))
      return false;
    for (; at > 0; at--) {
      int order = strcmp(principal->values[at - 1]->name, attribute->name);

      if (order == 0)
        return false;
      if (order < 0)
        break;
      principal->values[at] = principal->values[at - 1];
    }
    principal->values[at] = attribute;
  }
  principal->key.attribute_count = (uint8_t)count;
  for (size_t i = 0; i < count; i++)
    principal->key.attributes[i] = wi_label_of(principal->values[i]->name);
  wi_plan_key_begin(&principal->key, region->secret);
  wi_principal_hash(region, principal);
  return true;
}

/* -------------------------------------------------------------------- as words -- */

struct writer {
  char *text;
  size_t length;
  bool cut;
};

/* What must not be cut in two. */
static void put(struct writer *writer, const void *bytes, size_t count)
{
  static const char ellipsis[] = "\xe2\x80\xa6";

  if (writer->cut)
    return;
  writer->cut = writer->length + count > WI_PRINCIPAL_BYTES - sizeof ellipsis;
  memcpy(writer->text + writer->length, writer->cut ? ellipsis : bytes,
         writer->cut ? sizeof ellipsis : count);
  writer->length += count;
}

/* Bytes of the character at `value` that stand as they are; 0: it is escaped.  An apostrophe is, so
 * that a shell takes between two whatever a name has. */
static size_t shown_bytes(const unsigned char *value, size_t left)
{
  return *value == '\'' ? 0 : wi_printable_bytes(value, left);
}

static bool needs_quotes(const unsigned char *value, size_t bytes)
{
  for (size_t at = 0, next; at < bytes; at += next) {
    next = shown_bytes(value + at, bytes - at);
    if (next == 0 || value[at] == ' ' || value[at] == '"' || value[at] == '\\')
      return true;
  }
  return bytes == 0;
}

static void put_escape(struct writer *writer, unsigned char byte)
{
  static const char digits[] = "0123456789abcdef";

  put(writer, (const char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15]}, 4);
}

static void put_value(struct writer *writer, const unsigned char *value, size_t bytes)
{
  bool quotes = needs_quotes(value, bytes);
  size_t at = 0;

  if (quotes)
    put(writer, "\"", 1);
  while (at < bytes && !writer->cut) {
    size_t shown = shown_bytes(value + at, bytes - at);

    if (value[at] == '"' || value[at] == '\\')
      put(writer, "\\", 1);
    if (shown != 0)
      put(writer, value + at, shown);
    else
      put_escape(writer, value[at]);
    at += shown != 0 ? shown : 1;
  }
  if (quotes)
    put(writer, "\"", 1);
}

void wi_principal_text(const struct wi_principal *principal, char text[WI_PRINCIPAL_BYTES])
{
  struct writer writer = {.text = text};

  memset(text, 0, WI_PRINCIPAL_BYTES);
  if (principal->key.attribute_count == 0)
    memcpy(text, "overall", sizeof "overall");
  for (uint32_t i = 0; i < principal->key.attribute_count; i++) {
    if (i != 0)
      put(&writer, " ", 1);
    put(&writer, principal->key.attributes[i].text, strlen(principal->key.attributes[i].text));
    put(&writer, "=", 1);
    put_value(&writer, principal->values[i]->value, principal->values[i]->value_bytes);
  }
}
