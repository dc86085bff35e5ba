/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The atomic operations of weir: the memory order is part of each name, so this
 * list is the list of orders in use.  Nothing else touches shared memory that two
 * processes write.
 *
 * A cell is 16 bytes, {tag, state}, 16-byte aligned.  It is written by
 * wi_cell_cas_seq_cst() alone, which compares and replaces both words at once, and
 * read as two 8-byte loads.  The pair of loads may be torn; who acts on it does so
 * by the compare-and-swap, which finds that out.
 *
 * The 16-byte operation is inline assembly on purpose: what a compiler makes of
 * an atomic __int128 may be a call to libatomic, whose fall-back lock is private to
 * a process and would be silently wrong here.
 */
#ifndef WI_BASE_ATOMIC_H
#define WI_BASE_ATOMIC_H

#include <stdbool.h>

#include "base/compiler.h"

/* A test that schedules every access to shared memory itself (tests/crash/explore.c) defines
 * WI_SCHEDULED; nothing else does. */
#ifdef WI_SCHEDULED
void wi_scheduled_step(void);
#define WI_STEP() wi_scheduled_step()
#else
#define WI_STEP() ((void)0)
#endif

struct wi_cell {
  _Alignas(16) uint64_t tag;
  uint64_t state;
};
_Static_assert(sizeof(struct wi_cell) == 16, "a cell is what one compare-and-swap covers");
_Static_assert(_Alignof(struct wi_cell) == 16, "the compare-and-swap needs 16-byte alignment");

static inline uint64_t wi_load_acquire(const uint64_t *word)
{
  WI_STEP();
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline uint64_t wi_load_relaxed(const uint64_t *word)
{
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint64_t wi_load_seq_cst(const uint64_t *word)
{
  WI_STEP();
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void wi_store_relaxed(uint64_t *word, uint64_t value)
{
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline void wi_store_release(uint64_t *word, uint64_t value)
{
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline bool wi_cas_seq_cst(uint64_t *word, uint64_t expected, uint64_t desired)
{
  WI_STEP();
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

static inline uint64_t wi_exchange_acquire(uint64_t *word, uint64_t value)
{
  return __atomic_exchange_n(word, value, __ATOMIC_ACQUIRE);
}

static inline uint64_t wi_fetch_or_seq_cst(uint64_t *word, uint64_t bits)
{
  WI_STEP();
  return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

static inline uint64_t wi_fetch_add_relaxed(uint64_t *word, uint64_t value)
{
  return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}

/* For a number that nobody else gets, and that who sees it knows to be taken. */
static inline uint64_t wi_fetch_add_seq_cst(uint64_t *word, uint64_t value)
{
  WI_STEP();
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

/* Add to a counter of this processor.  One unlocked instruction where the machine
 * has it: not to be torn by a switch of threads, and a count can be lost only
 * where a thread moves to another processor between choosing the counter and
 * adding, while the first one adds too.  Locked it would cost as much as the
 * decision's own compare-and-swap. */
static inline void wi_count_add(uint64_t *counter, uint64_t value)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  __asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(value) : "cc");
#else
  wi_fetch_add_relaxed(counter, value);
#endif
}

/* Replace {tag, state} where it is exactly `expected`.  A full barrier, whether it
 * succeeds or not; pairs with itself and with wi_load_acquire() of either word. */
static inline bool wi_cell_cas_seq_cst(struct wi_cell *cell, struct wi_cell expected,
                                       struct wi_cell desired)
{
  WI_STEP();
#if defined(__x86_64__)
  bool done;
  __asm__ volatile("lock cmpxchg16b %1"
                   : "=@ccz"(done), "+m"(*cell), "+a"(expected.tag), "+d"(expected.state)
                   : "b"(desired.tag), "c"(desired.state)
                   : "memory");
  return done;
#elif defined(__ARM_FEATURE_ATOMICS)
  register uint64_t tag __asm__("x0") = expected.tag;
  register uint64_t state __asm__("x1") = expected.state;
  register uint64_t new_tag __asm__("x2") = desired.tag;
  register uint64_t new_state __asm__("x3") = desired.state;
  __asm__ volatile("caspal x0, x1, x2, x3, %2\n\tdmb ish"
                   : "+r"(tag), "+r"(state), "+Q"(*cell)
                   : "r"(new_tag), "r"(new_state)
                   : "memory");
  return tag == expected.tag && state == expected.state;
#else
  uint64_t tag, state;
  uint32_t failed;
  /* The store of the unchanged pair on a mismatch is what makes a 16-byte ldaxp a
   * single-copy atomic read before ARMv8.4. */
  __asm__ volatile("1: ldaxp %0, %1, %3\n\t"
                   "cmp %0, %4\n\t"
                   "ccmp %1, %5, #0, eq\n\t"
                   "b.ne 2f\n\t"
                   "stlxp %w2, %6, %7, %3\n\t"
                   "cbnz %w2, 1b\n\t"
                   "b 3f\n\t"
                   "2: stlxp %w2, %0, %1, %3\n\t"
                   "cbnz %w2, 1b\n\t"
                   "3: dmb ish"
                   : "=&r"(tag), "=&r"(state), "=&r"(failed), "+Q"(*cell)
                   : "r"(expected.tag), "r"(expected.state), "r"(desired.tag), "r"(desired.state)
                   : "cc", "memory");
  return tag == expected.tag && state == expected.state;
#endif
}

#endif
