#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An exact reference for `weirctl sim`, written from the specification.

Random policies and traces are decided here with rational numbers and decided by
`weirctl sim --ns`; every line must be the same, and the summary.  A bucket is a level that
fills up at N / D (the command keeps a theoretical arrival time); a window is a list of
what was charged (the command keeps a ring of counters).  Beyond that each window is held
against exact logs: never an admission that the log of length D refuses, no denial of what
the log of length D + D/k + k + 1 ns allows.

Environment: WEIRCTL (build/weirctl), WEIR_SEED (random, printed on failure), STEPS (120000).
"""

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from fractions import Fraction

MOST = 2**63 - 1
TIME_MAX = 2**64 - 1
NEVER = None
LIFTED_ONLY = 2**128
YEAR_NS = 31557600 * 10**9
TRACE_STEPS = 400


# ------------------------------------------------------------------ one limit, exactly


class Bucket:
    """B units at once, N in D: a level in units, true as of a time."""

    def __init__(self, rule):
        self.rule = rule
        self.level = Fraction(rule.burst)
        self.as_of = 0

    def level_at(self, now):
        level = self.level + Fraction((now - self.as_of) * self.rule.count, self.rule.period)
        return min(level, Fraction(self.rule.burst))

    def ask(self, now, units):
        """(units left, ns to wait): 0 passes, NEVER."""
        level = self.level_at(now)
        left = max(0, level.numerator // level.denominator)
        if units == 0 or units <= level:
            return left, 0
        if units > self.rule.burst:
            return left, NEVER
        lacking = (units - level) * self.rule.period / self.rule.count
        return left, min(ceil_of(lacking), TIME_MAX - 1)

    def charge(self, now, units):
        if units > 0:
            self.level = self.level_at(now) - units
            self.as_of = now

    def refund(self, now, units):
        level = self.level_at(now)
        if level < self.rule.burst:
            self.level = min(level + units, Fraction(self.rule.burst))
            self.as_of = now


class Window:
    """Never more than N in any D, over `parts` parts of ceil(D / parts) and the current one."""

    def __init__(self, rule):
        self.rule = rule
        self.log = []  # [time it counts as of, units], in order
        self.newest = 0

    def epoch(self, now):
        return max(now, self.newest) // self.rule.part

    def remembered(self, now):
        oldest = self.epoch(now) - self.rule.parts
        return [entry for entry in self.log if entry[0] // self.rule.part >= oldest]

    def ask(self, now, units):
        kept = self.remembered(now)
        total = sum(entry[1] for entry in kept)
        left = max(0, self.rule.count - total)
        if units == 0 or total + units <= self.rule.count:
            self.hold_against_logs(now, units, True)
            return left, 0
        self.hold_against_logs(now, units, False)
        if units > self.rule.count:
            return left, NEVER
        for entry in kept:
            total -= entry[1]
            if total + units <= self.rule.count:
                end = (entry[0] // self.rule.part + self.rule.parts + 1) * self.rule.part
                return left, min(end - now, TIME_MAX - 1)
        raise AssertionError("a window that never empties")

    def hold_against_logs(self, now, units, passes):
        as_of = max(now, self.newest)
        k = self.rule.parts

        def total(length):
            return sum(entry[1] for entry in self.log if as_of - entry[0] < length)

        if passes:
            assert units == 0 or total(self.rule.period) + units <= self.rule.count
        else:
            longer = self.rule.period + self.rule.period // k + k + 1
            assert total(longer) + units > self.rule.count

    def charge(self, now, units):
        if units == 0:
            return
        # The log's time does not go back.
        self.newest = max(self.newest, now)
        self.log.append([self.newest, units])
        oldest = self.epoch(self.newest) - 2 * self.rule.parts - 4
        while self.log[0][0] // self.rule.part < oldest:
            self.log.pop(0)

    def refund(self, now, units):
        for entry in self.remembered(now):
            back = min(entry[1], units)
            entry[1] -= back
            units -= back


def ceil_of(fraction):
    return -(-fraction.numerator // fraction.denominator)


# ------------------------------------------------------------------------- policies


def index_bits(part, slots, generous):
    """About how many bits an index of slots needs so that its past (7/8 of its range)
    outlasts eight years and its future (1/8) one: rather too many, or too few."""
    factor, ends = (2, 18 * slots * part) if generous else (Fraction(1, 2), 0)
    bits = 3
    while (
        (7 << (bits - 3)) * part * 3 < 8 * YEAR_NS * factor + ends
        or (1 << (bits - 3)) * part * 3 < YEAR_NS * factor + ends
    ):
        bits += 1
    return bits


def geometry(count, period, generous):
    """Parts that limit/window.h says a table uses; None where none can hold the rule."""
    for parts in (8, 5, 2):
        slots = (parts + 1) // 3
        part = -(-period // parts)
        if slots * count.bit_length() + index_bits(part, slots, generous) <= 63:
            return parts
    return None


class Rule:
    def __init__(self, name, rng):
        self.name = name
        self.unit = rng.choice(["messages", "messages", "recipients", "bytes"])
        self.key = rng.choice([("user",), ("user",), ("ip",), ("ip", "user"), ()])
        self.shadow = rng.random() < 0.15
        self.optional = rng.random() < 0.2
        self.sliding = rng.random() < 0.4
        while True:
            self.count, self.period = some_rate(rng)
            if not self.sliding:
                self.burst = rng.choice([self.count, some_number(rng), rng.randint(1, 20)])
                return
            # Near a border the reference does not know which geometry is chosen.
            self.burst = self.count
            parts = geometry(self.count, self.period, True)
            if parts is not None and parts == geometry(self.count, self.period, False):
                self.parts = parts
                self.part = -(-self.period // parts)
                return

    def text(self):
        words = [f"limit {self.name} {self.count} {self.unit} / {self.period}ns"]
        words.append("per " + "+".join(self.key) if self.key else "overall")
        if self.sliding:
            words.append("sliding")
        elif self.burst != self.count:
            words.append(f"burst {self.burst}")
        if self.shadow:
            words.append("shadow")
        if self.optional:
            words.append("optional")
        return "  " + " ".join(words)


PRIMES = [2, 3, 7, 31, 37, 61, 127, 1009, 65537, 1000003, 998244353, 2**31 - 1, 2**61 - 1]


def some_number(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return rng.choice(PRIMES)
    if kind == 1:
        return rng.choice([MOST, MOST - 1, 2**62, 2**62 + 1, 2**32])
    if kind == 2:
        return rng.getrandbits(rng.randint(1, 63)) | 1
    return rng.randint(1, 100)


def some_rate(rng):
    if rng.random() < 0.5:  # of everyday size
        count = rng.choice([1, 2, 3, 10, 30, 61, 500, 7, 1239, 65535])
        return count, rng.choice([10**6, 10**9, 10**10, 60 * 10**9, 3600 * 10**9, 86400 * 10**9])
    return some_number(rng), some_number(rng)


def some_policy(rng):
    return [Rule(f"l{i}", rng) for i in range(rng.choice([1, 1, 2, 3, 4, 6]))]


def policy_text(rules):
    return "policy p\n" + "".join(rule.text() + "\n" for rule in rules)


# --------------------------------------------------------------------- the reference


class Reference:
    """Decides events one after another; each gives the line that sim must print."""

    def __init__(self, rules):
        self.rules = rules
        self.states = {}
        self.blocks = {}
        self.principals = set()
        self.verdicts = Counter()
        self.asked = Counter()
        self.refused = Counter()

    def state(self, rule, request):
        principal = (rule.name,) + tuple(request[name] for name in rule.key)
        if principal not in self.states:
            self.states[principal] = Window(rule) if rule.sliding else Bucket(rule)
        return self.states[principal]

    def run(self, event):
        now, op, request = event
        verdict, limit, left, wait = self.decide(now, op, request)
        self.verdicts[verdict] += 1
        if verdict in ("ok", "error"):
            return f"{now}\t{op}\t{verdict}\t-\t-\t-"
        wait = "never" if wait is NEVER else str(wait)
        return f"{now}\t{op}\t{verdict}\t{limit or '-'}\t{left if limit else '-'}\t{wait}"

    def summary(self):
        """What sim must say at the end, up to the principals denied most."""
        seen = self.verdicts
        lines = [
            f"events\t{sum(seen.values())}",
            f"allowed\t{seen['allow']}",
            f"denied\t{seen['deny']}",
            f"blocked\t{seen['block']}",
            f"errors\t{seen['error']}",
            f"principals\t{len(self.principals)}",
        ]
        for rule in self.rules:
            refused = self.refused[rule.name]
            shadow = refused if rule.shadow else 0
            lines.append(
                f"limit\tp\t{rule.name}\tasked\t{self.asked[rule.name]}"
                f"\tdenied\t{refused - shadow}\tshadow denied\t{shadow}"
            )
        return lines

    def decide(self, now, op, request):
        if op in ("block", "unblock"):
            return self.block(now, op, request)
        if op == "reset":
            for rule in self.rules:
                if all(name in request for name in rule.key):
                    principal = (rule.name,) + tuple(request[name] for name in rule.key)
                    self.states.pop(principal, None)
            return "ok", None, None, None
        if op != "refund":
            said = set(request.items())
            ends = [self.blocks[names] for names in self.blocks if set(names) <= said]
            end = max(ends, default=0)
            if end > now:
                wait = NEVER if end == LIFTED_ONLY else min(end - now, TIME_MAX - 1)
                return "block", None, None, wait
        units = dict(request)
        units.setdefault("messages", 1)
        asked = []
        for rule in self.rules:
            if any(name not in request for name in rule.key) or rule.unit not in units:
                if not rule.optional:
                    return "error", None, None, None
                continue
            asked.append((rule, self.state(rule, request), units[rule.unit]))
        if op == "refund":
            for rule, state, count in asked:
                state.refund(now, count)
            return "ok", None, None, None
        for rule, _, _ in asked:
            self.principals.add((rule.key,) + tuple(request[name] for name in rule.key))
        return self.verdict(now, op, asked)

    def verdict(self, now, op, asked):
        answers = [(rule, state, count) + state.ask(now, count) for rule, state, count in asked]
        for rule, _, _, _, wait in answers:
            self.asked[rule.name] += 1
            self.refused[rule.name] += wait != 0
        denials = [
            (rule.name, left, wait)
            for rule, _, _, left, wait in answers
            if wait != 0 and not rule.shadow
        ]
        if denials:
            longest = max(denials, key=lambda each: 2**65 if each[2] is NEVER else each[2])
            return ("deny",) + longest
        lefts = []
        for rule, state, count, left, wait in answers:
            if wait == 0 and op == "take":
                state.charge(now, count)
                left = max(0, left - count)
            if not rule.shadow:
                lefts.append((rule.name, left))
        name, left = min(lefts, key=lambda each: each[1], default=(None, None))
        return "allow", name, left, 0

    def block(self, now, op, request):
        names = tuple(sorted((name, value) for name, value in request.items() if name != "for"))
        if op == "block":
            end = now + request["for"] if "for" in request else LIFTED_ONLY
            self.blocks[names] = max(end, self.blocks.get(names, 0))
            return "ok", None, None, None
        self.blocks.pop(names, None)
        for rule in self.rules:
            if rule.key == tuple(name for name, _ in names):
                self.states.pop((rule.name,) + tuple(value for _, value in names), None)
        return "ok", None, None, None


# ------------------------------------------------------------------------- traces


def event_text(event):
    now, op, request = event
    words = [str(now), op]
    for name, value in request.items():
        words.append(f"{name}={value}ns" if name == "for" else f"{name}={value}")
    return " ".join(words)


def some_request(rng, rules, op):
    request = {}
    if rng.random() < 0.97:
        request["user"] = rng.choice(["alice", "bob", "carol"])
    if rng.random() < 0.97:
        request["ip"] = rng.choice(["192.0.2.1", "2001:db8::1"])
    if op in ("block", "unblock"):
        if rng.random() < 0.6:
            request.pop("ip", None)
        if not request:
            request["user"] = "alice"
        if op == "block" and rng.random() < 0.8:
            request["for"] = rng.randint(1, rng.choice(rules).period)
        return request
    if op == "reset":
        return request
    for unit in ("messages", "recipients", "bytes"):
        if unit == "messages" and rng.random() < 0.4:
            continue
        if rng.random() < 0.98:
            request[unit] = some_cost(rng, rules)
    return request


def some_cost(rng, rules):
    rule = rng.choice(rules)
    return rng.choice(
        [
            1,
            1,
            rng.randint(0, 3),
            rng.randint(1, rule.burst),
            rule.burst // rng.randint(1, 30) + 1,
            rule.burst,
            rule.burst + 1 if rng.random() < 0.1 else 1,
            TIME_MAX if rng.random() < 0.1 else 1,
        ]
    )


def next_time(rng, now, rules, line):
    """Often the ns at which the last denial ends, or the one before."""
    fields = line.split("\t")
    rule = rng.choice(rules)
    kind = rng.randrange(9)
    if fields[2] in ("deny", "block") and fields[5] != "never" and kind < 4:
        return min(TIME_MAX, now + int(fields[5]) - (kind == 0))
    if kind == 4:
        return max(0, now - rng.randint(0, min(rule.period, YEAR_NS)))
    if kind == 5:
        return min(TIME_MAX, now + rng.randint(0, 2 * rule.period))
    if kind == 6:
        return now
    return min(TIME_MAX, now + rng.randint(0, 2 * rule.period // rule.count + 2))


def some_trace(rng, rules, steps):
    reference = Reference(rules)
    now = rng.choice([0, rng.getrandbits(64), rng.getrandbits(rng.randint(1, 64)), TIME_MAX - 9999])
    ops = ["take"] * 30 + ["peek"] * 3 + ["refund"] * 3 + ["reset", "unblock"]
    ops += ["block"] * rng.randint(0, 1)
    events, lines = [], []
    while len(events) < steps:
        op = rng.choice(ops)
        events.append((now, op, some_request(rng, rules, op)))
        lines.append(reference.run(events[-1]))
        now = next_time(rng, now, rules, lines[-1])
    return events, lines + reference.summary()


# ------------------------------------------------------------------------ comparison


def run_sim(weirctl, rules, events):
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as policy:
        policy.write(policy_text(rules))
        policy.flush()
        trace = "".join(event_text(event) + "\n" for event in events)
        command = [weirctl, "sim", "--ns", policy.name]
        done = subprocess.run(command, input=trace, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 65) or len(lines) != len(events):
        return [f"exit status {done.returncode}, {len(lines)} lines: {done.stderr[:300]}"]
    told = [line for line in done.stderr.splitlines() if not line.startswith("weirctl: ")]
    return lines + [line for line in told if not line.startswith("most denied")]


def first_difference(weirctl, rules, events):
    """(index, expected, printed), or None."""
    reference = Reference(rules)
    expected = [reference.run(event) for event in events] + reference.summary()
    printed = run_sim(weirctl, rules, events)
    for i, line in enumerate(expected):
        if i >= len(printed) or printed[i] != line:
            return i, line, printed[i] if i < len(printed) else printed[-1]
    return None


def shorten(weirctl, rules, events):
    """A trace that still differs, with every line in it needed."""
    events = events[: first_difference(weirctl, rules, events)[0] + 1]
    size = max(1, len(events) // 2)
    while True:
        at = 0
        while at < len(events):
            fewer = events[:at] + events[at + size :]
            if fewer and first_difference(weirctl, rules, fewer):
                events = fewer
            else:
                at += size
        if size == 1:
            return events
        size //= 2


def report(weirctl, rules, events, seed):
    events = shorten(weirctl, rules, events)
    _, expected, printed = first_difference(weirctl, rules, events)
    print(f"replay with WEIR_SEED={seed}; the least that differs:")
    print(policy_text(rules) + "trace (sim --ns):")
    for event in events:
        print("  " + event_text(event))
    print(f"expected  {expected}\nprinted   {printed}")


def main():
    weirctl = os.environ.get("WEIRCTL", "build/weirctl")
    seed = int(os.environ.get("WEIR_SEED") or random.SystemRandom().getrandbits(32))
    steps = int(os.environ.get("STEPS") or 120000)
    rng = random.Random(seed)
    passed = failed = 0
    while passed + failed < steps:
        rules = some_policy(rng)
        try:
            events, expected = some_trace(rng, rules, min(TRACE_STEPS, steps))
        except AssertionError:
            print(f"the reference breaks its own bounds: WEIR_SEED={seed}")
            raise
        printed = run_sim(weirctl, rules, events)
        same = sum(line == want for line, want in zip(printed, expected))
        passed += same
        if printed == expected:
            continue
        if failed == 0:
            report(weirctl, rules, events, seed)
        failed += max(1, len(expected) - same)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
