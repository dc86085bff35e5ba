# SPDX-License-Identifier: BSD-2-Clause
"""What one principal has used, with rational numbers and whole logs."""

from fractions import Fraction

MOST = 2**63 - 1
TIME_MAX = 2**64 - 1
NEVER = None
LIFTED_ONLY = 2**128



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
        """(units left, ns to wait: 0 passes or NEVER, units left once charged)."""
        level = self.level_at(now)
        left = max(0, level.numerator // level.denominator)
        if units == 0 or units <= level:
            return left, 0, max(0, left - units)
        if units > self.rule.burst:
            return left, NEVER, left
        lacking = (units - level) * self.rule.period / self.rule.count
        return left, min(ceil_of(lacking), TIME_MAX - 1), left

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
            return left, 0, max(0, left - units)
        self.hold_against_logs(now, units, False)
        if units > self.rule.count:
            return left, NEVER, left
        for entry in kept:
            total -= entry[1]
            if total + units <= self.rule.count:
                end = (entry[0] // self.rule.part + self.rule.parts + 1) * self.rule.part
                return left, min(end - now, TIME_MAX - 1), left
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


class Values:
    """At most N different values whose last use is less than D ago."""

    def __init__(self, rule):
        self.rule = rule
        self.last_use = {}
        self.newest = 0

    def live(self, now):
        as_of = max(now, self.newest)
        return {v for v, last in self.last_use.items() if as_of - last < self.rule.period}

    def ask(self, now, items):
        live, most = self.live(now), self.rule.count
        items = {canonical(item) if self.rule.canonical else item for item in items}
        left = max(0, most - len(live))
        if len(items) > most:
            return left, NEVER, left
        excess = len(live | items) - most
        if excess <= 0:
            return left, 0, -excess
        others = sorted(self.last_use[value] for value in live - items)
        return left, min(others[excess - 1] + self.rule.period - now, TIME_MAX - 1), left

    def charge(self, now, items):
        self.newest = max(now, self.newest)
        for item in items:
            self.last_use[canonical(item) if self.rule.canonical else item] = self.newest


def canonical(address):
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    return (local.split("+")[0] or local) + "@" + domain.lower()


class Score:
    """Points that leak T in D, T at most."""

    def __init__(self, score):
        self.score = score
        self.held = Fraction(0)
        self.as_of = 0

    def add(self, now, points):
        """Whether T is held then."""
        if points == 0:
            return False
        leaked = Fraction((now - self.as_of) * self.score.count, self.score.period)
        self.held = max(Fraction(0), self.held - leaked)
        if self.held < self.score.count:
            self.held = min(self.held + points, Fraction(self.score.count))
        self.as_of = now
        return self.held >= self.score.count


class Block:
    """Of one principal: by hand, and by what trips."""

    def __init__(self):
        self.end = 0
        self.tripped_end = 0
        self.remembered = 0

    def trip(self, now, response):
        if now >= self.tripped_end:
            forgotten = (now - self.tripped_end) // response.longest
            self.remembered = min(63, max(0, self.remembered - forgotten) + 1)
        duration = min(response.first * 2 ** (self.remembered - 1), response.longest)
        self.tripped_end = max(self.tripped_end, now + duration)
        self.end = max(self.end, self.tripped_end)


def ceil_of(fraction):
    return -(-fraction.numerator // fraction.denominator)
