"""P6: what it takes to bring one token to Vault, beside a bare PUT; and how many calls at once.

The stand-in for Vault (tests/vault_sandbox) on core 0. A hundred rotations one after the other; the
daemon's own log tells how long each delivery took. In turn with it, a hundred writes of the same size
by Python's http.client over one kept connection, timed by the caller. Then 200 workspaces at once:
the stand-in counts how many calls were under way together.
"""

import http.client
import json
import subprocess
import sys
import time

import lab

STAND_IN = lab.ROOT / "tests/vault_sandbox/server.py"
ROTATIONS = 100
FLEET = 200


class Sandbox(lab.Process):
    """The stand-in for the Partner API, which rotates on demand."""

    def __init__(self, directory, count):
        (directory / "secret").write_text("sandbox-partner-secret\n")
        command = [lab.SANDBOX, "--certificates", directory / "tls", "--partner-secret-file",
                   directory / "secret", "--workspace-prefix", "ws-", "--count", count,
                   "--with-tokens"]
        super().__init__(lab.pinned(lab.SERVER_CORE, command), stdout=subprocess.PIPE)
        line = json.loads(self.child.stdout.readline())
        self.api_url, self.ca_file = line["api_url"], line["ca_file"]
        self.control = http.client.HTTPConnection("127.0.0.1", line["control_port"])

    def rotate(self, workspace):
        self.control.request("POST", f"/control/workspaces/{workspace}/rotate", "{}")
        answer = self.control.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"the sandbox doesn't rotate: {answer.status}")


class VaultStandIn(lab.Process):
    def __init__(self):
        command = lab.pinned(lab.SERVER_CORE, [sys.executable, STAND_IN])
        super().__init__(command, stdout=subprocess.PIPE)
        ports = json.loads(self.child.stdout.readline())
        self.port = ports["port"]
        self.control = http.client.HTTPConnection("127.0.0.1", ports["control_port"])

    def said(self, verb):
        self.control.request("POST", "/" + verb, "{}")
        return json.loads(self.control.getresponse().read())


def start_daemon(directory, api, vault, workspaces):
    (directory / "partner-secret").write_text("sandbox-partner-secret\n")
    (directory / "vault-token").write_text("root\n")
    for name in ("partner-secret", "vault-token"):
        (directory / name).chmod(0o600)
    config = directory / "tokensyncd.yaml"
    config.write_text(f"""version: 1
partner: {{id: acme, secret_file: partner-secret, api_url: "{api.api_url}", rate_limit: 5000/s,
          tls: {{ca_file: {api.ca_file}}}}}
poll: {{interval: 1h}}
sinks:
  vault: {{type: vault, addresses: ["http://127.0.0.1:{vault.port}"], path: "t/{{workspace}}",
          auth: {{method: token, token_file: vault-token}}}}
admin: {{listen: [], socket: control.sock}}
state: {{type: sqlite, file: state.db}}
log: {{format: json, level: info}}
workspaces: [{", ".join(f"{{id: ws-{i}}}" for i in range(1, workspaces + 1))}]
""")
    command = lab.pinned(lab.CLIENT_CORE, [lab.PROGRAM, "run", "--config", config])
    return lab.Process(command, stderr=open(directory / "log", "wb"))


def deliveries(directory):
    """How long each took, in ms."""
    found = []
    for line in (directory / "log").read_text().splitlines():
        event = json.loads(line)
        if event.get("event") == "sink.delivered":
            found.append(float(event["duration_ms"]))
    return found


def bare_puts(vault, count):
    """How long each of so many writes takes, in ms, on one kept connection."""
    client = http.client.HTTPConnection("127.0.0.1", vault.port)
    body = json.dumps({"data": {"rotated_at": "2026-01-02T03:04:05Z", "token": "t" * 36,
                                "workspace_id": "ws-1"}})
    times = []
    for _ in range(count):
        began = time.perf_counter_ns()
        client.request("PUT", "/v1/secret/data/bare", body, {"X-Vault-Token": "root"})
        client.getresponse().read()
        times.append((time.perf_counter_ns() - began) / 1e6)
    return times


def one_after_the_other(rounds):
    ours, bare = [], []
    with lab.work_directory() as directory, VaultStandIn() as vault, \
            Sandbox(directory, 1) as api, start_daemon(directory, api, vault, 1):
        lab.wait_for(lambda: deliveries(directory), 20, "the first delivery")
        for _ in range(rounds):
            before = len(deliveries(directory))
            for done in range(1, ROTATIONS // rounds + 1):
                api.rotate("ws-1")
                subprocess.run([lab.PROGRAM, "sync", "ws-1", "--config",
                                directory / "tokensyncd.yaml"], check=True,
                               stdout=subprocess.DEVNULL)
                lab.wait_for(lambda: len(deliveries(directory)) >= before + done, 20, "a delivery")
            ours.append(lab.median(deliveries(directory)[before:]))
            bare.append(lab.median(bare_puts(vault, ROTATIONS // rounds)))
    return lab.median(ours), lab.median(bare), lab.median(
        [one / other for one, other in zip(ours, bare)])


def all_at_once():
    with lab.work_directory() as directory, VaultStandIn() as vault, \
            Sandbox(directory, FLEET) as api, start_daemon(directory, api, vault, FLEET):
        lab.wait_for(lambda: len(deliveries(directory)) == FLEET, 60, f"{FLEET} deliveries")
        return vault.said("seen")["peak"]


def run(rounds):
    ours, bare, ratio = one_after_the_other(rounds or 5)
    return [lab.Figure("P6 one write to Vault, median", ours, "ms"),
            lab.Figure("P6 a bare PUT, median", bare, "ms"),
            lab.Figure("P6 ratio of the two", ratio, "", 1.25),
            lab.Figure("P6 calls under way at once", all_at_once(), "", 8)]
