"""Isolation: how long files take while Vault is sealed for a minute, beside when it isn't.

Ten workspaces, each with a file and a secret in Vault. Rotations one after the other, 25 a second,
for half a minute before Vault is sealed, a minute with it sealed, and half a minute after (at 5 a
second a virtual machine dozes off, and everything takes thrice as long). inotify tells when a file
is there (in memory, so that no disk blurs the difference); counted from the moment of the rotation,
which the daemon is told of at once. At the end every secret must hold the newest token, and have got
one version only while Vault was away.
"""

import itertools
import time

import lab
import p8
import vault_lab

FLEET = 10
A_SECOND = 25


def rotations(seconds, ids, api, daemon, arrivals):
    """How long each file took, in ms, sorted."""
    times = []
    for count in range(seconds * A_SECOND):
        workspace = next(ids)
        began = time.monotonic_ns()
        api.rotate(workspace)
        daemon.sync(workspace)
        times.append((arrivals.take(1, 20)[0] - began) / 1e6)
        time.sleep(max(0.0, 1 / A_SECOND - (time.monotonic_ns() - began) / 1e9))
    return sorted(times)


def newest(files, vault, ids):
    """Whether each secret in Vault is the token in the file."""
    return all(vault.read(f"t/{each}")[0]["token"] == (files / each).read_text().strip()
               for each in ids)


def run(_rounds):
    names = [f"ws-{i}" for i in range(1, FLEET + 1)]
    ids = itertools.cycle(names)
    with lab.work_directory() as directory, vault_lab.vault() as vault, \
            lab.Sandbox(directory, FLEET) as api:
        files = directory / "tokens"
        files.mkdir()
        arrivals = p8.Arrivals(files)
        with vault_lab.Daemon(directory, api, vault, FLEET, files=True) as daemon:
            arrivals.take(FLEET, 20)
            lab.wait_for(lambda: len(daemon.deliveries()) == FLEET, 20, "the first deliveries")
            calm = rotations(30, ids, api, daemon, arrivals)
            lab.wait_for(lambda: newest(files, vault, names), 20, "Vault in sync")
            versions = [vault.read(f"t/{each}")[1] for each in names]
            vault.say("set", sealed=True)
            sealed = rotations(60, ids, api, daemon, arrivals)
            vault.say("set", sealed=False)
            lab.wait_for(lambda: newest(files, vault, names), 60, "Vault in sync again")
            made = [vault.read(f"t/{each}")[1] - before for each, before in zip(names, versions)]
            calm = sorted(calm + rotations(30, ids, api, daemon, arrivals))
        arrivals.close()
    figures = []
    for share, name in ((0.5, "median"), (0.9, "p90"), (0.99, "p99")):
        one, other = lab.percentile(calm, share), lab.percentile(sealed, share)
        figures += [lab.Figure(f"{name} of a file, Vault well", one, "ms"),
                    lab.Figure(f"{name} of a file, Vault sealed", other, "ms"),
                    lab.Figure(f"{name}, ratio", other / one, "", 1.25 if share < 0.99 else None)]
    return figures + [lab.Figure("versions a secret got for the outage, most", max(made), "", 1)]
