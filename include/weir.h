/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir: may this user send one more message?
 *
 * An embeddable rate limiter for webmail, mail servers and proxies.  Many
 * limits, many principals, many processes: one table in shared memory, no
 * daemon, no lock.  This header is the whole public interface and its manual.
 *
 * CAVEATS
 *  - The table is one file that every program maps.  Keep it on a tmpfs
 *    (default /run/weir/table).  A table on a disk works; write-back of dirty
 *    pages can stall a store.  Network file systems do not work: they do not
 *    share memory between hosts.
 *  - Whoever can write the file can lie about counts, and can shrink the file,
 *    which raises SIGBUS in every program that maps it.  Give the file to one
 *    group and put only the programs that decide into it.  The library
 *    installs no signal handler.
 *  - A process may be killed or stopped at any instruction.  Nobody waits for
 *    it; at most the units of its own unfinished request stay charged, and time
 *    gives them back.
 *  - A table may be used after fork() by parent and child alike: it holds no
 *    lock and no process id.  exec() drops the mapping; open the table anew.
 *  - Limits are kept on the table's clock, which follows CLOCK_MONOTONIC (its
 *    coarse form, one kernel tick of a few ms late at most, where every limit
 *    of the policy is slow enough).  A stepped wall clock changes nothing.
 *  - A decision takes up to 20 KB of stack, under a policy with distinct limits 150 KB, and the first
 *    after a policy was replaced 120 KB where another thread reads the policy just then.
 *  - A token bucket with burst B admits up to B at once and then its rate: up to
 *    twice its nominal number in one nominal period.  Say `sliding` where that
 *    is not what you mean.
 *
 * NUMBERS
 *  Times are nanoseconds (_ns) unsigned 64 bit, sizes are bytes (_bytes), costs
 *  are whole units.  Denial is a verdict, not an error.  Errors are negative.
 *
 * THREADS AND PROCESSES
 *  Every function that takes a table may be called by any number of threads and
 *  processes at once, except weir_close(), which ends the handle and must be
 *  the last call on it.
 */
#ifndef WEIR_H
#define WEIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

/* Path used by weirctl and by weir_open(NULL, …) where $WEIR_TABLE is not set. */
#define WEIR_DEFAULT_TABLE "/run/weir/table"

#define WEIR_NEVER UINT64_MAX /* retry after: never                          */
#define WEIR_NAME_BYTES 64    /* a name of at most 63 bytes, NUL-terminated */

/* A table in use by this process.  Opaque; one handle serves all threads. */
struct weir_table;

/* ---------------------------------------------------------------- errors --
 * Pinned: a number is never given a new meaning. */
enum weir_error {
  WEIR_OK = 0,
  WEIR_E_ARGUMENT = -1,     /* a NULL pointer, a size of zero, an unknown flag  */
  WEIR_E_POLICY = -2,       /* no policy of that name in the table             */
  WEIR_E_ATTRIBUTE = -3,    /* the request lacks an attribute that a limit counts by */
  WEIR_E_UNIT = -4,         /* the request lacks a number for a limit's unit   */
  WEIR_E_SYNTAX = -5,       /* a mistake in the policy text                    */
  WEIR_E_CAPACITY = -6,     /* more policies, limits or keys than a table holds */
  WEIR_E_NO_TABLE = -7,     /* the file does not exist                          */
  WEIR_E_EXISTS = -8,       /* the file exists and must not                     */
  WEIR_E_PERMISSION = -9,   /* the system refuses access                       */
  WEIR_E_UNSAFE = -10,      /* a symbolic link, not a regular file, or writable by others */
  WEIR_E_FORMAT = -11,      /* not a weir table                                 */
  WEIR_E_VERSION = -12,     /* a table of another format number                */
  WEIR_E_FINGERPRINT = -13, /* a table of another architecture or layout       */
  WEIR_E_CORRUPT = -14,     /* sizes, bounds or checksums do not agree          */
  WEIR_E_SPACE = -15,       /* no room on the file system, or no memory         */
  WEIR_E_BUSY = -16,        /* another apply is under way                       */
  WEIR_E_SYSTEM = -17,      /* a system call failed otherwise: see the text     */
  WEIR_E_RANGE = -18,       /* a number outside its range                      */
  WEIR_E_RETIRED = -19,     /* the table was replaced by a larger one: open it anew */
  WEIR_E_SIGNAL = -20       /* no score of the policy listens to that signal     */
};

/* A name for an error code, for logs: "no such table".  Never NULL, never
 * allocated; valid for ever.  Any thread. */
const char *weir_strerror(int error);

/* Where a function takes a struct weir_fault, it says in one line what was
 * wrong and what was expected.  May be NULL. */
struct weir_fault {
  int error;      /* one of enum weir_error                              */
  int system;     /* errno of the failed call, or 0                      */
  char text[248]; /* one line without a newline, NUL-terminated          */
};

/* ------------------------------------------------------------- a decision --
 * The two calls that most programs need: weir_open() once, weir_take() a message.
 */

/* One attribute of a request: who asks.  Values are bytes; no charset and no
 * terminator is assumed; a value of any length counts with all its bytes. */
struct weir_attribute {
  const char *name;   /* "user", "ip", …: NUL-terminated, at most 63 bytes */
  const void *value;  /* may be NULL where value_bytes is 0                 */
  size_t value_bytes; /* 0 to SIZE_MAX                                      */
};

/* One number of a request: how much is asked.  0 is allowed, charges nothing
 * and is never denied. */
struct weir_cost {
  const char *unit; /* "messages", "recipients", "bytes", …: as in the policy */
  uint64_t count;   /* 0 to UINT64_MAX                                       */
};

/* Several values of one attribute: a message's recipients.  What counts `distinct recipient`, or
 * lets recipients be reached, reads them; numbers of them are costs all the same. */
struct weir_value {
  const void *value;  /* may be NULL where value_bytes is 0                 */
  size_t value_bytes;
};
struct weir_list {
  const char *name; /* "recipient": as an attribute's                         */
  const struct weir_value *values;
  size_t value_count; /* 0 to 1024                                          */
};

enum weir_request_flag {
  WEIR_NOW_GIVEN = 1 /* use now_ns, not the table's clock                   */
};

/* A request.  Zero it, set size_bytes to sizeof, fill the rest. */
struct weir_request {
  size_t size_bytes;  /* sizeof(struct weir_request)                        */
  const char *policy; /* name of the policy; NULL: the table's only one     */
  const struct weir_attribute *attributes;
  size_t attribute_count; /* 0 to 32                                        */
  const struct weir_cost *costs; /* "messages" is 1 where it is not named    */
  size_t cost_count;      /* 0 to 32                                        */
  uint64_t now_ns; /* with WEIR_NOW_GIVEN: the caller's time; see weir_take() */
  uint32_t flags;  /* of enum weir_request_flag                             */
  uint32_t reserved; /* 0                                                   */
  const struct weir_list *lists; /* no two of one name                       */
  size_t list_count; /* 0 to 8                                              */
};

enum weir_outcome {
  WEIR_ALLOW = 0,
  WEIR_DENY = 1, /* over a limit: come back in retry_after_ns                  */
  WEIR_BLOCK = 2 /* kill switch                                                 */
};

enum weir_verdict_flag {
  WEIR_SHADOW_DENIED = 1, /* a shadow limit would have denied                 */
  WEIR_TABLE_FULL = 2,    /* decided by the limit's `when-full`, not by its count */
  WEIR_COUNTS_RECIPIENTS = 4 /* `limit` counts the unit "recipients"            */
};

/* A verdict, 136 bytes.  `limit` names the limit that denied (of several, the one
 * with the longest wait), or on allow the enforced one with the least units
 * remaining; empty where no limit applied. */
struct weir_verdict {
  uint32_t outcome; /* enum weir_outcome                                      */
  uint32_t flags;   /* of enum weir_verdict_flag                              */
  char limit[WEIR_NAME_BYTES];
  uint64_t remaining; /* whole units left of that limit afterwards; UINT64_MAX:
                         no limit applied                                     */
  uint64_t retry_after_ns; /* 0 on allow; rounded up; WEIR_NEVER              */
  uint64_t quota;     /* that limit's N                                       */
  uint64_t period_ns; /* that limit's D                                       */
  uint64_t burst;     /* that limit's B; N for a sliding window               */
  uint64_t reserved[3];
};

/* Ask, and charge where the answer is allow.
 *
 * table, request  not NULL
 * verdict         not NULL; written on success only
 *
 * Returns  WEIR_OK          decided; see verdict->outcome
 *          WEIR_E_ARGUMENT  a NULL pointer, a size_bytes that is not known,
 *                           unknown flags, reserved not 0, over 32 attributes
 *                           or costs, over 8 lists or 1024 values, or two of one name
 *          WEIR_E_POLICY    no such policy, or NULL and there is not just one
 *          WEIR_E_ATTRIBUTE a limit that is not `optional` counts by an
 *                           attribute that the request lacks
 *          WEIR_E_UNIT      the same of a unit (recipients, bytes, …)
 *          WEIR_E_CORRUPT   the policy in the file does not pass its checks
 *          WEIR_E_BUSY      the policy was replaced 64 times during this decision
 *          WEIR_E_RETIRED   the table was replaced by a larger one
 * Effects  All limits of the policy are asked together.  On allow each is
 *          charged; on deny none is, and no word of a principal is written.
 * Time     By the table's clock, read once, and once more where a principal is
 *          new.  With WEIR_NOW_GIVEN by the caller: any scale, so long as all
 *          callers of the table use the same; it should not go back.  Where it
 *          does, no credit is minted: a bucket keeps the later time, a window
 *          counts into its newest part.  It may go back by half a year at most.
 *          A principal that lost its cell meanwhile (idle, or in a full group) is
 *          judged by the given time alone: give times that do not lag much.
 * Progress Lock-free.  A retry means that another request was charged on the
 *          same principal, so there are at most as many as it has units left.
 *          No allocation, no system call but the first decision after a policy
 *          was replaced, which copies it.
 * Accuracy Token bucket: at most burst + rate x t in any t, on the table's
 *          clock, with the exact rate N / D; see weir-policy(5) for rates that
 *          a table rounds to the safe side, by at most 1/8 ns a decision.
 *          Sliding window of N in W over k parts: never more than N in any W;
 *          never denies what an exact log of length W + W/k would allow.
 * Source   GCRA: ITU-T I.371 / ATM Forum TM 4.0, virtual scheduling.
 * Since    0.1
 */
int weir_take(struct weir_table *table, const struct weir_request *request,
              struct weir_verdict *verdict);

/* The same answer as weir_take() at this moment, and nothing is charged or written:
 * remaining is what is left now.  Costs of 0 ask for that alone.
 * Returns as weir_take().  Threads: any.  Progress: without a retry.  Since 0.1 */
int weir_peek(struct weir_table *table, const struct weir_request *request,
              struct weir_verdict *verdict);

/* Many at once: for each of count requests, in order, what weir_take() would do,
 * with the memory of all prefetched first and the clock read once.
 *
 * requests  array of count structures; verdicts, errors: arrays of count to fill
 *           (errors[i] is what weir_take() would have returned; may be NULL)
 * count     0 to SIZE_MAX; worked on in runs of 32
 * Returns   the number of requests with an error, or WEIR_E_ARGUMENT, WEIR_E_RETIRED
 * Since     0.1 */
int weir_take_many(struct weir_table *table, const struct weir_request *requests,
                   struct weir_verdict *verdicts, int *errors, size_t count);

/* Give back what an earlier take charged: the same request, with the number of
 * units to give back (recipients that the server then refused, say).
 * A bucket never gets fuller than full; a window gives back its oldest units
 * first, which never lets more through than an exact log.  While the table's switch allows
 * all nothing is charged, and nothing given back.
 * Returns as weir_take().  Progress as weir_take().  Since 0.1 */
int weir_refund(struct weir_table *table, const struct weir_request *request);

/* Forget what the limits of the request's policy have counted for the request's
 * principals: each limit whose attributes the request names is full again.
 * Limits whose attributes the request lacks are left alone; costs are ignored.
 * Returns as weir_take(), but never WEIR_E_ATTRIBUTE or WEIR_E_UNIT. Since 0.1 */
int weir_reset(struct weir_table *table, const struct weir_request *request);

/* Now, on the table's clock, in ns. Never goes back within a boot; carried over
 * a reboot by the wall clock. */
uint64_t weir_now_ns(struct weir_table *table);

/* ------------------------------------------------------ words of a verdict --
 * What to tell who asked, as HTTP and SMTP say it.  A text names the limit and the
 * wait, never a principal; a limit's name is taken for any bytes, as whoever may
 * write the table could have put them there.
 */

#define WEIR_WORDS_BYTES 256 /* a buffer that each of these texts fits into */

/* The value of the field RateLimit: "user-minute";r=12;t=30
 *
 * verdict     not NULL; outcome is of enum weir_outcome
 * text        where to; may be NULL where text_bytes is 0
 * text_bytes  0 to SIZE_MAX; WEIR_WORDS_BYTES is enough
 *
 * Returns  the bytes that the text has without its NUL, at most 255, whether it fits
 *          or not; 0: there is nothing to say, leave the field out
 *          WEIR_E_ARGUMENT  a NULL pointer, or an outcome that is none
 * Effects  text ends with a NUL; it is empty where the text does not fit (what is
 *          returned is text_bytes or more), has nothing to say, or there is an error.
 *          Bytes of text behind the NUL may be written.
 * Says     the limit's name, a String: what is not printable ASCII is `?`
 *          r  remaining
 *          t  on deny retry_after_ns; on allow the time in which the limit gives r
 *             units, or one where r is 0: who spreads r over t keeps to its rate for
 *             ever, and r / t never promises more than it.  Left out where
 *             retry_after_ns is WEIR_NEVER.
 *          Nothing where no limit applied, nor on block, which is no quota.
 * Threads and processes  Any; a pure function of its arguments.
 * Progress No allocation, no system call, no locale; less than a microsecond.
 * Accuracy Seconds are rounded up, and at least 1; a number above 999999999999999,
 *          the largest of a structured field, is told as that.
 * Source   draft-ietf-httpapi-ratelimit-headers-11; structured fields: RFC 9651
 * Since    0.1 */
int weir_http_ratelimit(const struct weir_verdict *verdict, char *text, size_t text_bytes);

/* The value of the field RateLimit-Policy: "user-minute";q=60;w=60
 * Says     q  quota, what the limit gives in w; r may be above it where burst is
 *          w  period_ns
 *          Nothing where weir_http_ratelimit() says nothing.
 * Accuracy As there: a period below a second is told as 1, never as a higher rate.
 * All else as weir_http_ratelimit().  Since 0.1 */
int weir_http_ratelimit_policy(const struct weir_verdict *verdict, char *text, size_t text_bytes);

/* The value of the field Retry-After, as whole seconds: 30
 * On deny the t of weir_http_ratelimit().  Nothing on allow, where retry_after_ns is
 * WEIR_NEVER, nor on a block that has no end (retry_after_ns 0 or WEIR_NEVER).
 * All else as weir_http_ratelimit().  Source RFC 9110, 10.2.3.  Since 0.1 */
int weir_http_retry_after(const struct weir_verdict *verdict, char *text, size_t text_bytes);

enum weir_smtp_flag {
  WEIR_SMTP_BLOCK_450 = 1 /* a block is 450: the client may keep the mail and retry */
};

/* A reply to a command of SMTP: one line without its CRLF.
 *
 *   deny   450 4.7.1 user-minute: rate limit exceeded, try again in 4 minutes
 *          452 4.5.3 user-day: more than the limit of 500 recipients at once, send to
 *          fewer at a time       where the message's recipients alone exceed the burst
 *                                (WEIR_NEVER, and WEIR_COUNTS_RECIPIENTS is set)
 *          450 4.7.1 volume: more than the limit of 4000 at once, send it in smaller
 *          parts                 where another number does: no retry will pass
 *   block  550 5.7.1 sending is blocked
 *          with WEIR_SMTP_BLOCK_450: 450 4.7.1; with the limit where the verdict names
 *          one, and with the wait where the block has an end
 *   allow  nothing
 *
 * flags    of enum weir_smtp_flag
 * Returns  as weir_http_ratelimit(), and WEIR_E_ARGUMENT for an unknown flag
 * Says     of the limit's name only letters, digits and . _ - : all else is `?`, so
 *          that no line end, quote or backslash comes from a table.  Wording may
 *          change; the codes and the name with its colon will not.
 * All else as weir_http_ratelimit().  Source RFC 5321, RFC 3463.  Since 0.1 */
int weir_smtp_reply(const struct weir_verdict *verdict, uint32_t flags, char *text,
                    size_t text_bytes);

/* A wait for people, to stand behind "in": "4 minutes", "1 hour 5 minutes".
 *
 * wait_ns  0 to UINT64_MAX; WEIR_NEVER is "never", which does not stand behind "in"
 * Returns  as weir_http_ratelimit()
 * Accuracy Rounded up: below 1 s "a moment"; below 2 minutes to seconds, below a day
 *          to minutes, below 10 days to hours, then to days.
 * All else as weir_http_ratelimit().  Since 0.1 */
int weir_wait_words(uint64_t wait_ns, char *text, size_t text_bytes);

/* ------------------------------------------------------------ open, create --
 */

/* Map an existing table.
 *
 * path   NULL: $WEIR_TABLE, else WEIR_DEFAULT_TABLE
 * table  set on success
 * fault  what was wrong, in words; may be NULL
 *
 * Returns WEIR_OK, WEIR_E_ARGUMENT, or
 *         WEIR_E_NO_TABLE     no such file
 *         WEIR_E_PERMISSION   no right to read and write it
 *         WEIR_E_UNSAFE       a symbolic link, not a regular file, or writable
 *                             by others than its owner and group
 *         WEIR_E_FORMAT       too short for a header, or another program's file
 *         WEIR_E_VERSION, WEIR_E_FINGERPRINT  made by another layout
 *         WEIR_E_CORRUPT      header checksum or sizes do not agree with the file
 *         WEIR_E_RETIRED      replaced by a larger table
 *         WEIR_E_SPACE        no memory or address space to map it
 *         WEIR_E_SYSTEM       anything else; fault->system has errno
 * Effects A fixed number of system calls whatever the size of the table.
 * Since   0.1 */
int weir_open(const char *path, struct weir_table **table, struct weir_fault *fault);

enum weir_create_flag {
  WEIR_CREATE_GROUP = 1 /* give the file to `group`; else as the system does   */
};

struct weir_create_options {
  size_t size_bytes; /* sizeof(struct weir_create_options)                    */
  uint64_t keys;     /* active principals to hold, 1 to 2^32 / cells each     */
  uint32_t mode;     /* of the file: 0600 or 0660; 0: 0660                     */
  uint32_t flags;    /* of enum weir_create_flag                              */
  uint32_t group;    /* with WEIR_CREATE_GROUP: the file's group id            */
  uint32_t reserved; /* 0                                                     */
  const char *policy_text; /* policies to begin with, and to size by; may be NULL */
  size_t policy_bytes;
  const char *policy_name; /* what messages call the text: a file name         */
};

/* Make a table, sized for options->keys active principals under the policy
 * given (under three limits each where none is given), and open it.
 *
 * path    where, or NULL: memory only, for this process and what it forks
 * Returns as weir_open(), and
 *         WEIR_E_EXISTS    there is a file of that name, whatever it is
 *         WEIR_E_SPACE     the file system has no room: nothing is left behind
 *         WEIR_E_RANGE     keys or mode outside their range
 *         WEIR_E_PERMISSION also where the caller is no member of `group`
 *         WEIR_E_SYNTAX, WEIR_E_CAPACITY  the policy: the first mistake is in
 *                          fault; weir_check() lists all
 * Effects The file appears under its name complete or not at all; of two
 *         creators one gets WEIR_E_EXISTS, and may weir_open() at once.
 *         In memory (tmpfs) all pages are touched, about a third of a second a
 *         GB, so that no decision pays for the first use of one.
 * Since   0.1 */
int weir_create(const char *path, const struct weir_create_options *options,
                struct weir_table **table, struct weir_fault *fault);

/* Unmap.  NULL is allowed.  No other call on the table may be under way. */
void weir_close(struct weir_table *table);

/* --------------------------------------------------------------- policies --
 * The language is described in weir-policy(5). */

/* Called once a mistake: `line` is "FILE:LINE:COLUMN: what, expected what". */
typedef void weir_complaint(void *context, const char *line);

/* Read a policy text and report every mistake.
 *
 * text, text_bytes  the text; need not end with a NUL
 * name              what to call it in complaints
 * Returns           WEIR_OK, WEIR_E_SYNTAX, WEIR_E_CAPACITY or WEIR_E_ARGUMENT
 * Since             0.1 */
int weir_check(const char *text, size_t text_bytes, const char *name,
               weir_complaint *complaint, void *context);

/* Replace the policies of a live table: in force at the next decision of every
 * process; nothing is applied where there is a mistake.
 * State belongs to (policy, limit, principal) by name and is kept: a bucket keeps
 * the units used, which drain at the new rate from then on; what a window has
 * counted counts until the old window would have forgotten it.  A limit that is
 * gone, or counts another unit or by another key, begins anew.  After some
 * dozens of changes within a limit's own duration the oldest state is given up.
 * Where callers give times of their own (WEIR_NOW_GIVEN), the units are those used
 * when the principal is next asked for.
 *
 * Returns WEIR_OK, as weir_check(), WEIR_E_BUSY where another apply is under
 *         way (nobody waits), WEIR_E_CORRUPT, WEIR_E_RETIRED or WEIR_E_SYSTEM
 * Effects With WEIR_OK an event, WEIR_EVENT_APPLIED.
 * Since   0.1 */
int weir_apply(struct weir_table *table, const char *text, size_t text_bytes,
               const char *name, weir_complaint *complaint, void *context);

/* ------------------------------------------------------------- kill switch --
 */

/* Whom to block, for how long, and why.  Zero it, set size_bytes, fill the rest. */
struct weir_block {
  size_t size_bytes; /* sizeof(struct weir_block)                            */
  const struct weir_attribute *attributes; /* user; ip; domain; user and ip; …: in any order */
  size_t attribute_count; /* 1 to 4                                          */
  uint64_t duration_ns;   /* 0: until lifted; at most 2^63 - 1; rounded up to a full ms */
  const char *reason;     /* NUL-terminated, of which 71 bytes are kept; may be NULL */
  const char *by;         /* who does it: likewise, 31 bytes                 */
  uint64_t now_ns;        /* with WEIR_NOW_GIVEN: as in struct weir_request   */
  uint32_t flags;         /* WEIR_NOW_GIVEN or 0                             */
  uint32_t reserved;      /* 0                                               */
};

/* Block a principal: from now on every request that has exactly these attributes with exactly
 * these values, whatever else it has and whatever its policy, gets the verdict WEIR_BLOCK.
 *
 * table, block  not NULL
 *
 * Returns  WEIR_OK          blocked, or blocked already for as long or longer (then nothing has
 *                           changed: to shorten a block, lift it first)
 *          WEIR_E_ARGUMENT  a NULL pointer, a size_bytes that is not known, unknown flags, no
 *                           attribute or more than 4, two of one name, a name that is none
 *          WEIR_E_RANGE     duration_ns above 2^63 - 1
 *          WEIR_E_CAPACITY  blocks by 12 sorts of attributes that no policy counts by already (or
 *                           24 in all), and this is another, even if those are over; or
 *                           half of the principal's group of cells are blocks, and the 64 cells
 *                           beside are too: nothing has changed
 *          WEIR_E_BUSY      the policy was replaced 64 times meanwhile: nothing has changed
 *          WEIR_E_CORRUPT, WEIR_E_RETIRED, WEIR_E_SPACE (no memory)
 * Effects  In force at the first decision that begins after the return, in every process.
 *          Outlives every process and, in a table on a disk, a reboot.  Not evicted while in
 *          force.  What the principal's limits have counted stays.  Sessions: see
 *          weir_session_valid().
 * Threads and processes  Any.  Of two who block one principal at once, the longer block stays.
 * Progress Lock-free.  Allocates; not for a decision's path.  Killed at any step: blocked or not.
 * Accuracy Ends up to 2 ms after its duration, never before.
 * Since    0.1 */
int weir_block(struct weir_table *table, const struct weir_block *block);

/* Lift a block, and in the same step forget the principal's strikes, its level of escalation, its
 * scores and all that limits counting by exactly these attributes have counted.  No block in force
 * is no error.  duration_ns and reason are not looked at.
 * Returns  1 lifted, 0 nothing was in force (limits are forgotten all the same), or as
 *          weir_block()
 * Effects  One compare-and-swap, after which nobody finds what was counted before: a process killed
 *          before it has changed nothing, after it everything.  Sessions issued before stay
 *          refused where a block was in force; lifted again, those issued up to then are, too.
 *          What was counted gives its cells back, but for values that a distinct limit has seen,
 *          which stay until they are idle or their place is needed.
 * Threads, Progress  as weir_block().  Since 0.1 */
int weir_unblock(struct weir_table *table, const struct weir_block *block);

/* Evidence about who asks, found outside the limits: a changed signature, a country never seen,
 * recipients that do not exist.  It adds points to each `score` of the request's policy that lists
 * the signal; at its threshold a score blocks whom the policy says.  Points leak with time.
 *
 * request  as for weir_take(); costs are not looked at
 * name     of the signal, as in the policy
 * weight   how many times its points; 0 only asks whether the policy listens
 *
 * Returns  1 somebody is blocked by it; 0 noted; WEIR_E_SIGNAL no score of the policy lists it;
 *          WEIR_E_ATTRIBUTE the request lacks whom one that does counts by, and nothing is
 *                           added; else as weir_take()
 * Threads and processes  Any.  Progress: lock-free, as weir_take().
 * Accuracy  A token bucket's: points never leak before their time.
 * Since    0.1 */
int weir_signal(struct weir_table *table, const struct weir_request *request, const char *name,
                uint64_t weight);

/* Make a principal a member of a class, in every policy that has one of that name, or of none:
 * beside what policies say of members themselves.
 *
 * member  attributes, attribute_count, now_ns and flags are looked at
 * name    of the class: at most 63 bytes, need not be in a policy yet; NULL: of none
 *
 * Returns as weir_block().  In force at the next decision of every process.  Since 0.1 */
int weir_member(struct weir_table *table, const struct weir_block *member, const char *name);

/* A block in force. */
struct weir_block_info {
  const char *principal;  /* as words of a request; "(name not kept)" where the records of
                             names were all taken                                   */
  const char *reason;     /* empty: none                                      */
  const char *by;
  uint64_t since_wall_ns; /* CLOCK_REALTIME; 0: not known                      */
  uint64_t until_wall_ns; /* likewise; WEIR_NEVER: until lifted                */
  uint64_t remaining_ns;  /* from now; WEIR_NEVER                             */
  uint32_t level;         /* automatic blocks not yet forgotten, this one counted */
  uint32_t reserved;
};
/* Returns 0 to go on. */
typedef int weir_block_visitor(void *context, const struct weir_block_info *block);

/* Each block in force, in no order.  Reads the whole table where anybody was ever blocked: 0.1 s a
 * GB.  The strings last as long as the call.
 * Returns WEIR_OK or WEIR_E_ARGUMENT.  Threads: any.  Since 0.1 */
int weir_blocks(struct weir_table *table, weir_block_visitor *visitor, void *context);

/* Whether a session that was issued to a principal may go on: to be asked at every request of a
 * single-sign-on session, so that a stolen one does not outlive the kill switch.
 *
 * attributes      the principal, as it would be blocked: "user"
 * issued_wall_ns  when the session was issued, CLOCK_REALTIME in ns (the `iat` of a token in
 *                 seconds, times 10^9, is the safe side)
 *
 * Returns  1 valid; 0 refused: the principal is blocked, or a block of the last 30 days was in
 *          force, or ended, after the session was issued: it has to sign in again (one that is
 *          over may be forgotten earlier where its group is full of blocks).  The end of a block
 *          is rounded up to 2^20 ns: within a millisecond of a lift all sessions are refused,
 *          those issued in it for good;
 *          WEIR_E_ARGUMENT as weir_block(), WEIR_E_RETIRED
 * Effects  None.
 * Threads  Any.  Progress: wait-free but for the length of a group; no system call.
 * Accuracy As good as the clocks of who issues and who asks agree.
 * Since    0.1 */
int weir_session_valid(struct weir_table *table, const struct weir_attribute *attributes,
                       size_t attribute_count, uint64_t issued_wall_ns);

enum weir_switch_position {
  WEIR_SWITCH_NORMAL = 0,
  WEIR_SWITCH_DENY_ALL = 1, /* every take and peek says WEIR_BLOCK, no session is valid   */
  WEIR_SWITCH_ALLOW_ALL = 2 /* every limit is off: allowed and charged nothing; blocks are
                               in force all the same                             */
};

/* The whole table's switch, in force at the next decision of every process.  by: who does it, for
 * the event; may be NULL.
 * Returns WEIR_OK, WEIR_E_ARGUMENT or WEIR_E_RANGE.  Threads: any.  Lock-free.  Since 0.1 */
int weir_switch(struct weir_table *table, enum weir_switch_position position, const char *by);
/* ----------------------------------------------------------------- events --
 * What happens seldom and somebody should know: in a ring of the last 1024 in the
 * table, written by every process that decides or rules, followed by any number of
 * readers.  No decision that allows writes one, and no reader slows a writer.
 */

#define WEIR_PRINCIPAL_BYTES 208 /* a principal in words, NUL-terminated */

/* Pinned: a number is never given a new meaning. */
enum weir_event_kind {
  WEIR_EVENT_DENIED = 1,    /* first denial of an episode                      */
  WEIR_EVENT_BLOCKED = 2,   /* a block began                                   */
  WEIR_EVENT_UNBLOCKED = 3, /* it was lifted                                   */
  WEIR_EVENT_ESCALATED = 4, /* an automatic block, longer than the first       */
  WEIR_EVENT_PRESSURE = 5,  /* groups of the table begin to be full; with a principal: there is
                               no room for its block by the policy               */
  WEIR_EVENT_SWITCHED = 6,  /* the switch of the whole table: reason is to what */
  WEIR_EVENT_APPLIED = 7    /* policies replaced: amount is the version in force,
                               reason what the text was called                 */
};

/* A name for a kind: "denied", "blocked", …; "unknown" for another number.  Never
 * NULL, never allocated; valid for ever.  Any thread.  Since 0.1 */
const char *weir_event_name(uint32_t kind);

/* An event, 384 bytes.  What a name does not fill is NUL.  Names are printable UTF-8
 * whatever a user, a policy or the file holds: a byte that is a control character or
 * no UTF-8 is '?'. */
struct weir_event {
  size_t size_bytes;  /* set by the caller to sizeof(struct weir_event)        */
  uint64_t number;    /* from 1; a number that is missing is an event lost      */
  uint64_t wall_ns;   /* CLOCK_REALTIME, ns since 1970                         */
  uint32_t kind;      /* enum weir_event_kind                                  */
  uint32_t level;     /* of a block: how often doubled; else 0                 */
  uint64_t until_wall_ns; /* of a block; 0: none, WEIR_NEVER: until lifted     */
  uint64_t amount;    /* a number that the kind gives a meaning; else 0        */
  char principal[WEIR_PRINCIPAL_BYTES]; /* as in a request: user=alice ip=10.0.0.1;
                         cut off with an ellipsis; empty: of no principal      */
  char limit[WEIR_NAME_BYTES]; /* empty where no limit has to do with it       */
  char reason[32];
  char by[32];        /* who did it: a person, a program, empty                */
};

/* Where a reader is.  The caller's own: no descriptor, no memory, nothing to end.
 * One thread at a time; a copy is another reader. */
struct weir_events_cursor {
  uint64_t next;           /* number of the next event                         */
  uint64_t patience_ns;    /* see weir_events_next(); 10^9 unless set after begin */
  uint64_t waited_head;    /* of the library                                   */
  uint64_t waited_since_ns; /* of the library                                  */
  uint64_t reserved[4];
};

enum weir_events_from {
  WEIR_EVENTS_NEWEST = 0, /* only what is yet to come                          */
  WEIR_EVENTS_OLDEST = 1  /* what the ring still holds, then what comes        */
};

/* Begin to follow the events of a table.
 *
 * cursor   not NULL; written on success
 * from     enum weir_events_from
 * Returns  WEIR_OK, WEIR_E_ARGUMENT, or WEIR_E_CORRUPT where the ring's head is no
 *          number that it can have
 * Effects  Nothing is written to the table: who follows is known to nobody.
 * Threads  Any.  Progress: wait-free.  Since 0.1 */
int weir_events_begin(struct weir_table *table, struct weir_events_cursor *cursor,
                      uint32_t from);

/* The next event.
 *
 * cursor   begun on this table
 * event    size_bytes set; the rest is written where 1 is returned
 * lost     not NULL; set to how many events were lost to this reader in this call,
 *          all of them older than *event; may be above 0 whatever is returned but
 *          WEIR_E_ARGUMENT
 *
 * Returns  1                an event
 *          0                none now: call again, after 0.1 s say; nobody is woken
 *          WEIR_E_ARGUMENT  a NULL pointer, an unknown size_bytes, a cursor that was
 *                           never begun
 *          WEIR_E_RETIRED   none now, and the table was replaced by a larger one
 *          WEIR_E_CORRUPT   the ring's head went back, or is no number that it can
 *                           have: a cursor of another table, or somebody wrote it
 * Effects  Nothing is written to the table.  Events come in the order of their
 *          numbers, each once.  Lost are those that a reader over 1024 behind did not
 *          get to; one whose writer was killed or stopped while it wrote; and one that
 *          a writer stopped for 1024 events overwrote when it went on.  Never is a
 *          part of one event told as part of another: each has a checksum.
 * Waiting  An event whose writer has begun and not ended holds up those behind it for
 *          cursor->patience_ns of the table's clock, from when this cursor first met
 *          it with another event behind it; then it is lost.  0: not at all;
 *          WEIR_NEVER: until it is 1024 behind.
 * Threads  Any, with a cursor each.  Progress: wait-free, 1024 entries at most; no
 *          allocation, no system call.  Since 0.1 */
int weir_events_next(struct weir_table *table, struct weir_events_cursor *cursor,
                     struct weir_event *event, uint64_t *lost);

/* ------------------------------------------------------------------ seeing --
 * Who, how much, until when.  Names of principals are kept for those that were denied or blocked
 * only, in a bounded number of records: of others a principal is seen by who knows its name.
 */

/* What is known of a principal beside its limits.  Times are CLOCK_REALTIME, ns; 0: none, or not
 * known.  Strings are printable but for bytes above 0x7f, which may be no UTF-8. */
struct weir_why {
  size_t size_bytes; /* set by the caller to sizeof(struct weir_why)               */
  char principal[WEIR_PRINCIPAL_BYTES]; /* as words of a request                   */
  uint32_t blocked;  /* 1: a block is in force                                     */
  uint32_t lifted;   /* 1: the last one was lifted by hand                         */
  uint32_t level;    /* automatic blocks not yet forgotten                         */
  uint32_t switched; /* enum weir_switch_position, of the whole table              */
  uint64_t since_wall_ns; /* of the block in force, or of the last where it is known */
  uint64_t until_wall_ns; /* likewise: its end; WEIR_NEVER: until lifted            */
  uint64_t remaining_ns;  /* of the one in force; WEIR_NEVER; 0: none is            */
  char reason[72];
  char by[32];
  uint64_t cut_before_wall_ns; /* sessions issued before are refused; WEIR_NEVER: all are */
  uint64_t cut_until_wall_ns;  /* … until then at least; WEIR_NEVER                 */
  uint64_t denied;   /* denials that were noted since the first, or since a lift    */
  uint64_t denied_last_wall_ns;
  char denied_policy[WEIR_NAME_BYTES]; /* of the limit that denied last; empty: not known,  */
  char denied_limit[WEIR_NAME_BYTES];  /* or no longer in force                             */
  uint32_t limits;      /* visited that count by exactly these attributes             */
  uint32_t limits_more; /* … that count by these and others                          */
  uint64_t reserved[6];
};

enum weir_why_flag {
  WEIR_WHY_SLIDING = 1,  /* a sliding window, else a token bucket                    */
  WEIR_WHY_SHADOW = 2,   /* counted and reported, never denies                       */
  WEIR_WHY_OPTIONAL = 4,
  WEIR_WHY_BY_MORE = 8,  /* counts by these attributes and others: how much stands for each
                            combination, none of which can be listed; used, remaining and
                            full_in_ns are 0 and mean nothing                        */
  WEIR_WHY_DISTINCT = 16, /* counts different values of the attribute `unit`          */
  WEIR_WHY_LIFTED = 32,  /* not for this principal: it is exempt, or of a class without limit */
  WEIR_WHY_STRIKES = 64, /* denials of `limit` that have led to no block yet          */
  WEIR_WHY_SCORE = 128,  /* a score: points of signals                               */
  WEIR_WHY_APART = 256   /* what may still be reached where a block is in force       */
};

/* A limit in force, and how a principal stands. */
struct weir_why_limit {
  const char *policy;
  const char *limit;
  const char *unit;
  const char *key; /* "user", "ip+user": what it counts by                           */
  const char *class_name; /* whose numbers stand for this principal; empty: the policy's */
  uint32_t flags;  /* of enum weir_why_flag                                         */
  uint32_t reserved;
  uint64_t used;      /* whole units of the burst that are not there now: rounded up */
  uint64_t remaining; /* whole units left                                           */
  uint64_t quota;     /* N                                                           */
  uint64_t period_ns; /* D                                                           */
  uint64_t burst;     /* B; N for a sliding window                                   */
  uint64_t full_in_ns; /* until nothing is counted any more; 0: now                   */
};
/* Returns 0 to go on.  The strings last as long as the call. */
typedef int weir_why_visitor(void *context, const struct weir_why_limit *limit);

/* Everything known of one principal.
 *
 * table             not NULL
 * attributes, attribute_count  the principal, in any order: 1 to 4
 * summary           not NULL, size_bytes set; filled on success
 * visitor, context  called for each limit in force that counts by exactly these attributes, and
 *                   what else does: strikes, scores, what may be reached; then for those
 *                   limits that count by these and others; may be NULL.  A limit whose numbers
 *                   a class of the principal replaces comes with the class's.
 *
 * Returns  WEIR_OK, also where nothing is known of it
 *          WEIR_E_ARGUMENT  a NULL pointer, a size_bytes that is not known, no attribute or more
 *                           than 4, two of one name, a name that is none
 *          WEIR_E_BUSY      the policy was replaced 64 times meanwhile
 *          WEIR_E_CORRUPT   the policy in the file does not pass its checks
 *          WEIR_E_RETIRED, WEIR_E_SPACE (no memory)
 * Effects  None: nothing is written.
 * Threads and processes  Any.
 * Progress Reads the principal's group, and 8 records.  Copies the policy: not for a decision's
 *          path.
 * Accuracy Each limit at its own moment, by the table's clock: where callers give times of their
 *          own (WEIR_NOW_GIVEN) what is used is not what they see.  Denials are noted without a
 *          lock: a few may be missing, none is invented.
 * Since    0.1 */
int weir_why(struct weir_table *table, const struct weir_attribute *attributes,
             size_t attribute_count, struct weir_why *summary, weir_why_visitor *visitor,
             void *context);

enum weir_top_order {
  WEIR_TOP_DENIED = 0, /* by denials noted                                            */
  WEIR_TOP_COST = 1    /* by the share that is used now of the limit used most          */
};

/* A principal whose name is kept. */
struct weir_top {
  const char *principal;
  uint64_t denied;              /* as in struct weir_why                               */
  uint64_t denied_last_wall_ns; /* likewise                                            */
  const char *denied_policy;    /* likewise; empty                                     */
  const char *denied_limit;
  uint32_t blocked;             /* 1: a block is in force                              */
  uint32_t used_per_mille;      /* of the limit below: used / burst, rounded up         */
  uint32_t flags;               /* of enum weir_why_flag, of that limit                 */
  uint32_t reserved;
  const char *policy; /* of its limits the one of which the largest share is used; empty: none */
  const char *limit;
  const char *unit;
  uint64_t used;
  uint64_t burst;
};
/* Returns 0 to go on.  The strings last as long as the call. */
typedef int weir_top_visitor(void *context, const struct weir_top *top);

/* The first `count` of the principals whose names are kept, the greatest first.
 *
 * table, visitor  not NULL
 * order           of enum weir_top_order; by WEIR_TOP_DENIED those with a denial noted, by
 *                 WEIR_TOP_COST those with something used
 * count           0 to SIZE_MAX
 *
 * Returns  WEIR_OK
 *          WEIR_E_ARGUMENT  a NULL pointer
 *          WEIR_E_RANGE     an order that is none
 *          WEIR_E_CORRUPT, WEIR_E_RETIRED, WEIR_E_SPACE as weir_why()
 * Effects, Threads  as weir_why()
 * Progress Reads all records of names, a thousandth of the table's keys, within 1024 and 65536;
 *          by WEIR_TOP_COST the group of each.
 * Accuracy Who sends much and was never denied or blocked is not named: the record of who was
 *          denied least gives way where there are too many.  A cell that a full group has
 *          taken away counts as nothing used.
 * Since    0.1 */
int weir_top(struct weir_table *table, enum weir_top_order order, size_t count,
             weir_top_visitor *visitor, void *context);

/* ------------------------------------------------------------ maintenance --
 */

/* Counters since the table was made.  Each is the sum of per-processor counts
 * that are added to without a lock: under a process that migrates between two
 * instructions one may be lost, none is ever invented. */
struct weir_stats {
  size_t size_bytes;      /* set by the caller to sizeof(struct weir_stats)   */
  uint64_t allowed;       /* takes that were allowed                          */
  uint64_t denied;        /* takes that were denied                           */
  uint64_t errors;        /* requests that were answered by an error          */
  uint64_t shadow_denied; /* takes that a shadow limit would have denied      */
  uint64_t inserted;      /* cells claimed for a principal new to a limit     */
  uint64_t reclaimed;     /* of these, in the place of one that was idle      */
  uint64_t evicted;       /* cells that lost their place in a full group      */
  uint64_t inherited;     /* newcomers that began with the debt of the evicted */
  uint64_t full_denied;   /* denied by when-full                               */
  uint64_t full_allowed;  /* let through untracked by when-full allow         */
  uint64_t undone;        /* charges taken back since a later limit denied    */
  uint64_t debts_left;    /* charges that could not be taken back: time heals */
  uint64_t healed;        /* words from the future set right                  */
  uint64_t carried_over;  /* cells converted to a limit's new numbers         */
  uint64_t policy_version; /* counts the applies                              */
  uint64_t keys;          /* as asked for at creation                         */
  uint64_t file_bytes;
  uint64_t cells;         /* in the table                                      */
  uint64_t cells_used;    /* ever used, from a sample of at most 2^20 cells    */
  uint64_t cells_live;    /* with a debt now, from the same sample             */
  uint64_t groups_full;   /* groups without a free cell now, likewise          */
  uint32_t huge_pages;    /* 1: the mapping has huge pages now                 */
  uint32_t limits;        /* limits in force                                   */
  uint64_t cells_per_key; /* most cells that one principal takes under them    */
  uint64_t blocked;       /* takes that were refused since somebody was blocked */
  uint32_t switched;      /* enum weir_switch_position                         */
  uint32_t reserved32;
  uint64_t events;        /* ever begun: the last one's number                 */
  uint64_t events_lost;   /* of these, never to be read, as far as a writer knows */
  uint64_t groups;        /* of cells, of which groups_full are a part         */
  uint64_t blocks;        /* in force, of those whose names are kept           */
  uint64_t auto_blocks;   /* blocks by the policy, escalations too               */
  uint64_t auto_blocks_failed; /* denials and signals that were to block, without room for it */
  uint64_t reserved[2];
};

/* Returns WEIR_OK or WEIR_E_ARGUMENT.  Reads a sample of the cells and, where anybody was ever
 * blocked, the records of names: takes some milliseconds on a large table.  Since 0.1 */
int weir_stats(struct weir_table *table, struct weir_stats *stats);

/* How often each limit has denied, members of its classes too.  Called once a limit in force:
 * not for classes, nor for what counts strikes, scores or what may be reached. */
struct weir_limit_stats {
  const char *policy;
  const char *limit;
  const char *unit;
  const char *key; /* "user", "user+ip", "overall"                            */
  uint64_t denied;
  uint64_t shadow_denied;
};
typedef void weir_limit_visitor(void *context, const struct weir_limit_stats *limit);
int weir_stats_limits(struct weir_table *table, weir_limit_visitor *visitor, void *context);

/* Read the whole table and report what is not sound: cells that no limit owns,
 * two cells of one principal and limit, words out of bounds, policies that do
 * not pass their checks.  Changes nothing; the table may be in use, and what is
 * then in the middle of a change is not reported.
 * Returns the number of findings (0: sound), or WEIR_E_ARGUMENT.  Since 0.1 */
int weir_verify(struct weir_table *table, weir_complaint *complaint, void *context);

/* "0.1.0", the version of the library that runs. */
const char *weir_version(void);

#ifdef __cplusplus
}
#endif

#endif
