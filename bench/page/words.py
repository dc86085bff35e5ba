# SPDX-License-Identifier: BSD-2-Clause
"""What the page says of each bench, and what it calls things."""

# In the order of the page: bench, its question, what the reader has to know.
SECTIONS = (
    ("bench_decision", "What does a decision cost, beside the floor of the machine and peers?",
     "Medians in ns a decision and thread; in brackets, how many times the floor of the same "
     "batch: key, hash, clock and one line with a compare-and-swap, nothing else. One hot key may "
     "cost less than the floor, which hashes each time: who asks for one name twice in a row is not "
     "hashed again. Peers: mutex "
     "shards with chained hashing and doubles; Concurrency Kit's `ck_ht` with an atomic GCRA an "
     "entry. All in one program, in turn."),
    ("bench_huge", "What are huge pages worth?",
     "Each table twice, in /dev/shm and on a tmpfs mounted with `huge=always`, as `/run/weir` may be "
     "(weirctl(1), HUGE PAGES). The kernel gives no huge pages to files in `/dev/shm` unless "
     "`/sys/kernel/mm/transparent_hugepage/shmem_enabled` says so. Uniform keys, one thread."),
    ("bench_parts", "What is the floor made of, and what does a decision wait for?",
     "The floor with parts left out, single calls. A processor looks a few hundred instructions "
     "ahead. Without hash and clock several decisions lie within that, and wait for memory at the "
     "same time; with them (the floor is about 250 instructions, by `valgrind --tool=callgrind`, of "
     "which the hash is two thirds) hardly two do, so that each decision waits by itself, whatever "
     "limiter is behind it. Batches get round that. A host that does other work between two "
     "decisions does not see it."),
    ("bench_scale", "What does a decision cost in a small and in a large table?",
     "Uniform keys, one thread."),
    ("bench_contention", "What is each one's share where all ask for one key?", ""),
    ("bench_cold", "What does a decision cost a program that does nothing else, as a CGI?",
     "The difference between a fresh process that opens, asks and closes, and the same program "
     "doing nothing, started beside it: the median and the quartiles of all pairs. "
     "What it takes to load a peer's libraries is in no difference."),
    ("bench_memory", "What does a principal take, and what becomes of newcomers in a full table?",
     "A newcomer that meets a full group takes the place of the one with the least debt there, "
     "and begins with the debt of those who lost theirs. Everybody asks at one instant, so that "
     "nobody gets idle and no debt drains: the worst there is. *Principals* are newcomers for "
     "whom at least one cell met a full group, *cells* their cells that did; the model has "
     "principals fall into groups as Poisson does."),
    ("bench_events", "What do events cost, and who follows them?",
     "One thread decides, and puts an event each thousand decisions. *Watching* asks ten times a "
     "second, as `weirctl watch` does, *spinning* without a pause; the other reader is stopped. "
     "What a reader lost it was told of."),
    ("bench_guard", "What does the kill switch cost, and how soon is it in force?",
     "One thread, by processor time, in tables that differ in who is blocked; the second without "
     "anybody shows what two equal tables differ by. *Many others* are 10,000: 26 of 100 keys then "
     "look for a block that is not there. Then 16 processes decide for one key without a pause "
     "while another blocks it: from the return of the call to the first refusal in a process that "
     "runs just then; below 0 it came before the return."),
    ("bench_hosts", "What does a decision add to an event of a mail server or proxy?",
     "Beside what the server's own limiter adds."),
    ("bench_campus", "What does the default policy stop, and whom does it hit that did nothing?",
     "[share/weir/default.conf](../../share/weir/default.conf) under four weeks of a campus' mail, "
     "made from a seed by published figures: 13,379 senders, a Zipf law over their ranks, "
     "log-normal gaps, days and weeks. Recipients a message, what programs see of ordinary mail "
     "by chance and how thieves send are chosen; [bench/campus_people.c](../campus_people.c) and "
     "[bench/campus_thieves.c](../campus_thieves.c) say how. Thirty accounts are stolen: *fast* "
     "one session of the webmail, 10 messages a second for 8 minutes; *slow* one a minute for a "
     "day; *bots* 50 addresses, 5 a second for half an hour. Whatever the policy did, a theft ends "
     "when people lock the account. Who sends over 200 messages a day on average is in the class "
     "`bulk`. *Users blocked* and *denied* are of people whose account was not stolen."),
)

BARS = {
    "hot_1_limit_to_floor": "one hot key, 1 limit: times the floor",
    "uniform_1_limit_to_floor": "uniform keys, 1 limit: times the floor",
    "uniform_1_limit_roomy_to_floor": "the same in a table made for twice as many keys",
    "uniform_batch32_to_floor32": "uniform keys, batches of 32: times the batched floor",
    "hot_deny_to_allow": "one hot key: a denial to an allowance",
    "uniform_deny_to_allow": "uniform keys: a denial to an allowance",
    "uniform_3_limits_to_1": "uniform keys: 3 limits to 1",
    "uniform_mutex_to_weir": "uniform keys: mutex shards to weir",
    "uniform_ck_ht_to_weir": "uniform keys: `ck_ht` to weir",
    "uniform_mutex_to_floor": "uniform keys: mutex shards, times the floor",
    "uniform_ck_ht_to_floor": "uniform keys: `ck_ht`, times the floor",
    "uniform_2_threads_to_1_throughput": "uniform keys: throughput of two threads to one",
    "uniform_2_threads_to_1_throughput_floor": "the same of the floor",
    "bytes_per_principal_1_limit": "bytes a principal, 1 limit",
    "bytes_per_principal_3_limits": "bytes a principal, 3 limits",
    "met_full_group_percent_1_limit": "% of newcomers that met a full group, 1 limit",
    "met_full_group_percent_3_limits": "% of newcomers that met a full group, 3 limits",
    "met_full_group_percent_3_limits_cells": "% of newcomers' cells that did, 3 limits",
    "redis_gcra_over_weir_1_limit": "fresh process: Redis, GCRA, to weir, 1 limit",
    "redis_incr_over_weir_1_limit": "fresh process: Redis, INCR alone, to weir, 1 limit",
    "redis_gcra_over_weir_2_limits": "fresh process: Redis, GCRA, to weir, 2 limits of which 1 slides",
    "one_key_to_own_keys_ns": "all ask for one key: ns, times a key each",
    "one_key_to_alone_ns": "all ask for one key: ns, times one alone",
    "one_key_fairness_min_to_max": "one key: least share to largest",
    "one_key_fairness_jain": "one key: Jain's index of the shares",
    "others_while_stopped_to_before": "one stopped: throughput of the others, times before",
    "others_while_stopped_to_all_before": "one stopped: that of the others, times all before",
    "two_readers_one_stopped_to_none_throughput":
        "events, two readers of which one is stopped: throughput, times no reader",
    "two_readers_one_stopped_to_none_by_cpu": "the same by processor time",
    "two_spinning_readers_one_stopped_to_none_by_cpu": "the same, readers without a pause",
    "events_to_no_events_by_cpu":
        "an event each thousand decisions: the same, times no events",
    "first_refusal_after_return_us_of_16":
        "block, 16 processes asking: µs from its return to the first refusal, median",
    "allowed_after_return_of_16": "the same: decisions begun after the return that passed",
    "first_refusal_after_return_us_of_1": "block, one process asking: µs likewise",
    "allowed_after_return_of_1": "the same: decisions begun after the return that passed",
    "hot_nobody_blocked_again_to_nobody_blocked": "one hot key, nobody blocked: times its like",
    "hot_another_blocked_to_nobody_blocked": "one hot key, another blocked: times nobody blocked",
    "hot_itself_blocked_to_nobody_blocked": "one hot key, blocked: times nobody blocked",
    "hot_itself_lifted_to_nobody_blocked": "one hot key, lifted: times nobody blocked",
    "hot_many_others_blocked_to_nobody_blocked":
        "one hot key, 10,000 others blocked: times nobody blocked",
    "uniform_nobody_blocked_again_to_nobody_blocked": "uniform keys, nobody blocked: times its like",
    "uniform_another_blocked_to_nobody_blocked": "uniform keys, another blocked: times nobody blocked",
    "uniform_itself_blocked_to_nobody_blocked": "uniform keys, all blocked: times nobody blocked",
    "uniform_itself_lifted_to_nobody_blocked": "uniform keys, all lifted: times nobody blocked",
    "uniform_many_others_blocked_to_nobody_blocked":
        "uniform keys, 10,000 others blocked: times nobody blocked",
    "campus_fast_passed_median": "stolen, fast: spam messages out, median",
    "campus_fast_passed_most": "stolen, fast: spam messages out, most",
    "campus_bots_passed_median": "stolen, bots: spam messages out, median",
    "campus_bots_passed_most": "stolen, bots: spam messages out, most",
    "campus_slow_passed_median": "stolen, slow, one a minute: spam messages out, median",
    "campus_users_blocked": "others blocked in a month, of 13,379",
    "campus_denied_percent": "% of others' messages denied",
    "huge_1_limit_to_4k": "uniform keys, 1 limit: on huge pages, times 4 KiB pages",
    "huge_3_limits_to_4k": "uniform keys, 3 limits: on huge pages, times 4 KiB pages",
    "huge_uniform_1_limit_to_floor": "huge pages, uniform keys, 1 limit: times the floor",
    "huge_uniform_batch32_to_floor32":
        "huge pages, uniform keys, batches of 32: times the batched floor",
    "huge_uniform_3_limits_to_1": "huge pages, uniform keys: 3 limits to 1",
    "exim_own_ratelimit_to_weir": "Exim RCPT: its own `ratelimit` to weir",
}

SHORTER_WAITS = \
    "As on 4 KiB pages; the waits are shorter, and what is computed behind them is as much."

# Where a bar is missed: the profile that shows why, and what was tried.
WHY = {
    "hot_1_limit_to_floor":
        "The floor's 251 instructions are key, hash, clock and the locked one; weir takes 315 "
        "(`valgrind --tool=callgrind`) without hashing a name that it has hashed just before, 450 "
        "with: the request and its policy checked 64, the principal's name compared 9, its place and "
        "cell 25, the verdict written 34, counted 13, the rest registers saved and what the rule "
        "needs. Tried without gain: the four states of a line chosen by masks, branches in place of "
        "masks, -O3, clang; with: the cell charged last on this processor guessed, names compared 8 "
        "bytes at once (1.66 before these), the hash kept (1.45 before).",
    "uniform_1_limit_to_floor":
        "It moves with the machine's memory (1.07 to 1.39 by `make bench-decision` on several of 2 "
        "cores): beside the instructions of the hot key it is those who lie behind their home line, "
        "whose second line is another miss. A table made for twice as many keys has fewer of these "
        "and more pages, and is no faster (the second line of the table above). Tried without gain: "
        "the next line prefetched always, lines in pairs.",
    "uniform_batch32_to_floor32":
        "weir hashes four keys at once and has 200 instructions more for each, of which less hides "
        "behind the waits the faster the memory is (1.06 to 1.34 on machines of 2 cores; on huge "
        "pages more). Tried without gain: all cells beyond the home line looked for in a pass of "
        "their own.",
    "hot_deny_to_allow":
        "Without a write a denial still has its wait to say, two counters and a note of the name to "
        "look for; it moves by some percent with the machine.",
    "uniform_2_threads_to_1_throughput":
        "The floor shows the same (the next line): the two processors share what the machine's "
        "memory gives, and the virtual machine's neighbours take of it.",
    "uniform_deny_to_allow":
        "Both wait for the same line, and a denial, which writes nothing, gains the locked "
        "instruction alone, about as much as its wait, its counters and the second look at the tag "
        "cost. 64 names put on record in 4 ms cost 6 % more (16 now, and found without a copy). Two "
        "tables of one size differ by some percent as their pages lie (0.91 to 1.02 here).",
    "uniform_3_limits_to_1":
        "Its table has 2.75 times the bytes, and with 4 KiB pages twice the bytes alone make one limit "
        "1.0 to 1.3 times as dear (the row of a table for twice the keys, on several machines). Then "
        "two more locked instructions, and 41 % of principals with three cells reach past their home "
        "line, 23 % into a third; 0.8 % live in overfull groups and are inserted anew at each request, at 28,000 "
        "instructions (36,000 before a full group was surveyed by lines). Prefetching both lines "
        "gained 2 to 10 %; looking for all three cells in one pass gained most. Tried without gain: "
        "two lines searched at once without a branch, 4 to 7 % dearer, since three in five then "
        "wait for a line that they do not need; bids laid out in the order of the charges.",
    "huge_uniform_1_limit_to_floor": SHORTER_WAITS,
    "huge_uniform_batch32_to_floor32": SHORTER_WAITS,
    "huge_uniform_3_limits_to_1": SHORTER_WAITS,
    "uniform_mutex_to_weir":
        "The floor itself is not that far from it (the next lines), on this machine or another: no "
        "limiter that hashes the key, reads the clock and charges one line can hold this bar there. "
        "The profile is [bench_parts](bench_parts.tsv): without hash and clock the floor takes a "
        "fifth of its time, since only then the waits of several decisions fall together, while "
        "the peers wait two or three times in a row either way. A hash of a few instructions, as "
        "rounds of AES are, would do that for whoever decides in a loop, and is no keyed hash that "
        "has been studied as SipHash has. weir's own batches of 32 are that much faster than the "
        "peers' single calls, and have no like among them.",
    "uniform_ck_ht_to_weir":
        "As for the mutex shards: the floor itself is the line to look at.",
    "hot_itself_lifted_to_nobody_blocked":
        "Who was lifted has a cell that says under which generation it counts: a second search of "
        "its line, and a multiplication, 110 instructions; beside a key that is not hashed again "
        "they weigh more (1.24 before). With many different keys it is not seen.",
    "redis_incr_over_weir_1_limit":
        "A fresh process of weir has about "
        "14 page faults of 1 to 2 µs (`perf record -e page-faults`: its code, the plan, the stack, "
        "six pages of the table), nine system calls, and 12 µs of unmapping. Tried, with gain: the "
        "plan of a small policy in two pages, and pages of the table mapped by a write, which spares "
        "the kernel's mapping of fifteen neighbours (68 µs before these, 43 after).",
    "redis_gcra_over_weir_2_limits":
        "As above; a sliding limit and a second cell take the general way, whose code and stack are "
        "more pages.",
    "exim_own_ratelimit_to_weir":
        "Against Exim's files on a tmpfs; on ext4, as they are in practice, see the table below.",
}

SUBJECTS = {
    "floor": "floor",
    "floor_4k": "floor, 4 KiB pages",
    "floor_huge": "floor, huge pages",
    "floor_without_cas": "without the compare-and-swap",
    "floor_without_clock": "without the clock",
    "floor_without_cas_and_clock": "without either",
    "floor_without_hash": "without the hash",
    "floor_without_hash_and_clock": "without hash and clock",
    "floor_without_any": "without any of them: key and load",
    "weir_1_limit": "weir, 1 limit",
    "weir_1_limit_roomy": "weir, 1 limit, table for twice the keys",
    "weir_3_limits": "weir, 3 limits",
    "weir_deny": "weir, denying",
    "mutex_shards": "mutex shards",
    "ck_ht": "ck_ht",
    "nothing": "nothing",
    "weir_2_limits_new_user": "weir, 2 limits, new user",
    "weir_2_limits_known_user": "weir, 2 limits, known user",
    "weir_1_limit_new_user": "weir, 1 limit, new user",
    "weir_1_limit_known_user": "weir, 1 limit, known user",
    "locked_file": "record in a locked file",
    "nothing_with_libdb": "nothing, with libdb",
    "berkeley_db": "Berkeley DB, locked",
    "nothing_with_hiredis": "nothing, with hiredis",
    "redis_incr": "Redis, INCR",
    "redis_gcra": "Redis, GCRA script",
}

DISTRIBUTIONS = {"hot": "one hot key", "zipf": "zipf 0.99", "zipf0.99": "zipf 0.99",
                 "uniform": "uniform"}

# What a column is called; else its name with spaces.  Units in the heading.
COLUMNS = {
    "bytes_per_principal": "bytes a principal",
    "group_cells": "cells a group",
    "load": "load, cells live / cells",
    "load_after": "load afterwards",
    "met_full_principal_percent": "principals that met a full group, %",
    "met_full_cell_percent": "cells that did, %",
    "model_principal_percent": "model: principals, %",
    "model_cell_percent": "model: cells, %",
    "wrongly_denied_percent": "wrongly denied, %",
    "short_units_mean": "begun short by, units",
    "process_us_median": "process, µs",
    "difference_us_p25": "difference, 25 %, µs",
    "difference_us_median": "difference, median, µs",
    "difference_us_p75": "difference, 75 %, µs",
    "ratio_to_weir_1_limit_new_user": "to weir, 1 limit, new user",
    "added_us": "added, µs",
    "us_min": "µs, min",
    "us_median": "µs, median",
    "us_max": "µs, max",
    "ns_min": "ns, min",
    "ns_median": "ns, median",
    "ns_max": "ns, max",
    "ratio_to_floor": "to the floor",
    "throughput_per_s": "decisions a second",
    "busiest_5.8_percent_send_percent": "the busiest 5.8 % send, %",
    "stopped_percent": "stopped, %",
    "stopped_s_median": "last after, s, median",
    "stopped_s_most": "last after, s, most",
    "blocked_after_s": "blocked after, s",
    "to_the_end": "not stopped at all",
    "denied_percent": "denied, %",
    "factor": "times",
}


def subject(name):
    return SUBJECTS.get(name, name.replace("_", " "))


def distribution(name):
    return DISTRIBUTIONS.get(name, name.replace("_", " "))


def column(name):
    return COLUMNS.get(name, name.replace("_", " "))


def count(text):
    """10000000 -> 10 million; else thousands apart."""
    try:
        value = int(text)
    except ValueError:
        return text
    if value >= 1000000 and value % 1000000 == 0:
        return f"{value // 1000000} million"
    return f"{value:,}"
