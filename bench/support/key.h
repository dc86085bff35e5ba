/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys as a mail server has them, 24 bytes: "aaaabbbb@webmail.example", a different one for
 * each number.
 *
 * Three aligned 8-byte stores, which is also how a hash reads them: a key written in smaller
 * or overlapping pieces just before it is hashed stalls store forwarding, and the bench would
 * measure that stall.
 */
#ifndef BENCH_SUPPORT_KEY_H
#define BENCH_SUPPORT_KEY_H

#include <stdint.h>

#define BENCH_KEY_BYTES 24u

struct bench_key {
  uint64_t words[BENCH_KEY_BYTES / 8]; /* little-endian text, no NUL                    */
};

static inline void bench_key_write(struct bench_key *key, uint32_t number)
{
  uint64_t digits = number;

  digits = (digits | digits << 16) & 0x0000ffff0000ffffu;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ffu;
  digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0fu;
  key->words[0] = digits + 0x6161616161616161u; /* 16 digits, a to p                    */
  key->words[1] = 0x6c69616d62657740u;          /* "@webmail"                           */
  key->words[2] = 0x656c706d6178652eu;          /* ".example"                           */
}

/* The key's bytes as a callee gets them: through memory, not as words that the compiler still
 * has in registers where everything is inlined. */
static inline const struct bench_key *bench_key_through_memory(const struct bench_key *key)
{
  __asm__ volatile("" : "+r"(key) : : "memory");
  return key;
}

#endif
