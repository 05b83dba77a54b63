"""The stand-ins of the API and of Vault, under the names and ports that the manifests know."""

import contextlib
import http.client
import json
import pathlib
import signal
import socketserver
import struct
import subprocess
import sys
import threading

from manifests import ROOT

API_HOST, VAULT_HOST = "app.timelines.ai", "vault.vault.svc"
PARTNER_SECRET = "the-partner-secret-of-a-pod"


class Names(socketserver.UDPServer):
    """The cluster's DNS: knows the API, at 127.0.0.1, and no other name."""

    def __init__(self):
        super().__init__(("127.0.0.1", 53), self.Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    class Answer(socketserver.BaseRequestHandler):
        def handle(self):
            asked, socket = self.request
            end = asked.index(b"\0", 12) + 1  # of the name
            known = asked[12:end] == b"".join(
                bytes([len(label)]) + label.encode() for label in (*API_HOST.split("."), ""))
            address = known and asked[end:end + 2] == b"\0\x01"
            head = struct.pack("!2s5H", asked[:2], 0x8180 if known else 0x8183, 1, address, 0, 0)
            answer = struct.pack("!3HIH4B", 0xc00c, 1, 1, 60, 4, 127, 0, 0, 1) if address else b""
            socket.sendto(head + asked[12:end + 4] + answer, self.client_address)


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.line = json.loads(self.process.stdout.readline())

    def ask(self, port, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            answer = connection.getresponse()
            said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status}")
        return json.loads(said) if said else {}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stdout.close()


class Api(Server):
    def __init__(self, sandbox, directory):
        secret = directory / "api-secret"
        secret.write_text(PARTNER_SECRET)
        super().__init__([sandbox, "--port", "443", "--certificates", directory / "api-tls",
                          "--certificate-names", API_HOST, "--partner-secret-file", secret,
                          "--workspaces", "acme-support,acme-sales,acme-new", "--with-tokens"])
        self.ca_file = pathlib.Path(self.line["ca_file"])
        self.seen = set()  # tokens, to look for where none may be

    def call(self, method, path, body=None):
        return self.ask(self.line["control_port"], method, f"/control/{path}", body)

    def token(self, workspace):
        token = self.call("GET", f"workspaces/{workspace}")["token"]
        self.seen.add(token)
        return token

    def rotate(self, workspace):
        self.call("POST", f"workspaces/{workspace}/rotate")


class Vault(Server):
    account_token = "the-token-of-a-service-account"

    def __init__(self, sandbox, directory):
        tls = directory / "vault-tls"
        subprocess.run([sandbox, "--make-certificates", tls, "--certificate-names", VAULT_HOST],
                       check=True)
        self.ca_file = tls / "ca.pem"
        super().__init__([sys.executable, ROOT / "tests/vault_sandbox/server.py", "--port", "8200",
                          "--certificate", tls / "server.pem", "--key", tls / "server-key.pem"])
        # As docs/vault.md asks for, and the role that the manifest names.
        self.control("policy", {"name": "tokensyncd", "rules": {
            "secret/data/timelines/*": ["create", "read", "update"],
            "secret/metadata/timelines/*": ["create", "read", "update"]}})
        self.control("role", {"mount": "kubernetes", "name": "tokensyncd", "method": "jwt",
                              "jwt": self.account_token, "policies": ["tokensyncd"], "ttl": 3600})

    def control(self, verb, body):
        self.ask(self.line["control_port"], "POST", f"/{verb}", body)

    def secret(self, workspace):
        answer = self.ask(self.line["plain_port"], "GET", f"/v1/secret/data/timelines/{workspace}",
                          headers={"X-Vault-Token": "root", "X-Vault-Request": "true"})
        return answer["data"]["data"]
