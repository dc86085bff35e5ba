/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a table keeps beside its cells, all of it for the exceptional few: who may be blocked,
 * by what sort of name, under which name, and what has happened.  No allowed decision writes
 * here, and one of somebody of whom nothing is known reads one bit of the filter.
 *
 *   filter   a bit a principal that was ever blocked or made a member by hand; never cleared
 *   shapes   sets of attributes that blocks were given by beyond the keys of the policies
 *   spill    blocks that found no room in their own group
 *   names    of principals that were blocked or denied            guard/name.h
 *   events   ring of what has happened                            guard/ring.h
 */
#ifndef WI_REGION_SIDE_H
#define WI_REGION_SIDE_H

#include "base/atomic.h"
#include "policy/policy.h"
#include "table/group.h"

#define WI_FILTER_BITS 32768u

/* Written once: claim from 0 to WI_SHAPE_CLAIMED, the rest, then claim to WI_SHAPE_READY.  A
 * process killed in between costs that entry. */
#define WI_SHAPES_MAX 24u
#define WI_SHAPES_FREE 12u /* of these, for sorts that no policy counts by: misspelt ones must not
                              leave none for those that it does                          */
#define WI_SHAPE_CLAIMED 1u
#define WI_SHAPE_READY 2u
struct wi_shape {
  uint64_t claim;
  uint64_t attribute_count; /* 1 to WI_KEY_ATTRIBUTES_MAX                                */
  uint64_t names[WI_KEY_ATTRIBUTES_MAX * WEIR_NAME_BYTES / sizeof(uint64_t)]; /* as bytes: each
                                                             NUL-padded, in byte order */
};

/* Printable, in the words of a request: user=alice ip=10.0.0.1.  NUL-terminated, cut off with
 * an ellipsis where it is longer. */
#define WI_PRINCIPAL_BYTES 208

/* One record: guard/name.h says how it is written. */
struct wi_name {
  uint64_t claim;     /* 0: never used                                                  */
  uint64_t kind;      /* enum wi_name_kind                                              */
  struct wi_hash hash; /* of the principal                                              */
  uint64_t word;      /* of a block: the word of its cell that this record tells of      */
  uint64_t since_wall_ns; /* CLOCK_REALTIME: of a block, or when it was first denied     */
  char principal[WI_PRINCIPAL_BYTES];
  char by[32];
  char reason[72];
  /* Beside the record's claim and checksum: added to and replaced word by word.          */
  uint64_t denied;         /* denials that were noted                                   */
  uint64_t denied_last_ns; /* table's clock                                             */
  uint64_t slot;           /* of the limit that last denied                             */
};
_Static_assert(sizeof(struct wi_name) == 384, "six lines");

/* What an event says, copied from and to its entry word by word. */
struct wi_ring_body {
  uint64_t wall_ns;
  uint64_t until_wall_ns; /* of a block; 0: none, WEIR_NEVER: until lifted                */
  uint64_t kind_level;    /* enum weir_event_kind, and above bit 32 the level of a block  */
  uint64_t amount;        /* a number that the kind gives a meaning                        */
  char principal[WI_PRINCIPAL_BYTES];
  char limit[WEIR_NAME_BYTES];
  char reason[32];
  char by[32];
};
#define WI_RING_WORDS (sizeof(struct wi_ring_body) / sizeof(uint64_t))

/* One entry of the ring: guard/ring.h says how it is written. */
struct wi_ring_entry {
  uint64_t sequence;
  uint64_t checksum;
  uint64_t body[WI_RING_WORDS];
};
_Static_assert(sizeof(struct wi_ring_entry) == 384, "six lines");

#define WI_RING_ENTRIES 1024u /* a power of two                                          */

struct wi_side {
  uint64_t filter[WI_FILTER_BITS / 64];
  _Alignas(WI_GROUP_BYTES) struct wi_cell spill[WI_GROUP_CELLS];
  struct wi_shape shapes[WI_SHAPES_MAX];
  _Alignas(2 * WI_LINE_BYTES) uint64_t ring_head; /* events that were ever begun         */
  uint64_t ring_reserved[15];
  _Alignas(WI_LINE_BYTES) struct wi_ring_entry ring[WI_RING_ENTRIES];
};

/* As many names as keys / WI_KEYS_A_NAME, within these; a power of two. */
#define WI_KEYS_A_NAME 1024u
#define WI_NAMES_MIN 1024u
#define WI_NAMES_MAX 65536u

#endif
