/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every byte of a table file.  In this order, each part aligned to a page:
 *
 *   header   4096 bytes  written before anybody can see the file, never again
 *   live     4096 bytes  three lines that change
 *   stripes  counters, one stripe a processor, a power of two of them
 *   slots    4 policy images; version v lies in slot v % 4
 *   side     what is kept beside the cells (region/side.h)
 *   names    records of principals by name (the same)
 *   cells    groups of 1024 bytes (table/group.h)
 *
 * All bytes are hostile until checked: the header is checked against its own checksum
 * and the file's size at open, and its geometry copied; an image is copied, then
 * checked, before use.  Nothing else read from the file is ever an offset, a length
 * or a count.
 */
#ifndef WI_REGION_LAYOUT_H
#define WI_REGION_LAYOUT_H

#include "base/atomic.h"
#include "policy/policy.h"
#include "region/side.h"
#include "table/group.h"

#define WI_MAGIC "weir\r\n\x1a\n" /* 8 bytes; a text-mode copy breaks it             */
#define WI_FORMAT 1u
#define WI_PAGE_BYTES 4096u

struct wi_header {
  char magic[8];
  uint32_t format;
  uint32_t header_bytes; /* sizeof(struct wi_header)                                 */
  uint64_t fingerprint;  /* wi_layout_fingerprint(): architecture and every offset   */
  uint64_t file_bytes;
  uint64_t keys;         /* asked for                                                */
  uint64_t groups;
  uint32_t stripes;
  uint32_t names;
  uint64_t live_offset;
  uint64_t slots_offset;
  uint64_t stripes_offset;
  uint64_t side_offset;
  uint64_t names_offset;
  uint64_t cells_offset;
  uint64_t secret[2];    /* of the keyed hash                                        */
  uint64_t created_wall_ns;  /* CLOCK_REALTIME at creation …                         */
  uint64_t created_table_ns; /* … and the table's clock at that moment               */
  uint64_t checksum;     /* of all bytes before it                                   */
};
_Static_assert(sizeof(struct wi_header) == 144, "no padding in what a checksum covers");

/* One line, read by every decision, written by an apply, by the whole table's switch, and where a
 * block is the first of its sort. */
struct wi_hot {
  _Alignas(WI_LINE_BYTES) uint64_t policy_version; /* 0: no policy yet                 */
  uint64_t flags; /* of enum wi_hot_flag, and from WI_HOT_SHAPES_SHIFT on how many shapes
                     are ready (region/side.h): one word, so that a decision compares one */
  uint64_t reserved[6];
};

enum wi_hot_flag {
  WI_HOT_RETIRED = 1,   /* a larger table took over                                    */
  WI_HOT_DENY_ALL = 2,  /* the whole table's switch                                    */
  WI_HOT_ALLOW_ALL = 4, /* likewise                                                    */
  WI_HOT_SPILLED = 8    /* the spill group was used                                    */
};
#define WI_HOT_SHAPES_SHIFT 8u

/* The table's clock in this boot: CLOCK_MONOTONIC of the host + offset.  tag: a hash of
 * the boot's id, never 0; state: the offset, modulo 2^64.  The first process after a
 * reboot replaces it by a compare-and-swap; all others use what they find.
 * wall_lead_ns: CLOCK_REALTIME - the host's CLOCK_MONOTONIC when somebody last compared the
 * boot's id; a hint only (region/boot.c). */
struct wi_live {
  struct wi_hot hot;
  _Alignas(WI_LINE_BYTES) struct wi_cell boot;
  uint64_t wall_lead_ns;
  uint64_t pressure_ns; /* when a full group was last told of (guard/tell.h)            */
};
_Static_assert(sizeof(struct wi_live) == 128, "two lines");

/* Which id a limit's words have (a sliding limit has three in a row). */
struct wi_binding {
  uint32_t id;
  uint32_t slot; /* of its counters in a stripe: stays when the text's order changes  */
};

/* Numbers that a limit had before, or had when it was removed: its ids still occur in
 * cells.  `limit` is its place in the set, or WI_FORMER_GONE. */
#define WI_FORMERS_MAX 64
#define WI_FORMER_GONE UINT32_MAX
struct wi_former {
  struct wi_rule rule;
  uint32_t id;
  uint32_t limit;
  uint64_t changed_ns; /* on the table's clock: when it became a former               */
  uint64_t idle_at_ns; /* likewise: every cell of it is idle from then                */
};

/* What is counted comes first and is all that is copied and summed, so that a process that
 * asks once touches few pages. */
struct wi_image {
  uint64_t version;
  uint64_t checksum;     /* wi_image_checksum()                                       */
  uint32_t next_id;      /* ids from here on were never given out                     */
  uint32_t former_count;
  struct wi_binding bindings[WI_LIMITS_MAX]; /* as many as the set has limits          */
  struct wi_policy_set set;
  struct wi_former formers[WI_FORMERS_MAX];
};

#define WI_SLOTS 4u
#define WI_SLOT_BYTES 40960u
_Static_assert(sizeof(struct wi_image) <= WI_SLOT_BYTES, "an image fits its slot");

/* Counters of one processor. */
enum wi_counter {
  WI_COUNT_ALLOWED,
  WI_COUNT_DENIED,
  WI_COUNT_ERRORS,
  WI_COUNT_SHADOW_DENIED,
  WI_COUNT_INSERTED,
  WI_COUNT_RECLAIMED,
  WI_COUNT_EVICTED,
  WI_COUNT_INHERITED,
  WI_COUNT_FULL_DENIED,
  WI_COUNT_FULL_ALLOWED,
  WI_COUNT_UNDONE,
  WI_COUNT_DEBTS_LEFT,
  WI_COUNT_HEALED,
  WI_COUNT_CARRIED_OVER,
  WI_COUNT_BLOCKED,
  WI_COUNT_AUTO_BLOCKS,
  WI_COUNT_AUTO_BLOCKS_FAILED,
  WI_COUNT_SIGNALS,
  WI_COUNT_EVENTS_LOST, /* that no room or no writer was left for                       */
  WI_COUNTERS = 31
};

/* A principal whose denials are known by name already: only counted. */
#define WI_NOTES 32u
struct wi_note {
  uint64_t tag;   /* mark of the principal, and in the bits of an id when               */
  uint64_t count; /* denials since, not yet added to its record                          */
};

struct wi_stripe {
  /* A guess: what the last take here charged, bytes from the cells. */
  _Alignas(2 * WI_LINE_BYTES) uint64_t last_cell;
  uint64_t counts[WI_COUNTERS]; /* by enum wi_counter                                  */
  uint64_t denied[WI_LIMITS_MAX];        /* by the limit's slot (struct wi_binding)  */
  uint64_t shadow_denied[WI_LIMITS_MAX];
  struct wi_note notes[WI_NOTES];        /* who was denied lately (guard/note.h)     */
  uint64_t note_time; /* of the last note, in 2^22 ns of the table's clock, and the notes since */
  uint64_t reserved[15];
};
_Static_assert(sizeof(struct wi_stripe) == 1920, "whole pairs of lines");
#define WI_STRIPES_MAX 64u

/* Where everything is, in private memory. */
struct wi_geometry {
  uint64_t file_bytes;
  uint64_t keys;
  uint64_t groups;
  uint32_t stripes;
  uint32_t names;
  uint64_t live_offset, slots_offset, stripes_offset, side_offset, names_offset, cells_offset;
};

/* A table for one principal has as many cells as one for a few dozen, 2^32 at most. */
#define WI_GROUPS_MIN 4u
#define WI_GROUPS_MAX (((uint64_t)1 << 32) / WI_GROUP_CELLS)

/* Records of names that a table for so many keys has. */
static inline uint32_t wi_layout_names(uint64_t keys)
{
  uint32_t names = WI_NAMES_MIN;

  while (names < WI_NAMES_MAX && names < keys / WI_KEYS_A_NAME)
    names *= 2;
  return names;
}

/* The layout of a table with that many groups. */
void wi_layout(struct wi_geometry *geometry, uint64_t keys, uint64_t groups, uint32_t stripes);

uint64_t wi_layout_fingerprint(void);

/* A checksum against damage, not against malice: SipHash-1-3 under a fixed key. */
uint64_t wi_layout_checksum(const void *bytes, size_t length_bytes);

/* Check a header read from a file of file_bytes and copy its geometry.  Returns WEIR_OK or
 * one of the errors of weir_open(), with *what saying what was expected. */
int wi_layout_check(const struct wi_header *header, uint64_t file_bytes,
                    struct wi_geometry *geometry, const char **what);

#endif
