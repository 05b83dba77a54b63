#!/usr/bin/env python3
"""Replays tests/contracts/vault.json, exchanges recorded from a real server, against the stand-in.

usage: contract_test.py CONTRACT

Each answer must be the recorded one: status, headers, every member of the body and no other.
"""

import http.client
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def differences(recorded, got, where="body"):
    """One sentence a difference."""
    if recorded == "<time>":
        fits = isinstance(got, str) and TIME.fullmatch(got)
    elif recorded == "<text>":
        fits = isinstance(got, str) and got != ""
    elif recorded == "<number>":
        fits = isinstance(got, int) and not isinstance(got, bool)
    elif isinstance(recorded, dict) and isinstance(got, dict):
        for name in recorded.keys() | got.keys():
            if name not in got or name not in recorded:
                yield f"{where}.{name} is {'missing' if name not in got else 'too much'}"
            else:
                yield from differences(recorded[name], got[name], f"{where}.{name}")
        return
    elif isinstance(recorded, list) and isinstance(got, list) and len(recorded) == len(got):
        for index, (one, other) in enumerate(zip(recorded, got)):
            yield from differences(one, other, f"{where}[{index}]")
        return
    else:
        fits = type(recorded) is type(got) and recorded == got
    if not fits:
        yield f"{where} is {got!r}, recorded was {recorded!r}"


class Replay:
    def __init__(self, port, control_port):
        self.api = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.control_port = control_port
        self.known = {"root": "root"}

    def control(self, verb, body):
        control = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=20)
        control.request("POST", "/" + verb, json.dumps(body))
        answer = control.getresponse()
        assert answer.status == 200, (verb, answer.status)
        return json.loads(answer.read())

    def prepare(self):
        """What there was when the exchanges were recorded."""
        self.control("policy", {"name": "tokensync", "rules": {
            "secret/data/tokensync/*": ["create", "read", "update", "delete"]}})
        self.control("role", {"mount": "approle", "name": "tokensync", "method": "approle",
                              "policies": ["tokensync"], "ttl": 60})
        self.known["role_id"] = "role-tokensync"
        made = self.ask("POST", "/v1/auth/approle/role/tokensync/secret-id", {}, "root", {})
        self.known["secret_id"] = made[2]["data"]["secret_id"]

    def filled_in(self, value):
        if isinstance(value, dict):
            return {name: self.filled_in(one) for name, one in value.items()}
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            return self.known[value[1:-1]]
        return value

    def ask(self, method, path, headers, token, body):
        headers = dict(headers, **({"X-Vault-Token": token} if token else {}))
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        self.api.request(method, path, text, headers)
        answer = self.api.getresponse()
        content = answer.read()
        return answer, answer.status, json.loads(content) if content else None

    def learn(self, said):
        """Takes what later exchanges ask with."""
        auth, wrap = (said or {}).get("auth"), (said or {}).get("wrap_info")
        if auth:
            self.known["client"] = auth["client_token"]
        if wrap:
            self.known["wrapping"] = wrap["token"]

    def exchange(self, step):
        if "arrange" in step:
            self.control("set", step["arrange"])
        ask = step["ask"]
        body = ask.get("body")
        answer, status, said = self.ask(
            ask["method"], ask["path"], ask.get("headers", {}),
            self.filled_in(ask.get("token")),
            body if isinstance(body, str) else self.filled_in(body))
        self.learn(said)
        recorded = step["answer"]
        if status != recorded["status"]:
            yield f"status is {status}, recorded was {recorded['status']}"
        for name, value in recorded["headers"].items():
            if answer.getheader(name) != value:
                yield f"{name} is {answer.getheader(name)!r}, recorded was {value!r}"
        yield from differences(recorded.get("body"), said)


def main(contract):
    steps = json.loads(pathlib.Path(contract).read_text())["exchanges"]
    command = [sys.executable, HERE / "server.py", "--old"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            ports = json.loads(server.stdout.readline())
            replay = Replay(ports["port"], ports["control_port"])
            replay.prepare()
            failed = 0
            for step in steps:
                wrong = list(replay.exchange(step))
                failed += bool(wrong)
                print("ok    " if not wrong else "FAILED", step["what"])
                for each in wrong:
                    print("        ", each)
        finally:
            server.kill()
    print(f"{len(steps) - failed} passed, {failed} failed")
    return 1 if failed or not steps else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
