/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl sim: who is blocked, what is counted, and each operation on it. */
#ifndef WCTL_SIM_ENGINE_H
#define WCTL_SIM_ENGINE_H

#include "limit/exact.h"
#include "policy/policy.h"
#include "sim_event.h"
#include "sim_map.h"

/* ---------------------------------------------------------------------- blocks */

#define SIM_LEVEL_MAX 63 /* of earlier blocks that are remembered                         */

/* A set of attribute names that some block was given by. */
struct sim_shape {
  size_t count;
  char names[WCTL_REQUEST_ATTRIBUTES_MAX][WEIR_NAME_BYTES]; /* in byte order           */
};

struct sim_block {
  wi_u128 end_ns;      /* of all blocks, by hand or not                                 */
  wi_u128 tripped_end; /* of those that tripped                                         */
  uint64_t level;      /* how many of those are remembered                              */
  uint32_t by;         /* index + 1 of the limit or score that set end_ns; 0: by hand    */
};

struct sim_blocks {
  struct sim_shape *shapes;
  size_t shape_count;
  struct sim_map map; /* kind: index of the shape; payload: struct sim_block            */
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

/* Lift, and forget earlier blocks. */
int sim_block_lift(struct sim_blocks *blocks, const struct wctl_request *request);

/* A response trips, for whom these attributes name (in the byte order of their names). */
int sim_block_trip(struct sim_blocks *blocks, const struct weir_attribute *const *sorted,
                   size_t count, uint64_t now_ns, const struct wi_response *response);

/* Sets *last to the block that ends last of those that name the request's principal; NULL:
 * none. */
int sim_block_find(struct sim_blocks *blocks, const struct wctl_request *request,
                   const struct sim_block **last);
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
  uint32_t index; /* into set->policies                                                 */
  uint32_t limit_count;
  uint32_t limits[WI_LIMITS_MAX]; /* index into set->limits: those asked of everybody    */
  uint32_t special_words[WI_SPECIAL_REACHABLE + 1]; /* bits: words with such specials     */
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
  /* What stands in for a limit, by class: index + 1 of that, or 0. */
  uint8_t stands_in[WI_CLASSES_MAX][WI_LIMITS_MAX];
  struct sim_map principals; /* kind: key; payload: struct sim_principal, states      */
  struct sim_map specials;   /* kind: see sim_special; payload: uint32_t, index + 1    */
  struct sim_map uses;       /* kind: id of the values; payload: struct sim_use        */
  uint64_t values_count;     /* ids given so far                                       */
  uint64_t ask_count;        /* of distinct limits                                     */
  struct sim_map strikes;    /* kind: index of the response; payload: struct sim_strikes */
  struct sim_map scores;     /* kind: index of the limit; payload: struct wi_exact_state */
  struct sim_blocks blocks;
  struct sim_key key; /* scratch                                                     */
  struct sim_limit_counts counts[WI_LIMITS_MAX];
};

struct sim_principal {
  uint64_t denied;
  uint64_t live; /* for who is told of charges; the states behind it are 16-byte aligned */
};

/* The values that one principal has used under one limit.  Zeroed: none. */
struct sim_values {
  uint64_t id;
  uint64_t newest; /* when the last was used                                           */
  uint64_t count;  /* in the list                                                      */
  struct sim_use *first; /* least recently used                                        */
  struct sim_use *last;
};

union sim_state {
  struct wi_exact_state exact;
  struct sim_values values; /* of a distinct limit                                     */
};

/* What a request says, by the words of the policies. */
struct sim_terms {
  const struct wctl_request *request;
  const struct weir_attribute *attributes[WI_WORDS_MAX]; /* NULL: lacks it            */
  uint64_t counts[WI_WORDS_MAX];                         /* 0 where it has none       */
  bool counted[WI_WORDS_MAX];
};

/* One limit in a decision. */
struct sim_ask {
  uint32_t limit; /* index into set->limits                                           */
  uint64_t units; /* of a distinct limit: values that do not count yet                */
  struct sim_principal *principal; /* NULL: not seen yet (refund and reset only)      */
  union sim_state *state;
  struct wi_answer answer;
};

struct sim_asks {
  uint32_t count;
  struct sim_ask ask[WI_LIMITS_MAX];
};

void sim_terms_read(const struct sim_engine *engine, const struct wctl_request *request,
                    struct sim_terms *terms);

/* The first attribute of a key that a request lacks, or NULL. */
const char *sim_lacking(const struct sim_engine *engine, const struct sim_terms *terms,
                        uint32_t key);

/* The limits of a policy that take and peek ask, and refund gives back to (which leaves out
 * distinct ones).  Returns 0; -1: event->what says what the request lacks. */
int sim_ask_limits(struct sim_engine *engine, const struct sim_policy *policy,
                   const struct sim_terms *terms, struct sim_event *event,
                   struct sim_asks *asks);

/* Add one limit, or leave it out where it is optional and the request lacks what it needs. */
int sim_ask_add(const struct sim_engine *engine, const struct sim_terms *terms, uint32_t limit,
                struct sim_event *event, struct sim_asks *asks);

/* Those that reset empties: all whose attributes the request names. */
void sim_ask_resettable(const struct sim_engine *engine, const struct sim_policy *policy,
                        const struct sim_terms *terms, struct sim_asks *asks);

/* Their principals.  make: those that are new are made.  Returns 0; -2 where memory is
 * short. */
int sim_ask_principals(struct sim_engine *engine, const struct sim_terms *terms, bool make,
                       struct sim_asks *asks);

/* The principal of a key (index into set->keys); NULL where it was not seen. */
int sim_find_principal(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms,
                       struct sim_principal **principal);

union sim_state *sim_states_of(struct sim_principal *principal);

/* The values of a key's attributes in engine->key; 0, or -2 where memory is short. */
int sim_key_write(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms);

/* -------------------------------------------------------------------- special values */

/* Returns 0; -2 where memory is short. */
int sim_special_begin(struct sim_engine *engine);

/* The class of a policy that a request is a member of; -1: none. */
int sim_special_class(const struct sim_engine *engine, const struct sim_policy *policy,
                      const struct sim_terms *terms);

/* The words whose own limits are left out, as bits. */
uint32_t sim_special_exempt(const struct sim_engine *engine, const struct sim_policy *policy,
                            const struct sim_terms *terms);

/* Whether those words leave out a limit. */
bool sim_special_leaves_out(const struct sim_engine *engine, const struct wi_limit *limit,
                            uint32_t exempt);

/* The limits that decide instead where the request is blocked, in asks; none: it is blocked.
 * Returns as sim_ask_limits(). */
int sim_special_reachable(const struct sim_engine *engine, const struct sim_policy *policy,
                          const struct sim_terms *terms, struct sim_event *event,
                          struct sim_asks *asks);

/* ------------------------------------------------------------------- distinct values */

/* Sets ask->units and ask->answer.  Returns 0; -2 where memory is short. */
int sim_values_ask(struct sim_engine *engine, const struct sim_terms *terms, uint64_t now_ns,
                   struct sim_ask *ask);

/* Use them: all of an ask that passed. */
int sim_values_charge(struct sim_engine *engine, const struct sim_terms *terms, uint64_t now_ns,
                      struct sim_ask *ask);

/* --------------------------------------------------------------- denials and scores */

/* A limit of a policy (the one that a class overrides) has denied.  Returns 0; -2 where memory
 * is short. */
int sim_guard_denied(struct sim_engine *engine, uint32_t limit, const struct sim_terms *terms,
                     uint64_t now_ns);

/* Points for a score; the request has the attributes of its key. */
int sim_guard_score(struct sim_engine *engine, uint32_t score, uint64_t points,
                    const struct sim_terms *terms, uint64_t now_ns);

/* Forget what is counted by just this key of the request. */
int sim_guard_forget(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms);

void sim_guard_free(struct sim_engine *engine);

/* ------------------------------------------------------------------------ operations
 * Each returns 0; -1: event->what says what its request lacks; -2 where memory is short. */
int sim_decide(struct sim_engine *engine, const struct sim_policy *policy,
               struct sim_event *event, struct sim_verdict *verdict);
int sim_give_back(struct sim_engine *engine, const struct sim_policy *policy,
                  struct sim_event *event);
int sim_block(struct sim_engine *engine, struct sim_event *event);
int sim_unblock(struct sim_engine *engine, struct sim_event *event);
int sim_signal(struct sim_engine *engine, const struct sim_policy *policy,
               struct sim_event *event);

/* Takes set over: sim_engine_free() frees it.  Returns 0; -2 where memory is short. */
int sim_engine_begin(struct sim_engine *engine, struct wi_policy_set *set);
void sim_engine_free(struct sim_engine *engine);

int sim_engine_run(struct sim_engine *engine, struct sim_event *event,
                   struct sim_verdict *verdict);

#endif
