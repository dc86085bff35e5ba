# SPDX-License-Identifier: BSD-2-Clause
"""Figures of weirctl plan, computed again: run by tests/tool/plan.sh.

  WEIRCTL=build/weirctl python3 tests/tool/plan_figures.py FOLDER

From a log: who is refused, as weirctl sim says of the trace, and who is remembered at once,
counted event by event.  From a distribution: integrals by another rule, and the Poisson model
by convolution.  The last line is "N passed, M failed"."""
import json
import math
import os
import random
import subprocess
import sys
from fractions import Fraction

CTL = os.environ["WEIRCTL"]
TOP = sys.argv[1]
SEED = int(os.environ.get("WEIR_SEED", random.randrange(1 << 30)))
counts = [0, 0]


def check(name, claim, said=""):
    counts[not claim] += 1
    if not claim:
        print(f"FAILED: {name}: {said} (WEIR_SEED={SEED})")


def near(name, got, want, relative):
    check(name, abs(got - want) <= relative * abs(want) + 1e-12, f"{got}, expected {want}")


def write(name, text):
    path = os.path.join(TOP, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def plan(*options):
    done = subprocess.run([CTL, "plan", "--no-measure", "--json", *options], check=True,
                          capture_output=True)
    return json.loads(done.stdout)


def value(made, name):
    return made[name]["value"]


# ------------------------------------------------------------------------- from a log
POLICY = """policy p
  limit minute  6 messages / 1m    per user     burst 8
  limit hour   40 recipients / 1h  per user     sliding
  limit net    30 messages / 10m   per ip
  limit pair    9 messages / 90s   per user+ip
  limit all  5000 messages / 1h    overall
"""


def make_log(seed):
    """Users that differ by a factor of a hundred, over nine hours; three of them greedy."""
    rng = random.Random(seed)
    lines = []
    for user in range(40):
        at = 0.0
        gap = rng.choice([4, 60, 600, 6000]) if user < 3 else rng.choice([600, 3000, 20000])
        while (at := at + rng.expovariate(1 / gap)) < 9 * 3600:
            lines.append((int(at), user, rng.randrange(3), rng.choice([1, 1, 2, 9])))
    lines.sort()
    text = []
    for number, (at, user, ip, recipients) in enumerate(lines):
        clock = f"Nov 23 {at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d} mx postfix"
        text.append(f"{clock}/smtpd[1]: {number:08X}: client=x[192.0.2.{user % 7 * 3 + ip}], "
                    f"sasl_method=PLAIN, sasl_username=u{user}\n")
        text.append(f"{clock}/qmgr[2]: {number:08X}: from=<u{user}@example.edu>, size=5, "
                    f"nrcpt={recipients} (queue active)\n")
        if rng.random() < 0.9:
            text.append(f"{clock}/qmgr[2]: {number:08X}: removed\n")
    return "".join(text)


def part_of(policy, limit):
    done = subprocess.run([CTL, "check", "--json", policy], check=True, capture_output=True)
    for each in json.loads(done.stdout)["limits"]:
        if each["limit"] == limit:
            return each["part_ns"], each["parts"]
    raise KeyError(limit)


def census(rows, part_ns, parts):
    """Who is remembered, by charges that sim let through: (time in s, user, ip, recipients)."""
    tat, window, most, cells_most, needed_most = {}, {}, {}, 0, 0
    rules = [("minute", "user", 6, 60, 1), ("net", "ip", 30, 600, 1), ("pair", "pair", 9, 90, 1),
             ("all", "overall", 5000, 3600, 1)]
    for at, user, ip, _ in rows:
        names = {"user": user, "ip": ip, "pair": (user, ip), "overall": ()}
        for limit, key, count, period, units in rules:
            which = (limit, key, names[key])
            tat[which] = max(tat.get(which, at), at) + Fraction(period * units, count)
        epoch = at * 10**9 // part_ns
        window[user] = Fraction((epoch + parts + 1) * part_ns, 10**9)
        live, cells = {}, 0
        for (_, key, name), end in tat.items():
            if end > at:
                live.setdefault(key, set()).add(name)
                cells += 1
        for name, end in window.items():
            if end > at:
                live.setdefault("user", set()).add(name)
                cells += 3
        for key, names_live in live.items():
            most[key] = max(most.get(key, 0), len(names_live))
        cells_most = max(cells_most, cells)
        own = {"user": 4, "ip": 1, "pair": 1, "overall": 1}
        needed_most = max(needed_most, sum(own[key] * len(each) for key, each in live.items()))
    return most, cells_most, needed_most


def test_log():
    policy, log = write("figures.policy", POLICY), write("figures.log", make_log(SEED))
    made = plan("--policy", policy, "--from", log)
    trace = subprocess.run([CTL, "plan", "--from", log, "--trace"], check=True,
                           capture_output=True).stdout
    path = write("figures.trace", trace.decode())
    sim = subprocess.run([CTL, "sim", "--json", policy, path], check=True, capture_output=True)
    verdicts = [json.loads(line) for line in sim.stdout.splitlines()]
    summary = json.loads(sim.stderr)
    rows, refused, users = [], {}, set()
    for line, verdict in zip(trace.decode().splitlines(), verdicts):
        words = dict(word.split("=") for word in line.split()[2:])
        at = int(line.split(".")[0])
        users.add(words["user"])
        if verdict["verdict"] == "allow":
            rows.append((at, words["user"], words["ip"], int(words["recipients"])))
        else:
            one = refused.setdefault(words["user"], {"refused": 0, "first": at, "by": {}})
            one["refused"] += 1
            one["by"][verdict["limit"]] = one["by"].get(verdict["limit"], 0) + 1
    check("log: messages", value(made, "messages") == len(verdicts) == summary["events"])
    check("log: users", value(made, "log_users") == len(users))
    check("log: messages refused", value(made, "messages_refused") == summary["denied"] > 0)
    check("log: users refused", value(made, "users_refused") == len(refused))
    by_plan = {one["user"]: {"refused": one["refused"], "first": one["first_ns"] // 10**9,
                             "by": one["by"]} for one in made["refused"]}
    check("log: who was refused", by_plan == refused, f"{by_plan}\n{refused}")
    order = [-one["refused"] for one in made["refused"]]
    check("log: most refused first", order == sorted(order))
    limits = {one["limit"]: one for one in summary["limits"]}
    for one in made["limits"]:
        check("log: a limit's counts", (one["asked"], one["denied"]) ==
              (limits[one["limit"]]["asked"], limits[one["limit"]]["denied"]), one)
    most, cells, needed = census(rows, *part_of(policy, "hour"))
    by_key = {one["key"]: one["remembered"] for one in made["principals"]}
    want = {"user": most["user"], "ip": most["ip"], "ip+user": most["pair"], "overall": 1}
    check("log: remembered at once", by_key == want, f"{by_key}, expected {want}")
    check("log: cells in debt", value(made, "cells_live") == cells, (made["cells_live"], cells))
    check("log: cells for all", value(made, "cells_needed") == needed)
    check("log: keys", value(made, "keys") == -(-needed // 4))
    scaled = plan("--policy", policy, "--from", log, "--users", str(10 * len(users)))
    check("log: ten times the users", abs(value(scaled, "cells_live") - 10 * cells) <= 10)
    near("log: ten times the arrivals", value(scaled, "peak_per_second"),
         10 * value(made, "peak_per_second"), 1e-9)


# ---------------------------------------------------------------- from a distribution
def integral(function, sigma):
    """Mean of function(x) over x log-normal with mean 1: midpoints."""
    steps, edge, total, weight = 20000, 9.0, 0.0, 0.0
    for i in range(steps):
        z = edge * (2 * (i + 0.5) / steps - 1)
        density = math.exp(-z * z / 2)
        total += density * function(math.exp(sigma * z - sigma * sigma / 2))
        weight += density
    return total / weight


def poisson_above(rate, cells_each, most):
    """P(cells_each x Poisson(rate) > most)"""
    term, below = math.exp(-rate), 0.0
    for k in range(most // cells_each + 1):
        below += term
        term *= rate / (k + 1)
    return 1 - below


def test_bucket():
    users, mean, sigma, peak = 20000, 12, 1.3, 4
    policy = write("bucket.policy", "policy p\n limit l 8 messages / 4h per user\n")
    options = ["--policy", policy, "--users", str(users), "--per-day", str(mean), "--sigma",
               str(sigma), "--peak", str(peak), "--keys", "6000"]
    made = plan(*options)
    busy = peak * 0.5 / 24  # a unit comes back in half an hour: shares of a day's messages
    live = users * integral(lambda x: min(1, mean * x * busy), sigma)
    new = users * integral(lambda x: mean * x * (1 - min(1, mean * x * busy)), sigma)
    near("bucket: remembered", made["principals"][0]["remembered"], round(live), 1e-3)
    groups = value(made, "table_cells") / CELLS
    full = poisson_above(live / groups, 1, CELLS - 1)
    near("bucket: newcomers meeting a full group", value(made, "newcomers_meeting_full_group"),
         full, 1e-2)
    near("bucket: evictions", value(made, "evictions_per_day"), new * full, 1e-2)
    near("bucket: load", value(made, "load"), live / value(made, "table_cells"), 1e-3)
    near("bucket: peak", value(made, "peak_per_second"), users * mean * peak / 86400, 1e-9)
    roomy = value(made, "keys_for_2_percent")
    above = plan(*options, "--keys", str(round(roomy * 1.05)))
    below = plan(*options, "--keys", str(round(roomy * 0.95)))
    check("bucket: keys for 2 %", value(above, "newcomers_meeting_full_group") <= 0.02 <=
          value(below, "newcomers_meeting_full_group"), roomy)


def test_window():
    users, mean, sigma = 5000, 2, 0.5
    policy = write("window.policy", "policy p\n limit l 100 recipients / 6h per ip sliding\n")
    made = plan("--policy", policy, "--users", str(users), "--per-day", str(mean), "--sigma",
                str(sigma), "--principals", "ip=500", "--peak", "2")
    part_ns, _ = part_of(policy, "l")
    share = 2 * (6 * 3600 + part_ns / 2e9) / 86400
    fenton = math.sqrt(math.log(1 + (math.exp(sigma**2) - 1) / 10))
    live = 500 * integral(lambda x: 1 - math.exp(-10 * mean * x * share), fenton)
    near("window: remembered", made["principals"][0]["remembered"], live, 2e-3)
    check("window: cells", value(made, "cells_live") == round(
        3 * made["principals"][0]["remembered"]) or
          abs(value(made, "cells_live") - 3 * live) < 2, made["cells_live"])


def test_day():
    policy = write("day.policy", "policy p\n limit l 30 messages / 1d per user sliding\n")
    options = ["--policy", policy, "--users", "20000", "--per-day", "10", "--sigma", "1"]
    one, again, other = plan(*options), plan(*options), plan(*options, "--seed", "7")
    check("day: a seed repeats it", one == again)
    check("day: another seed is another day", one["messages_judged"] != other["messages_judged"])
    # A user is over where a day has more than 30 messages: Poisson, mixed over the users.
    share = integral(lambda x: poisson_above(10 * x, 1, 30), 1)
    spread = 5 * math.sqrt(share * (1 - share) / 20000)
    for made in one, other:
        got = made["limits"][0]["share_of_users"]
        check("day: share of users over", abs(got - share) < spread, f"{got}, expected {share}")
        near("day: messages", value(made, "messages_judged"), 200000, 0.1)


def find_group_cells():
    """The smallest table has whole groups, of as many cells as the model says it is for."""
    policy = write("cells.policy", "policy p\n limit l 1 messages / 1h per user\n")
    made = plan("--policy", policy, "--users", "1", "--per-day", "1", "--keys", "1")
    cells = int(made["newcomers_meeting_full_group"]["from"].split("groups of ")[1].split()[0])
    with open(os.path.join(os.path.dirname(__file__), "../../lib/table/group.h"),
              encoding="utf-8") as header:
        check("group: cells", f"#define WI_GROUP_CELLS {cells}u" in header.read(), cells)
    check("group: whole groups", value(made, "table_cells") % cells == 0)
    return cells


CELLS = find_group_cells()
test_log()
test_bucket()
test_window()
test_day()
print(f"{counts[0]} passed, {counts[1]} failed")
