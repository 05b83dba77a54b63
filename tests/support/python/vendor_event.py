"""The vendor, who says that tokens were rotated."""

import base64
import datetime
import hashlib
import hmac
import json
import socket
import time

from process import wait_for
from stand_ins import PARTNER_SECRET

PATH = "/webhooks/timelines"


def jwt():
    """As either side signs: good for three minutes."""
    def part(what):
        return base64.urlsafe_b64encode(what).rstrip(b"=")
    now = int(time.time())
    claims = {"partner_id": "acme", "nbf": now - 180, "exp": now + 180}
    text = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.digest(PARTNER_SECRET.encode(), text, hashlib.sha256))).decode()


class Events:
    """The vendor: one kept connection to a port."""

    def __init__(self, port):
        wait_for(lambda: self._connect(port), 10, "the receiver")
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
