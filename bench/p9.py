"""P9: how exactly 100,000 workspaces are asked about every 10 s, by the server's own clock.

Without jitter a workspace's moment follows from its id alone (phase_of in daemon/sync/dispatch/schedule.cpp),
so the lateness of each request can be told without asking the daemon.
"""

import collections
import struct
import time

import lab

WORKSPACES = 100_000
INTERVAL_MS = 10_000
OUTAGE_S = 5
RATE_LIMIT = "12500/s"  # a quarter above what the schedule needs


def phase(name):
    """Where in its interval a workspace is due, in ms; as phase_of()."""
    value, mask = 14695981039346656037, (1 << 64) - 1
    for byte in name.encode():
        value = ((value ^ byte) * 1099511628211) & mask
    value ^= value >> 33
    value = (value * 0xFF51AFD7ED558CCD) & mask
    value ^= value >> 33
    return value % INTERVAL_MS


class Sandbox(lab.Sandbox):
    """Which knows every workspace that it is asked for."""

    def __init__(self, directory):
        super().__init__(directory, more=["--any-workspace", "--head-limit", "0"])

    def answered(self):
        """(ns, place) of each request since the log was forgotten that was answered with a token."""
        log = self.call("GET", "log.bin")
        return [(at, place) for at, place, status, *_ in struct.iter_unpack("<qIHBB", log)
                if status == 200]


def fullest_over_mean(log):
    """How many requests the fullest 100 ms carries, beside the mean that the schedule has."""
    first = log[0][0]
    counts = collections.Counter((at - first) // 100_000_000 for at, _ in log)
    return max(counts.values()) / (WORKSPACES / (INTERVAL_MS / 100))


def lateness_ms(log, phases):
    late = []
    for at, place in log:
        off = (at / 1e6 - phases[place]) % INTERVAL_MS
        late.append(off if off < INTERVAL_MS / 2 else off - INTERVAL_MS)
    return sorted(late)


def rounds(sandbox, count):
    """What is answered during so many intervals from now on."""
    sandbox.call("DELETE", "log")
    time.sleep(count * INTERVAL_MS / 1000)
    return sandbox.answered()


def start(directory, sandbox):
    return lab.Daemon(directory, sandbox, WORKSPACES, "10s", jitter="0%", connections=64,
                      rate_limit=RATE_LIMIT, core=lab.CLIENT_CORE)


def steady(sandbox):
    log = rounds(sandbox, 3)
    phases = [phase(name) for name in sandbox.say("GET", "tokens")]
    late = lateness_ms(log, phases)
    return [
        lab.Figure("P9 requests in 30 s", len(log), ""),
        lab.Figure("P9 lateness p50", lab.percentile(late, 0.5), "ms"),
        lab.Figure("P9 lateness p99", lab.percentile(late, 0.99), "ms", 15),
        lab.Figure("P9 lateness max", late[-1], "ms", 100),
        lab.Figure("P9 earliest", late[0], "ms"),
        lab.Figure("P9 fullest 100 ms, mean = 1", fullest_over_mean(log), "×", 1.3),
    ]


def after_outage(sandbox):
    sandbox.call("POST", "faults", status=503)
    time.sleep(OUTAGE_S)
    sandbox.call("DELETE", "faults")
    log = rounds(sandbox, 2)
    return lab.Figure(f"P9 fullest 100 ms after {OUTAGE_S} s of 503", fullest_over_mean(log), "×", 1.3)


def after_start(directory, sandbox):
    sandbox.call("DELETE", "log")
    with start(directory, sandbox):
        log = rounds(sandbox, 2)
    return lab.Figure("P9 fullest 100 ms after a restart", fullest_over_mean(log), "×", 1.3)


def run(_rounds):
    with lab.work_directory() as directory, Sandbox(directory) as sandbox:
        with start(directory, sandbox) as process:
            process.wait_delivered(300)
            time.sleep(2 * INTERVAL_MS / 1000)
            figures = steady(sandbox)
            figures.append(after_outage(sandbox))
        figures.append(after_start(directory, sandbox))
    return figures
