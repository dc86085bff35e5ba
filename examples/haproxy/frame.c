/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include <string.h>

static const char *const words[] = {
    [STATUS_NORMAL] = "normal",
    [STATUS_TOO_BIG] = "frame is too big",
    [STATUS_INVALID] = "invalid frame received",
    [STATUS_NO_VERSION] = "version value not found",
    [STATUS_NO_FRAME_SIZE] = "max-frame-size value not found",
    [STATUS_NO_CAPABILITIES] = "capabilities value not found",
    [STATUS_BAD_VERSION] = "unsupported version",
    [STATUS_BAD_FRAME_SIZE] = "max-frame-size too big or too small",
    [STATUS_FRAGMENTED] = "payload fragmentation is not supported",
};

const char *status_words(enum status status)
{
  return words[status];
}

bool frame_read(struct reader bytes, struct frame *frame)
{
  struct frame read = {.type = 0};
  if (!read_byte(&bytes, &read.type) || !read_u32(&bytes, &read.flags) ||
      !read_varint(&bytes, &read.stream) || !read_varint(&bytes, &read.id))
    return false;
  read.payload = bytes;
  *frame = read;
  return true;
}

/* One word of a list with commas between, blanks around words not counted. */
static bool next_word(struct string *list, struct string *word)
{
  if (list->length == 0)
    return false;
  const char *comma = memchr(list->bytes, ',', list->length);
  size_t length = comma == NULL ? list->length : (size_t)(comma - list->bytes);
  *word = (struct string){list->bytes, length};
  size_t used = comma == NULL ? length : length + 1;
  list->bytes += used;
  list->length -= used;
  while (word->length > 0 && word->bytes[0] == ' ') {
    word->bytes++;
    word->length--;
  }
  while (word->length > 0 && word->bytes[word->length - 1] == ' ')
    word->length--;
  return true;
}

/* A major version stands for all its minor ones. */
static bool speaks_version_2(struct string list)
{
  struct string word;
  while (next_word(&list, &word))
    if (word.length >= 3 && memcmp(word.bytes, "2.", 2) == 0)
      return true;
  return false;
}

static bool has_word(struct string list, const char *text)
{
  struct string word;
  while (next_word(&list, &word))
    if (string_is(&word, text))
      return true;
  return false;
}

enum status hello_read(struct reader payload, struct hello *hello)
{
  struct value versions = {.type = VALUE_NULL}, size = versions, capabilities = versions;
  *hello = (struct hello){.healthcheck = false};
  while (payload.at < payload.end) {
    struct string name;
    struct value value;
    if (!read_string(&payload, &name) || !read_value(&payload, &value))
      return STATUS_INVALID;
    if (string_is(&name, "supported-versions"))
      versions = value;
    else if (string_is(&name, "max-frame-size"))
      size = value;
    else if (string_is(&name, "capabilities"))
      capabilities = value;
    else if (string_is(&name, "healthcheck"))
      hello->healthcheck = value.type == VALUE_BOOL && value.number == 1;
  }
  if (versions.type != VALUE_STRING)
    return STATUS_NO_VERSION;
  if (size.type != VALUE_UINT32)
    return STATUS_NO_FRAME_SIZE;
  if (capabilities.type != VALUE_STRING)
    return STATUS_NO_CAPABILITIES;
  if (!speaks_version_2(versions.string))
    return STATUS_BAD_VERSION;
  if (size.number < FRAME_BYTES_MIN)
    return STATUS_BAD_FRAME_SIZE;
  hello->frame_bytes = size.number < FRAME_BYTES_MAX ? (uint32_t)size.number : FRAME_BYTES_MAX;
  hello->pipelining = has_word(capabilities.string, "pipelining");
  return STATUS_NORMAL;
}

bool disconnect_read(struct reader payload, uint64_t *status, struct string *message)
{
  bool found = false;
  *status = 0;
  *message = (struct string){"", 0};
  while (payload.at < payload.end) {
    struct string name;
    struct value value;
    if (!read_string(&payload, &name) || !read_value(&payload, &value))
      return false;
    if (string_is(&name, "status-code") && value.type == VALUE_UINT32) {
      *status = value.number;
      found = true;
    } else if (string_is(&name, "message") && value.type == VALUE_STRING) {
      *message = value.string;
    }
  }
  return found;
}

unsigned char *frame_begin(struct writer *writer, enum frame_type type, uint64_t stream,
                           uint64_t id)
{
  unsigned char *begin = writer->at;
  write_u32(writer, 0);
  write_byte(writer, (uint8_t)type);
  write_u32(writer, FRAME_FIN);
  write_varint(writer, stream);
  write_varint(writer, id);
  return begin;
}

void frame_end(struct writer *writer, unsigned char *begin)
{
  struct writer length = {.at = begin, .end = writer->at};
  write_u32(&length, (uint32_t)(writer->at - begin - 4));
}

void write_hello(struct writer *writer, const struct hello *hello)
{
  unsigned char *begin = frame_begin(writer, FRAME_AGENT_HELLO, 0, 0);
  write_string(writer, "version");
  write_string_value(writer, "2.0");
  write_string(writer, "max-frame-size");
  write_number_value(writer, VALUE_UINT32, hello->frame_bytes);
  write_string(writer, "capabilities");
  write_string_value(writer, hello->pipelining ? "pipelining" : "");
  frame_end(writer, begin);
}

void write_disconnect(struct writer *writer, enum status status)
{
  unsigned char *begin = frame_begin(writer, FRAME_AGENT_DISCONNECT, 0, 0);
  write_string(writer, "status-code");
  write_number_value(writer, VALUE_UINT32, status);
  write_string(writer, "message");
  write_string_value(writer, status_words(status));
  frame_end(writer, begin);
}
