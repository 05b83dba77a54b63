"""The stand-ins of the API and of Vault, under the names and ports that the manifests know."""

import contextlib
import http.client
import json
import pathlib
import signal
import subprocess
import sys

from manifests import ROOT

API_HOST, VAULT_HOST = "app.timelines.ai", "vault.vault.svc"
PARTNER_SECRET = "the-partner-secret-of-a-pod"


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
