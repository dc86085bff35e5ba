/* SPDX-License-Identifier: BSD-2-Clause
 * How full a table's groups are: a compound Poisson process.
 *
 * A principal lies in one group, chosen by its hash, with one cell for each word of the
 * limits that remember it; cells whose limit has forgotten are free.  The limits of a key are
 * nested: whom the k-th longest remembers, the longer ones do too.  So batches of
 * 1, 1 + 2, … limits' cells fall on groups at rates lambda_c = (L_c - L_(c+1)) / groups, and
 * the cells S of a group follow Panjer's recursion (1981):
 *   P(0) = exp(-sum lambda_c),  P(s) = sum_c lambda_c b_c P(s - b_c) / s.
 * A newcomer of a key of C cells meets a full group where S > WI_GROUP_CELLS - C. */
#include "plan.h"
#include "table/group.h"

#define CLASSES_MAX WI_LIMITS_MAX
#define ROUNDING 1e-13 /* of a sum of 64 terms: what is less is none                  */

struct classes {
  uint32_t count;
  struct {
    double rate; /* a group                                                          */
    uint32_t cells;
  } each[CLASSES_MAX];
};

/* The limits of a key, the one that remembers most first. */
static uint32_t sort_limits(const struct wi_policy_set *set, const struct plan_load *load,
                            uint32_t key, uint32_t sorted[WI_LIMITS_MAX])
{
  uint32_t count = 0;

  for (uint32_t i = 0; i < set->limit_count; i++) {
    uint32_t at = count;

    if (set->limits[i].key != key)
      continue;
    for (; at > 0 && load->peak.live[sorted[at - 1]] < load->peak.live[i]; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = i;
    count++;
  }
  return count;
}

static void add_classes(const struct wi_policy_set *set, const struct plan_load *load,
                        uint32_t key, double groups, struct classes *classes)
{
  uint32_t sorted[WI_LIMITS_MAX], cells = 0;
  uint32_t count = sort_limits(set, load, key, sorted);

  for (uint32_t i = 0; i < count; i++) {
    double shorter = i + 1 < count ? load->peak.live[sorted[i + 1]] : 0;

    cells += plan_limit_cells(&set->limits[sorted[i]]);
    classes->each[classes->count].rate = (load->peak.live[sorted[i]] - shorter) / groups;
    classes->each[classes->count++].cells = cells;
  }
}

/* above[s]: the probability that a group has more than s cells. */
static void fill_tail(const struct classes *classes, double above[WI_GROUP_CELLS + 1])
{
  double p[WI_GROUP_CELLS + 1], rate = 0, sum;

  for (uint32_t i = 0; i < classes->count; i++)
    rate += classes->each[i].rate;
  p[0] = plan_exp(-rate);
  sum = p[0];
  above[0] = 1 - sum;
  for (uint32_t s = 1; s <= WI_GROUP_CELLS; s++) {
    p[s] = 0;
    for (uint32_t i = 0; i < classes->count; i++)
      if (classes->each[i].cells <= s)
        p[s] += classes->each[i].rate * classes->each[i].cells * p[s - classes->each[i].cells];
    p[s] /= s;
    sum += p[s];
    above[s] = sum < 1 - ROUNDING ? 1 - sum : 0;
  }
}

/* P(S + cells > WI_GROUP_CELLS) */
static double lacks_room(const double above[WI_GROUP_CELLS + 1], uint32_t cells)
{
  return cells > WI_GROUP_CELLS ? 1 : above[WI_GROUP_CELLS - cells];
}

void plan_groups_read(const struct wi_policy_set *set, const struct plan_load *load,
                      double groups, struct plan_groups *out)
{
  struct classes classes = {0};
  double above[WI_GROUP_CELLS + 1], newcomers = 0, meeting = 0;

  for (uint32_t key = 0; key < set->key_count; key++)
    add_classes(set, load, key, groups, &classes);
  fill_tail(&classes, above);
  *out = (struct plan_groups){.per_group = load->peak.cells / groups};
  for (uint32_t i = 0; i < set->limit_count; i++) {
    uint32_t own = plan_limit_cells(&set->limits[i]);
    uint32_t all = plan_key_cells(set, set->limits[i].key);

    newcomers += load->newcomers[i];
    meeting += load->newcomers[i] * lacks_room(above, all);
    for (uint32_t cell = 1; cell <= own; cell++)
      out->evicted += load->newcomers[i] * lacks_room(above, all - own + cell);
  }
  out->meet_full = newcomers > 0 ? meeting / newcomers : 0;
}
