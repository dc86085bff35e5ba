/* SPDX-License-Identifier: BSD-2-Clause
 * Create, open, close. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "admit/admit.h"
#include "base/arith.h"

WI_PUBLIC const char *weir_version(void)
{
#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
  return VERSION(WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
#undef VERSION
#undef TEXT
}

static const char *default_path(void)
{
  const char *path = secure_getenv("WEIR_TABLE");

  return path != NULL && *path != '\0' ? path : WEIR_DEFAULT_TABLE;
}

/* A handle and what its plans need, of which only what is used costs anything.  The plans begin
 * with the first full page: aligned here, since a .bss so aligned would begin one of its own. */
struct holding {
  struct weir_table table;
  unsigned char plans[WI_PLANS * sizeof(struct wi_plan) + WI_PLAN_PAGE_BYTES];
};

/* The first handle of a process is here: two system calls less for a program that decides
 * once, and most have one. */
static struct holding first;
static uint64_t first_in_use;

static struct weir_table *new_table(struct weir_fault *fault)
{
  struct holding *holding = &first;

  /* Partner: the release store in drop_table(). */
  if (wi_exchange_acquire(&first_in_use, 1) != 0)
    holding = mmap(NULL, sizeof *holding, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (holding == MAP_FAILED) {
    (void)wi_fault(fault, WEIR_E_SPACE, ENOMEM, "no memory for a handle");
    return NULL;
  }
  holding->table.region.file = -1;
  holding->table.plans.ring =
      (struct wi_plan *)(void *)(holding->plans + -(uintptr_t)holding->plans % WI_PLAN_PAGE_BYTES);
  return &holding->table;
}

static void drop_table(struct weir_table *table)
{
  struct holding *holding = (struct holding *)(void *)table; /* its first member */

  if (holding != &first) {
    (void)munmap(holding, sizeof *holding);
    return;
  }
  wi_plans_end(&table->plans);
  memset(table, 0, offsetof(struct weir_table, memos)); /* what they say holds for ever */
  table->region.file = -1; /* a handle closed twice must not close another's descriptor 0 */
  wi_store_release(&first_in_use, 0); /* partner: the exchange in new_table() */
}

WI_PUBLIC int weir_open(const char *path, struct weir_table **table, struct weir_fault *fault)
{
  struct weir_table *made;
  int error;

  if (table == NULL)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected where to put the table's handle");
  *table = NULL;
  made = new_table(fault);
  if (made == NULL)
    return WEIR_E_SPACE;
  error = wi_region_open(path != NULL ? path : default_path(), &made->region, fault);
  if (error == WEIR_OK)
    *table = made;
  else
    weir_close(made);
  return error;
}

WI_PUBLIC void weir_close(struct weir_table *table)
{
  if (table == NULL)
    return;
  wi_region_close(&table->region);
  drop_table(table);
}

/* Bytes of cells a principal, by how many it needs: 16 each, and room that keeps the share of
 * newcomers' cells that find their group full while the table fills below 0.1 % with one, 1 %
 * with three, 2 % with five (groups of 64 by Poisson; bench/bench_memory.c). */
static uint64_t bytes_per_principal(uint32_t cells)
{
  return cells == 1 ? 25 : (uint64_t)cells * 47 / 2;
}

static int check_create(const struct weir_create_options *options, struct weir_fault *fault)
{
  if (options == NULL || options->size_bytes != sizeof *options)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected size_bytes to be %zu", sizeof *options);
  if ((options->flags & ~(uint32_t)WEIR_CREATE_GROUP) != 0 || options->reserved != 0)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected no flag but WEIR_CREATE_GROUP");
  if (options->mode != 0 && options->mode != 0600 && options->mode != 0660)
    return wi_fault(fault, WEIR_E_RANGE, 0, "mode %04o, expected 0600 or 0660", options->mode);
  if (options->policy_text == NULL && options->policy_bytes != 0)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected a policy text");
  return WEIR_OK;
}

static int size_region(const struct weir_create_options *options,
                       const struct wi_policy_set *set, struct wi_region_plan *plan,
                       struct weir_fault *fault)
{
  uint32_t cells = set != NULL ? wi_image_cells_per_principal(set) : 3;
  uint64_t bytes = wi_mul_sat(options->keys, bytes_per_principal(cells));
  uint64_t groups = bytes / WI_GROUP_BYTES + (bytes % WI_GROUP_BYTES != 0);

  if (options->keys == 0 || groups > WI_GROUPS_MAX)
    return wi_fault(fault, WEIR_E_RANGE, 0, "%llu keys, expected 1 to %llu",
                    (unsigned long long)options->keys,
                    (unsigned long long)(WI_GROUPS_MAX * WI_GROUP_BYTES /
                                         bytes_per_principal(cells)));
  plan->keys = options->keys;
  plan->groups = wi_max(groups, WI_GROUPS_MIN);
  plan->mode = options->mode != 0 ? options->mode : 0660;
  plan->has_group = (options->flags & WEIR_CREATE_GROUP) != 0;
  plan->group = options->group;
  return WEIR_OK;
}

static int create_region(const char *path, const struct weir_create_options *options,
                         struct wi_policy_set *set, struct wi_image *image,
                         struct wi_region *region, struct weir_fault *fault)
{
  struct wi_region_plan plan = {.image = NULL};
  struct wi_sweep sweep;
  uint32_t lost;
  int error = WEIR_OK;

  if (options->policy_text != NULL) {
    error = wi_policy_parse(options->policy_text, options->policy_bytes,
                            options->policy_name != NULL ? options->policy_name : "policy", set,
                            NULL, NULL, fault);
    if (error == WEIR_OK) {
      error = wi_image_bind(NULL, set, 0, image, &sweep, &lost);
      if (error != WEIR_OK)
        (void)wi_fault(fault, error, 0, "more limits than a table has words for");
    }
    plan.image = image;
  }
  if (error == WEIR_OK)
    error = size_region(options, options->policy_text != NULL ? set : NULL, &plan, fault);
  return error == WEIR_OK ? wi_region_create(path, &plan, region, fault) : error;
}

WI_PUBLIC int weir_create(const char *path, const struct weir_create_options *options,
                          struct weir_table **table, struct weir_fault *fault)
{
  struct scratch {
    struct wi_policy_set set;
    struct wi_image image;
  } *scratch;
  struct weir_table *made;
  int error;

  if (table == NULL)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected where to put the table's handle");
  *table = NULL;
  error = check_create(options, fault);
  if (error != WEIR_OK)
    return error;
  scratch = calloc(1, sizeof *scratch);
  made = new_table(fault);
  if (scratch == NULL || made == NULL) {
    error = wi_fault(fault, WEIR_E_SPACE, ENOMEM, "no memory");
  } else {
    error = create_region(path, options, &scratch->set, &scratch->image, &made->region, fault);
  }
  free(scratch);
  if (error == WEIR_OK)
    *table = made;
  else
    weir_close(made);
  return error;
}

WI_PUBLIC uint64_t weir_now_ns(struct weir_table *table)
{
  return table != NULL ? wi_region_now_ns(&table->region, false) : 0;
}
