"""The rules about the ledger's records: one writer a member, and no reference across a co_await.

Textual, as the other rules: see rules.py.
"""

import re

from rules import NOT_CODE, at, awaited, blank, code

HOME = "daemon/sync/"

# -- one writer a member -------------------------------------------------------------------------

LEDGER = "daemon/sync/fleet/ledger."
FLEET = "daemon/sync/fleet/fleet."
DISPATCHER = "daemon/sync/dispatch/dispatcher."
RECORDER = "daemon/sync/fetching/steps/revision_recorder."
REPORTER = "daemon/sync/fetching/steps/result_reporter."

# The beginnings of the files that write members of `record`: the table in ledger.hpp. FLEET
# restores a workspace from the store.
WRITERS = {
    "id entry used": [LEDGER],
    "check due": [DISPATCHER],
    "token wanted known_since": [RECORDER, FLEET],
    "times state": [REPORTER, FLEET],
    "settled": [FLEET],
}
WRITERS_OF = {member: files for members, files in WRITERS.items() for member in members.split()}

# A variable that is a record by its declaration; `r` and `record` always count as one.
RECORD = re.compile(r"\brecord\s*[&*]\s*(?:const\s+)?(\w+)|"
                    r"\bauto\s*[&*]\s*(\w+)\s*=[^;]*\b(?:book|ledger_)\.(?:at|get)\(")
LOOKED_UP = r"\b(?:book|ledger_)\.(?:at|get)\((?:[^()]|\([^()]*\))*\)|\brecords_\[[^\]]*\]"


def writes_to(names):
    """Matches a write to a member of a record that has one of these names, or is looked up."""
    one = rf"(?:(?<![.\w>])(?:{'|'.join(sorted(names))})|{LOOKED_UP})"
    member = rf"(?:\.|->)(?P<{{}}>{'|'.join(WRITERS_OF)})\b"
    assigned, changed = (one + member.format(name) for name in ("assigned", "changed"))
    return re.compile(rf"{assigned}(?:\.\w+)*\s*(?:[-+|&^*/]?=(?!=)|\+\+|--)|"
                      rf"(?:\+\+|--|std::(?:exchange|swap)\()\s*{changed}")


def record_writers(root):
    """A member of `record` is written by the files of its writer alone."""
    for path in code(root):
        name = str(path.relative_to(root))
        if not name.startswith(HOME):
            continue
        text = NOT_CODE.sub(blank, path.read_text(errors="replace"))
        names = {"r", "record"} | {either or other for either, other in RECORD.findall(text)}
        for match in writes_to(names).finditer(text):
            member = match["assigned"] or match["changed"]
            if not name.startswith(tuple(WRITERS_OF[member])):
                line = text.count("\n", 0, match.start()) + 1
                yield at(root, path, line, f"record::{member} has another writer: see ledger.hpp")


# -- no reference across a co_await --------------------------------------------------------------

REFERENCE = re.compile(
    r"\b(?:record|presence)(?:\s+const)?\s*(?P<kind>[&*])\s*(?:const\s+)?(?P<name>\w+)\s*"
    r"(?=[=,):{])|"
    r"\bauto\s*(?P<auto>[&*])\s*(?:const\s+)?(?P<of>\w+)\s*="
    r"[^;]*\b(?:(?:book|ledger_)\.(?:at|get)|presence_(?:of|at))\(")
# What isn't a suspension: Asio answers this_coro at once.
SUSPENDS = re.compile(r"\bco_await\b(?!\s*(?:asio::)?this_coro::)")
LEAVES = re.compile(r"\b(?:co_return|return|continue|break|throw|std::rethrow_exception)\b")
LOOP = re.compile(r"\b(?:for|while)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*$|\bdo\s*$")
HEAD_AT_MOST = 400  # characters of a loop's head
LAMBDA = re.compile(r"\]\s*(?:\([^{};]*\))?\s*(?:mutable\s*)?(?:->[^{};]*)?$")
IS_VALID = re.compile(r"//\s*valid: \S")


def closing(text, start):
    """Where the bracket at `start` is closed."""
    opens, closes = text[start], {"{": "}", "(": ")"}[text[start]]
    depth = 0
    for index in range(start, len(text)):
        depth += {opens: 1, closes: -1}.get(text[index], 0)
        if depth == 0:
            return index
    return len(text)


def opening(text, inside, brackets="{}"):
    """The innermost bracket that is open at `inside`; none at the top."""
    depth = 0
    for index in range(inside - 1, -1, -1):
        depth += {brackets[0]: 1, brackets[1]: -1}.get(text[index], 0)
        if depth == 1:
            return index
    return None


def scope_of(text, start):
    """Where a variable that is declared at `start` ends."""
    block = opening(text, start)
    paren = opening(text, start, "()")
    if paren is not None and (block is None or block < paren):
        # A parameter, or declared in the head of a statement: up to the end of its body.
        head = closing(text, paren)
        body = re.compile(r"[^;{]*[;{]").match(text, head + 1)
        if body is None:
            return head
        last = body.end() - 1
        return closing(text, last) if text[last] == "{" else last
    return len(text) if block is None else closing(text, block)


def statement_of(text, position):
    """The beginning of the statement at `position`."""
    return max(text.rfind(char, 0, position) for char in ";{}") + 1


def end_of_flow(text, start, end):
    """Where the statements of one block stop being run after `start`: at one that leaves it."""
    depth = 0
    for match in re.compile(r"[{}]|" + LEAVES.pattern).finditer(text, start, end):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0 and match.group() not in "{}":
            # Only where nothing decides about it.
            if text[statement_of(text, match.start()):match.start()].strip() == "":
                return text.find(";", match.start(), end) % (end + 1)
    return None


def without_else(text, end):
    """The end of the branches that aren't taken after the one that ends at `end`."""
    other = re.compile(r"\s*else\b[^{;]*\{").match(text, end + 1)
    return without_else(text, closing(text, other.end() - 1)) if other else end


def after(text, position, first, last):
    """The spans of text, from `first` to `last`, that may run after a co_await at `position`."""
    here = position + len("co_await")
    here += len(awaited(text, here))
    if LEAVES.search(text, statement_of(text, position), position):
        return
    while True:
        block = opening(text, position)
        end = min(closing(text, block), last)
        leaves = end_of_flow(text, here, end)
        yield here, end if leaves is None else leaves
        before = text[statement_of(text, block):block]
        if leaves is not None or end == last or LAMBDA.search(before):
            return
        loop = LOOP.search(text, max(first, block - HEAD_AT_MOST), block)
        if loop:
            yield loop.start(), position
        position, here = block, without_else(text, end) + 1


def stale_uses(text, name, is_pointer, first, last):
    """Where a reference is used after a co_await that it was obtained before."""
    use = re.compile(rf"(?<![\w.:])(?<!->){name}\b")
    for wait in SUSPENDS.finditer(text, first, last):
        if looked_up_again(text, use, is_pointer, first, wait.start(), last):
            continue
        for start, end in after(text, wait.start(), first, last):
            match = use.search(text, start, end)
            if match is None:
                continue
            if not is_new(text, match, is_pointer):
                yield match.start()
            break


def is_new(text, match, is_pointer):
    """Whether a mention of a reference isn't a use: it is looked up, or declared, again."""
    rest = text[match.end():match.end() + 40]
    before = text[statement_of(text, match.start()):match.start()]
    is_declared = re.search(r"\b(?:record|presence|auto)\b[^=;(]*[&*]\s*(?:const\s+)?$", before)
    is_assigned = is_pointer and re.match(r"\s*=[^=]", rest) and before.strip()[-1:] in ("", "(")
    return bool(is_declared or is_assigned)


def looked_up_again(text, use, is_pointer, first, wait, last):
    """Whether the variable has been declared again in a block of its own around the co_await."""
    for match in use.finditer(text, first, wait):
        if is_new(text, match, False) and scope_of(text, match.start()) < last:
            if scope_of(text, match.start()) > wait:
                return True
    return False


def record_references(root):
    """A reload may move records and presences during a co_await: references to them are looked up
    again after it. `// valid: <reason>` on the line of a use says why one holds."""
    for path in code(root):
        if not str(path.relative_to(root)).startswith(HOME):
            continue
        source = path.read_text(errors="replace")
        if "co_await" not in source:
            continue
        said = source.splitlines()
        text = NOT_CODE.sub(blank, source)
        breaches = set()
        for match in REFERENCE.finditer(text):
            name = match["name"] or match["of"]
            is_pointer = (match["kind"] or match["auto"]) == "*"
            last = scope_of(text, match.start())
            for use in stale_uses(text, name, is_pointer, match.end(), last):
                breaches.add((text.count("\n", 0, use) + 1, name))
        for line, name in sorted(breaches):
            if IS_VALID.search(said[line - 1]) is None:
                sentence = f"{name} was obtained before a co_await: look it up again"
                yield at(root, path, line, sentence)


OVER_THE_TREE = [record_writers, record_references]
