# SPDX-License-Identifier: BSD-2-Clause
"""Random policies, with every statement of the language, and their text."""

import copy
from fractions import Fraction

from exact import MOST

YEAR_NS = 31557600 * 10**9


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


KEYS = [("user",), ("user",), ("ip",), ("ip", "user"), ()]
NAMED_KEYS = [("user",), ("user",), ("ip",), ("ip", "user")]


class Rule:
    """One limit: of the policy, of a class (`of` is the limit it stands in for), or apart."""

    def __init__(self, name, rng, distinct=False):
        self.name = self.id = name
        self.of = self
        self.unit = rng.choice(["messages", "messages", "recipients", "bytes"])
        self.key = rng.choice(KEYS)
        self.shadow = rng.random() < 0.15
        self.optional = rng.random() < 0.2
        self.distinct = distinct
        self.canonical = distinct and rng.random() < 0.5
        self.sliding = distinct or rng.random() < 0.4
        self.unlimited = False
        while True:
            self.count, self.period = some_rate(rng)
            if self.distinct and self.period < 10**9:  # refused: WI_DISTINCT_PERIOD_MIN_NS
                continue
            if self.distinct and rng.random() < 0.9:
                self.count = rng.randint(1, 6)
            if self.settle(rng):
                return

    def settle(self, rng):
        """Burst or parts for the rate; False where the reference does not know whether a
        table takes it, or with which parts."""
        if not self.sliding:
            self.burst = rng.choice([self.count, some_number(rng), rng.randint(1, 20)])
            return True
        self.burst = self.count
        self.parts = geometry(self.count, self.period, True)
        if self.parts is None or self.parts != geometry(self.count, self.period, False):
            return False
        self.part = -(-self.period // self.parts)
        return True

    def words(self):
        return 3 if self.sliding else 1

    def text(self):
        unit = ("distinct " if self.distinct else "") + self.unit
        words = [f"limit {self.name} {self.count} {unit} / {self.period}ns"]
        words.append("per " + "+".join(self.key) if self.key else "overall")
        if self.canonical:
            words.append("canonical")
        if self.sliding and not self.distinct:
            words.append("sliding")
        elif self.burst != self.count:
            words.append(f"burst {self.burst}")
        if self.shadow:
            words.append("shadow")
        if self.optional:
            words.append("optional")
        return "  " + " ".join(words)


def class_limit(rule, which, rng):
    """What a class says of a limit."""
    limit = copy.copy(rule)
    limit.id = f"{rule.name} of c{which}"
    limit.of = rule
    limit.unlimited = rng.random() < 0.3
    if not limit.unlimited:
        limit.count = rng.choice([rule.count, rng.randint(1, 20), some_number(rng)])
        limit.unlimited = not limit.settle(rng)
    return limit


def class_limit_text(limit):
    if limit.unlimited:
        return f"  limit {limit.name} unlimited"
    burst = "" if limit.sliding or limit.burst == limit.count else f" burst {limit.burst}"
    return f"  limit {limit.name} {limit.count}{burst}"


class Response:
    def __init__(self, rng):
        self.key = rng.choice(NAMED_KEYS)
        self.first = rng.choice([1, some_number(rng), 10**9, 10**10, 3600 * 10**9])
        self.longest = self.first
        if rng.random() < 0.6:
            self.longest = min(MOST, self.first * rng.choice([1, 3, 4, 24, 2**40]))

    def text(self):
        doubling = f" doubling to {self.longest}ns" if self.longest > self.first else ""
        return f"block {'+'.join(self.key)} for {self.first}ns{doubling}"


class On(Response):
    def __init__(self, rule, rng):
        super().__init__(rng)
        self.rule = rule
        self.strikes = rng.choice([1, 1, 2, 3, 5])
        self.within = rng.choice([some_number(rng), rule.period, 10**10])
        if self.strikes > 1 and geometry(self.strikes - 1, self.within, True) is None:
            self.within = 10**10

    def words(self):
        return 3 if self.strikes > 1 else 0

    def text(self):
        strikes = f" {self.strikes} in {self.within}ns" if self.strikes > 1 else ""
        return f"  on {self.rule.name} denied{strikes} {super().text()}"


class ScoreLine:
    def __init__(self, name, rng):
        self.name = name
        self.count, self.period = some_rate(rng)
        self.key = rng.choice(NAMED_KEYS)
        self.response = Response(rng) if rng.random() < 0.8 else None
        self.signals = {}
        for signal in rng.sample(["s0", "s1", "s2"], rng.randint(1, 3)):
            self.signals[signal] = rng.choice([self.count, self.count // 2 + 1, 1, some_number(rng)])

    def text(self):
        response = " " + self.response.text() if self.response else ""
        lines = [f"  score {self.name} {self.count} / {self.period}ns per {'+'.join(self.key)}{response}"]
        return "\n".join(lines + [f"    signal {n} {p}" for n, p in self.signals.items()])


def apart(which, rng):
    limit = Rule(f"r{which}", rng)
    limit.name, limit.key, limit.sliding = "reachable", rng.choice(NAMED_KEYS), False
    limit.shadow = limit.optional = False
    limit.burst = limit.count
    return limit


USERS = ["alice", "bob", "carol"]
ADDRESSES = ["192.0.2.1", "2001:db8::1"]
RECIPIENTS = ["a@x", "a+t@X", "b@x", "B@x", "help@x", "desk", "c@y", "+d@y", "+e@y"]


class Policy:
    """Everything that a file of one policy says."""

    def __init__(self, rng):
        count = rng.choice([1, 1, 2, 3, 4, 6])
        guarded = rng.random() < 0.6
        self.rules = [Rule(f"l{i}", rng, guarded and rng.random() < 0.3) for i in range(count)]
        for rule in self.rules:
            if rule.distinct:
                rule.unit = "recipient"
        self.ons, self.scores, self.apart, self.classes = [], [], [], []
        self.members, self.exempt = {}, set()
        if guarded:
            self.add_guard(rng)

    def add_guard(self, rng):
        enforced = [rule for rule in self.rules if not rule.shadow]
        for _ in range(rng.choice([0, 1, 1, 2]) if enforced else 0):
            self.ons.append(On(rng.choice(enforced), rng))
        for i in range(rng.choice([0, 0, 1, 2])):
            self.scores.append(ScoreLine(f"x{i}", rng))
        for i in range(rng.choice([0, 0, 1, 3])):
            attribute, values = rng.choice(
                [("recipient", ["help@x", "desk"]), ("recipient", RECIPIENTS), ("ip", ADDRESSES)]
            )
            self.apart.append((attribute, rng.choice(values), apart(i, rng)))
        if rng.random() < 0.4:
            self.exempt.add(rng.choice([("user", "carol"), ("ip", ADDRESSES[1]), ("recipient", "desk")]))
        for i in range(rng.choice([0, 0, 1, 2])):
            chosen = rng.sample(self.rules, rng.randint(1, min(3, len(self.rules))))
            self.classes.append({rule.name: class_limit(rule, i, rng) for rule in chosen})
        for _ in range(rng.randint(1, 3) if self.classes else 0):
            member = rng.choice([("user", rng.choice(USERS)), ("ip", rng.choice(ADDRESSES))])
            self.members.setdefault(member, rng.randrange(len(self.classes)))

    def limits(self):
        """All that have a state of their own."""
        of_classes = [limit for each in self.classes for limit in each.values()]
        return self.rules + of_classes + [limit for _, _, limit in self.apart]

    def rates(self):
        """(count, period) of what a trace should come near to."""
        rates = [(rule.count, rule.period) for rule in self.limits() + self.scores]
        responses = self.ons + [score.response for score in self.scores if score.response]
        rates += [(1, response.first) for response in responses]
        rates += [(1, response.longest) for response in responses]
        return rates + [(1, on.within) for on in self.ons]

    def fits(self):
        """Whether the words of state of each key do: 32, rather fewer than many."""
        words = {}
        for each in self.limits() + self.ons:
            words[each.key] = words.get(each.key, 0) + each.words()
        for score in self.scores:
            words[score.key] = words.get(score.key, 0) + 1
        return all(count <= 32 for count in words.values())

    def text(self):
        lines = ["policy p"] + [rule.text() for rule in self.rules]
        lines += [on.text() for on in self.ons]
        lines += [f"  exempt {name}={value}" for name, value in self.exempt]
        lines += [score.text() for score in self.scores]
        for name, value, limit in self.apart:
            rate = f"{limit.count} {limit.unit} / {limit.period}ns per {'+'.join(limit.key)}"
            lines.append(f"  reachable {name}={value} {rate}")
        for i, limits in enumerate(self.classes):
            lines.append(f"class c{i}")
            lines += [class_limit_text(limit) for limit in limits.values()]
        lines += [f"member c{which} {name}={value}" for (name, value), which in self.members.items()]
        return "\n".join(lines) + "\n"


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
    while True:
        policy = Policy(rng)
        if policy.fits():
            return policy
