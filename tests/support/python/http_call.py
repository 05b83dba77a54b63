"""HTTP to the daemon and to the stand-ins."""

import contextlib
import http.client
import json
import socket
import urllib.parse
import urllib.request


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, path, what=None, headers=None):
    """What is answered to JSON, as bytes; an error where that is no success."""
    connection.request(method, path, None if what is None else json.dumps(what), headers or {})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {said[:200]}")
    return said


def get(url, timeout=30, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    with urllib.request.urlopen(url + query, timeout=timeout) as reply:
        return reply.read().decode()


def answers(url):
    """Whether somebody does, soon and with success."""
    with contextlib.suppress(OSError):
        get(url, timeout=5)
        return True
    return False
