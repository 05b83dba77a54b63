"""What the figures about events share: whoever sends them, and the least that can be done with one."""

import base64
import datetime
import hashlib
import hmac
import json
import socket
import subprocess
import time
import urllib.parse

import lab

FLOOR = lab.BUILD / "bench/tokensyncd_floor"
PATH = "/webhooks/timelines"
NAME = "ws-{}".format


def jwt():
    """As either side signs: good for three minutes."""
    def part(what):
        return base64.urlsafe_b64encode(what).rstrip(b"=")
    now = int(time.time())
    claims = {"partner_id": "acme", "nbf": now - 180, "exp": now + 180}
    text = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.digest(b"sandbox-partner-secret", text, hashlib.sha256))).decode()


class Events:
    """The vendor: one kept connection to a port."""

    def __init__(self, port):
        lab.wait_for(lambda: self._connect(port), 10, "the receiver")
        self.signature = jwt()

    def _connect(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port))
        except OSError:
            return False
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def bytes_of(self, workspace):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        body = json.dumps({"workspace_id": workspace, "event_type": "api_token:rotated",
                           "partner_id": "acme", "triggered_at": now, "rotated_at": now},
                          separators=(",", ":"))
        return (f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nX-TL-Partner-Id: acme\r\n"
                f"X-TL-Signature: {self.signature}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def send(self, event):
        """When it was sent, in ns since 1970; returns once it has been answered."""
        began = time.time_ns()
        self.socket.sendall(event)
        answer = self.socket.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return began

    def send_all(self, events):
        """All of them without a wait in between; taken() waits for the answers."""
        self.socket.sendall(b"".join(events))
        self.pending = len(events)

    def taken(self):
        answers = b""
        while answers.count(b"HTTP/1.1 200") < self.pending:
            answers += self.socket.recv(65536)
        assert answers.count(b"HTTP/1.1 ") == self.pending


class Floor(lab.Process):
    """bench/floor.cpp, writing into the same directory."""

    def __init__(self, api, tokens):
        where = urllib.parse.urlparse(api.api_url)
        headers = (f"Host: {where.netloc}\r\nAuthorization: Bearer {jwt()}\r\n"
                   "X-TL-Partner-Id: acme\r\nUser-Agent: floor/1\r\n")
        command = [FLOOR, where.port, api.ca_file, where.path, headers, tokens]
        super().__init__(lab.pinned(lab.CLIENT_CORE, command), stdout=subprocess.PIPE)
        self.port = int(self.child.stdout.readline())

    def durable(self):
        """When the file of the latest event was durable, in ns since 1970; waits for it."""
        return int(self.child.stdout.readline().split()[1])


def daemon(directory, api, workspaces, more=""):
    """tokensyncd that takes events, and where."""
    port = lab.free_port()
    more += f"""webhook: {{listen: ["127.0.0.1:{port}"]}}
"""
    return lab.Daemon(directory, api, workspaces, "1h", core=lab.CLIENT_CORE, more=more,
                      name=lambda i: NAME(i + 1)), port


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
