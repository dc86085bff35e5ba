# SPDX-License-Identifier: BSD-2-Clause
"""The rows of one bench, as measure.sh keeps them.

Lines `# key: value` say where they were measured, other lines that begin with `#` are notes.
The first row, and each that begins with `question`, names the columns of those below it; a row
`bar NAME VALUE AIM` sets a figure beside what is aimed at.
"""
import os
import re

PLACE = ("commit", "compiler", "flags", "cpu", "kernel", "cores", "command")


class Result:
    def __init__(self, path):
        self.file = os.path.basename(path)
        self.name = self.file.rsplit(".", 1)[0]
        self.place, self.notes, self.rows, self.bars = {}, [], [], []
        columns = None
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                columns = self._read(line.rstrip("\n"), columns)

    def _read(self, line, columns):
        if line.startswith("#"):
            key, _, value = line[1:].strip().partition(": ")
            if key in PLACE and key not in self.place:
                self.place[key] = value
            else:
                self.notes.append(line[1:].strip())
            return columns
        if not line.strip():
            return columns
        fields = line.split("\t")
        if fields[0].split(" ")[0] == "bar":
            self.bars.append(tuple((fields if len(fields) > 1 else line.split())[1:4]))
            return columns
        if columns is None or fields[0] == "question":
            return fields
        self.rows.append(dict(zip(columns, fields)))
        return columns

    def where(self, **wanted):
        """Rows that have these values; of a list, one of them."""
        def fits(row):
            return all(row.get(key) in value if isinstance(value, (list, tuple))
                       else row.get(key) == value for key, value in wanted.items())
        return [row for row in self.rows if fits(row)]

    def kinds(self):
        """Rows by their columns and their question, in order: [(question, columns, rows)]."""
        found = {}
        for row in self.rows:
            found.setdefault((row.get("question", ""), tuple(row)), []).append(row)
        return [(question, columns, rows) for (question, columns), rows in found.items()]


def number(text):
    """A field as a number; None where it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def in_order(values):
    """Each once, in the order of their first."""
    return list(dict.fromkeys(values))


def holds(value, aim):
    """Whether a figure is what is aimed at; None where nothing is."""
    match = re.fullmatch(r"(<=|>=|<|>)\s*([0-9.]+)", aim.strip())
    if match is None or number(value) is None:
        return None
    value, bound = float(value), float(match.group(2))
    return {"<=": value <= bound, ">=": value >= bound,
            "<": value < bound, ">": value > bound}[match.group(1)]


def read_all(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".tsv"))
    return {name[:-4]: Result(os.path.join(folder, name)) for name in names}
