# SPDX-License-Identifier: BSD-2-Clause
"""The plots of the page, drawn by gnuplot from the rows."""
import os
import shutil
import subprocess
from collections import namedtuple

import tsv
import words

# What stands in a page of a plot: its file, and what it shows for who cannot see it.
Plot = namedtuple("Plot", "file says")
HERE = os.path.dirname(os.path.abspath(__file__))

GREY, BLUE, LIGHT_BLUE, GREEN, ORANGE, RED = \
    0x9AA3AB, 0x1F5FA8, 0x7FB0DE, 0x3A9E8F, 0xDD8A2E, 0xB0452F
COLOURS = {"floor": GREY, "floor_4k": GREY, "floor_huge": 0xC3C9CE, "weir_1_limit": BLUE,
           "weir_3_limits": LIGHT_BLUE, "weir_deny": GREEN, "mutex_shards": ORANGE, "ck_ht": RED,
           "locked_file": ORANGE, "berkeley_db": 0xC9662B, "redis_incr": 0xC0594A,
           "redis_gcra": RED}


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(values):
    """For gnuplot's word(): each in quotes of its own."""
    return "'" + " ".join(f'"{value}"' for value in values) + "'"


def block(blocks):
    """A gnuplot data block: lists of rows, apart by two empty lines."""
    texts = ["\n".join(" ".join(str(field) for field in row) for row in rows) for rows in blocks]
    return "$rows << END\n" + "\n\n\n".join(texts) + "\nEND\n"


def run(folder, name, size, blocks, values):
    """style.gp and NAME.gp, with what they need: $rows, file, width, height and values."""
    made = os.path.join(folder, name + ".svg")
    text = block(blocks)
    text += f"file = {quoted(made)}\nwidth = {size[0]}\nheight = {size[1]}\n"
    text += "".join(f"{key} = {value}\n" for key, value in values.items())
    for part in ("style.gp", name + ".gp"):
        with open(os.path.join(HERE, part), encoding="utf-8") as lines:
            text += lines.read()
    done = subprocess.run(["gnuplot"], input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr.strip():
        raise RuntimeError(f"gnuplot, {name}: {done.stderr.strip()}")


def decision(folder, result):
    rows = [row for row in result.where(question="decision", threads="1", batch="1")
            if tsv.number(row["ns_median"]) is not None]
    subjects = tsv.in_order(row["subject"] for row in rows)
    groups = tsv.in_order(row["distribution"] for row in rows)
    if not rows:
        return None
    step = len(subjects) + 1.5
    bars = []
    for row in rows:
        x = groups.index(row["distribution"]) * step + subjects.index(row["subject"])
        ns = tsv.number(row["ns_median"])
        bars.append((x, ns, COLOURS.get(row["subject"], GREEN), f"{ns:.0f}"))
    run(folder, "decision", (860, 430), [bars], {
        "from": -1.2, "to": step * (len(groups) - 1) + len(subjects) + 0.2,
        "mark_at": listed(i * step + (len(subjects) - 1) / 2 for i in range(len(groups))),
        "mark_names": listed(words.distribution(name) for name in groups),
        "key_names": listed(words.subject(name) for name in subjects),
        "key_colours": listed(COLOURS.get(name, GREEN) for name in subjects)})
    return Plot("decision.svg", "ns a decision of weir, of the floor and of peers")


def scale(folder, result):
    rows = [row for row in result.where(question="scale", threads="1")
            if tsv.number(row["ns_median"]) is not None]
    series = tsv.in_order((row["subject"], row["batch"]) for row in rows)
    keys = sorted({int(row["keys"]) for row in rows})
    if len(keys) < 2:
        return None
    cells = {(int(row["keys"]), row["subject"], row["batch"]): row["ns_median"] for row in rows}
    run(folder, "scale", (860, 460),
        [[[at] + [cells.get((at,) + name, "-") for name in series] for at in keys]], {
            "from": keys[0] * 0.8, "to": keys[-1] * 1.25,
            "titles": listed(words.subject(name) + (f", batches of {batch}" if batch != "1" else "")
                             for name, batch in series),
            "colours": listed(COLOURS.get(name, GREEN) for name, _ in series),
            "dashes": listed(1 if batch == "1" else 2 for _, batch in series)})
    return Plot("scale.svg", "ns a decision against the number of keys")


def middle_load(rows):
    """Each with the load in the middle of its step, %."""
    before, points = 0.0, []
    for row in rows:
        after = 100 * float(row["load_after"])
        points.append(((before + after) / 2, row["met_full_principal_percent"],
                       row["model_principal_percent"]))
        before = after
    return points


def memory(folder, result):
    made = result.where(question="memory_create")
    limits = [row["limits"] for row in made]
    if not made:
        return None
    curves, at_n = [], []
    for row in made:
        burst = result.where(question="memory_fill", limits=row["limits"])[0]["burst"]
        steps = result.where(question="memory_fill", limits=row["limits"], burst=burst) + \
            [step for step in result.where(question="memory_evict", limits=row["limits"],
                                           burst=burst) if int(step["from_percent"]) >= 100]
        curves.append([point for point in middle_load(steps) if float(point[2]) >= 0.005])
        at_n.append(curves_at(steps))
    run(folder, "memory", (860, 460), curves + at_n, {
        "titles": listed(f"{name} limit{'s' if name != '1' else ''}" for name in limits),
        "at_n": listed(limits),
        "colours": listed((BLUE, ORANGE, RED, GREEN)[i % 4] for i in range(len(limits)))})
    return Plot("memory.svg", "share of newcomers that meet a full group against load")


def curves_at(steps):
    """The last step before N, as a block of one row; nothing of it where it is off the plot."""
    last = max(at for at, step in enumerate(steps) if int(step["to_percent"]) <= 100)
    load, share, _ = middle_load(steps)[last]
    return [(load, share if float(share) >= 0.01 else "NaN")]


def cold(folder, result):
    rows = [row for row in result.where(question="cold")
            if tsv.number(row["difference_us_median"]) is not None]
    bars = []
    for at, row in enumerate(reversed(rows)):
        quarters = [float(row[f"difference_us_{name}"]) for name in ("median", "p25", "p75")]
        colour = COLOURS.get(row["subject"], BLUE if "1_limit" in row["subject"] else LIGHT_BLUE)
        bars.append([at + 1] + quarters + [colour, f"{quarters[0]:.0f}"])
    if not rows:
        return None
    run(folder, "cold", (860, 90 + 38 * len(rows)), [bars], {
        "last": len(rows), "least": min([0] + [bar[2] for bar in bars]),
        "names": listed(words.subject(row["subject"]) for row in reversed(rows))})
    return Plot("cold.svg", "what a decision adds to a fresh process, weir and peers")


DRAWN = {"bench_decision": decision, "bench_scale": scale, "bench_cold": cold,
         "bench_memory": memory}


def draw(folder, results):
    """Plots by bench; and why there are none, or an empty text."""
    for how in DRAWN.values(): # what is there may be of other rows
        old = os.path.join(folder, how.__name__ + ".svg")
        if os.path.exists(old):
            os.unlink(old)
    if shutil.which("gnuplot") is None:
        return {}, "gnuplot is not installed"
    drawn = {name: how(folder, results[name]) for name, how in DRAWN.items() if name in results}
    return {name: plot for name, plot in drawn.items() if plot is not None}, ""
