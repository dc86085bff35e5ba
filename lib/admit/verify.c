/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/verify.h"

#include <limits.h>
#include <stdio.h>

struct verifier {
  const struct weir_table *table;
  const struct wi_plan *plan;
  weir_complaint *complaint;
  void *context;
  int findings;
};

#define SPILL UINT64_MAX /* in the place of a group's number: that of side.h              */

static void find_fault(struct verifier *verifier, uint64_t group, uint32_t cell, const char *what)
{
  char line[160], name[32] = "of the spill";

  if (verifier->findings < INT_MAX)
    verifier->findings++;
  if (verifier->complaint == NULL)
    return;
  if (group != SPILL)
    (void)snprintf(name, sizeof name, "%llu", (unsigned long long)group);
  (void)snprintf(line, sizeof line, "group %s cell %u: %s", name, cell, what);
  verifier->complaint(verifier->context, line);
}

/* What is wrong with one cell by itself, or NULL. */
static const char *cell_fault(const struct verifier *verifier, uint64_t group, struct wi_cell cell)
{
  uint32_t id = wi_tag_id(cell.tag);

  if (cell.tag == WI_TAG_NEVER)
    return cell.state == 0 ? NULL : "never used, but its state is not 0";
  if (cell.tag == WI_TAG_DEAD)
    return NULL;
  if ((id == WI_ID_BLOCK || id == WI_ID_CLASS) && wi_tag_mark(cell.tag) != 0)
    return NULL;
  if (group == SPILL)
    return "of no block, which alone may be there";
  if (id < WI_ID_FIRST_WORD)
    return "of a kind that this version does not know";
  if (verifier->plan == NULL || id >= verifier->plan->image.next_id)
    return "of a limit that no policy has had";
  return (cell.state & WI_TENTATIVE) != 0 && wi_tag_mark(cell.tag) == 0 ? "a tentative cell of nobody"
                                                                       : NULL;
}

static struct wi_cell read_cell(const struct wi_cell *cell)
{
  struct wi_cell copy = {.tag = wi_load_acquire(&cell->tag)};

  copy.state = wi_load_acquire(&cell->state); /* a torn pair is read again before it counts */
  return copy;
}

static bool is_live(struct wi_cell cell)
{
  return wi_tag_mark(cell.tag) != 0 && (cell.state & WI_TENTATIVE) == 0;
}

static void verify_group(struct verifier *verifier, uint64_t index)
{
  const struct wi_region *region = &verifier->table->region;
  const struct wi_cell *group =
      index == SPILL ? region->side->spill : region->cells + index * WI_GROUP_CELLS;
  struct wi_cell cells[WI_GROUP_CELLS];

  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    const char *fault;

    cells[i] = read_cell(&group[i]);
    fault = cell_fault(verifier, index, cells[i]);
    for (int again = 0; fault != NULL && again < 3; again++)
      fault = cell_fault(verifier, index, read_cell(&group[i]));
    if (fault != NULL)
      find_fault(verifier, index, i, fault);
  }
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    for (uint32_t j = i + 1; is_live(cells[i]) && j < WI_GROUP_CELLS; j++) {
      struct wi_cell first, second;

      if (!is_live(cells[j]) || cells[i].tag != cells[j].tag)
        continue;
      second = read_cell(&group[j]);
      first = read_cell(&group[i]);
      if (is_live(first) && is_live(second) && first.tag == second.tag)
        find_fault(verifier, index, j, "a second live cell of the same principal and limit");
    }
}

int wi_verify_cells(const struct weir_table *table, const struct wi_plan *plan,
                    weir_complaint *complaint, void *context)
{
  struct verifier verifier = {table, plan, complaint, context, 0};

  for (uint64_t group = 0; group < table->region.geometry.groups; group++)
    verify_group(&verifier, group);
  verify_group(&verifier, SPILL);
  return verifier.findings;
}
