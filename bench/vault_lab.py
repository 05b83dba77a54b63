"""What the figures about Vault share: its stand-in, and a daemon with both stand-ins."""

import http.client
import json
import socket
import subprocess
import sys

import lab

STAND_IN = lab.ROOT / "tests/vault_sandbox/server.py"


class Vault(lab.Process):
    """The stand-in for Vault; `root` is its root token."""

    def __init__(self):
        command = lab.pinned(lab.SERVER_CORE, [sys.executable, STAND_IN])
        super().__init__(command, stdout=subprocess.PIPE)
        ports = json.loads(self.child.stdout.readline())
        self.port = ports["port"]
        self.control = http.client.HTTPConnection("127.0.0.1", ports["control_port"])

    def say(self, verb, **what):
        return json.loads(lab.post(self.control, "/" + verb, json.dumps(what)))

    def read(self, path):
        """A secret's members and its version."""
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        client.request("GET", f"/v1/secret/data/{path}", headers={"X-Vault-Token": "root"})
        data = json.loads(client.getresponse().read())["data"]
        return data["data"], data["metadata"]["version"]


class Daemon(lab.Process):
    """tokensyncd with a Vault sink, and a file sink where `files` is a directory."""

    def __init__(self, directory, api, vault, workspaces, files=None):
        (directory / "partner-secret").write_text("sandbox-partner-secret\n")
        (directory / "vault-token").write_text("root\n")
        for name in ("partner-secret", "vault-token"):
            (directory / name).chmod(0o600)
        file_sink = f"  files: {{type: file, path: '{files}/{{workspace}}'}}\n" if files else ""
        sinks = "[files, vault]" if files else "[vault]"
        ids = ", ".join(f"{{id: ws-{i}}}" for i in range(1, workspaces + 1))
        config = directory / "tokensyncd.yaml"
        config.write_text(f"""version: 1
partner: {{id: acme, secret_file: partner-secret, api_url: "{api.api_url}", rate_limit: 5000/s,
          tls: {{ca_file: {api.ca_file}}}}}
poll: {{interval: 1h}}
sinks:
{file_sink}  vault: {{type: vault, addresses: ["http://127.0.0.1:{vault.port}"],
          path: "t/{{workspace}}", auth: {{method: token, token_file: vault-token}}}}
admin: {{listen: [], socket: control.sock}}
state: {{type: sqlite, file: state.db}}
log: {{format: json, level: info}}
workspace_defaults: {{sinks: {sinks}}}
workspaces: [{ids}]
""")
        self.directory = directory
        command = lab.pinned(lab.CLIENT_CORE, [lab.PROGRAM, "run", "--config", config])
        super().__init__(command, stderr=open(directory / "log", "wb"))
        self.control = None

    def sync(self, workspace):
        """Has a workspace asked for at once."""
        if self.control is None:
            self.control = http.client.HTTPConnection("localhost")
            self.control.sock = socket.socket(socket.AF_UNIX)
            self.control.sock.connect(str(self.directory / "control.sock"))
        lab.post(self.control, f"/-/sync/{workspace}", "")

    def deliveries(self, sink="vault"):
        """How long each delivery to a sink took, in ms."""
        found = []
        for line in (self.directory / "log").read_text().splitlines():
            event = json.loads(line)
            if event.get("event") == "sink.delivered" and event.get("sink") == sink:
                found.append(float(event["duration_ms"]))
        return found
