/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory_model.h"

#include <math.h>

#define POINTS 1000 /* of the integration; more changes no printed digit */

static struct model_shares shares_at(uint32_t group_cells, uint32_t cells, double mean)
{
  struct model_shares shares = {1, 1};
  double chance = exp(-mean);

  for (uint32_t there = 0; there * cells < group_cells; there++) {
    uint32_t room = group_cells - there * cells;

    shares.principal -= room >= cells ? chance : 0;
    shares.cell -= chance * (room >= cells ? 1 : (double)room / cells);
    chance *= mean / (there + 1);
  }
  shares.principal = fmax(shares.principal, 0); /* what rounding leaves of nothing */
  shares.cell = fmax(shares.cell, 0);
  return shares;
}

struct model_shares model_shares(uint32_t group_cells, uint32_t cells, double from, double to)
{
  struct model_shares sum = {0, 0};

  for (int i = 0; i < POINTS; i++) {
    struct model_shares at =
        shares_at(group_cells, cells, from + (to - from) * ((double)i + 0.5) / POINTS);

    sum.principal += at.principal / POINTS;
    sum.cell += at.cell / POINTS;
  }
  return sum;
}
