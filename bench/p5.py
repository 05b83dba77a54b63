"""P5: a thousand rotations at once, beside the floor program that does one after the other.

A real disk, cores as with P4. All tokens are rotated, then a thousand events are sent over eight
connections without a wait; from the first of them to the last rename. The floor program
(bench/floor.cpp) is sent the same events, each once the file before is durable.

Twice: with the files moved aside before, and with files to replace, as in life. ext4 passes by the
inodes that were freed within the last minutes, one by one, whenever it makes a file: with a thousand
files replaced that is half of the work of either program, and none of it is ours to save.
"""

import time

import event_lab
import lab
import p8
from vendor_event import Events

FLEET = 1_000
CONNECTIONS = 8


def move_aside(tokens):
    """Not deleted: that would free inodes."""
    aside = tokens.with_name(tokens.name + ".aside")
    aside.mkdir()
    for each in tokens.iterdir():
        each.rename(aside / each.name)


def at_once(directory, api, replaces):
    process, port = event_lab.daemon(directory, api, FLEET)
    with process:
        process.wait_delivered()
        if not replaces:
            move_aside(process.tokens)
        arrivals = p8.Arrivals(process.tokens)
        vendor = [Events(port) for _ in range(CONNECTIONS)]
        api.rotate_all()
        events = [vendor[0].bytes_of(event_lab.NAME(i)) for i in range(1, FLEET + 1)]
        began = time.monotonic_ns()
        for i, each in enumerate(vendor):
            each.send_all(events[i::CONNECTIONS])
        for each in vendor:
            each.taken()
        last = arrivals.take(FLEET, 60)[-1]
        arrivals.close()
    return (last - began) / 1e6


def one_after_the_other(directory, api, replaces):
    tokens = directory / "floor"
    tokens.mkdir()
    with event_lab.Floor(api, tokens) as least:
        vendor = Events(least.port)
        events = [vendor.bytes_of(event_lab.NAME(i)) for i in range(1, FLEET + 1)]
        for _ in range(2):
            began = time.monotonic_ns()
            for event in events:
                vendor.send(event)
                least.durable()
            took = (time.monotonic_ns() - began) / 1e6
            if not replaces:
                break
        return took


def compare(rounds, replaces):
    ours, floor = [], []
    for _ in range(rounds):
        for measure, into in ((one_after_the_other, floor), (at_once, ours)):
            with lab.on_core(lab.SERVER_CORE), lab.work_directory(on_disk=True) as directory, \
                    lab.Sandbox(directory, FLEET) as api:
                into.append(measure(directory, api, replaces))
    return lab.median(ours), lab.median(floor), lab.median([a / b for a, b in zip(ours, floor)])


def run(rounds):
    figures = []
    for replaces, goal in ((False, 0.4), (True, None)):
        ours, floor, ratio = compare(rounds or 5, replaces)
        where = "files replaced" if replaces else "new files"
        figures += [lab.Figure(f"P5 1,000 rotations at once, {where}", ours, "ms"),
                    lab.Figure(f"P5 one after the other, {where}", floor, "ms"),
                    lab.Figure(f"P5 ratio of the two, {where}", ratio, "", goal)]
    return figures
