/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl sim: a trace replayed against a policy on a virtual clock.
 *
 *   sim_lines    lines of the trace, of any length
 *   sim_event    one line: TIME OP REQUEST
 *   sim_map      byte strings to payloads
 *   sim_block    who is blocked, and until when
 *   sim_ask      which limits of which principals an event is about
 *   sim_engine   each operation on them
 *   sim_row      what is printed of an event
 *   sim_summary  what is printed at the end
 *   sim          the command
 *
 * Decided by limit/exact.h, without a table: no rounding, no full groups.  Memory grows
 * with the principals, not with the events.  One thread.
 */
#ifndef WCTL_SIM_H
#define WCTL_SIM_H

#include "limit/exact.h"
#include "policy/policy.h"
#include "request.h"
#include "weirctl.h"

/* ----------------------------------------------------------------------- lines */

struct sim_lines {
  int descriptor;
  char *buffer;
  size_t room;
  size_t begin; /* of what is not yet given out                                     */
  size_t end;
  bool ended;
};

/* The next line without its newline and one carriage return before that; it stays until
 * the next call.  Returns 1; 0 at the end; -1 with errno. */
int sim_lines_next(struct sim_lines *lines, const char **line, size_t *bytes);
void sim_lines_free(struct sim_lines *lines);

/* ---------------------------------------------------------------------- events */

enum sim_op { SIM_TAKE, SIM_PEEK, SIM_REFUND, SIM_BLOCK, SIM_UNBLOCK, SIM_RESET, SIM_OPS };

struct sim_event {
  const char *time; /* as it stands in the line; NULL: could not be read           */
  size_t time_bytes;
  uint64_t now_ns;
  const char *op_name; /* NULL: could not be read                                   */
  enum sim_op op;
  size_t request_column; /* from 1                                                  */
  struct wctl_request *request;
  size_t column; /* of a mistake                                                    */
  char what[WCTL_REQUEST_ERROR_BYTES]; /* the mistake                               */
};

/* Whether a line has an event: it is neither empty nor a comment. */
bool sim_event_is_there(const char *line, size_t bytes);

/* Read a line; event->request points to a request that may be parsed into.  whole_ns: TIME
 * is in ns, else in seconds.  Returns 0; -1 for a mistake; -2 where memory is short. */
int sim_event_read(const char *line, size_t bytes, bool whole_ns, struct sim_event *event);

/* Sets event->column and event->what.  Returns -1. */
__attribute__((format(printf, 3, 4))) int sim_event_mistake(struct sim_event *event, size_t column,
                                                            const char *format, ...);

/* ------------------------------------------------------------------------- map */

/* One key, made of a number and bytes. */
struct sim_entry {
  uint64_t kind;
  size_t key_bytes;
  /* the bytes; then the payload, 16-byte aligned */
};

struct sim_slot {
  uint64_t hash;
  struct sim_entry *entry; /* NULL: free                                            */
};

struct sim_map {
  uint64_t secret[2];
  struct sim_slot *slots;
  size_t slot_count; /* a power of two, or 0                                        */
  size_t entry_count;
  char **chunks; /* entries are never freed one by one                              */
  size_t chunk_count;
  size_t chunk_room; /* of the chunks array                                         */
  char *free;        /* in the newest chunk                                         */
  size_t free_bytes;
};

/* Zeroed is empty, but for the secret. */
void sim_map_begin(struct sim_map *map);
void sim_map_free(struct sim_map *map);

/* The hash of a key, and the look-up's first memory access begun. */
uint64_t sim_map_hash(const struct sim_map *map, uint64_t kind, const char *key, size_t key_bytes);

/* The second one begun: where several keys are looked up, do each step for all. */
void sim_map_fetch(const struct sim_map *map, uint64_t hash);

void *sim_map_find(const struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes);

/* The payload, zeroed where the key is new; NULL where memory is short. */
void *sim_map_need(struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes, size_t payload_bytes);

/* Calls visit once an entry, in no order. */
typedef void sim_map_visitor(void *context, uint64_t kind, const void *payload, const char *key,
                             size_t key_bytes);
void sim_map_visit(const struct sim_map *map, sim_map_visitor *visit, void *context);

/* The values of a principal as a key: each value behind its length. */
struct sim_key {
  char *bytes;
  size_t length;
  size_t room;
};

/* Returns 0, or -1 where memory is short. */
int sim_key_add(struct sim_key *key, const void *value, size_t value_bytes);

/* The value at *at, which moves on behind it. */
const char *sim_key_value(const char **at, size_t *value_bytes);

/* ---------------------------------------------------------------------- blocks */

/* A set of attribute names that some block was given by. */
struct sim_shape {
  size_t count;
  char names[WCTL_REQUEST_ATTRIBUTES_MAX][WEIR_NAME_BYTES]; /* in byte order           */
};

struct sim_blocks {
  struct sim_shape *shapes;
  size_t shape_count;
  struct sim_map map; /* kind: index of the shape; payload: wi_u128 end in ns           */
  struct sim_key key; /* scratch                                                        */
};

/* The attributes of a request in the byte order of their names, but for the numbers
 * `messages`, `recipients` and `bytes`: the principal that a block names.  Returns how
 * many. */
size_t sim_block_principal(const struct wctl_request *request,
                           const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX]);

#define SIM_BLOCK_LIFTED_ONLY (~(wi_u128)0) /* an end                                 */

/* Block until end_ns, which may be after the end of time, or longer where it is so
 * already.  Returns 0; -1 where memory is short. */
int sim_block_set(struct sim_blocks *blocks, const struct wctl_request *request,
                  wi_u128 end_ns);
int sim_block_lift(struct sim_blocks *blocks, const struct wctl_request *request);

/* Sets *end_ns to the latest end of the blocks that name the request's principal; 0: none. */
int sim_block_find(struct sim_blocks *blocks, const struct wctl_request *request,
                   wi_u128 *end_ns);
void sim_blocks_free(struct sim_blocks *blocks);

/* ---------------------------------------------------------------------- engine */

enum sim_outcome { SIM_ALLOWED, SIM_DENIED, SIM_BLOCKED, SIM_OK, SIM_ERROR };

struct sim_verdict {
  enum sim_outcome outcome;
  const char *limit;  /* NULL: none                                                 */
  uint64_t remaining; /* of that limit                                              */
  uint64_t retry_ns;  /* UINT64_MAX: never                                          */
};

struct sim_limit_counts {
  uint64_t asked;
  uint64_t denied; /* said no, be it the one that is named or not                    */
  uint64_t shadow_denied;
};

struct sim_principal;

struct sim_policy {
  uint32_t limit_count;
  uint32_t limits[WI_LIMITS_MAX]; /* index into set->limits                          */
};

/* Told of each charge to a limit, after it.  NULL: nobody. */
typedef void sim_charged(void *context, uint32_t limit, struct sim_principal *principal,
                         uint64_t now_ns);

struct sim_engine {
  struct wi_policy_set *set;
  sim_charged *charged;
  void *charged_context;
  struct wi_exact exact[WI_LIMITS_MAX];
  uint32_t state_of[WI_LIMITS_MAX];   /* which of its key's states                    */
  uint32_t states[WI_KEYS_MAX];       /* how many limits count by a key               */
  size_t word_bytes[WI_WORDS_MAX];
  struct sim_policy policies[WI_POLICIES_MAX];
  struct sim_map principals; /* kind: key; payload: struct sim_principal, states      */
  struct sim_blocks blocks;
  struct sim_key key; /* scratch                                                     */
  struct sim_limit_counts counts[WI_LIMITS_MAX];
};

struct sim_principal {
  uint64_t denied;
  uint64_t live; /* for who is told of charges; the states behind it are 16-byte aligned */
};

/* What a request says, by the words of the policies. */
struct sim_terms {
  const struct weir_attribute *attributes[WI_WORDS_MAX]; /* NULL: lacks it            */
  uint64_t counts[WI_WORDS_MAX];                         /* 0 where it has none       */
  bool counted[WI_WORDS_MAX];
};

/* One limit in a decision. */
struct sim_ask {
  uint32_t limit; /* index into set->limits                                           */
  uint64_t units;
  struct sim_principal *principal; /* NULL: not seen yet (refund and reset only)      */
  struct wi_exact_state *state;
  struct wi_answer answer;
};

struct sim_asks {
  uint32_t count;
  struct sim_ask ask[WI_LIMITS_MAX];
};

void sim_terms_read(const struct sim_engine *engine, const struct wctl_request *request,
                    struct sim_terms *terms);

/* The limits of a policy that apply.  strictly: an attribute or a number that the request
 * lacks is a mistake where the limit is not optional; else such a limit is left out, and
 * numbers do not matter.  Returns 0; -1: event->what says what is lacking. */
int sim_ask_limits(const struct sim_engine *engine, const struct sim_policy *policy,
                   const struct sim_terms *terms, bool strictly, struct sim_event *event,
                   struct sim_asks *asks);

/* Their principals.  make: those that are new are made.  Returns 0; -2 where memory is
 * short. */
int sim_ask_principals(struct sim_engine *engine, const struct sim_terms *terms, bool make,
                       struct sim_asks *asks);

/* The principal of a key (index into set->keys); NULL where it was not seen. */
int sim_find_principal(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms,
                       struct sim_principal **principal);

struct wi_exact_state *sim_states_of(struct sim_principal *principal);

/* Takes set over: sim_engine_free() frees it. */
void sim_engine_begin(struct sim_engine *engine, struct wi_policy_set *set);
void sim_engine_free(struct sim_engine *engine);

/* Returns 0; -1: event->what says what its request lacks; -2 where memory is short. */
int sim_engine_run(struct sim_engine *engine, struct sim_event *event,
                   struct sim_verdict *verdict);

/* --------------------------------------------------------------- what is printed */

void sim_row_print(const struct sim_event *event, const struct sim_verdict *verdict, bool json);

struct sim_totals {
  uint64_t events;
  uint64_t outcomes[SIM_ERROR + 1];
};

/* On standard error.  Returns 0, or -1 where memory is short. */
int sim_summary_print(const struct sim_engine *engine, const struct sim_totals *totals,
                      bool json);

#endif
