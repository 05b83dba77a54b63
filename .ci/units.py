"""What the checks of translation units have in common."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def without_precompiled(words):
    """A command without its precompiled header: each file must have its own includes."""
    kept, rest = [], iter(words)
    for word in rest:
        if word == "-include":
            next(rest)
        elif word == "-Xclang":
            option = next(rest)
            if option in ("-include-pch", "-include"):
                next(rest), next(rest)  # -Xclang and its file
            else:
                kept += [word, option]
        elif word not in ("-Winvalid-pch", "-fpch-preprocess"):
            kept.append(word)
    return kept


def with_headers(unit):
    """The unit and every file of the project that it includes, directly or not."""
    seen, waiting = {}, [unit]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen[path] = path.read_text()
        waiting += [ROOT / name for name in INCLUDE.findall(seen[path])]
    return seen
