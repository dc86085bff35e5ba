/* SPDX-License-Identifier: BSD-2-Clause */
#include "checker.h"

#include <crypt.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/log.h"
#include "secret.h"

static void append(struct checks *checks, struct check *check)
{
  check->next = NULL;
  *checks->last = check;
  checks->last = &check->next;
}

static struct check *take_first(struct checks *checks)
{
  struct check *check = checks->first;
  if (check != NULL && (checks->first = check->next) == NULL)
    checks->last = &checks->first;
  return check;
}

/* crypt(3) answers a hash that is none of its own by a text that no hash is. */
static bool matches(const struct check *check, struct crypt_data *data)
{
  const char *hash = crypt_r(check->password, check->hash, data);
  return hash != NULL && hash[0] != '*' &&
         secret_is(check->hash, strlen(check->hash), hash, strlen(hash));
}

static struct check *await_work(struct checker *checker)
{
  while (checker->waiting.first == NULL && !checker->stops)
    pthread_cond_wait(&checker->work, &checker->lock);
  return checker->stops ? NULL : take_first(&checker->waiting);
}

static void *check_all(void *context)
{
  struct checker *checker = context;
  struct crypt_data data; /* 32 KB, which crypt_r() wants to be zero at first          */
  memset(&data, 0, sizeof(data));
  struct check *check;
  pthread_mutex_lock(&checker->lock);
  while ((check = await_work(checker)) != NULL) {
    pthread_mutex_unlock(&checker->lock);
    check->is_right = matches(check, &data);
    check->is_done = true;
    explicit_bzero(&data, sizeof(data));
    pthread_mutex_lock(&checker->lock);
    append(&checker->done, check);
    /* An eventfd that cannot count further is readable already. */
    (void)!eventfd_write(checker->wake, 1);
  }
  pthread_mutex_unlock(&checker->lock);
  return NULL;
}

int checker_start(struct checker *checker, unsigned threads)
{
  *checker = (struct checker){.thread_count = 0};
  pthread_mutex_init(&checker->lock, NULL);
  pthread_cond_init(&checker->work, NULL);
  checker->waiting.last = &checker->waiting.first;
  checker->done.last = &checker->done.first;
  checker->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int error = checker->wake < 0 ? errno : 0;
  for (; error == 0 && checker->thread_count < threads; checker->thread_count++)
    if ((error = pthread_create(&checker->threads[checker->thread_count], NULL, check_all,
                                checker)) != 0)
      break;
  if (error == 0)
    return 0;
  log_line(LOG_ERR, "threads: %s", strerror(error));
  checker_stop(checker);
  return -1;
}

bool checker_submit(struct checker *checker, struct check *check)
{
  if (checker->count == CHECKS_MAX)
    return false;
  checker->count++;
  pthread_mutex_lock(&checker->lock);
  append(&checker->waiting, check);
  pthread_cond_signal(&checker->work);
  pthread_mutex_unlock(&checker->lock);
  return true;
}

struct check *checker_next(struct checker *checker)
{
  eventfd_t ignored;
  pthread_mutex_lock(&checker->lock);
  struct check *check = take_first(&checker->done);
  if (checker->done.first == NULL) /* under the lock: what is done later wakes anew     */
    (void)!eventfd_read(checker->wake, &ignored);
  pthread_mutex_unlock(&checker->lock);
  if (check != NULL)
    checker->count--;
  return check;
}

struct check *checker_stop(struct checker *checker)
{
  pthread_mutex_lock(&checker->lock);
  checker->stops = true;
  pthread_cond_broadcast(&checker->work);
  pthread_mutex_unlock(&checker->lock);
  while (checker->thread_count > 0)
    pthread_join(checker->threads[--checker->thread_count], NULL);
  if (checker->wake >= 0)
    close(checker->wake);
  checker->wake = -1;
  *checker->done.last = checker->waiting.first;
  return checker->done.first;
}
