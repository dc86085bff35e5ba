/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a newcomer to a group goes, cell by cell: INSERT and EVICT of table/group.h under a judge
 * of this test's, whose words are the ns until they are idle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "table/group.h"

/* Ids of words: the newcomer's, another limit's, one that says that a value was seen, and a former
 * one of the newcomer's limit. */
enum { WORD = WI_ID_FIRST_WORD, OTHER, SEEN, FORMER };

#define MARK ((uint64_t)5 << WI_ID_BITS)
#define FIRST 56u /* the search goes around the group's end                               */
#define PINNED ((uint64_t)1 << 40)      /* of a word: not to be evicted                     */
#define LIMIT ((uint64_t)1 << 39)       /* debt from which on a newcomer does not pass      */
#define NOT_KNOWN (((uint64_t)1 << 41)) /* until when the word means something             */

struct scene {
  struct wi_cell cells[WI_GROUP_CELLS];
  struct wi_place place;
  struct wi_claimed claimed;
};

/* ------------------------------------------------------------------ the judge -- */

static uint64_t idle_in_ns(void *context, uint32_t id, uint64_t state, bool *disposable)
{
  (void)context;
  *disposable = id == SEEN;
  return (state & NOT_KNOWN) != 0 ? UINT64_MAX : state & ~PINNED;
}

static bool evictable(void *context, const struct wi_cell *group, uint64_t tag, uint64_t state)
{
  (void)context;
  (void)group;
  (void)tag;
  return (state & PINNED) == 0;
}

static uint64_t merge(void *context, uint32_t id, uint64_t a, uint64_t b)
{
  (void)context;
  (void)id;
  return b > a ? b : a;
}

static bool admits(void *context, uint32_t id, uint64_t state)
{
  (void)context;
  (void)id;
  return state < LIMIT;
}

/* One more than the largest FLOOR. */
static bool commit_word(void *context, uint32_t id, uint64_t *word)
{
  const struct scene *scene = context;
  struct wi_hit floors[WI_FLOORS];
  uint32_t count = wi_find_floors(&scene->place, id, floors);

  *word = 0;
  for (uint32_t i = 0; i < count; i++)
    *word = merge(NULL, id, *word, floors[i].state);
  *word += 1;
  return true;
}

static bool is_stale(void *context)
{
  (void)context;
  return false;
}

static bool precursor(void *context, uint32_t id, uint32_t other)
{
  (void)context;
  return id == WORD && other == FORMER;
}

static enum wi_claim claim(struct scene *scene)
{
  const struct wi_judge judge = {.context = scene,
                                 .idle_in_ns = idle_in_ns,
                                 .evictable = evictable,
                                 .merge = merge,
                                 .admits = admits,
                                 .commit_word = commit_word,
                                 .stale = is_stale,
                                 .precursor = precursor};

  return wi_claim(&scene->place, WORD, true, &judge, &scene->claimed);
}

/* ------------------------------------------------------------------ the group -- */

static uint64_t stranger(uint32_t step)
{
  return (uint64_t)(1000 + step) << WI_ID_BITS;
}

/* By the cell's place in the newcomer's search. */
static struct wi_cell *put(struct scene *scene, uint32_t step, uint64_t tag, uint64_t state)
{
  struct wi_cell *cell = wi_place_cell(&scene->place, step);

  *cell = (struct wi_cell){tag, state};
  return cell;
}

/* A group whose first cells are strangers', pinned and never idle, and the others never used. */
static void begin(struct scene *scene, uint32_t strangers)
{
  memset(scene, 0, sizeof *scene);
  scene->place.group = scene->cells;
  scene->place.first = FIRST;
  scene->place.mark = scene->place.own = MARK;
  for (uint32_t step = 0; step < strangers; step++)
    (void)put(scene, step, stranger(step) | WORD, NOT_KNOWN | PINNED);
}

static uint64_t tentative(uint64_t ago)
{
  return WI_TENTATIVE | (uint64_t)(uint32_t)((wi_clock_coarse_ns() >> 20) - ago) << 31;
}

/* Whether nothing but one cell has changed; NULL: nothing at all has. */
static void assert_only_changed(const struct scene *before, const struct scene *after,
                                const struct wi_cell *changed)
{
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    if (&after->cells[i] != changed) {
      assert_true(after->cells[i].tag == before->cells[i].tag);
      assert_true(after->cells[i].state == before->cells[i].state);
    }
}

static void assert_charged_at(const struct scene *scene, const struct wi_cell *cell)
{
  assert_ptr_equal(scene->claimed.made.cell, cell);
  assert_true(cell->tag == (MARK | WORD));
  assert_true(cell->state == scene->claimed.made.state && (cell->state & WI_TENTATIVE) == 0);
  assert_int_equal(scene->claimed.inserted, 1);
}

/* --------------------------------------------------------------------- insert -- */

enum { DEAD, IDLE, IDLE_FLOOR, ABANDONED, FREE_KINDS };

static struct wi_cell *put_free(struct scene *scene, uint32_t step, int kind)
{
  switch (kind) {
  case DEAD:
    return put(scene, step, WI_TAG_DEAD, 7);
  case IDLE:
    return put(scene, step, stranger(step) | OTHER, 0);
  case IDLE_FLOOR:
    return put(scene, step, OTHER, 0);
  default:
    return put(scene, step, stranger(step) | WORD, tentative(2 * WI_TENTATIVE_REST));
  }
}

static void newcomer_takes_the_first_cell_that_is_free(void **state)
{
  (void)state;
  for (int kind = 0; kind < FREE_KINDS; kind++)
    for (int next = 0; next < FREE_KINDS; next++) {
      struct scene before, scene;
      struct wi_cell *cell;

      begin(&scene, 20);
      cell = put_free(&scene, 5, kind);
      (void)put_free(&scene, 6, next); /* in the same line */
      (void)put_free(&scene, 9, next);
      before = scene;
      assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
      assert_charged_at(&scene, cell);
      assert_int_equal(scene.claimed.reclaimed, kind != DEAD);
      assert_int_equal(scene.claimed.evicted, 0);
      assert_only_changed(&before, &scene, cell);
    }
}

/* G3 */
static void newcomer_takes_the_first_never_used_cell_where_none_before_it_is_free(void **state)
{
  (void)state;
  for (uint32_t used = 0; used < WI_GROUP_CELLS; used++) {
    struct scene before, scene;
    struct wi_cell *cell;

    begin(&scene, used);
    cell = wi_place_cell(&scene.place, used);
    before = scene;
    assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
    assert_charged_at(&scene, cell);
    assert_int_equal(scene.claimed.reclaimed, 0);
    assert_only_changed(&before, &scene, cell);
  }
}

/* No search goes beyond a never-used cell: a claim that did would send a decision to find again
 * what it does not find, round after round, where somebody has forged such a group. */
static void own_cell_behind_a_never_used_one_is_nobodys(void **state)
{
  (void)state;
  for (uint32_t behind = 2; behind < 12; behind++) {
    struct scene before, scene;
    struct wi_cell *cell;

    begin(&scene, 5);
    cell = wi_place_cell(&scene.place, 5);
    (void)put(&scene, 5 + behind, MARK | WORD, 9);
    before = scene;
    assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
    assert_charged_at(&scene, cell);
    assert_only_changed(&before, &scene, cell);
  }
}

static void live_cell_behind_a_free_one_is_found(void **state)
{
  (void)state;
  for (uint32_t step = 2; step < 20; step++) { /* in the same line, and in others */
    struct scene before, scene;

    begin(&scene, 20);
    (void)put(&scene, 1, WI_TAG_DEAD, 0);
    (void)put(&scene, step, MARK | WORD, 9);
    before = scene;
    assert_int_equal(claim(&scene), WI_CLAIM_LIVE);
    assert_int_equal(scene.claimed.inserted, 0);
    assert_only_changed(&before, &scene, NULL);
  }
}

static void precursor_behind_a_free_cell_is_to_be_converted(void **state)
{
  struct scene before, scene;

  (void)state;
  begin(&scene, 20);
  (void)put(&scene, 1, WI_TAG_DEAD, 0);
  (void)put(&scene, 10, MARK | FORMER, 9);
  before = scene;
  assert_int_equal(claim(&scene), WI_CLAIM_CONVERT);
  assert_only_changed(&before, &scene, NULL);
  /* Of an inserter that is behind the times. */
  (void)put(&scene, 10, MARK | FORMER, tentative(0));
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_charged_at(&scene, wi_place_cell(&scene.place, 1));
  assert_true(wi_place_cell(&scene.place, 10)->tag == WI_TAG_DEAD);
}

static void first_of_several_tentatives_survives(void **state)
{
  struct scene scene;

  (void)state;
  begin(&scene, 20);
  (void)put(&scene, 1, WI_TAG_DEAD, 0);
  (void)put(&scene, 6, MARK | WORD, tentative(0));
  (void)put(&scene, 7, MARK | WORD, tentative(1));
  (void)put(&scene, 15, MARK | WORD, tentative(2));
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_ptr_equal(scene.claimed.made.cell, wi_place_cell(&scene.place, 6));
  assert_int_equal(scene.claimed.inserted, 0); /* another has */
  assert_true(wi_place_cell(&scene.place, 1)->tag == WI_TAG_DEAD);
  assert_true(wi_place_cell(&scene.place, 7)->tag == WI_TAG_DEAD);
  assert_true(wi_place_cell(&scene.place, 15)->tag == WI_TAG_DEAD);
}

/* ---------------------------------------------------------------------- evict -- */

/* What may be lost goes first, of it what is idle soonest. */
static void newcomer_to_a_full_group_takes_the_spare_that_is_idle_next(void **state)
{
  struct scene before, scene;
  struct wi_cell *cell;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  (void)put(&scene, 0, WORD, 3); /* FLOOR */
  (void)put(&scene, 1, stranger(1) | WORD, 5);
  (void)put(&scene, 10, stranger(10) | SEEN, 500);
  cell = put(&scene, 21, stranger(21) | SEEN, 200);
  (void)put(&scene, 63, stranger(63) | SEEN, 300);
  before = scene;
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_charged_at(&scene, cell);
  assert_int_equal(scene.claimed.evicted, 1);
  assert_only_changed(&before, &scene, cell);
}

/* Of the newcomer's word, though another's would be idle before. */
static void victim_is_the_least_debt_of_the_same_word(void **state)
{
  struct scene before, scene;
  struct wi_cell *cell, *floor;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  floor = put(&scene, 0, WORD, 3);
  (void)put(&scene, 1, OTHER, 3);
  (void)put(&scene, 2, stranger(2) | OTHER, 100);
  (void)put(&scene, 3, stranger(3) | WORD, 300);
  (void)put(&scene, 4, stranger(4) | WORD, 110 | PINNED);
  cell = put(&scene, 5, stranger(5) | WORD, 200);
  (void)put(&scene, 63, stranger(63) | WORD, 250);
  before = scene;
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_charged_at(&scene, cell);
  assert_int_equal(scene.claimed.evicted, 1);
  assert_true(floor->tag == WORD && floor->state == 200);
  assert_true(cell->state == 201); /* it starts from the FLOOR */
  *floor = before.cells[floor - scene.cells];
  assert_only_changed(&before, &scene, cell);
}

static void victim_is_another_words_where_none_is_of_the_same(void **state)
{
  struct scene before, scene;
  struct wi_cell *cell, *floor;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  floor = put(&scene, 1, OTHER, 3);
  (void)put(&scene, 2, stranger(2) | OTHER, 300);
  cell = put(&scene, 5, stranger(5) | OTHER, 200);
  (void)put(&scene, 6, stranger(6) | OTHER, 150 | PINNED);
  (void)put(&scene, 63, stranger(63) | OTHER, 250);
  before = scene;
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_charged_at(&scene, cell);
  assert_int_equal(scene.claimed.evicted, 1);
  assert_true(floor->tag == OTHER && floor->state == 200);
  *floor = before.cells[floor - scene.cells];
  assert_only_changed(&before, &scene, cell);
}

/* The wait that a newcomer is told: until the first cell of all is idle, be it pinned or a FLOOR.
 */
static void full_group_tells_when_there_is_room(void **state)
{
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    static const uint64_t tags[] = {(uint64_t)77 << WI_ID_BITS | WORD,
                                    (uint64_t)77 << WI_ID_BITS | OTHER, OTHER};
    struct scene before, scene;

    begin(&scene, WI_GROUP_CELLS);
    (void)put(&scene, 10, stranger(10) | WORD, 900 | PINNED);
    (void)put(&scene, 20, tags[kind], 400 | PINNED);
    (void)put(&scene, 30, stranger(30) | WORD, 700 | PINNED);
    (void)put(&scene, 40, stranger(40) | WORD, tentative(0)); /* somebody is at it */
    before = scene;
    assert_int_equal(claim(&scene), WI_CLAIM_FULL);
    assert_true(scene.claimed.room_in_ns == 400);
    assert_int_equal(scene.claimed.inserted + scene.claimed.evicted, 0);
    assert_only_changed(&before, &scene, NULL);
  }
}

/* Its own cell of another word makes room when it is idle, and gives way to nobody; nor does it
 * count as the victim that has to remain. */
static void own_cell_of_another_word_is_no_victim(void **state)
{
  struct scene before, scene;

  (void)state;
  begin(&scene, WI_GROUP_CELLS);
  (void)put(&scene, 4, MARK | OTHER, 100);
  (void)put(&scene, 5, stranger(5) | OTHER, 200);
  before = scene;
  assert_int_equal(claim(&scene), WI_CLAIM_FULL);
  assert_true(scene.claimed.room_in_ns == 100);
  assert_int_equal(scene.claimed.inserted + scene.claimed.evicted, 0);
  assert_only_changed(&before, &scene, NULL);
  (void)put(&scene, 4, MARK | OTHER, 0);
  assert_int_equal(claim(&scene), WI_CLAIM_CHARGED);
  assert_charged_at(&scene, wi_place_cell(&scene.place, 4));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(newcomer_takes_the_first_cell_that_is_free),
      cmocka_unit_test(newcomer_takes_the_first_never_used_cell_where_none_before_it_is_free),
      cmocka_unit_test(own_cell_behind_a_never_used_one_is_nobodys),
      cmocka_unit_test(live_cell_behind_a_free_one_is_found),
      cmocka_unit_test(precursor_behind_a_free_cell_is_to_be_converted),
      cmocka_unit_test(first_of_several_tentatives_survives),
      cmocka_unit_test(newcomer_to_a_full_group_takes_the_spare_that_is_idle_next),
      cmocka_unit_test(victim_is_the_least_debt_of_the_same_word),
      cmocka_unit_test(victim_is_another_words_where_none_is_of_the_same),
      cmocka_unit_test(full_group_tells_when_there_is_room),
      cmocka_unit_test(own_cell_of_another_word_is_no_victim),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
