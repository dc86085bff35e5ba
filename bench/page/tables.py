# SPDX-License-Identifier: BSD-2-Clause
"""Tables of the page: for the benches that it knows, turned so that one can compare; for any
other, all columns as they are."""
import tsv
import words


def markdown(heads, rows):
    """Columns of numbers to the right."""
    def is_figure(at):
        cells = [row[at] for row in rows if row[at] not in ("", "-", "not measured")]
        return bool(cells) and all(cell.strip("*")[:1].isdigit() or cell[:1] == "-"
                                   for cell in cells) and at > 0
    rule = ["---:" if is_figure(at) else "---" for at in range(len(heads))]
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join(rule) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def make_command(result):
    return "make " + result.name.replace("_", "-", 1)


def source(result):
    return f"[{result.name}]({result.file})"


def plain(rows, leave_out=("question",)):
    """The columns as they are, less those that are the same in all rows, which stand above."""
    columns = [key for key in rows[0] if key not in leave_out]
    same = [key for key in columns if len(rows) > 1 and len({row.get(key) for row in rows}) == 1]
    shown = [key for key in columns if key not in same]
    lines = []
    if same:
        lines = ["; ".join(f"{words.column(key)}: {words.count(rows[0][key])}" for key in same)
                 + ".", ""]

    def cell(row, key):
        text = row.get(key, "")
        if key in ("subject", "distribution"):
            return getattr(words, key)(text)
        return words.count(text) if "." not in text else text
    return lines + markdown([words.column(key) for key in shown],
                            [[cell(row, key) for key in shown] for row in rows]) + [""]


def decision(rows):
    """Subjects down, distributions across."""
    lines = []
    for threads in tsv.in_order(row["threads"] for row in rows):
        chosen = [row for row in rows if row["threads"] == threads]
        across = tsv.in_order(row["distribution"] for row in chosen)
        cells = {}
        for row in chosen:
            ratio = row.get("ratio_to_floor", "")
            cells.setdefault((row["subject"], row["batch"]), {})[row["distribution"]] = \
                row["ns_median"] + (f" ({ratio})" if ratio else "")
        lines += [f"{threads} thread{'s' if threads != '1' else ''}, "
                  f"{words.count(chosen[0]['keys'])} keys, ns a decision and thread "
                  "(times the floor):", ""]
        lines += markdown(["", "batch"] + [words.distribution(name) for name in across],
                          [[words.subject(subject), batch] + [by.get(name, "") for name in across]
                           for (subject, batch), by in cells.items()]) + [""]
    return lines


def insert(rows):
    return ["Filling a table, ns a new principal:", ""] + markdown(
        ("", "keys", "ns"), [(words.subject(row["subject"]), words.count(row["keys"]),
                              row["ns_median"]) for row in rows]) + [""]


def parts(rows):
    """Subjects down, distributions across."""
    across = tsv.in_order(row["distribution"] for row in rows)
    cells = {}
    for row in rows:
        cells.setdefault(row["subject"], {})[row["distribution"]] = \
            f"{row['ns_median']} ({row['ratio_to_floor']})"
    return ["ns a decision, median (times the floor):", ""] + markdown(
        [""] + [words.distribution(name) for name in across],
        [[words.subject(subject)] + [by.get(name, "") for name in across]
         for subject, by in cells.items()]) + [""]


def scale(rows):
    """Keys down; subject and batch across, and the pages that weir's table had."""
    across = tsv.in_order((row["subject"], row["batch"]) for row in rows)
    cells, pages = {}, {}
    for row in rows:
        cells.setdefault(row["keys"], {})[(row["subject"], row["batch"])] = row["ns_median"]
        if row["subject"].startswith("weir"):
            pages[row["keys"]] = row.get("pages", "")
    heads = [words.subject(name) + (f", batch of {batch}" if batch != "1" else "")
             for name, batch in across]
    return ["ns a decision, median:", ""] + markdown(
        ["keys"] + heads + ["weir's pages"],
        [[words.count(keys)] + [by.get(name, "") for name in across] + [pages.get(keys, "")]
         for keys, by in cells.items()]) + [""]


def memory_create(rows):
    return ["A table as created for that many keys, and newcomers while that many come:", ""] + \
        plain(rows)


def memory_evict(rows):
    lines = ["Beyond what it was created for, each step a quarter of `--keys`; the least burst of "
             "its limits decides when an inherited debt denies a newcomer:", ""]
    for row in rows:
        row["keys come, %"] = f"{row['from_percent']} to {row['to_percent']}"
    shown = ("limits", "burst", "keys come, %", "load_after", "inserted", "evicted", "inherited",
             "full_denied", "met_full_principal_percent", "model_principal_percent",
             "met_full_cell_percent", "model_cell_percent", "wrongly_denied_percent",
             "short_units_mean")
    return lines + plain([{key: row[key] for key in shown} for row in rows])


def memory_fill(rows):
    steps = [row for row in rows if number_of(row["to_percent"]) % 20 == 0]
    lines = ["On the way there, each fourth step of a twentieth of `--keys`; share of newcomers "
             "that met a full group, % (model):", ""]
    limits = tsv.in_order((row["limits"], row["burst"]) for row in steps)
    cells = {}
    for row in steps:
        cells.setdefault(row["to_percent"], {})[(row["limits"], row["burst"])] = \
            f"{row['met_full_principal_percent']} ({row['model_principal_percent']})"
    return lines + markdown(
        ["keys come, %"] + [f"{a} limit{'s' if a != '1' else ''}, burst {b}" for a, b in limits],
        [[f"to {step}"] + [by.get(name, "") for name in limits]
         for step, by in cells.items()]) + [""]


def campus(heading):
    """As they are, under a heading; what a run took is of no interest on the page."""
    def lines(rows):
        return [heading, ""] + plain(rows, ("question", "seconds", "evicted"))
    return lines


CAMPUS = {
    "campus_load": campus("The month, the thefts' own messages left out:"),
    "campus_thefts": campus("Ten thefts of each kind, spam messages:"),
    "campus_theft": campus("Each theft:"),
    "campus_limits": campus("The numbers of all limits so many times as large, spam messages out:"),
    "campus_score": campus("The threshold of the score so many times as large, *none*: the limits "
                           "without any signal:")}


def number_of(text):
    return tsv.number(text) or 0


KNOWN = {"decision": decision, "insert": insert, "memory_create": memory_create,
         "memory_evict": memory_evict, "memory_fill": memory_fill, "scale": scale, "parts": parts,
         **CAMPUS}
ORDER = ("memory_create", "memory_evict", "memory_fill", "decision", "scale", "insert")
NEEDS = {"decision": ("threads", "distribution", "batch", "subject", "ns_median"),
         "scale": ("keys", "batch", "subject", "ns_median")}


def of(result):
    """All tables of a bench."""
    by_question = {}
    for question, _, rows in result.kinds():
        by_question.setdefault(question, []).append(rows)
    asked = [name for name in ORDER if name in by_question]
    asked += [name for name in by_question if name not in asked]
    lines = []
    for question in asked:
        for rows in by_question[question]:
            known = KNOWN.get(question)
            if known is not None and all(key in rows[0] for key in NEEDS.get(question, ())):
                lines += known([dict(row) for row in rows])
            else:
                lines += plain(rows)
    return lines
