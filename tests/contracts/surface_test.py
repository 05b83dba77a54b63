#!/usr/bin/env python3
"""What users and their tools hold on to, beside surface.json: the set of metrics, configuration keys,
members of /status, tables of the state, names of events, exit codes. A rename in the code must change
none of them; a change on purpose changes surface.json, where a reviewer sees it.

usage: surface_test.py            compares
       surface_test.py --write    writes surface.json anew
"""

import contextlib
import json
import pathlib
import re
import sqlite3
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = HERE / "surface.json"
sys.path.insert(0, str(ROOT / "tests/support/python"))

from daemon import Daemon, settings
from http_call import UnixConnection, ask
from process import BUILD, wait_for, work_directory
from stand_ins import Api

# An event's name, as the log has it; not the name of a file.
NAME = re.compile(r'"([a-z_]+\.[a-z_]+(?:\.[a-z_]+)*)"')
FILE = re.compile(r"\.(hpp|cpp|db|sock|js|css|html|svg|yaml|service|pem|so|conf|mount)$")


def metrics():
    """Name, type, labels and the values of labels; HELP may change."""
    told = subprocess.run([BUILD / "metrics/tokensyncd_metric_catalog"], check=True,
                          capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    return sorted(" ".join([*row[:4], *row[5:]]) for row in rows)


def keys_of(schema, at=""):
    """Each key of the configuration, with its type or its choices."""
    for name, inner in schema.get("properties", {}).items():
        if not isinstance(inner, dict):
            inner = {"type": json.dumps(inner)}  # false: refused here
        kind = inner.get("enum") or inner.get("const") or inner.get("type") or "-"
        yield f"{at}{name}: {json.dumps(kind)}"
        yield from keys_of(inner, f"{at}{name}.")
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from keys_of(schema[word], f"{at}*.")
    for word in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(word, []):
            yield from keys_of(each, at)


def configuration():
    schema = json.loads((ROOT / "config/tokensyncd.schema.json").read_text())
    told = set(keys_of(schema))
    for name, each in schema.get("$defs", {}).items():
        told |= set(keys_of(each, f"${name}."))
    return sorted(told)


def members(value, at=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}{name}"
            yield from members(inner, f"{at}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, f"{at}*.")


def running():
    """What one daemon with one workspace shows: the members of /status, the tables of its state."""
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(work_directory()))
        api = stack.enter_context(Api(work, ids=["acme"]))
        with Daemon(work, settings(api, workspaces=[{"id": "acme"}])) as daemon:
            wait_for(lambda: (work / "tokens/acme").exists(), 60, "the token of acme", daemon)
            with contextlib.closing(UnixConnection(work / "control.sock")) as control:
                shown = json.loads(ask(control, "GET", "/status"))
        with contextlib.closing(sqlite3.connect(work / "state.db")) as state:
            tables = [row[0] for row in state.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
            version = state.execute("PRAGMA user_version").fetchone()[0]
    return sorted(set(members(shown))), [f"user_version {version}", *tables]


def event_names():
    found = set()
    for path in (ROOT / "daemon").rglob("*.cpp"):
        found |= {name for name in NAME.findall(path.read_text()) if not FILE.search(name)}
    return sorted(found)


def exit_codes():
    header = next((ROOT / "daemon").rglob("exit_code.hpp")).read_text()
    body = re.search(r"enum class exit_code[^{]*\{(.*?)\};", header, re.DOTALL)[1]
    return re.findall(r"^\s*(\w+) = (\d+)", body, re.MULTILINE)


def surface():
    status, state = running()
    return {"metrics": metrics(), "configuration": configuration(), "status": status,
            "state": state, "events": event_names(),
            "exit_codes": [f"{code} {name}" for name, code in exit_codes()]}


def main(arguments):
    now = surface()
    if arguments == ["--write"]:
        GOLDEN.write_text(json.dumps(now, indent=1) + "\n")
        return 0
    before = json.loads(GOLDEN.read_text())
    differs = 0
    for part in sorted(before.keys() | now.keys()):
        old, new = before.get(part, []), now.get(part, [])
        for each in [line for line in old if line not in new]:
            print(f"{part}: no longer there: {each}")
            differs = 1
        for each in [line for line in new if line not in old]:
            print(f"{part}: not in surface.json: {each}")
            differs = 1
    return differs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
