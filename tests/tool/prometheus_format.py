# SPDX-License-Identifier: BSD-2-Clause
# A strict reader of the Prometheus text exposition format 0.0.4, as far as weir uses it.
#   python3 tests/tool/prometheus_format.py FILE [WORD...]   what is wrong with FILE, a line each
#   python3 tests/tool/prometheus_format.py --itself         whether it finds mistakes
# No WORD, a principal's name say, may stand anywhere. Stricter than the format: HELP, TYPE and
# samples in this order, no empty line, no time stamp, no other comment, no label that is not
# known, the same labels on each sample of a metric, no value that is no decimal number.
import re
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
VALUE = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
LABELS = {"version", "policy", "limit", "unit", "per", "position"}
OURS = "weir_"
UNTIMELY = ("_count", "_sum", "_bucket")  # suffixes of histograms and summaries


class Wrong(Exception):
    pass


def must(holds, text):
    if not holds:
        raise Wrong(text)


def read_labels(text):
    """Labels between braces, from behind the opening one; what is left behind the closing one."""
    labels = {}
    while not text.startswith("}"):
        name = LABEL.match(text)
        must(name, "no label's name at %r" % text)
        name = name.group()
        must(not name.startswith("__"), "a label's name of Prometheus' own: %s" % name)
        must(name in LABELS, "label %s, which is not known: a series each?" % name)
        must(name not in labels, "label %s twice" % name)
        text = text[len(name):]
        must(text.startswith('="'), 'no =" behind label %s' % name)
        text, value = text[2:], ""
        while not text.startswith('"'):
            must(text, "the value of %s does not end" % name)
            if text[0] == "\\":
                must(text[1:2] in ("\\", '"', "n"), "escape %r" % text[:2])
                value += {"n": "\n"}.get(text[1], text[1])
                text = text[2:]
            else:
                must(text[0] >= " ", "control character in %s" % name)
                value += text[0]
                text = text[1:]
        labels[name] = value
        text = text[1:]
        if text.startswith(","):
            text = text[1:]
            must(not text.startswith("}"), "a comma at the end of the labels")
        else:
            must(text.startswith("}"), "no comma between labels at %r" % text)
    must(labels, "braces without a label")
    return labels, text[1:]


class Reader:
    def __init__(self):
        self.helped, self.types = {}, {}
        self.series = set()
        self.label_names = {}
        self.current = None  # metric whose samples may follow
        self.awaits_type = None

    def comment(self, line):
        match = re.fullmatch(r"# (HELP|TYPE) (\S+) (.*)", line)
        must(match, "neither HELP nor TYPE")
        kind, name, text = match.groups()
        must(NAME.fullmatch(name), "metric's name %r" % name)
        must(name.startswith(OURS), "a metric that is not ours: %s" % name)
        if kind == "HELP":
            must(self.awaits_type is None, "HELP where TYPE of %s should stand" % self.awaits_type)
            must(name not in self.helped, "HELP of %s twice" % name)
            must(text.strip() == text != "", "a HELP of nothing or with blanks around")
            must(not re.search(r"\\(?![\\n])", text), "an escape in HELP")
            self.helped[name] = text
            self.awaits_type = name
            return
        must(self.awaits_type == name, "TYPE of %s without its HELP before it" % name)
        must(text in ("counter", "gauge"), "type %r" % text)
        must((text == "counter") == name.endswith("_total"),
             "a counter without _total, or _total without a counter")
        must(not name.endswith(UNTIMELY), "a suffix of histograms")
        self.types[name] = text
        self.awaits_type = None
        self.current = name

    def sample(self, line):
        must(self.awaits_type is None, "a sample where TYPE should stand")
        name = NAME.match(line)
        must(name, "no metric's name")
        name = name.group()
        must(name == self.current, "a sample of %s below the head of %s" % (name, self.current))
        rest, labels = line[len(name):], {}
        if rest.startswith("{"):
            labels, rest = read_labels(rest[1:])
        must(rest.startswith(" "), "no blank before the value")
        must(VALUE.fullmatch(rest[1:]), "value %r" % rest[1:])
        if self.types[name] == "counter":
            must("." not in rest, "a count that is not whole")
        must(float(rest[1:]) <= 1 or not name.endswith("_ratio"), "a ratio above 1")
        names = self.label_names.setdefault(name, sorted(labels))
        must(names == sorted(labels), "other labels than the sample before has")
        series = (name, tuple(sorted(labels.items())))
        must(series not in self.series, "the same series twice")
        self.series.add(series)


def mistakes(data, words):
    found = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return ["not UTF-8: %s" % error]
    if not text.endswith("\n"):
        found.append("the last line does not end")
    reader = Reader()
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            must(line != "", "an empty line")
            must("\r" not in line and line.strip() == line, "blanks at an end of the line")
            for word in words:
                must(word not in line, "names %s" % word)
            (reader.comment if line.startswith("#") else reader.sample)(line)
        except Wrong as wrong:
            found.append("line %d: %s: %s" % (number, wrong, line))
    if reader.awaits_type:
        found.append("HELP of %s without a TYPE" % reader.awaits_type)
    if not reader.series:
        found.append("no sample")
    return found


HEAD = "# HELP weir_a_total A.\n# TYPE weir_a_total counter\n"
SOUND = (
    HEAD + "weir_a_total 1\n",
    HEAD + 'weir_a_total{policy="p",per="\\"\\\\\\n"} 1\nweir_a_total{policy="q",per=""} 0\n',
    HEAD + "weir_a_total 1\n# HELP weir_b B.\n# TYPE weir_b gauge\nweir_b 0.500000\n",
)
UNSOUND = (
    "", "weir_a_total 1\n", HEAD, HEAD + "weir_a_total 1", HEAD + "weir_a_total 1\n\n",
    HEAD + "weir_a_total 1\nweir_a_total 2\n", HEAD + "weir_a_total -1\n",
    HEAD + "weir_a_total 1.5\n", HEAD + "weir_a_total 01\n", HEAD + "weir_a_total NaN\n",
    HEAD + "weir_a_total 1 1700000000\n", HEAD + "weir_a_total  1\n", HEAD + "weir_a_total 1 \n",
    HEAD + "weir_a_total\n", HEAD + "weir_b 1\n", HEAD + "weir_a_total{} 1\n",
    HEAD + 'weir_a_total{policy="p",} 1\n', HEAD + 'weir_a_total{policy="p"per="q"} 1\n',
    HEAD + 'weir_a_total{policy="p",policy="q"} 1\n', HEAD + 'weir_a_total{policy="p} 1\n',
    HEAD + 'weir_a_total{policy="\\t"} 1\n', HEAD + 'weir_a_total{policy="p"}1\n',
    HEAD + 'weir_a_total{user="alice"} 1\n', HEAD + 'weir_a_total{__name="p"} 1\n',
    HEAD + 'weir_a_total{policy="p"} 1\nweir_a_total{policy="p"} 1\n',
    HEAD + 'weir_a_total{policy="p"} 1\nweir_a_total{per="p"} 1\n',
    HEAD + "weir_a_total 1\n" + HEAD + "weir_a_total 1\n",
    HEAD + "# HELP weir_b B.\n# TYPE weir_b gauge\nweir_b 1\nweir_a_total 1\n",
    "# TYPE weir_a_total counter\n# HELP weir_a_total A.\nweir_a_total 1\n",
    "# HELP weir_a A.\n# TYPE weir_a counter\nweir_a 1\n",
    "# HELP weir_a_total A.\n# TYPE weir_a_total gauge\nweir_a_total 1\n",
    "# HELP weir_a A.\n# TYPE weir_a histogram\nweir_a 1\n",
    "# HELP weir_a_count A.\n# TYPE weir_a_count gauge\nweir_a_count 1\n",
    "# HELP weir_a\n# TYPE weir_a gauge\nweir_a 1\n",
    "# HELP weir_a A.\nweir_a 1\n", "# HELP weir_a A.\n# TYPE weir_b gauge\nweir_b 1\n",
    "# HELP other A.\n# TYPE other gauge\nother 1\n", HEAD + "weir_a_total 1\n# EOF\n",
    "# HELP weir_a_ratio A.\n# TYPE weir_a_ratio gauge\nweir_a_ratio 1.1\n",
    HEAD + "weir_a_total 1\n# HELP weir_b B.\n",
    HEAD + 'weir_a_total{policy="mallory"} 1\n',
)


def main():
    if sys.argv[1] == "--itself":
        wrong = [text for text in SOUND if mistakes(text.encode(), ["mallory"])]
        wrong += [text for text in UNSOUND if not mistakes(text.encode(), ["mallory"])]
        wrong += [] if mistakes(b"\xff\n", []) else ["not UTF-8"]
        for text in wrong:
            print("judged wrong: %r" % text)
        sys.exit(bool(wrong))
    with open(sys.argv[1], "rb") as file:
        found = mistakes(file.read(), sys.argv[2:])
    print("\n".join(found))
    sys.exit(bool(found))


main()
