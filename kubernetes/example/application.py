#!/usr/bin/env python3
"""An application that uses tokens from files and notices when one is replaced.

usage: application.py [--once] DIRECTORY

It reads each workspace's token at its start, and again after the file was replaced. `tokensyncd`
renames the new file over the old one. So the application watches the *directory* (inotify), because a
watch on the file itself would stay with the old file. With --once it reads the tokens and ends.
"""

import ctypes
import os
import pathlib
import struct
import sys

IN_MOVED_TO = 0x80
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows

libc = ctypes.CDLL(None, use_errno=True)


def watched(directory):
    watch = libc.inotify_init1(os.O_CLOEXEC)
    if watch < 0 or libc.inotify_add_watch(watch, bytes(directory), IN_MOVED_TO) < 0:
        raise OSError(ctypes.get_errno(), f"can't watch {directory}")
    return watch


def renamed(watch):
    """Waits for a rename, then yields the new names."""
    events, at = os.read(watch, 64 * 1024), 0
    while at < len(events):
        length = EVENT.unpack_from(events, at)[3]
        at += EVENT.size + length
        yield os.fsdecode(events[at - length:at].rstrip(b"\0"))


def use(path, tokens):
    """A real application would create its API client again here."""
    token = path.read_text()
    if tokens.get(path.name) != token:
        news = "a new token" if path.name in tokens else "a token"
        tokens[path.name] = token
        print(f"{path.name}: {news} of {len(token)} characters")


def main(arguments):
    once = arguments[:1] == ["--once"]
    directory = pathlib.Path(arguments[-1])
    watch = watched(directory)  # before the first read, so that no rename is missed
    tokens = {}
    for path in sorted(directory.iterdir()):
        if not path.name.startswith("."):  # else the daemon is still writing it
            use(path, tokens)
    while not once:
        for name in renamed(watch):
            if not name.startswith("."):
                use(directory / name, tokens)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
