"""The stand-ins of the API and of Vault, under the names and ports that the manifests know."""

import socketserver
import struct
import sys
import threading

from manifests import ROOT

sys.path.insert(0, str(ROOT / "tests/support/python"))

import stand_ins  # noqa: E402

API_HOST, VAULT_HOST = "app.timelines.ai", "vault.vault.svc"


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


class Api(stand_ins.Api):
    def __init__(self, directory):
        super().__init__(directory, ids=["acme-support", "acme-sales", "acme-new"],
                         more=["--port", "443", "--certificate-names", API_HOST])
        self.seen = set()  # tokens, to look for where none may be

    def token(self, workspace):
        token = super().token(workspace)
        self.seen.add(token)
        return token


class Vault(stand_ins.Vault):
    account_token = "the-token-of-a-service-account"

    def __init__(self, directory):
        tls = directory / "vault-tls"
        self.ca_file = stand_ins.make_certificates(tls, VAULT_HOST)
        super().__init__("--port", "8200", "--certificate", tls / "server.pem",
                         "--key", tls / "server-key.pem")
        self.admit("kubernetes", "jwt", jwt=self.account_token)

    def secret(self, workspace):
        return self.read(f"timelines/{workspace}")[0]
