"""What the figures about Vault share: its stand-in, and a daemon with both stand-ins."""

import functools
import json

import daemon
import lab
import stand_ins
from http_call import UnixConnection, ask


def vault():
    """The stand-in for Vault, out of the daemon's way."""
    return stand_ins.Vault(core=lab.SERVER_CORE)


class Daemon(daemon.Daemon):
    """tokensyncd with a Vault sink, and a file sink where `files` is wanted."""

    def __init__(self, directory, api, vault, workspaces, files=False):
        sinks = {"vault": {"type": "vault", "addresses": [f"http://127.0.0.1:{vault.port}"],
                           "path": "t/{workspace}",
                           "auth": {"method": "token", "token_file": "vault-token"}}}
        if files:
            sinks["files"] = {"type": "file", "path": "tokens/{workspace}"}
        daemon.keep_secret(directory / "vault-token", "root")
        super().__init__(directory, daemon.settings(
            api, {"rate_limit": "5000/s"}, poll={"interval": "1h"}, sinks=sinks,
            workspace_defaults={"sinks": list(sinks)}, log={"format": "json", "level": "info"},
            workspaces=[{"id": f"ws-{i}"} for i in range(1, workspaces + 1)]), lab.CLIENT_CORE)

    @functools.cached_property
    def control(self):
        """Kept, as a call that is measured doesn't wait for a connection."""
        return UnixConnection(self.directory / "control.sock")

    def sync(self, workspace):
        ask(self.control, "POST", f"/-/sync/{workspace}")

    def deliveries(self, sink="vault"):
        """How long each delivery to a sink took, in ms."""
        found = []
        for line in self.log.read_text().splitlines():
            event = json.loads(line)
            if event.get("event") == "sink.delivered" and event.get("sink") == sink:
                found.append(float(event["duration_ms"]))
        return found
