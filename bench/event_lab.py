"""What the figures about events share: a daemon that takes them, and the least that can be done with one."""

import datetime
import json
import subprocess
import urllib.parse

import lab
from vendor_event import jwt

FLOOR = lab.BUILD / "bench/tokensyncd_floor"
NAME = "ws-{}".format


class Floor(lab.Process):
    """bench/floor.cpp, writing into the same directory."""

    def __init__(self, api, tokens):
        where = urllib.parse.urlparse(api.api_url)
        headers = (f"Host: {where.netloc}\r\nAuthorization: Bearer {jwt()}\r\n"
                   "X-TL-Partner-Id: acme\r\nUser-Agent: floor/1\r\n")
        command = [FLOOR, where.port, api.ca_file, where.path, headers, tokens]
        super().__init__(command, stdout=subprocess.PIPE, core=lab.CLIENT_CORE)
        self.port = int(self.child.stdout.readline())

    def durable(self):
        """When the file of the latest event was durable, in ns since 1970; waits for it."""
        return int(self.child.stdout.readline().split()[1])


def daemon(directory, api, workspaces, **sections):
    """tokensyncd that takes events, and where."""
    port = lab.free_port()
    return lab.Daemon(directory, api, workspaces, "1h", core=lab.CLIENT_CORE,
                      name=lambda i: NAME(i + 1), webhook={"listen": [f"127.0.0.1:{port}"]},
                      **sections), port


def durable(directory):
    """When each delivery was, in ns since 1970, as the audit log has it."""
    times = []
    for line in (directory / "audit.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["event"] == "sink.delivered":
            when = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
            whole = int(when.replace(microsecond=0).timestamp())
            times.append(whole * 1_000_000_000 + when.microsecond * 1000)
    return times
