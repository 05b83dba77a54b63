"""The daemon with all that it can show, and a Prometheus and Alertmanager that watch it by the files of
metrics/: for the live test, and for the picture in docs/alerts.md.

Its sinks are files with a hook, and a Vault; it takes events. Rules and scrapes run every second.
"""

import http.server
import json
import pathlib
import re
import shutil
import sys
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = ROOT / "metrics"
sys.path.insert(0, str(ROOT / "tests/support/python"))
sys.dont_write_bytecode = True

import daemon  # noqa: E402
import stand_ins  # noqa: E402
from http_call import answers, get  # noqa: E402
from process import Process, free_port, wait_for  # noqa: E402
from vendor_event import Events  # noqa: E402


def replaced(text, before, after):
    """`text` with what must be there replaced."""
    if before not in text:
        raise RuntimeError(f"“{before}” isn't there to be replaced")
    return text.replace(before, after)


class Api(stand_ins.Api):
    """The stand-in for the Partner API: ws-1 to ws-COUNT, and when each was rotated. It knows every
    token that there was."""

    def __init__(self, directory, count):
        super().__init__(directory, count, more=["--set", 'rotated_at_on_get="last"'])
        self.tokens = set(self.say("GET", "tokens").values())

    def rotate(self, workspace):
        super().rotate(workspace)
        self.tokens.add(self.token(workspace))


class Daemon(daemon.Daemon):
    """tokensyncd with ws-1 to ws-COUNT, checked each second."""

    def __init__(self, directory, api, vault, count, interval="1s"):
        self.port, self.event_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.audit = directory / "audit.jsonl"
        daemon.keep_secret(directory / "role-id", "role-tokensyncd")
        daemon.keep_secret(directory / "secret-id", "unasked")
        vault.admit("approle", "approle")
        super().__init__(directory, daemon.settings(
            api, poll={"interval": interval},
            workspaces=[{"id": f"ws-{i}"} for i in range(1, count + 1)],
            workspace_defaults={"sinks": ["files", "vault"]},
            sinks={"files": {"type": "file", "path": "tokens/{workspace}",
                             "on_change": {"command": [shutil.which("true")]}},
                   "vault": {"type": "vault", "addresses": [f"http://127.0.0.1:{vault.port}"],
                             "path": "timelines/{workspace}",
                             "auth": {"method": "approle", "role_id_file": "role-id",
                                      "secret_id_file": "secret-id"}}},
            webhook={"listen": [f"127.0.0.1:{self.event_port}"]},
            admin={"listen": [self.address], "socket": "control.sock"},
            audit={"file": self.audit.name}, log={"format": "json", "level": "info"}))

    def wait_ready(self):
        wait_for(lambda: answers(f"http://{self.address}/readyz"), 60, "readiness", self)

    def metrics(self):
        return get(f"http://{self.address}/metrics")

    def event(self, workspace):
        """The vendor says that a workspace's token was rotated."""
        sender = Events(self.event_port)
        sender.send(sender.bytes_of(workspace))
        sender.socket.close()


class Prometheus(Process):
    """Watches one daemon by the rules as they are shipped, but every second."""

    def __init__(self, directory, watched, alertmanager_port=None, name="tokensyncd"):
        port = free_port()
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
    static_configs: [{{targets: ["{watched.address}"]}}]
{alertmanagers}""")
        command = [shutil.which("prometheus"), f"--config.file={directory / 'prometheus.yaml'}",
                   f"--storage.tsdb.path={directory / 'series'}", "--log.level=warn",
                   f"--web.listen-address=127.0.0.1:{port}"]
        super().__init__(command, log=directory / "prometheus.log")
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), 60, "Prometheus", self)

    def ask(self, what, **parameters):
        answer = json.loads(get(f"{self.url}/{what}", **parameters))
        # What Prometheus 3 thinks odd about an expression, and Grafana shows as a mark at the panel.
        if doubts := answer.get("warnings", []) + answer.get("infos", []):
            raise RuntimeError(f"{parameters}: {doubts}")
        return answer["data"]

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


class Alertmanager(Process):
    """By the example as it is shipped, but to `receiver`."""

    def __init__(self, directory, receiver):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api/v2"
        text = replaced((METRICS / "alertmanager.yaml").read_text(), "127.0.0.1:9999",
                        f"127.0.0.1:{receiver.port}")
        (directory / "alertmanager.yaml").write_text(text)
        command = [shutil.which("prometheus-alertmanager"), "--cluster.listen-address=",
                   f"--config.file={directory / 'alertmanager.yaml'}", "--log.level=warn",
                   f"--storage.path={directory / 'alertmanager'}",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        super().__init__(command, log=directory / "alertmanager.log")
        wait_for(lambda: answers(f"http://127.0.0.1:{self.port}/-/ready"), 60, "Alertmanager", self)

    def fire(self, alerts, **when):
        """Alerts as Prometheus would send them, each by its labels; `endsAt` is when they end."""
        body = json.dumps([{"labels": labels, **when} for labels in alerts]).encode()
        asked = urllib.request.Request(f"{self.url}/alerts", body,
                                       {"Content-Type": "application/json"})
        urllib.request.urlopen(asked, timeout=10).close()

    def looks_at_groups(self):
        """How often it has compared a group with what it told of it last."""
        said = get(f"http://127.0.0.1:{self.port}/metrics")
        return float(re.search(r"^alertmanager_nflog_queries_total (.*)$", said, re.MULTILINE)[1])

    def states(self, alerts):
        """What has become of them: active, or suppressed."""
        there = json.loads(get(f"{self.url}/alerts"))
        return [each["status"]["state"] for labels in alerts for each in there
                if each["labels"] == labels]
