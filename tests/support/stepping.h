/* SPDX-License-Identifier: BSD-2-Clause
 * A call in a child, killed before its instruction i: the call is single-stepped once to list its
 * instructions; then a child runs to one of them, under ptrace, and ends there.  x86-64. */
#ifndef TEST_SUPPORT_STEPPING_H
#define TEST_SUPPORT_STEPPING_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPPING_TRACE_MAX 200000

struct stepping {
  void (*call)(void *context);
  void *context;
  long length; /* instructions that the call took when it was listed                      */
  uint64_t trace[STEPPING_TRACE_MAX]; /* where each lies                                  */
};

/* A child that stops itself just before its call. */
static inline pid_t stepping_start(const struct stepping *stepping)
{
  pid_t child = fork();
  int status;

  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
      _exit(2);
    (void)raise(SIGSTOP);
    stepping->call(stepping->context);
    _exit(0);
  }
  (void)waitpid(child, &status, 0);
  return child;
}

static inline void stepping_end(pid_t child, int status)
{
  if (WIFEXITED(status) || WIFSIGNALED(status))
    return;
  (void)kill(child, SIGKILL);
  (void)waitpid(child, &status, 0);
}

/* Single-step the call to its end. */
static inline void stepping_list(struct stepping *stepping)
{
  pid_t child = stepping_start(stepping);
  int status = 0;

  stepping->length = 0;
  while (stepping->length < STEPPING_TRACE_MAX) {
    struct user_regs_struct registers;

    if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
      break;
    (void)waitpid(child, &status, 0);
    if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGS, child, NULL, &registers) != 0)
      break;
    /* One that repeats itself (rep movs) is met once by a breakpoint. */
    if (stepping->length == 0 || stepping->trace[stepping->length - 1] != registers.rip)
      stepping->trace[stepping->length++] = registers.rip;
  }
  stepping_end(child, status);
}

static inline void stepping_break_at(pid_t child, uint64_t address)
{
  (void)ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[0]), address);
  (void)ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 1); /* execute, L0 */
}

/* Run the call up to its instruction `index` and kill it there: a hardware breakpoint, passed as
 * often as the instruction came before.  false: it ended before. */
static inline int stepping_kill_at(const struct stepping *stepping, long index)
{
  pid_t child = stepping_start(stepping);
  long passes = 0;
  int status = 0;

  for (long i = 0; i <= index; i++)
    passes += stepping->trace[i] == stepping->trace[index];
  stepping_break_at(child, stepping->trace[index]);
  for (; passes > 0; passes--) {
    if (ptrace(PTRACE_CONT, child, NULL, NULL) != 0)
      break;
    (void)waitpid(child, &status, 0);
    if (!WIFSTOPPED(status))
      break;
  }
  stepping_end(child, status);
  return passes == 0;
}

#endif
