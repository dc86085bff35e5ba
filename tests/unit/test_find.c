/* SPDX-License-Identifier: BSD-2-Clause
 * What a search of a group finds: a principal's cells, and the FLOORs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "table/group.h"

enum { WORD = WI_ID_FIRST_WORD, OTHER, THIRD };

#define MARK ((uint64_t)5 << WI_ID_BITS)
#define STRANGER ((uint64_t)6 << WI_ID_BITS)
#define FIRST 40u /* the search goes around the group's end                               */

struct scene {
  struct wi_cell cells[WI_GROUP_CELLS];
  struct wi_place place;
  struct wi_hits hits;
};

/* By the cell's place in the search. */
static void put(struct scene *scene, uint32_t step, uint64_t tag, uint64_t state)
{
  *wi_place_cell(&scene->place, step) = (struct wi_cell){tag, state};
}

/* A group whose first cells are another's, and the others never used. */
static void begin(struct scene *scene, uint32_t used)
{
  memset(scene, 0, sizeof *scene);
  scene->place.group = scene->cells;
  scene->place.first = FIRST;
  scene->place.mark = scene->place.own = MARK;
  for (uint32_t step = 0; step < used; step++)
    put(scene, step, STRANGER | WORD, 1);
}

/* For WORD and OTHER, until so many of them are found. */
static void find(struct scene *scene, uint32_t enough)
{
  const struct wi_wanted wanted = {.ids = {(uint64_t)1 << WORD | (uint64_t)1 << OTHER},
                                   .enough = enough};

  memset(&scene->hits, 0xa5, sizeof scene->hits);
  wi_find(&scene->place, &wanted, &scene->hits);
}

static uint64_t bit(const struct scene *scene, uint32_t step)
{
  return (uint64_t)1 << (wi_place_cell(&scene->place, step) - scene->cells);
}

static void own_cell_is_found_wherever_it_lies(void **state)
{
  (void)state;
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step++) {
    struct scene scene;

    begin(&scene, WI_GROUP_CELLS);
    put(&scene, step, MARK | OTHER, 1);
    find(&scene, 2);
    assert_true(scene.hits.mine == bit(&scene, step));
    assert_false(scene.hits.room);
  }
}

/* room: whoever has no cell here has no FLOOR either.  Said of a full group, it would give the
 * evicted a fresh bucket. */
static void search_ends_at_a_never_used_cell_and_says_so(void **state)
{
  (void)state;
  for (uint32_t used = 1; used <= WI_GROUP_CELLS; used++) {
    struct scene scene;

    begin(&scene, used);
    put(&scene, used - 1, MARK | WORD, 1);
    if (used + WI_LINE_CELLS < WI_GROUP_CELLS)
      put(&scene, used + WI_LINE_CELLS, MARK | WORD, 1); /* forged: nobody comes to it */
    find(&scene, 2);
    assert_true(scene.hits.mine == bit(&scene, used - 1));
    assert_int_equal(scene.hits.room, used < WI_GROUP_CELLS);
  }
}

/* Others of the principal's are found by the way, but are not what was wanted; nor is one that is
 * not live yet. */
static void search_goes_on_until_all_that_was_wanted_is_found(void **state)
{
  struct scene scene;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  put(&scene, 1, MARK | THIRD, 1);
  put(&scene, 5, MARK | WORD, WI_TENTATIVE | 1);
  put(&scene, 9, MARK | WORD, 1);
  put(&scene, 13, MARK | OTHER, 1);
  find(&scene, 2);
  assert_true(scene.hits.mine ==
              (bit(&scene, 1) | bit(&scene, 5) | bit(&scene, 9) | bit(&scene, 13)));
  assert_false(scene.hits.room);
}

/* Two of them, wherever they lie, be it in one line. */
static void floors_are_all_found(void **state)
{
  (void)state;
  for (uint32_t a = 0; a < WI_GROUP_CELLS; a++)
    for (uint32_t b = a + 1; b < WI_GROUP_CELLS; b++) {
      struct wi_hit floors[WI_FLOORS];
      struct scene scene;

      begin(&scene, WI_GROUP_CELLS);
      put(&scene, a, WORD, 50);
      put(&scene, b, WORD, 90);
      assert_int_equal(wi_find_floors(&scene.place, OTHER, floors), 0);
      assert_int_equal(wi_find_floors(&scene.place, WORD, floors), 2);
      assert_ptr_equal(floors[0].cell, wi_place_cell(&scene.place, a));
      assert_ptr_equal(floors[1].cell, wi_place_cell(&scene.place, b));
      assert_true(floors[0].tag == WORD && floors[0].state == 50);
      assert_true(floors[1].tag == WORD && floors[1].state == 90);
    }
}

static void group_of_floors_alone_is_found_whole(void **state)
{
  struct wi_hit floors[WI_FLOORS];
  struct scene scene;

  (void)state;
  begin(&scene, 0);
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step++)
    put(&scene, step, WORD, step);
  assert_int_equal(wi_find_floors(&scene.place, WORD, floors), WI_GROUP_CELLS);
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step++)
    assert_true(floors[step].state == step);
}

/* As a look finds one that was idle and is taken between its two words. */
static void floor_that_is_taken_meanwhile_is_no_debt(void **state)
{
  struct wi_hit floors[WI_FLOORS];
  struct scene scene;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  put(&scene, 4, WORD, WI_TENTATIVE | 1);
  put(&scene, 9, WORD, 7);
  assert_int_equal(wi_find_floors(&scene.place, WORD, floors), 1);
  assert_true(floors[0].state == 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_cell_is_found_wherever_it_lies),
      cmocka_unit_test(search_ends_at_a_never_used_cell_and_says_so),
      cmocka_unit_test(search_goes_on_until_all_that_was_wanted_is_found),
      cmocka_unit_test(floors_are_all_found),
      cmocka_unit_test(group_of_floors_alone_is_found_whole),
      cmocka_unit_test(floor_that_is_taken_meanwhile_is_no_debt),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
