#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An exact reference for `weirctl sim`, written from the specification.

Random policies and traces are decided here with rational numbers and decided by
`weirctl sim --ns`; every line must be the same, and the summary.  A bucket is a level that
fills up at N / D (the command keeps a theoretical arrival time); a window is a list of
what was charged (the command keeps a ring of counters); distinct values are a dictionary,
denials a list of all.  exact.py has those, policy.py the policies.  Each window is also held
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

from exact import LIFTED_ONLY, NEVER, TIME_MAX, Block, Bucket, Score, Values, Window
from policy import ADDRESSES, RECIPIENTS, USERS, YEAR_NS, some_policy

TRACE_STEPS = 400


# --------------------------------------------------------------------- the reference


class Lacking(Exception):
    """The request lacks what a limit needs."""


class Reference:
    """Decides events one after another; each gives the line that sim must print."""

    def __init__(self, policy):
        self.policy = policy
        self.states = {}
        self.blocks = {}
        self.strikes = {}
        self.scores = {}
        self.principals = set()
        self.verdicts = Counter()
        self.asked = Counter()
        self.refused = Counter()

    def state(self, rule, request):
        principal = (rule.id,) + values_of(request, rule.key)
        if principal not in self.states:
            kind = Values if rule.distinct else Window if rule.sliding else Bucket
            self.states[principal] = kind(rule)
        return self.states[principal]

    def run(self, event):
        now, op, request = event
        try:
            verdict, limit, left, wait = self.decide(now, op, request)
        except Lacking:
            verdict = "error"
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
        for rule in self.policy.rules + [limit for _, _, limit in self.policy.apart]:
            refused = self.refused[rule.id]
            shadow = refused if rule.shadow else 0
            lines.append(
                f"limit\tp\t{rule.name}\tasked\t{self.asked[rule.id]}"
                f"\tdenied\t{refused - shadow}\tshadow denied\t{shadow}"
            )
        return lines

    def decide(self, now, op, request):
        ok = ("ok", None, None, None)
        if op in ("block", "unblock"):
            self.block(now, op, request)
            return ok
        if op == "signal":
            self.signal(now, request)
            return ok
        if op == "reset":
            for rule in self.policy.limits():
                if has(request, rule.key):
                    self.states.pop((rule.id,) + values_of(request, rule.key), None)
            return ok
        end = self.block_end(request)
        blocked = end > now
        rules = self.reachable(request) if blocked else self.limits(request)
        if blocked and not rules:
            if op != "refund":
                wait = NEVER if end == LIFTED_ONLY else min(end - now, TIME_MAX - 1)
                return "block", None, None, wait
            rules = self.limits(request)
        if op == "refund":
            for rule, state, units in self.needed([r for r in rules if not r.distinct], request):
                state.refund(now, units)
            return ok
        asked = self.needed(rules, request)
        for rule, _, _ in asked:
            self.principals.add((rule.key,) + values_of(request, rule.key))
        return self.verdict(now, op, request, asked, not blocked)

    def block_end(self, request):
        said = set(request.items())
        return max((b.end for names, b in self.blocks.items() if set(names) <= said), default=0)

    def limits(self, request):
        """The limits that a request is asked under."""
        policy = self.policy
        exempt = [name for name, value in policy.exempt if request.get(name) == value]
        classes = [c for (name, value), c in policy.members.items() if request.get(name) == value]
        instead = policy.classes[classes[0]] if classes else {}
        rules = [instead.get(rule.name, rule) for rule in policy.rules]
        return [
            rule
            for rule in rules
            if not rule.unlimited and not (len(rule.key) == 1 and rule.key[0] in exempt)
        ]

    def reachable(self, request):
        """The limits apart, where all values of all lists that lines name are reachable."""
        lines = self.policy.apart
        lists = {name: items_of(request, name) for name, _, _ in lines if name in request}
        known = {(name, value) for name, value, _ in lines}
        if not all((name, item) in known for name, items in lists.items() for item in items):
            return []
        return [rule for name, value, rule in lines if value in lists.get(name, [])]

    def needed(self, rules, request):
        """(rule, state, what it is asked for); an optional rule that cannot be is left out."""
        units = {name: value for name, value in request.items() if isinstance(value, int)}
        units.setdefault("messages", 1)
        if "recipient" in request:
            units.setdefault("recipients", len(items_of(request, "recipient")))
        asked = []
        for rule in rules:
            if has(request, rule.key) and rule.unit in (request if rule.distinct else units):
                wanted = items_of(request, rule.unit) if rule.distinct else units[rule.unit]
                asked.append((rule, self.state(rule, request), wanted))
            elif not rule.optional:
                raise Lacking
        return asked

    def verdict(self, now, op, request, asked, strikes):
        answers = [(rule, state, wanted) + state.ask(now, wanted) for rule, state, wanted in asked]
        for rule, _, _, _, wait, _ in answers:
            self.asked[rule.of.id] += 1
            self.refused[rule.of.id] += wait != 0
        denials = [
            (rule, left, wait)
            for rule, _, _, left, wait, _ in answers
            if wait != 0 and not rule.shadow
        ]
        if denials:
            for rule, _, _ in denials if strikes and op == "take" else []:
                self.strike(now, request, rule.of)
            rule, left, wait = max(denials, key=lambda d: 2**65 if d[2] is NEVER else d[2])
            return "deny", rule.name, left, wait
        lefts = []
        for rule, state, wanted, left, wait, after in answers:
            if wait == 0 and op == "take":
                state.charge(now, wanted)
                left = after
            if not rule.shadow:
                lefts.append((rule.name, left))
        name, left = min(lefts, key=lambda each: each[1], default=(None, None))
        return "allow", name, left, 0

    # -------------------------------------------------------------- what trips

    def strike(self, now, request, rule):
        for i, on in enumerate(self.policy.ons):
            if on.rule is not rule or not has(request, on.key):
                continue
            log = self.strikes.setdefault((i,) + values_of(request, on.key), [])
            log.append(max([now] + log[-1:]))
            recent = [time for time in log if log[-1] - time < on.within]
            if len(recent) >= on.strikes:
                self.trip(now, request, on)

    def trip(self, now, request, response):
        names = tuple((name, request[name]) for name in response.key)
        self.blocks.setdefault(names, Block()).trip(now, response)

    def signal(self, now, request):
        scores = [s for s in self.policy.scores if request.get("signal") in s.signals]
        if not scores or not all(has(request, score.key) for score in scores):
            raise Lacking
        for score in scores:
            points = min(TIME_MAX, score.signals[request["signal"]] * request.get("weight", 1))
            principal = (score.name,) + values_of(request, score.key)
            held = self.scores.setdefault(principal, Score(score))
            full = held.add(now, points)
            if full and score.response and has(request, score.response.key):
                self.trip(now, request, score.response)

    def block(self, now, op, request):
        names = tuple(sorted((name, value) for name, value in request.items() if name != "for"))
        if op == "block":
            block = self.blocks.setdefault(names, Block())
            end = now + request["for"] if "for" in request else LIFTED_ONLY
            block.end = max(end, block.end)
            return
        key, values = tuple(name for name, _ in names), tuple(value for _, value in names)
        self.blocks.pop(names, None)
        for rule in self.policy.limits():
            if rule.key == key:
                self.states.pop((rule.id,) + values, None)
        for i, on in enumerate(self.policy.ons):
            if on.key == key:
                self.strikes.pop((i,) + values, None)
        for score in self.policy.scores:
            if score.key == key:
                self.scores.pop((score.name,) + values, None)


def has(request, key):
    return all(name in request for name in key)


def values_of(request, key):
    return tuple(request[name] for name in key)


def items_of(request, name):
    return str(request[name]).split(",")


# ------------------------------------------------------------------------- traces


def event_text(event):
    now, op, request = event
    words = [str(now), op]
    for name, value in request.items():
        words.append(f"{name}={value}ns" if name == "for" else f"{name}={value}")
    return " ".join(words)


def some_request(rng, policy, op):
    request = {}
    if rng.random() < 0.97:
        request["user"] = rng.choice(USERS)
    if rng.random() < 0.97:
        request["ip"] = rng.choice(ADDRESSES)
    if op in ("block", "unblock"):
        if rng.random() < 0.6:
            request.pop("ip", None)
        if not request:
            request["user"] = "alice"
        if op == "block" and rng.random() < 0.8:
            request["for"] = rng.randint(1, rng.choice(policy.rules).period)
        return request
    if op == "reset":
        return request
    if op == "signal":
        request["signal"] = rng.choice(["s0", "s1", "s2", "s3"])
        if rng.random() < 0.4:
            request["weight"] = rng.choice([0, 2, 3, rng.getrandbits(rng.randint(1, 64))])
        return request
    if rng.random() < 0.9:
        chosen = rng.sample(RECIPIENTS, rng.choice([1, 1, 1, 2, 3, 5]))
        if rng.random() < 0.2:
            chosen = ["help@x"] * rng.randint(1, 2)
        request["recipient"] = ",".join(chosen)
    for unit in ("messages", "recipients", "bytes"):
        if unit == "messages" and rng.random() < 0.4:
            continue
        if unit == "recipients" and "recipient" in request and rng.random() < 0.4:
            continue
        if rng.random() < 0.98:
            request[unit] = some_cost(rng, policy.rules)
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


def next_time(rng, now, policy, line):
    """Often the ns at which the last denial ends, or the one before."""
    fields = line.split("\t")
    count, period = rng.choice(policy.rates())
    kind = rng.randrange(9)
    if fields[2] in ("deny", "block") and fields[5] != "never" and kind < 4:
        return min(TIME_MAX, now + int(fields[5]) - (kind == 0))
    if kind == 4:
        return max(0, now - rng.randint(0, min(period, YEAR_NS)))
    if kind == 5:
        return min(TIME_MAX, now + rng.choice([period, rng.randint(0, 2 * period)]))
    if kind == 6:
        return now
    return min(TIME_MAX, now + rng.randint(0, 2 * period // count + 2))


def some_trace(rng, policy, steps):
    reference = Reference(policy)
    now = rng.choice([0, rng.getrandbits(64), rng.getrandbits(rng.randint(1, 64)), TIME_MAX - 9999])
    ops = ["take"] * 30 + ["peek"] * 3 + ["refund"] * 3 + ["reset", "unblock"]
    ops += ["block"] * rng.randint(0, 1) + ["signal"] * (6 if policy.scores else 0)
    ops += ["unblock"] * (3 if policy.ons or policy.scores else 0)
    events, lines = [], []
    while len(events) < steps:
        op = rng.choice(ops)
        events.append((now, op, some_request(rng, policy, op)))
        lines.append(reference.run(events[-1]))
        now = next_time(rng, now, policy, lines[-1])
    return events, lines + reference.summary()


# ------------------------------------------------------------------------ comparison


def run_sim(weirctl, policy, events):
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as file:
        file.write(policy.text())
        file.flush()
        trace = "".join(event_text(event) + "\n" for event in events)
        command = [weirctl, "sim", "--ns", file.name]
        done = subprocess.run(command, input=trace, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 65) or len(lines) != len(events):
        return [f"exit status {done.returncode}, {len(lines)} lines: {done.stderr[:300]}"]
    told = [line for line in done.stderr.splitlines() if not line.startswith("weirctl: ")]
    return lines + [line for line in told if not line.startswith("most denied")]


def first_difference(weirctl, policy, events):
    """(index, expected, printed), or None."""
    reference = Reference(policy)
    expected = [reference.run(event) for event in events] + reference.summary()
    printed = run_sim(weirctl, policy, events)
    for i, line in enumerate(expected):
        if i >= len(printed) or printed[i] != line:
            return i, line, printed[i] if i < len(printed) else printed[-1]
    return None


def shorten(weirctl, policy, events):
    """A trace that still differs, with every line in it needed."""
    events = events[: first_difference(weirctl, policy, events)[0] + 1]
    size = max(1, len(events) // 2)
    while True:
        at = 0
        while at < len(events):
            fewer = events[:at] + events[at + size :]
            if fewer and first_difference(weirctl, policy, fewer):
                events = fewer
            else:
                at += size
        if size == 1:
            return events
        size //= 2


def report(weirctl, policy, events, seed):
    events = shorten(weirctl, policy, events)
    _, expected, printed = first_difference(weirctl, policy, events)
    print(f"replay with WEIR_SEED={seed}; the least that differs:")
    print(policy.text() + "trace (sim --ns):")
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
        policy = some_policy(rng)
        try:
            events, expected = some_trace(rng, policy, min(TRACE_STEPS, steps))
        except AssertionError:
            print(f"the reference breaks its own bounds: WEIR_SEED={seed}")
            raise
        printed = run_sim(weirctl, policy, events)
        same = sum(line == want for line, want in zip(printed, expected))
        passed += same
        if printed == expected:
            continue
        if failed == 0:
            report(weirctl, policy, events, seed)
        failed += max(1, len(expected) - same)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
