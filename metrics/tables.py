#!/usr/bin/env python3
"""The tables of docs/metrics.md, from the code.

usage: metrics/tables.py PROGRAM [--write]

PROGRAM is tokensyncd_metric_catalog. Without --write, ends with 1 where the document says anything
else than the code, or explains a value of a label nowhere.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs/metrics.md"
CATALOG = HERE / "catalog.hpp"
TABLE = re.compile(r"(<!-- (\w+): written by \./dev docs -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| name | type | labels | meaning |\n|---|---|---|---|\n"


class Metric:
    def __init__(self, line):
        self.group, self.name, self.type, labels, self.help, *fixed = line.split("\t")
        self.labels = labels.split(",") if labels else []
        self.values = {label: values.split(",")
                       for label, values in (each.split("=") for each in fixed)}

    def row(self):
        def shown(label):
            values = ", ".join(f"`{value}`" for value in self.values.get(label, []))
            return f"{label} ({values})" if values else label
        labels = ", ".join(map(shown, self.labels)) or "–"
        return f"| `{self.name}` | {self.type} | {labels} | {self.help} |\n"


def catalog(program):
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [Metric(line) for line in said.splitlines()]


def with_tables(text, metrics):
    def table(match):
        rows = [each.row() for each in metrics if each.group == match[2]]
        return match[1] + HEAD + "".join(rows) + match[3]
    return TABLE.sub(table, text)


def explanation(prose, label, metric):
    """What stands behind a label's name, alone or with its metric's, up to the next label's or the end
    of the paragraph."""
    found = re.search(rf"^`{label}`(?: of `{metric}`)?: (.*?)(?=^`\w+`(?: of `\w+`)?: |^$|\Z)", prose,
                      re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def unlisted(source):
    """The descriptions in the catalogue that none of its lists names: nothing else would miss them."""
    for name in re.findall(r"constexpr description (\w+)\{", source):
        if f"&{name}" not in re.findall(r"&\w+", source):
            yield f"metrics/catalog.hpp: no list at its end names `{name}`"


def breaches(text, metrics):
    yield from unlisted(CATALOG.read_text())
    places = [match[2] for match in TABLE.finditer(text)]
    for group in sorted({each.group for each in metrics}):
        if places.count(group) != 1:
            yield f"docs/metrics.md: {places.count(group)} places for the table “{group}”, not one"
    if with_tables(text, metrics) != text:
        yield "docs/metrics.md isn't what the code says: ./dev docs writes it"
    prose = TABLE.sub("", text)
    for each in metrics:
        for label, values in each.values.items():
            said = explanation(prose, label, each.name)
            for value in values:
                if f"`{value}`" not in said:
                    yield f"docs/metrics.md doesn't explain `{value}` where it tells of {each.name}"


def main(program, write=False):
    metrics = catalog(program)
    if write:
        DOCUMENT.write_text(with_tables(DOCUMENT.read_text(), metrics))
    found = list(breaches(DOCUMENT.read_text(), metrics))
    print("\n".join(found) or f"docs/metrics.md: {len(metrics)} metrics as in the code")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--write"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], write=len(sys.argv) > 2))
