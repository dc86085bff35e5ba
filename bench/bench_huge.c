/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What are huge pages worth to a table in memory?
 *
 * The floor, one limit and three, each twice: in FOLDER as it is, and on a tmpfs mounted with
 * huge=always, as a host may mount /run/weir (weirctl(1), HUGE PAGES).  It is mounted in a mount
 * namespace of this process alone, and gone with it; where that is refused, nothing is measured.
 * Uniform keys, single calls and batches of 32, one thread.  Prints TSV; never asserts.
 *
 * bench_huge [KEYS [ROUNDS [FOLDER]]]   default 10000000, 9 and /dev/shm
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "peers/floor.h"
#include "support/compare.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"

#define RUN_NS 20e6
#define DECISIONS_MAX ((uint64_t)1 << 20)

/* Subjects as they are in FOLDER, then the same in huge pages. */
enum { FLOOR_1, FLOOR_32, ONE_1, ONE_32, THREE_1, THREE_32, KINDS };
#define SUBJECTS (2 * KINDS)

/* What lies in one folder. */
struct place {
  struct bench_floor base;
  struct bench_limiter one, three;
};

/* ---------------------------------------------------------------------- the mount -- */

static bool write_text(const char *path, const char *text)
{
  int file = open(path, O_WRONLY | O_CLOEXEC);
  bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

  if (file >= 0)
    (void)close(file);
  return written;
}

/* A namespace of its own; who is not root becomes it in there. */
static bool set_apart(void)
{
  char user[64], group[64];

  (void)snprintf(user, sizeof user, "0 %u 1", (unsigned)geteuid());
  (void)snprintf(group, sizeof group, "0 %u 1", (unsigned)getegid());
  if (unshare(CLONE_NEWNS) != 0 &&
      (unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0 || !write_text("/proc/self/setgroups", "deny") ||
       !write_text("/proc/self/uid_map", user) || !write_text("/proc/self/gid_map", group)))
    return false;
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0; /* not seen by others */
}

static char huge_folder[] = "/tmp/weir-huge-XXXXXX";

static void leave(void)
{
  (void)umount2(huge_folder, MNT_DETACH);
  (void)rmdir(huge_folder);
}

/* The folder is a name in the outer /tmp as long as this process runs. */
static bool mount_huge(void)
{
  if (mkdtemp(huge_folder) == NULL)
    bench_fail("cannot make a folder like %s: %s", huge_folder, strerror(errno));
  (void)atexit(leave);
  return set_apart() && mount("tmpfs", huge_folder, "tmpfs", 0, "huge=always,mode=0700") == 0;
}

/* --------------------------------------------------------------------- measuring -- */

static void make(struct place *place, const char *folder, uint64_t keys)
{
  bench_limiter_make(&place->one, folder, BENCH_POLICY_ONE, keys, BENCH_FILL_COST, 1);
  bench_limiter_make(&place->three, folder, BENCH_POLICY_THREE, keys, BENCH_FILL_COST, 1);
  bench_floor_make(&place->base, BENCH_PAGES_SHARED, folder, place->one.file_bytes);
}

static void name_subjects(struct place *place, struct bench_subject subjects[KINDS])
{
  subjects[FLOOR_1] = (struct bench_subject){"floor", &place->base, bench_floor_decide, 1, false};
  subjects[FLOOR_32] = (struct bench_subject){"floor", &place->base, bench_floor_decide, 32, false};
  subjects[ONE_1] =
      (struct bench_subject){"weir_1_limit", &place->one, bench_limiter_decide, 1, false};
  subjects[ONE_32] =
      (struct bench_subject){"weir_1_limit", &place->one, bench_limiter_decide, 32, false};
  subjects[THREE_1] =
      (struct bench_subject){"weir_3_limits", &place->three, bench_limiter_decide, 1, false};
  subjects[THREE_32] =
      (struct bench_subject){"weir_3_limits", &place->three, bench_limiter_decide, 32, false};
}

static bool is_huge(const struct place *place, uint32_t kind)
{
  return kind <= FLOOR_32 ? place->base.huge_pages
         : kind <= ONE_32 ? place->one.huge_pages
                          : place->three.huge_pages;
}

static void print_rows(const struct place places[2], const struct bench_subject subjects[SUBJECTS],
                       const struct bench_series results[SUBJECTS])
{
  printf("question\tsubject\tbatch\tpages\tns_min\tns_median\tns_max\tratio_to_4k\n");
  for (uint32_t kind = 0; kind < KINDS; kind++)
    for (uint32_t i = 0; i < 2; i++) {
      uint32_t id = i * KINDS + kind;
      struct bench_summary ns = bench_series_summary(&results[id]);

      printf("huge\t%s\t%u\t%s\t%.1f\t%.1f\t%.1f\t%.3f\n", subjects[id].name, subjects[id].batch,
             is_huge(&places[i], kind) ? "huge" : "4k", ns.min, ns.median, ns.max,
             bench_series_ratio(&results[id], &results[kind]));
    }
}

static void bar(const char *name, const struct bench_series *a, const struct bench_series *b,
                const char *aim)
{
  printf("bar\t%s\t%.2f\t%s\n", name, bench_series_ratio(a, b), aim);
}

static void print_bars(const struct bench_series results[SUBJECTS])
{
  const struct bench_series *huge = &results[KINDS];

  bar("huge_1_limit_to_4k", &huge[ONE_1], &results[ONE_1], "none");
  bar("huge_3_limits_to_4k", &huge[THREE_1], &results[THREE_1], "none");
  bar("huge_uniform_1_limit_to_floor", &huge[ONE_1], &huge[FLOOR_1], "<=1.20");
  bar("huge_uniform_batch32_to_floor32", &huge[ONE_32], &huge[FLOOR_32], "<=1.35");
  bar("huge_uniform_3_limits_to_1", &huge[THREE_1], &huge[ONE_1], "<=1.60");
}

static void compare(const char *folder, uint64_t keys, uint32_t rounds)
{
  struct place *places = bench_allocate(2 * sizeof *places);
  struct bench_series *results = bench_allocate(SUBJECTS * sizeof *results);
  struct bench_subject subjects[SUBJECTS];
  uint32_t *numbers;

  make(&places[0], folder, keys);
  make(&places[1], huge_folder, keys);
  name_subjects(&places[0], subjects);
  name_subjects(&places[1], subjects + KINDS);
  numbers = bench_sequence_draw(BENCH_UNIFORM, keys, 1);
  bench_compare(subjects, SUBJECTS, numbers, rounds, RUN_NS, DECISIONS_MAX, results);
  free(numbers);
  print_rows(places, subjects, results);
  if (is_huge(&places[1], FLOOR_1) && is_huge(&places[1], ONE_1) && !is_huge(&places[0], ONE_1))
    print_bars(results); /* small tables lie in no huge page */
  for (uint32_t i = 0; i < 2; i++) {
    bench_limiter_free(&places[i].one);
    bench_limiter_free(&places[i].three);
    bench_floor_free(&places[i].base);
  }
  free(places);
  free(results);
}

int main(int count, char **arguments)
{
  uint64_t keys = bench_number(count, arguments, 1, "KEYS", 10000000, 1, 1000000000);
  uint32_t rounds = (uint32_t)bench_number(count, arguments, 2, "ROUNDS", 9, 1, BENCH_ROUNDS_MAX);

  if (!mount_huge()) {
    fprintf(stderr, "bench: no tmpfs with huge=always can be mounted here: %s\n", strerror(errno));
    return BENCH_SKIPPED;
  }
  compare(count > 3 ? arguments[3] : bench_limiter_folder(), keys, rounds);
  return 0;
}
