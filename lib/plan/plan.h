/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy image made ready for decisions, in this process's own memory: nothing of it is
 * read from the shared file again.  Immutable once published.
 */
#ifndef WI_PLAN_PLAN_H
#define WI_PLAN_PLAN_H

#include <stddef.h>

#include "base/label.h"
#include "limit/bucket.h"
#include "limit/window.h"
#include "plan/image.h"
#include "region/region.h"

/* A rule with its ids: of a limit in force, or of a former. */
struct wi_meter {
  union {
    struct wi_bucket bucket;
    struct wi_window window;
  } as;
  bool sliding;
  uint8_t id;    /* first of them                                                     */
  uint8_t words; /* 1 or 3: without the values of a distinct one                       */
  uint8_t limit; /* of a former: index of its limit, WI_LIMITS_MAX: gone              */
  uint64_t changed_ns; /* of a former: when its numbers were replaced, table's clock   */
};

struct wi_plan_limit {
  struct wi_meter meter;
  struct weir_verdict verdict; /* what it says where it allows, but for what remains  */
  struct wi_label unit; /* in image                                                    */
  uint8_t key;
  uint8_t key_at;     /* in its policy's keys                                         */
  uint8_t slot;
  uint8_t when_full;
  bool shadow, optional;
  bool distinct, canonical; /* admit/seen.h                                             */
  bool responds;      /* a denial by it has consequences beyond its record               */
  bool unlimited;     /* of a class: the limit is lifted                               */
  uint8_t kind;       /* enum wi_limit_kind                                             */
  uint8_t of;         /* index of the limit that it belongs to                          */
  uint8_t class_at;
  bool unit_is_messages; /* 1 where the request does not say                          */
  uint64_t message_ticks; /* bucket: what a request costs that names no unit; 0: the
                           * limit counts another one                                  */
  uint8_t former_count;
  uint8_t formers[WI_FORMERS_MAX]; /* indices into plan->formers, by changed_ns        */
};

struct wi_plan_key {
  struct wi_sip begun;      /* secret and attribute names absorbed                    */
  uint8_t attribute_count;
  struct wi_label attributes[WI_KEY_ATTRIBUTES_MAX]; /* in byte order                    */
};
_Static_assert(sizeof(struct wi_plan_key) % 8 == 0, "a key lies in an arena");

bool wi_plan_same_key(const struct wi_plan_key *a, const struct wi_plan_key *b);

/* Set key->begun from its attributes. */
void wi_plan_key_begin(struct wi_plan_key *key, const uint64_t secret[2]);

struct wi_plan_policy {
  const char *name;
  uint8_t limit_count;
  uint8_t limits[WI_LIMITS_MAX];  /* in the order of the text                          */
  uint8_t charge_order[WI_LIMITS_MAX]; /* indices into limits: shortest memory first, so
                                   * that a charge that cannot be undone is a cheap one */
  uint8_t key_count;
  uint8_t keys[WI_KEYS_MAX];
  uint32_t extra; /* bit i: blocks by plan->shapes[i], which is none of its keys         */
  struct wi_wanted wanted[WI_KEYS_MAX]; /* what to look for in each key's group          */
  bool coarse_clock;
  bool distinct; /* one of its limits is, or of its classes                            */
  bool responds; /* a denial may have consequences (respond/response.h)                 */
  uint32_t special_words; /* bit i: the policy has members or exemptions by word i       */
  uint32_t special_extra; /* of these, such as are no key of it by themselves            */
  bool quick; /* admit/quick.h serves: buckets alone, none with a former or in shadow  */
  const struct wi_plan_key *lone_key; /* quick, and the only key, of one attribute; or NULL */
  const struct wi_plan_limit *only; /* that, and the only limit; else NULL             */
};

/* Limits that the quick path takes. */
#define WI_QUICK_LIMITS_MAX 8u

/* A principal of one attribute that a policy treats in its own way, by its hash. */
struct wi_plan_special {
  struct wi_hash hash;
  uint8_t kind; /* enum wi_special_kind                                                 */
  uint8_t policy;
  uint8_t word;
  uint8_t at;   /* index into classes or limits                                         */
};

#define WI_PLAN_PAGE_BYTES 4096u /* of the processor's; a larger one costs nothing here   */
#define WI_PLAN_TO_PAGE(bytes)                                                                     \
  (((bytes) + WI_PLAN_PAGE_BYTES - 1) / WI_PLAN_PAGE_BYTES * WI_PLAN_PAGE_BYTES)
#define WI_PLAN_HEAD_BYTES 480u /* what is before the arena                               */

enum wi_id_owner { WI_ID_UNKNOWN, WI_ID_OF_LIMIT, WI_ID_OF_FORMER };

#define WI_PLAN_ARENA_BYTES                                                                   \
  (WI_KEYS_MAX * sizeof(struct wi_plan_key) + WI_LIMITS_MAX * sizeof(struct wi_plan_limit) +  \
   (WI_POLICIES_MAX + 1) * sizeof(struct wi_plan_policy) + WI_FORMERS_MAX * sizeof(struct wi_meter))

/* In the order of use: what a small policy needs lies in the first page and in the image's. */
struct wi_plan {
  /* 0: not in use; changes first and last while it is made. */
  uint64_t version;
  uint32_t policy_count;
  const struct wi_plan_policy *sole; /* where there is one policy; else NULL            */
  struct {
    uint8_t owner; /* enum wi_id_owner                                                 */
    uint8_t index; /* into limits or formers                                           */
    uint8_t word;
  } ids[WI_IDS];
  struct wi_plan_key *keys;         /* as many of each as the image counts, in arena    */
  struct wi_plan_limit *limits;
  struct wi_plan_policy *policies;
  struct wi_meter *formers;
  uint32_t special_count;
  struct wi_plan_policy *backstage; /* stands for a policy where a limit that no request is
                                     * asked for is charged: one key, any cells          */
  uint64_t hot_flags; /* what the hot line's flags are where nothing is unusual, but SPILLED */
  uint64_t shapes_ready; /* bit i: shapes[i] is one that blocks were given by            */
  /* Up to the end of a page, where the plan begins with one. */
  _Alignas(16) unsigned char arena[WI_PLAN_TO_PAGE(WI_PLAN_HEAD_BYTES + WI_PLAN_ARENA_BYTES) -
                                   WI_PLAN_HEAD_BYTES];
  struct wi_image image; /* the private copy; names point into it                      */
  struct wi_plan_special specials[WI_SPECIALS_MAX]; /* by hash.mark                     */
  struct wi_plan_key word_keys[WI_WORDS_MAX]; /* of words that specials have, else unset  */
  struct wi_plan_key shapes[WI_SHAPES_MAX];
  union {
    char names[WI_KEY_ATTRIBUTES_MAX][WEIR_NAME_BYTES];
    uint64_t words[WI_KEY_ATTRIBUTES_MAX * WEIR_NAME_BYTES / sizeof(uint64_t)];
  } shape_names[WI_SHAPES_MAX];
};

_Static_assert(offsetof(struct wi_plan, arena) == WI_PLAN_HEAD_BYTES, "WI_PLAN_HEAD_BYTES");
_Static_assert(offsetof(struct wi_plan, image) % WI_PLAN_PAGE_BYTES == 0, "a page's beginning");

/* The plans of one handle.  The newest is `current`.  A plan's memory is used again when
 * WI_PLANS newer ones were made and a minute has passed since it was current; until then who
 * needs one more makes it in memory of its own.  A thread that sleeps longer than that in one
 * decision, while others of its process go on, finds plan->version changed before it acts. */
#define WI_PLANS 32u
#define WI_PLAN_REST_NS 60000000000u
struct wi_plans {
  struct wi_plan *ring; /* WI_PLANS of them, all 0, touched when used                 */
  uint64_t current;     /* address of the newest plan, 0: none yet                      */
  uint64_t loading;     /* 1 while a thread makes the next one                          */
  uint64_t made;
  uint64_t superseded_ns[WI_PLANS]; /* CLOCK_MONOTONIC; read and written while loading is 1 */
};

/* Leave the ring as it was found, for the next handle. */
void wi_plans_end(struct wi_plans *plans);

/* The plan of the policy in force, if it is ready; *unusual: of enum wi_hot_flag, but SPILLED.
 * One line of the shared file is read. */
static inline const struct wi_plan *wi_plans_ready(const struct wi_plans *plans,
                                                   const struct wi_region *region,
                                                   uint64_t *unusual)
{
  /* Partner: the CAS in plan/publish.c, after which the image is complete. */
  uint64_t version = wi_load_acquire(&region->live->hot.policy_version);
  /* Partner: the fetch_or in respond/shape.c, after which the shape is complete. */
  uint64_t flags = wi_load_acquire(&region->live->hot.flags);
  /* Partner: the release store in wi_plans_load(). */
  const struct wi_plan *plan = (const struct wi_plan *)(uintptr_t)wi_load_acquire(&plans->current);

  *unusual = flags & (WI_HOT_RETIRED | WI_HOT_DENY_ALL | WI_HOT_ALLOW_ALL);
  return plan != NULL && wi_load_relaxed(&plan->version) == version &&
                 plan->shapes_ready == flags >> WI_HOT_SHAPES_SHIFT
             ? plan
             : NULL;
}

/* Make the plan of the policy in force, or find it made.  *plan NULL: another thread is at it,
 * which nobody waits for; the caller makes one of its own with wi_plan_make().
 * Returns WEIR_OK, WEIR_E_POLICY (no policy yet) or WEIR_E_CORRUPT. */
int wi_plans_load(struct wi_plans *plans, const struct wi_region *region,
                  const struct wi_plan **plan);

int wi_plan_make(struct wi_plan *plan, const struct wi_region *region);

/* special.c.  The specials, sorted; the file's filter knows them, too. */
void wi_plan_compile_specials(struct wi_plan *plan, const struct wi_region *region);

/* The first special with a hash, of specials[*at] on; *at moves on behind it.  NULL: no more. */
const struct wi_plan_special *wi_plan_special(const struct wi_plan *plan, struct wi_hash hash,
                                              uint32_t *at);

/* After wi_plan_compile(): the shapes that blocks were given by (region/side.h). */
void wi_plan_read_shapes(struct wi_plan *plan, const struct wi_region *region);

/* Copy the image in force out of the file and check it.  Returns as wi_plans_load(). */
int wi_plan_read_image(const struct wi_region *region, struct wi_image *image);

/* Compile a checked image that lies in plan->image. */
void wi_plan_compile(struct wi_plan *plan, const uint64_t secret[2], uint64_t coarse_tick_ns);

/* plan/publish.c: replace the policies of a live table. */
int wi_plan_publish(const struct wi_region *region, const struct wi_policy_set *set,
                    struct weir_fault *fault);

#endif
