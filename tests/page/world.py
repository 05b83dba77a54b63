"""The real daemon with its admin port, against the stand-in for the Partner API."""

import contextlib
import http.client
import json
import pathlib
import socket
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import lab  # noqa: E402


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class World:
    """Workspaces ws-1 to ws-COUNT and `ids`, which the API knows, and `unknown`. Those in `archived`
    have a second sink, whose directory is missing until `archive` is made."""

    def __init__(self, directory, count=0, ids=(), unknown=(), archived=()):
        self.directory, self.port = directory, lab.free_port()
        self.sandbox = lab.Sandbox(directory, count, ids, ("--set", 'rotated_at_on_get="last"'))
        (directory / "tokens").mkdir()
        self.archive = directory / "archive"
        configured = [*ids, *unknown, *(f"ws-{i}" for i in range(1, count + 1))]
        (directory / "partner-secret").write_text("sandbox-partner-secret\n")
        (directory / "partner-secret").chmod(0o600)
        (directory / "tokensyncd.yaml").write_text(json.dumps({
            "version": 1,
            "partner": {"id": "acme", "secret_file": "partner-secret", "rate_limit": "off",
                        "api_url": self.sandbox.api_url, "tls": {"ca_file": self.sandbox.ca_file}},
            "poll": {"interval": "10m"},
            "workspace_defaults": {"sinks": ["files"]},
            "sinks": {"files": {"type": "file", "path": "tokens/{workspace}",
                                "on_change": {"command": ["/bin/true"], "debounce": "10ms"}},
                      "archive": {"type": "file", "path": "archive/{workspace}"}},
            "admin": {"listen": [f"127.0.0.1:{self.port}"], "socket": "control.sock"},
            "state": {"type": "sqlite", "file": "state.db"},
            "log": {"format": "json", "level": "warning"},
            "workspaces": [{"id": each, "sinks": ["files", "archive"]} if each in archived
                           else {"id": each} for each in configured],
        }))
        self.daemon = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        with open(self.directory / "daemon.log", "ab") as log:
            self.daemon = lab.Process([lab.PROGRAM, "run", "--config",
                                       self.directory / "tokensyncd.yaml"], stderr=log)
        lab.wait_for(self._answers, 30, "the daemon")

    def _answers(self):
        if self.daemon.child.poll() is not None:
            raise RuntimeError((self.directory / "daemon.log").read_text())
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url + "livez", timeout=10):
            return True
        return False

    def status(self):
        with urllib.request.urlopen(self.url + "status", timeout=30) as answer:
            return json.load(answer)

    def sync(self, workspace):
        with contextlib.closing(UnixConnection(self.directory / "control.sock")) as control:
            lab.post(control, f"/-/sync/{workspace}")

    def stop(self):
        self.daemon.stop()

    def close(self):
        self.stop()
        self.sandbox.stop()


@contextlib.contextmanager
def world(**what):
    """A World in a directory of its own, ended and removed afterwards."""
    with lab.work_directory() as directory:
        made = World(directory, **what)
        try:
            yield made
        finally:
            made.close()
