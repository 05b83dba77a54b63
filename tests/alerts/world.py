"""The daemon with all that it can show, and a Prometheus and Alertmanager that watch it by the files of
metrics/: for the live test, and for the picture in docs/alerts.md.

Its sinks are files with a hook, and a Vault; it takes events. Rules and scrapes run every second.
"""

import contextlib
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = ROOT / "metrics"
sys.path.insert(0, str(ROOT / "bench"))
sys.dont_write_bytecode = True

import event_lab  # noqa: E402
import lab  # noqa: E402
import vault_lab  # noqa: E402


def replaced(text, before, after):
    """`text` with what must be there replaced."""
    if before not in text:
        raise RuntimeError(f"“{before}” isn't there to be replaced")
    return text.replace(before, after)


def get(url, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    with urllib.request.urlopen(url + query, timeout=10) as reply:
        return reply.read().decode()


def answers(url):
    with contextlib.suppress(OSError):
        get(url)
        return True
    return False


class Api(lab.Sandbox):
    """The stand-in for the Partner API: ws-1 to ws-COUNT, and when each was rotated."""

    def __init__(self, directory, count):
        super().__init__(directory, count)
        self.say("PATCH", "settings", rotated_at_on_get="last")

    def say(self, method, verb, **what):
        self.control.request(method, f"/control/{verb}", json.dumps(what) if what else None)
        answer = self.control.getresponse()
        said = json.loads(answer.read() or b"null")
        if answer.status >= 300:
            raise RuntimeError(f"{verb}: {answer.status} {said}")
        return said


class Daemon(lab.Process):
    """tokensyncd with ws-1 to ws-COUNT, checked each second."""

    def __init__(self, directory, api, vault, count, interval="1s"):
        self.directory, self.tokens = directory, directory / "tokens"
        self.port, self.event_port = lab.free_port(), lab.free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.config = directory / "tokensyncd.yaml"
        self.tokens.mkdir()
        for name, content in {"partner-secret": "sandbox-partner-secret", "role-id": "role-tokensyncd",
                              "secret-id": "unasked"}.items():
            (directory / name).write_text(content + "\n")
            (directory / name).chmod(0o600)
        rights = ["create", "read", "update", "delete"]
        vault.say("policy", name="tokensyncd", rules={"secret/data/timelines/*": rights,
                                                      "secret/metadata/timelines/*": rights})
        vault.say("role", mount="approle", name="tokensyncd", method="approle",
                  policies=["tokensyncd"], ttl=3600)
        ids = ", ".join(f"{{id: ws-{i}}}" for i in range(1, count + 1))
        self.config.write_text(f"""version: 1
partner: {{id: acme, secret_file: partner-secret, api_url: "{api.api_url}",
          tls: {{ca_file: {api.ca_file}}}}}
poll: {{interval: {interval}}}
workspace_defaults: {{sinks: [files, vault]}}
workspaces: [{ids}]
sinks:
  files: {{type: file, path: "tokens/{{workspace}}", on_change: {{command: ["{shutil.which('true')}"]}}}}
  vault: {{type: vault, addresses: ["http://127.0.0.1:{vault.port}"], path: "timelines/{{workspace}}",
          auth: {{method: approle, role_id_file: role-id, secret_id_file: secret-id}}}}
webhook: {{listen: ["127.0.0.1:{self.event_port}"]}}
admin: {{listen: ["{self.address}"], socket: control.sock}}
state: {{type: sqlite, file: state.db}}
audit: {{file: audit.jsonl}}
log: {{format: json, level: info}}
""")
        with open(directory / "log", "ab") as log:
            super().__init__([lab.PROGRAM, "run", "--config", self.config], stderr=log)

    def metrics(self):
        return get(f"http://{self.address}/metrics")

    def event(self, workspace):
        """The vendor says that a workspace's token was rotated."""
        sender = event_lab.Events(self.event_port)
        sender.send(sender.bytes_of(workspace))
        sender.socket.close()


class Prometheus(lab.Process):
    """Watches one daemon by the rules as they are shipped, but every second."""

    def __init__(self, directory, daemon, alertmanager_port=None, name="tokensyncd"):
        port = lab.free_port()
        self.url = f"http://127.0.0.1:{port}/api/v1"
        for rules, interval in {"alerts.yaml": "15s", "recording.yaml": "1m"}.items():
            text = replaced((METRICS / rules).read_text(), f"interval: {interval}\n", "interval: 1s\n")
            (directory / rules).write_text(text)
        alertmanagers = "" if alertmanager_port is None else f"""
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager_port}"]}}]}}]}}
"""
        (directory / "prometheus.yaml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [alerts.yaml, recording.yaml]
scrape_configs:
  - job_name: {name}
    static_configs: [{{targets: ["{daemon.address}"]}}]
{alertmanagers}""")
        command = [shutil.which("prometheus"), f"--config.file={directory / 'prometheus.yaml'}",
                   f"--storage.tsdb.path={directory / 'series'}", "--log.level=warn",
                   f"--web.listen-address=127.0.0.1:{port}"]
        super().__init__(command, stderr=subprocess.DEVNULL)
        lab.wait_for(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), 30, "Prometheus")

    def ask(self, what, **parameters):
        return json.loads(get(f"{self.url}/{what}", **parameters))["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]


class Receiver:
    """Where Alertmanager's messages arrive: (path, message)."""

    def __init__(self):
        self.messages = messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def alerts(self, path, name):
        """The alerts of a name that have come to a path."""
        return [alert for where, message in list(self.messages) if where == path
                for alert in message["alerts"] if alert["labels"]["alertname"] == name]


class Alertmanager(lab.Process):
    """By the example as it is shipped, but to `receiver`."""

    def __init__(self, directory, receiver):
        self.port = lab.free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v2"
        text = replaced((METRICS / "alertmanager.yaml").read_text(), "127.0.0.1:9999",
                        f"127.0.0.1:{receiver.port}")
        (directory / "alertmanager.yaml").write_text(text)
        command = [shutil.which("prometheus-alertmanager"), "--cluster.listen-address=",
                   f"--config.file={directory / 'alertmanager.yaml'}", "--log.level=warn",
                   f"--storage.path={directory / 'alertmanager'}",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        super().__init__(command, stderr=subprocess.DEVNULL)
        lab.wait_for(lambda: answers(f"http://127.0.0.1:{self.port}/-/ready"), 30, "Alertmanager")

    def fire(self, alerts):
        """Alerts as Prometheus would send them, each by its labels."""
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        asked = urllib.request.Request(f"{self.url}/alerts", body,
                                       {"Content-Type": "application/json"})
        urllib.request.urlopen(asked, timeout=10).close()

    def states(self, alerts):
        """What has become of them: active, or suppressed."""
        there = json.loads(get(f"{self.url}/alerts"))
        return [each["status"]["state"] for labels in alerts for each in there
                if each["labels"] == labels]
