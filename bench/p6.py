"""P6: what it takes to bring one token to Vault, beside a bare PUT; and how many calls at once.

The stand-in for Vault (tests/vault_sandbox) on core 0. A hundred rotations one after the other; the
daemon's own log tells how long each delivery took. In turn with it, a hundred writes of the same size
on a bare socket that is kept, bytes there and back, 20 ms apart like the others. Then 200 workspaces at once:
the stand-in, which takes 5 ms for each, counts how many calls were under way together.
"""

import json
import socket
import time

import lab
import vault_lab

ROTATIONS = 100
FLEET = 200


def bare_puts(vault, count):
    """How long each of so many writes takes, in ms, on one kept connection: bytes there and back."""
    body = json.dumps({"data": {"rotated_at": "2026-01-02T03:04:05Z", "token": "t" * 36,
                                "workspace_id": "ws-1"}})
    request = (f"PUT /v1/secret/data/bare HTTP/1.1\r\nHost: 127.0.0.1:{vault.port}\r\n"
               f"X-Vault-Token: root\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
    times = []
    with socket.create_connection(("127.0.0.1", vault.port)) as bare:
        for _ in range(count):
            time.sleep(0.02)  # as rare as our deliveries: what has slept is slower
            began = time.perf_counter_ns()
            bare.sendall(request)
            answer = bare.recv(65536)
            times.append((time.perf_counter_ns() - began) / 1e6)
            assert answer.startswith(b"HTTP/1.1 200")
    return times


def one_after_the_other(rounds):
    ours, bare = [], []
    with lab.work_directory() as directory, vault_lab.vault() as vault, \
            lab.Sandbox(directory, 1) as api, \
            vault_lab.Daemon(directory, api, vault, 1) as daemon:
        lab.wait_for(daemon.deliveries, 20, "the first delivery")
        for _ in range(rounds):
            before = len(daemon.deliveries())
            for done in range(1, ROTATIONS // rounds + 1):
                api.rotate("ws-1")
                daemon.sync("ws-1")
                lab.wait_for(lambda: len(daemon.deliveries()) >= before + done, 20, "a delivery")
            ours.append(lab.median(daemon.deliveries()[before:]))
            bare.append(lab.median(bare_puts(vault, ROTATIONS // rounds)))
    return lab.median(ours), lab.median(bare), lab.median(
        [one / other for one, other in zip(ours, bare)])


def all_at_once():
    with lab.work_directory() as directory, vault_lab.vault() as vault, \
            lab.Sandbox(directory, FLEET) as api:
        for method in ("GET", "POST"):  # as slow as a Vault with other work
            vault.say("fault", method=method, path="secret/data/", times=10 * FLEET, wait=0.005)
        with vault_lab.Daemon(directory, api, vault, FLEET) as daemon:
            lab.wait_for(lambda: len(daemon.deliveries()) == FLEET, 60, f"{FLEET} deliveries")
        return vault.say("seen")["peak"]


def run(rounds):
    ours, bare, ratio = one_after_the_other(rounds or 5)
    return [lab.Figure("P6 one write to Vault, median", ours, "ms"),
            lab.Figure("P6 a bare PUT, median", bare, "ms"),
            lab.Figure("P6 ratio of the two", ratio, "", 1.25),
            lab.Figure("P6 calls under way at once", all_at_once(), "", 8)]
