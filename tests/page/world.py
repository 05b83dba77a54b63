"""The real daemon with its admin port, against the stand-in for the Partner API."""

import contextlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support/python"))
sys.dont_write_bytecode = True

from daemon import Daemon, settings  # noqa: E402
from http_call import answers, get  # noqa: E402
from process import free_port, wait_for, work_directory  # noqa: E402
from stand_ins import Api  # noqa: E402


HOOK = 'test ! -e "$$1" || { echo "app: connection to 127.0.0.1:8080 refused" >&2; exit 7; }'


class World:
    """Workspaces ws-1 to ws-COUNT and `ids`, which the API knows, and `unknown`. Those in `archived`
    have a second sink, whose directory is missing until `archive` is made."""

    def __init__(self, directory, count=0, ids=(), unknown=(), archived=()):
        self.directory, self.port = directory, free_port()
        self.sandbox = Api(directory, count, ids, ("--set", 'rotated_at_on_get="last"'))
        self.archive, self.hook_fails = directory / "archive", directory / "hook-fails"
        configured = [*ids, *unknown, *(f"ws-{i}" for i in range(1, count + 1))]
        self.settings = settings(
            self.sandbox, {"rate_limit": "off"}, poll={"interval": "10m"},
            workspace_defaults={"sinks": ["files"]},
            sinks={"files": {"type": "file", "path": "tokens/{workspace}",
                             "on_change": {"command": ["/bin/sh", "-c", HOOK, "hook",
                                                       str(self.hook_fails)], "debounce": "10ms"}},
                   "archive": {"type": "file", "path": "archive/{workspace}"}},
            admin={"listen": [f"127.0.0.1:{self.port}"], "socket": "control.sock"},
            workspaces=[{"id": each, "sinks": ["files", "archive"]} if each in archived
                        else {"id": each} for each in configured])
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        self.daemon = Daemon(self.directory, self.settings)
        wait_for(lambda: answers(self.url + "livez"), 60, "the daemon", self.daemon)

    def status(self):
        return json.loads(get(self.url + "status"))

    def sync(self, workspace):
        self.daemon.sync(workspace)

    def stop(self):
        self.daemon.stop()

    def close(self):
        self.stop()
        self.sandbox.stop()


@contextlib.contextmanager
def world(**what):
    """A World in a directory of its own, ended and removed afterwards."""
    with work_directory() as directory:
        made = World(directory, **what)
        try:
            yield made
        finally:
            made.close()
