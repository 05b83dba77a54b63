#!/usr/bin/env python3
"""Checks the project against rules.py and records.py.

usage: check.py              every rule over the tree
       check.py RULE         one of them
       check.py ctest BUILD  whether CTest knows the tests of a build directory
"""

import pathlib
import sys

import records
import rules

RULES = [*rules.OVER_THE_TREE, *records.OVER_THE_TREE]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def main(arguments):
    if arguments[:1] == ["ctest"]:
        breaches = list(rules.ctest(arguments[1]))
    else:
        chosen = [rule for rule in RULES if not arguments or rule.__name__ in arguments]
        if not chosen:
            sys.exit(__doc__)
        breaches = [breach for rule in chosen for breach in rule(ROOT)]
        if "length" in (rule.__name__ for rule in chosen):
            for note in rules.worth_a_look(ROOT):
                print(f"note: {note}")
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
