# SPDX-License-Identifier: BSD-2-Clause
"""Write RESULTS/README.md and its plots from the TSV files of RESULTS.  The same rows give the
same page.

page.py RESULTS
"""
import os
import sys

sys.dont_write_bytecode = True
import plots  # noqa: E402 (after the line above)
import tables  # noqa: E402
import tsv  # noqa: E402
import words  # noqa: E402


def place_lines(results):
    """Where all was measured: one line of a table for each place, with the files from there."""
    keys = ("commit", "compiler", "flags", "cpu", "kernel", "cores")
    places = {}
    for result in results.values():
        place = tuple(result.place.get(key, "not known") for key in keys)
        places.setdefault(place, []).append(f"[{result.name}]({result.file})")
    if len(places) == 1:
        (place, _), = places.items()
        return tables.markdown(("", ""), list(zip(keys, place)))
    return tables.markdown(("rows",) + keys,
                           [(", ".join(files),) + place for place, files in places.items()])


def bar_lines(results):
    measured = {}
    for result in results.values():
        for name, value, aim in result.bars:
            measured[name] = (value, aim, result)
    rows = []
    for name in tsv.in_order(list(words.BARS) + list(measured)):
        what = words.BARS.get(name, name.replace("_", " "))
        if name not in measured:
            rows.append((what, "not measured", "", "", ""))
            continue
        value, aim, result = measured[name]
        held = {True: "yes", False: "**no**", None: ""}[tsv.holds(value, aim)]
        aim = aim.replace("<= ", "<=").replace("<=", "at most ").replace(">=", "at least ")
        rows.append((what, value, "" if aim == "none" else aim, held, tables.source(result)))
    return tables.markdown(("what", "measured", "bar", "held", "from"), rows)


def why_lines(results):
    """Of the bars that are missed, in the order of the table above."""
    missed = [name for result in results.values() for name, value, aim in result.bars
              if tsv.holds(value, aim) is False]
    lines = [f"- *{words.BARS.get(name, name)}*: {words.WHY.get(name, 'not explained.')}"
             for name in tsv.in_order(list(words.BARS) + missed) if name in missed]
    return ["## Where a bar is missed", ""] + lines + [""] if lines else []


def section_lines(result, question, about, plot):
    lines = [f"## {question}", ""]
    if about:
        lines += [about, ""]
    if plot is not None:
        lines += [f"![{plot.says}]({plot.file})", ""]
    lines += tables.of(result)
    for note in result.notes:
        lines += [f"- {note}"]
    lines += [""] if result.notes else []
    command = tables.make_command(result)
    lines += [f"`{command}` runs `{result.place.get('command', 'not known')}` and writes "
              f"[{result.file}]({result.file}).", ""]
    return lines


def main(folder):
    results = tsv.read_all(folder)
    drawn, why_not = plots.draw(folder, results)
    lines = ["# Results", "",
             "Written by `make bench`, or by `make bench-page` from the rows beside it. "
             "How they are measured: [bench/README.md](../README.md). Times are those of one "
             "machine; what carries over to another are ratios within one run.", ""]
    lines += place_lines(results) + [""]
    if why_not:
        lines += [f"Without plots: {why_not}.", ""]
    lines += ["## The bars", ""] + bar_lines(results) + [""]
    lines += why_lines(results)
    said = set()
    for name, question, about in words.SECTIONS:
        said.add(name)
        if name in results:
            lines += section_lines(results[name], question, about, drawn.get(name))
    for name in sorted(set(results) - said):
        lines += section_lines(results[name], name, "", None)
    with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as page:
        page.write("\n".join(lines).rstrip("\n") + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except OSError as error:
        sys.exit(f"page.py: {error.filename}: {error.strerror}, expected a folder of rows that can "
                 "be written to")
