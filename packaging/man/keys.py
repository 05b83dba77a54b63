#!/usr/bin/env python3
"""Writes tokensyncd.yaml(5): puts every key of the JSON Schema, and what that says of it, into it.

usage: keys.py SCHEMA PAGE.in >PAGE
"""

import json
import pathlib
import re
import sys
import textwrap


def resolved(schema, node):
    """`node` with what it refers to; its own words go before those."""
    if "$ref" not in node:
        return node
    return schema["$defs"][node["$ref"].rsplit("/", 1)[1]] | node


def entries(schema, node, path):
    """(path, what the schema says, whether it must be there) of each key below `node`."""
    for name, said in node.get("properties", {}).items():
        key, value = f"{path}{name}", resolved(schema, said)
        yield key, value, name in node.get("required", [])
        if value.get("type") == "array":
            yield from entries(schema, resolved(schema, value["items"]), key + "[].")
        elif "properties" in value:
            yield from entries(schema, value, key + ".")


def sections(schema):
    """(title, what it is about, its entries)."""
    yield "All but sinks", "", entries(schema, schema, "")
    for kind in schema["$defs"]["sink"]["properties"]["type"]["enum"]:
        sink = schema["$defs"][kind + "_sink"]
        yield f"Sinks of type {kind}", sink["description"], entries(schema, sink, "sinks.NAME.")


def escaped(text):
    """As mdoc takes it for text: no escape and no quote of its own."""
    return text.replace("\\", "\\e").replace('"', "\\(dq")


def prose(text):
    """The same in lines of the page's source: each sentence begins one, none is a macro."""
    for sentence in re.split(r"(?<=\.) (?=[A-Z])", escaped(text)):
        yield from ("\\&" + line for line in textwrap.wrap(sentence, 77, break_long_words=False))


def shown(value):
    return value if isinstance(value, str) else json.dumps(value)


def values(said):
    """What a key may be, where the schema counts it up."""
    for choice in (said, *said.get("anyOf", [])):
        if "enum" in choice:
            return list(dict.fromkeys(map(str, choice["enum"])))
    return []


def item(key, said, required):
    yield f".It Cm {escaped(key)}"
    yield from prose(said["description"])
    if values(said):
        yield from prose(f"Values: {', '.join(values(said))}.")
    if "default" in said:
        yield from prose(f"Default: {shown(said['default'])}.")
    if required:
        yield "Required."


def page(schema):
    for title, about, keys in sections(schema):
        yield f".Ss {escaped(title)}"
        yield from prose(about)
        yield ".Bl -tag -width Ds"
        for key in keys:
            yield from item(*key)
        yield ".El"


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    frame = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
    print(frame.replace("@KEYS@", "\n".join(page(schema))), end="")


if __name__ == "__main__":
    main()
