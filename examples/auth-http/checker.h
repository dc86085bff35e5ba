/* SPDX-License-Identifier: BSD-2-Clause
 * Passwords against hashes, by threads: a good hash takes milliseconds, in which nobody else
 * should wait for an answer.
 *
 * One thread, the service's, calls every function here.  A check belongs to the checker from
 * checker_submit() until checker_next() or checker_stop() hands it back. */
#ifndef AUTH_CHECKER_H
#define AUTH_CHECKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "users.h"

#define CHECKS_MAX 512 /* waiting and under way: at 33 ms each and 2 threads, 8 s      */
#define THREADS_MAX 64

struct check {
  struct check *next; /* of the checker                                        */
  bool is_done;       /* not where the checker was stopped before               */
  bool is_right;
  char *hash;         /* NUL-terminated, as the password                        */
  char *password;
};

struct checks {
  struct check *first, **last;
};

struct checker {
  pthread_t threads[THREADS_MAX];
  unsigned thread_count;
  pthread_mutex_t lock; /* of what follows                                      */
  pthread_cond_t work;
  struct checks waiting, done;
  bool stops;
  size_t count; /* submitted and not handed back: the service's thread alone       */
  int wake;     /* an eventfd: may be read while some are done                    */
};

/* Returns 0, or -1, logged. */
int checker_start(struct checker *checker, unsigned threads);

/* Returns false, and takes nothing, where CHECKS_MAX are there. */
bool checker_submit(struct checker *checker, struct check *check);

/* The next that is done; NULL: none now. */
struct check *checker_next(struct checker *checker);

/* Waits for those under way.  Returns all that were not handed back, by `next`. */
struct check *checker_stop(struct checker *checker);

#endif
