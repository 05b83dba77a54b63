"""The rules of the house that a compiler doesn't know.

Each rule is a function of a tree (its root, a pathlib.Path) and yields one sentence a breach,
`file:line: what is wrong`. check.py runs them over the project, rules_test.py over small bad trees.
"""

import itertools
import json
import pathlib
import re
import subprocess

from layers import MAY_INCLUDE, ONLY_IN

CODE = {".cpp", ".hpp"}
LINES_AT_MOST = 400
LINES_WORTH_A_LOOK = 300


def files(root):
    """Every file that git has or would take; in a tree without git, every file."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = [root / name for name in listed.stdout.split("\0") if name]
    else:
        found = list(root.rglob("*"))
    return sorted(path for path in found if path.is_file())


def code(root):
    return [path for path in files(root) if path.suffix in CODE]


def at(root, path, line, sentence):
    return f"{path.relative_to(root)}:{line}: {sentence}"


def lines(path):
    return enumerate(path.read_text(errors="replace").splitlines(), 1)


# -- who may know whom ---------------------------------------------------------------------------

INCLUDE = re.compile(r'\s*#\s*include\s+(["<])([^">]+)[">]')


def layer_of(name):
    """The layer of a file: the longest key of MAY_INCLUDE that is its folder; none for tests."""
    folder = pathlib.PurePosixPath(name).parent
    while str(folder) != ".":
        if str(folder) in MAY_INCLUDE:
            return str(folder)
        folder = folder.parent
    return None


def includes(root):
    """Each folder includes only what the table in layers.py allows it."""
    for path in code(root):
        name = str(path.relative_to(root))
        layer = layer_of(name)
        for number, text in lines(path):
            match = INCLUDE.match(text)
            if not match:
                continue
            quote, what = match.groups()
            if quote == '"':
                if not (root / what).is_file():
                    yield at(root, path, number, f"{what} isn't a path from the project's root")
                elif layer is not None and layer != layer_of(what):
                    if not any(what.startswith(prefix) for prefix in MAY_INCLUDE[layer]):
                        yield at(root, path, number, f"{layer} may not know {what}")
            else:
                yield from foreign_include(root, path, number, what)


def is_at(name, home):
    """Whether a file is somewhere below `folder/`, or directly in `folder/*`."""
    if home.endswith("*"):
        return str(pathlib.PurePosixPath(name).parent) == home[:-2]
    return name.startswith(home)


def foreign_include(root, path, number, what):
    name = str(path.relative_to(root))
    if name.startswith("cmake/precompiled/"):
        return  # of the build: which file may use what of it is said by that file's own includes
    for library, homes in ONLY_IN.items():
        if what.startswith(library):
            if not any(is_at(name, home) for home in homes):
                yield at(root, path, number, f"<{what}> is for {', '.join(homes)} alone")
            return


# -- GCC 12's coroutines -------------------------------------------------------------------------

NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(match):
    """Comments and literals as spaces, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group())


def awaited(text, start):
    """The expression after a co_await: up to the end of the statement or of what encloses it."""
    depth = 0
    for index in range(start, len(text)):
        char = text[index]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "{":
            return text[start:index + 1]
        if depth < 0 or (char == ";" and depth == 0):
            return text[start:index]
    return text[start:]


# The head of a statement that decides, up to a co_await in it; or one that && || ? may skip.
DECIDING = re.compile(r"\b(?:if|while|for|switch)\s*\((?P<head>[^;{}]*?)\bco_await\b")
SKIPPED = re.compile(r"(?:&&|\|\||\?)\s*!?\s*co_await\b")


def is_open(head):
    """Whether the parenthesis before `head` is still open at its end."""
    depth = 1
    for char in head:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return False
    return True


def decides(text):
    """Where a co_await's value is used in the expression that decides about it."""
    for match in DECIDING.finditer(text):
        if is_open(match["head"]):
            yield match.start()
    for match in SKIPPED.finditer(text):
        yield match.start()


def awaits(root):
    """GCC 12 destroys an aggregate or lambda made inside a co_await expression twice, and runs
    what a co_await in a condition should have kept from running."""
    for path in code(root):
        text = NOT_CODE.sub(blank, path.read_text(errors="replace"))
        for match in re.finditer(r"\bco_await\b", text):
            if awaited(text, match.end()).endswith("{"):
                line = text.count("\n", 0, match.start()) + 1
                yield at(root, path, line, "a brace or a lambda inside a co_await: name it first")
        for start in decides(text):
            line = text.count("\n", 0, start) + 1
            yield at(root, path, line, "a co_await in a condition: name its value first")


# -- size and leftovers --------------------------------------------------------------------------


def length(root):
    """A file holds one idea."""
    for path in files(root):
        if path.suffix in CODE | {".py", ".sh", ".cmake"}:
            count = len(path.read_text(errors="replace").splitlines())
            if count > LINES_AT_MOST:
                yield at(root, path, count, f"over {LINES_AT_MOST} lines: take it apart")


def worth_a_look(root):
    """Not breaches: files that are getting long."""
    for path in code(root):
        count = len(path.read_text(errors="replace").splitlines())
        if LINES_WORTH_A_LOOK < count <= LINES_AT_MOST:
            yield at(root, path, count, f"over {LINES_WORTH_A_LOOK} lines")


# Written apart, or this file would break its own rule.
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b|(\.\./|/work/)share" r"d\b|\bshare" r"d/\w")


def leftovers(root):
    """No open ends, and no path that exists on one machine only."""
    for path in files(root):
        for number, text in lines(path):
            if LEFTOVER.search(text):
                yield at(root, path, number, "an open end or a path outside the project")


# -- documents -----------------------------------------------------------------------------------

LINK = re.compile(r"\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"^```.*?^```", blank, text, flags=re.DOTALL | re.MULTILINE)


def links(root):
    """Relative links of the documents lead somewhere."""
    for path in files(root):
        if path.suffix != ".md":
            continue
        for number, text in enumerate(without_code(path.read_text()).splitlines(), 1):
            for target in LINK.findall(text):
                if re.match(r"[a-z]+:|#", target):
                    continue
                if not (path.parent / target.split("#")[0]).exists():
                    yield at(root, path, number, f"{target} isn't there")


def readme_tree(root):
    """The tree in README.md names every folder of the project, and nothing else."""
    readme = root / "README.md"
    block = re.search(r"^```tree\n(.*?)^```", readme.read_text(), re.DOTALL | re.MULTILINE)
    if not block:
        yield at(root, readme, 1, "there is no ```tree block")
        return
    told, parent = set(), ""
    for text in block.group(1).splitlines():
        name = text.split()[0]
        if text.startswith(" "):
            told.add(parent + name)
        else:
            told.add(name)
            parent = name if name.endswith("/") else ""
    there = set()
    for path in files(root):
        parts = path.relative_to(root).parts
        if len(parts) > 1:
            there.add(parts[0] + "/")
        if len(parts) > 2 and parts[0] in ("daemon", "tests"):
            there.add(f"{parts[0]}/{parts[1]}/")
    for name in sorted(there - told):
        yield at(root, readme, 1, f"the tree doesn't name {name}")
    for name in sorted(told - there):
        if not (root / name).exists():
            yield at(root, readme, 1, f"the tree names {name}, which isn't there")


# -- tests ---------------------------------------------------------------------------------------

TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def tests_of(root):
    """(file, suite, name) of each GoogleTest test in the tree."""
    for path in code(root):
        for suite, name in TEST.findall(path.read_text(errors="replace")):
            yield path, suite, name


def python_tests_of(root):
    """`file.name` of each test of unittest in the tree, without the `test_` of the name."""
    for path in files(root):
        if path.name.endswith("_test.py"):
            for name in re.findall(r"^    def test_(\w+)", path.read_text(), re.MULTILINE):
                yield f"{path.stem}.{name}"


def test_files(root):
    """A file of tests has tests, none switched off, and is built."""
    with_tests = {path for path, _, _ in tests_of(root)}
    for path in code(root):
        if not path.name.endswith("_test.cpp"):
            continue
        if path not in with_tests:
            yield at(root, path, 1, "no test in it")
        if not is_built(root, path):
            yield at(root, path, 1, "no CMakeLists.txt beside or above it builds it")
    for path, suite, name in tests_of(root):
        if "DISABLED_" in suite + name:
            yield at(root, path, 1, f"{suite}.{name} is switched off")


def is_built(root, path):
    """Whether the next CMakeLists.txt at or above a source's folder names it."""
    for folder in path.parents:
        lists = folder / "CMakeLists.txt"
        if lists.is_file():
            name = re.escape(str(path.relative_to(folder)))
            return re.search(rf"(?<![\w/]){name}\b", lists.read_text()) is not None
        if folder == root:
            break
    return False


def guarantees(root):
    """Each guarantee names tests, and each test named exists."""
    document = root / "docs" / "guarantees.md"
    known = {f"{suite}.{name}" for _, suite, name in tests_of(root)} | set(python_tests_of(root))
    text = document.read_text()
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        named = re.findall(r"`(\w+\.\w+)`", section)
        line = text.count("\n", 0, text.index("## " + title)) + 1
        if re.match(r"\d", title) and not named:
            yield at(root, document, line, f"no test attacks “{title}”")
        for name in named:
            if name not in known:
                yield at(root, document, line, f"there is no test {name}")


def ctest(build):
    """CTest has found the tests of every program, not just the programs."""
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                           capture_output=True, text=True, check=True)
    listed = json.loads(shown.stdout)["tests"]
    if not listed:
        yield f"{build}: ctest knows no test"
    for test in listed:
        if test["name"].endswith("_NOT_BUILT") or "command" not in test:
            yield f"{build}: {test['name']} has no program"


OVER_THE_TREE = [includes, awaits, length, leftovers, links, readme_tree, test_files, guarantees]


def first(breaches):
    """The first breach, or none: for tests."""
    return next(itertools.chain(breaches, [None]))
