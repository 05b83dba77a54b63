"""The stand-ins for the Partner API (tests/sandbox) and for Vault (tests/vault_sandbox)."""

import contextlib
import http.client
import json
import pathlib
import subprocess
import sys

from http_call import ask
from process import BUILD, ROOT, Process

SANDBOX = BUILD / "tests/sandbox/tokensyncd-sandbox"
PARTNER_SECRET = "sandbox-partner-secret"


def make_certificates(directory, *names):
    """For localhost, or for these names: the file of the authority."""
    more = ["--certificate-names", ",".join(names)] if names else []
    subprocess.run([SANDBOX, "--make-certificates", directory, *more], check=True)
    return directory / "ca.pem"


class StandIn(Process):
    """A program that begins with a line of JSON, and that a second port tells what to be like."""

    def __init__(self, command, core=None):
        super().__init__(command, stdout=subprocess.PIPE, core=core)
        line = self.child.stdout.readline()
        if not line:
            self.child.wait(20)
            self.check()
        self.told = json.loads(line)
        self.control = http.client.HTTPConnection("127.0.0.1", self.told["control_port"], timeout=120)

    def stop(self):
        self.control.close()
        super().stop()


class Api(StandIn):
    """The Partner API, which rotates on demand: ws-1 to ws-COUNT, and `ids`."""

    def __init__(self, directory, count=0, ids=(), more=(), core=None):
        (directory / "secret").write_text(PARTNER_SECRET + "\n")
        workspaces = [*(["--workspace-prefix", "ws-", "--count", count] if count else []),
                      *(["--workspaces", ",".join(ids)] if ids else [])]
        super().__init__([SANDBOX, "--certificates", directory / "tls", "--partner-secret-file",
                          directory / "secret", "--with-tokens", *workspaces, *more], core)
        self.api_url, self.ca_file = self.told["api_url"], pathlib.Path(self.told["ca_file"])

    def call(self, method, verb, **what):
        """What a verb of the control port answers, as bytes."""
        return ask(self.control, method, f"/control/{verb}", what or None)

    def say(self, method, verb, **what):
        return json.loads(self.call(method, verb, **what) or b"null")

    def token(self, workspace):
        return self.say("GET", f"workspaces/{workspace}")["token"]

    def rotate(self, workspace):
        self.call("POST", f"workspaces/{workspace}/rotate")

    def rotate_all(self):
        self.call("POST", "rotate", prefix="ws-")


class Vault(StandIn):
    """Vault; `root` is its root token. `more` are words of its command line."""

    def __init__(self, *more, core=None):
        super().__init__([sys.executable, ROOT / "tests/vault_sandbox/server.py", *more], core)
        self.port, self.plain_port = self.told["port"], self.told["plain_port"]

    def say(self, verb, **what):
        return json.loads(ask(self.control, "POST", f"/{verb}", what) or b"null")

    def admit(self, login, method, **more):
        """A role `tokensyncd` at a mount of logins, with the policy that docs/vault.md asks for."""
        rights = ["create", "read", "update"]
        self.say("policy", name="tokensyncd", rules={"secret/data/timelines/*": rights,
                                                     "secret/metadata/timelines/*": rights})
        self.say("role", mount=login, name="tokensyncd", method=method, policies=["tokensyncd"],
                 ttl=3600, **more)

    def read(self, path):
        """A secret's members and its version."""
        client = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=120)
        with contextlib.closing(client):
            said = ask(client, "GET", f"/v1/secret/data/{path}", headers={"X-Vault-Token": "root"})
        data = json.loads(said)["data"]
        return data["data"], data["metadata"]["version"]
