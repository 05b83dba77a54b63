"""P4: from an event to the durable file, beside the least that can be done (bench/floor.cpp).

A real disk; the stand-in for the API and this script on core 0, the daemon and the floor program on core 1, both
with files in the same directory. Events in turn, 20 ms apart. For the floor program the end is when
fsync of the directory has returned; for the daemon when it had that from its disk thread, told its
observers and wrote it to the audit log. The daemon also verifies the event, compares, and stores the
revision before it delivers. Each of its workspaces is rotated once: of two rotations within a second,
which rotated_at doesn't tell apart, it believes the second one only when it is answered again.
"""

import time

import event_lab
import lab
import p8
from vendor_event import Events

EVENTS = 500
WARM_UP = 20
WORKSPACES = EVENTS + WARM_UP
OF_THE_FLOOR = event_lab.NAME(WORKSPACES + 1)


def run(_rounds):
    ours, floor = [], []
    with lab.on_core(lab.SERVER_CORE), lab.work_directory(on_disk=True) as directory, \
            lab.Sandbox(directory, WORKSPACES + 1) as api:
        process, port = event_lab.daemon(directory, api, WORKSPACES, audit={"file": "audit.jsonl"})
        with process, event_lab.Floor(api, process.tokens) as least:
            process.wait_delivered()
            arrivals = p8.Arrivals(process.tokens)
            to_ours, to_floor = Events(port), Events(least.port)
            began = []
            for i in range(WORKSPACES):
                workspace = event_lab.NAME(i + 1)
                api.rotate(workspace)
                event = to_ours.bytes_of(workspace)
                time.sleep(0.02)
                began.append(to_ours.send(event))
                arrivals.take(1, 20)
                api.rotate(OF_THE_FLOOR)
                event = to_floor.bytes_of(OF_THE_FLOOR)
                time.sleep(0.02)
                sent = to_floor.send(event)
                floor.append((least.durable() - sent) / 1e6)
                arrivals.take(1, 20)
            lab.wait_for(lambda: len(event_lab.durable(directory)) >= 2 * WORKSPACES, 20, "the audit")
            ours = [(end - sent) / 1e6
                    for end, sent in zip(event_lab.durable(directory)[WORKSPACES:], began)]
            arrivals.close()
    ours, floor = sorted(ours[WARM_UP:]), sorted(floor[WARM_UP:])
    figures = []
    for share, name, goal in ((0.5, "p50", 1.5), (0.99, "p99", 2)):
        one, other = lab.percentile(ours, share), lab.percentile(floor, share)
        figures += [lab.Figure(f"P4 event to durable file, {name}", one, "ms"),
                    lab.Figure(f"P4 the floor program, {name}", other, "ms"),
                    lab.Figure(f"P4 ratio, {name}", one / other, "", goal)]
    return figures
