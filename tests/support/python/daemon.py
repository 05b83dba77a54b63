"""tokensyncd itself, with all its files in one directory."""

import contextlib
import json

from http_call import UnixConnection, ask
from process import BUILD, Process
from stand_ins import PARTNER_SECRET

PROGRAM = BUILD / "daemon/tokensyncd"


def settings(api, partner=None, **sections):
    """A configuration with a file sink. `sections` replaces sections, `partner` adds to that one."""
    return {
        "version": 1,
        "partner": {"id": "acme", "secret_file": "partner-secret", "api_url": api.api_url,
                    "tls": {"ca_file": str(api.ca_file)}, **(partner or {})},
        "sinks": {"files": {"type": "file", "path": "tokens/{workspace}"}},
        "admin": {"listen": [], "socket": "control.sock"},
        "state": {"type": "sqlite", "file": "state.db"},
        "log": {"format": "json", "level": "warning"},
        **sections}


def keep_secret(path, text):
    path.write_text(text + "\n")
    path.chmod(0o600)


class Daemon(Process):
    """`tokensyncd run`."""

    def __init__(self, directory, configuration, core=None):
        self.directory, self.tokens = directory, directory / "tokens"
        self.config = directory / "tokensyncd.yaml"
        self.tokens.mkdir(exist_ok=True)
        keep_secret(directory / "partner-secret", PARTNER_SECRET)
        self.configure(configuration)
        super().__init__([PROGRAM, "run", "--config", self.config], log=directory / "daemon.log",
                         core=core)

    def configure(self, configuration):
        """Writes the file and says nothing of it."""
        self.configuration = configuration
        self.config.write_text(json.dumps(configuration, indent=1))  # which is YAML, too

    def sync(self, workspace):
        """Has a workspace asked for at once."""
        control = UnixConnection(self.directory / "control.sock")
        with contextlib.closing(control):
            ask(control, "POST", f"/-/sync/{workspace}")
