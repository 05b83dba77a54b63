#!/usr/bin/env python3
"""A stand-in for HashiCorp Vault that misbehaves on demand. For tests, on this machine alone.

Prints one line of JSON when it listens: {"port": N, "control_port": N, "plain_port": N}; the last is
the same Vault without TLS, for the tests' own questions. The control port takes POSTs of JSON:
  /set       any of sealed, redirect, no_active, lag, lag_seconds, quota, namespaces, upgrading {mount: N},
             cas_required {mount: true}
  /policy    {name, rules: {pattern: [capability…]}}
  /role      {mount, name, method: approle|jwt|cert, policies, ttl, renewable, max_ttl, role_id,
             jwt, common_name}
  /mount     {path, version, namespace}
  /fault     {method, path (a prefix), skip, times, status, body, headers, lose: before|after,
             hold: true, wait: seconds}: the next `times` requests that fit, after `skip` of them
  /clear     forgets faults, lets go what is held
  /revoke    {token}
  /seen      -> requests so far [{at_ns, method, path, status, request_header}], peak in flight
  /forget    forgets them
"""

import argparse
import http.server
import json
import socket
import socketserver
import ssl
import threading
import time
import urllib.parse

from vault import Vault


class World:
    """The Vault, the faults, and what was seen; one lock for all."""

    def __init__(self, vault):
        self.vault, self.lock = vault, threading.Lock()
        self.faults, self.seen = [], []
        self.in_flight = self.peak = 0
        self.released = threading.Event()

    def fault_for(self, method, path):
        for fault in self.faults:
            if not path.startswith(fault.get("path", "")):
                continue
            if fault.get("method", method) != method:
                continue
            if fault.get("skip", 0) > 0:
                fault["skip"] -= 1
                continue
            fault["times"] = fault.get("times", 1 << 30) - 1
            if fault["times"] <= 0:
                self.faults.remove(fault)
            return dict(fault)
        return {}


class Connection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def read_body(self):
        size = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(size) if size else b""

    def send(self, status, body, headers=()):
        """Head and body in one write: two would wait for each other's acknowledgement."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(
            body).encode() + b"\n"
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Said',))[0]}",
                 "Cache-Control: no-store", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if status != 204:
            lines.append(f"Content-Length: {len(content)}")
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


class Api(Connection):
    world = None

    def serve(self):
        raw, arrived = self.read_body(), time.monotonic_ns()
        path = urllib.parse.unquote(self.path.removeprefix("/v1/"))
        world, method = self.world, self.command
        with world.lock:
            world.in_flight += 1
            world.peak = max(world.peak, world.in_flight)
            fault = world.fault_for(method, path)
        if fault.get("hold"):
            world.released.wait(60)
        time.sleep(fault.get("wait", 0))
        with world.lock:
            status, body, headers = self.decide(method, path, raw, fault)
            world.in_flight -= 1
            world.seen.append({"at_ns": arrived, "method": method, "path": path, "status": status,
                               "request_header": self.headers.get("X-Vault-Request") == "true"})
        if fault.get("lose"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send(status, body, headers)

    def decide(self, method, path, raw, fault):
        if fault.get("lose") == "before":
            return 0, None, {}
        if "status" in fault:
            return fault["status"], fault.get("body", "{}").encode(), fault.get("headers", {})
        if not self.path.startswith("/v1/"):
            return 404, {"errors": []}, {}
        try:
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                body = None
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.world.vault.answer(method, path, headers, body, self.certificate())

    def certificate(self):
        if not isinstance(self.connection, ssl.SSLSocket):
            return None
        peer = self.connection.getpeercert() or {}
        return [value for part in peer.get("subject", ()) for key, value in part] + [
            value for _, value in peer.get("subjectAltName", ())]

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve


class Control(Connection):
    world = None

    def do_POST(self):
        body = json.loads(self.read_body() or b"{}")
        with self.world.lock:
            said = getattr(self, "on_" + self.path.strip("/"))(body)
        self.send(200, said if said is not None else {})

    def on_set(self, body):
        vault = self.world.vault
        for mount, times in body.pop("upgrading", {}).items():
            vault.trees[""][mount].upgrading = times
        for mount, required in body.pop("cas_required", {}).items():
            vault.trees[""][mount].cas_required = required
        for name, value in body.items():
            if not hasattr(vault, name):
                raise KeyError(name)
            setattr(vault, name, value)

    def on_policy(self, body):
        self.world.vault.policies[body["name"]] = list(body["rules"].items())

    def on_role(self, body):
        role = {"secret_ids": [], "role_id": "role-" + body["name"], "policies": [], **body}
        role["ttl"], role["max_ttl"] = float(body.get("ttl", 0)), float(body.get("max_ttl", 0))
        self.world.vault.roles[(body["mount"], body["name"])] = role

    def on_mount(self, body):
        self.world.vault.mount(body.get("namespace", ""), body["path"], body["version"])

    def on_fault(self, body):
        self.world.faults.append(body)

    def on_clear(self, _body):
        self.world.faults.clear()
        self.world.released.set()
        self.world.released = threading.Event()

    def on_revoke(self, body):
        self.world.vault.tokens.pop(body["token"], None)

    def on_revoke_logins(self, _body):
        tokens = self.world.vault.tokens
        for each in [one for one in tokens.values() if "root" not in one.policies]:
            del tokens[each.id]

    def on_seen(self, _body):
        return {"requests": self.world.seen, "peak": self.world.peak}

    def on_forget(self, _body):
        self.world.seen, self.world.peak = [], self.world.in_flight


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, _request, _address):
        """Clients that go away are what tests are about."""

    def get_request(self):
        raw, address = super().get_request()
        raw.settimeout(120)
        return raw, address


def listen(handler, world, port=0):
    made = type(handler.__name__, (handler,), {"world": world})
    return Server(("127.0.0.1", port), made)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--client-ca", help="asks for client certificates of this authority")
    parser.add_argument("--old", action="store_true", help="as Vault 1.8: no custom metadata")
    asked = parser.parse_args()
    world = World(Vault(old=asked.old))
    api, control = listen(Api, world, asked.port), listen(Control, world)
    plain = api
    if asked.certificate:
        plain = listen(Api, world)
        threading.Thread(target=plain.serve_forever, daemon=True).start()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(asked.certificate, asked.key)
        if asked.client_ca:
            context.load_verify_locations(asked.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
        api.socket = context.wrap_socket(api.socket, server_side=True,
                                         do_handshake_on_connect=False)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    print(json.dumps({"port": api.server_port, "control_port": control.server_port,
                      "plain_port": plain.server_port}), flush=True)
    api.serve_forever()


if __name__ == "__main__":
    main()
