"""What the figures share: a server, the daemon, and what /proc says of them.

Only Python's standard library. Everything runs in a directory of its own that is removed at the
end, on ports that are free, and every process is ended by the one who started it.
"""

import contextlib
import http.client
import json
import os
import pathlib
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("TOKENSYNCD_BUILD", ROOT / "build/release"))
PROGRAM = BUILD / "daemon/tokensyncd"
SANDBOX = BUILD / "tests/sandbox/tokensyncd-sandbox"
API_PATH = "/partner/api/v1"

SERVER_CORE, CLIENT_CORE = 0, 1


def workspace_id(number):
    return f"ws-{number:07}"


def median(values):
    return statistics.median(values)


def percentile(values, share):
    """`values` sorted; the least of them that `share` of all don't exceed."""
    return values[min(len(values) - 1, int(len(values) * share))]


def machine():
    """One line for the reader: processor, cores, kernel, how busy it was."""
    model = platform.machine()
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load {load:.1f} at start"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


@contextlib.contextmanager
def work_directory(on_disk=False):
    """A directory in memory, so that no figure waits for a disk; or, where the disk is part of the
    figure, below build/."""
    below = "/dev/shm"
    if on_disk or not os.path.isdir(below):
        below = BUILD / "bench-disk"
        below.mkdir(exist_ok=True)
        # On ext4 each directory in it then has inodes of its own: making a file is slow among those
        # that were freed a few minutes ago, which are the last round's.
        with contextlib.suppress(OSError):
            subprocess.run(["chattr", "+T", below], check=False, stderr=subprocess.DEVNULL)
    path = pathlib.Path(tempfile.mkdtemp(prefix="tokensyncd-bench.", dir=below))
    path.chmod(0o755)  # nginx's worker may be another user
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


@contextlib.contextmanager
def on_core(core):
    """This script itself on one core, where it is no disturbance to what is measured."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Process:
    """A child, and what /proc says of all its threads."""

    def __init__(self, command, stdout=None, stderr=None):
        # 64 connections at each side and some more.
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
        self.child = subprocess.Popen(list(map(str, command)), stdout=stdout, stderr=stderr)

    @property
    def pid(self):
        return self.child.pid

    def threads(self):
        return pathlib.Path(f"/proc/{self.pid}/task").iterdir()

    def cpu_ns(self):
        """Time on a processor, of all threads that live."""
        return sum(int((each / "schedstat").read_text().split()[0]) for each in self.threads())

    def status(self, key):
        """A number of /proc/PID/status, in its unit there."""
        return self._number(pathlib.Path(f"/proc/{self.pid}/status"), key)

    def voluntary_switches(self):
        return sum(self._number(each / "status", "voluntary_ctxt_switches")
                   for each in self.threads())

    @staticmethod
    def _number(path, key):
        for line in path.read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise KeyError(key)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def make_certificates(directory):
    subprocess.run([SANDBOX, "--make-certificates", directory], check=True)
    return directory / "ca.pem"


def post(connection, path, body="{}"):
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{path}: {answer.status}")
    return said


class Sandbox(Process):
    """The stand-in for the Partner API, which rotates on demand: ws-1 to ws-COUNT, and `ids`."""

    def __init__(self, directory, count, ids=(), more=()):
        (directory / "secret").write_text("sandbox-partner-secret\n")
        command = [SANDBOX, "--certificates", directory / "tls", "--partner-secret-file",
                   directory / "secret", "--workspace-prefix", "ws-", "--count", count,
                   "--with-tokens", *(["--workspaces", ",".join(ids)] if ids else []), *more]
        super().__init__(pinned(SERVER_CORE, command), stdout=subprocess.PIPE)
        line = json.loads(self.child.stdout.readline())
        self.api_url, self.ca_file = line["api_url"], line["ca_file"]
        self.control = http.client.HTTPConnection("127.0.0.1", line["control_port"])

    def rotate(self, workspace):
        post(self.control, f"/control/workspaces/{workspace}/rotate")

    def rotate_all(self):
        post(self.control, "/control/rotate", '{"prefix": "ws-"}')


class Nginx(Process):
    """Answers every workspace with 158 bytes over TLS 1.3, and counts its requests."""

    def __init__(self, directory, core=SERVER_CORE):
        self.port, self.count_port = free_port(), free_port()
        self.ca_file = make_certificates(directory / "tls")
        answer = ('{"workspace_id":"$1","token":"%s","rotated_at":"2026-01-02T03:04:05Z"}')
        size = len(answer % "") - len("$1") + len(workspace_id(1))
        answer %= "0123456789abcdef" * 8
        answer = answer.replace("0123456789abcdef" * 8, ("0123456789abcdef" * 8)[:158 - size])
        config = directory / "nginx.conf"
        config.write_text(f"""
daemon off; master_process off; worker_processes 1;
pid {directory}/nginx.pid; error_log {directory}/nginx.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off; default_type application/json; keepalive_requests 1000000000;
  keepalive_timeout 1h; server_tokens off; tcp_nodelay on;
  client_body_temp_path {directory}/t1; proxy_temp_path {directory}/t2;
  fastcgi_temp_path {directory}/t3; uwsgi_temp_path {directory}/t4; scgi_temp_path {directory}/t5;
  server {{
    listen 127.0.0.1:{self.port} ssl backlog=1024;
    ssl_certificate {directory}/tls/server.pem; ssl_certificate_key {directory}/tls/server-key.pem;
    ssl_protocols TLSv1.3; ssl_session_cache shared:s:1m;
    location ~ "^{API_PATH}/workspaces/([^/]+)/api-token$" {{ return 200 '{answer}'; }}
  }}
  server {{ listen 127.0.0.1:{self.count_port}; location / {{ stub_status; }} }}
}}
""")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        super().__init__(pinned(core, [nginx, "-p", directory, "-c", config]))
        wait_for(self._answers, 10, "nginx")
        self.asked = 0
        self.requests()

    @property
    def api_url(self):
        return f"https://localhost:{self.port}{API_PATH}"

    def _answers(self):
        with contextlib.suppress(OSError):
            self._stub_status()
            return True
        return False

    def _stub_status(self):
        url = f"http://127.0.0.1:{self.count_port}/"
        with urllib.request.urlopen(url, timeout=10) as reply:
            return int(reply.read().decode().splitlines()[2].split()[2])

    def requests(self):
        """Requests so far, by its own count, without those that asked for the count."""
        count = self._stub_status()
        if self.asked == 0:
            self.asked = count  # all so far were ours
        else:
            self.asked += 1
        return count - self.asked


class Daemon(Process):
    """`tokensyncd run` with one file sink, and its own state, in `directory`."""

    def __init__(self, directory, api, workspaces, interval, *, connections=4, jitter="10%",
                 rate_limit="off", core=None, stdout=subprocess.DEVNULL, log_level="warning",
                 name=workspace_id, more=""):
        self.directory, self.workspaces = directory, workspaces
        self.tokens = directory / "tokens"
        self.tokens.mkdir(exist_ok=True)
        secret = directory / "partner-secret"
        secret.write_text("sandbox-partner-secret\n")
        secret.chmod(0o600)
        self.config = directory / "tokensyncd.yaml"
        with open(self.config, "w", encoding="ascii") as out:
            out.write(f"""version: 1
partner:
  id: acme
  secret_file: partner-secret
  api_url: {api.api_url}
  rate_limit: "{rate_limit}"
  max_connections: {connections}
  tls: {{ca_file: {api.ca_file}}}
poll: {{interval: {interval}, jitter: {jitter}}}
sinks:
  files: {{type: file, path: "tokens/{{workspace}}"}}
admin: {{listen: [], socket: control.sock}}
state: {{type: sqlite, file: state.db}}
log: {{format: json, level: {log_level}}}
{more}workspaces:
""")
            out.writelines(f"  - id: {name(i)}\n" for i in range(workspaces))
        command = [PROGRAM, "run", "--config", self.config]
        self.started_ns = time.monotonic_ns()
        super().__init__(command if core is None else pinned(core, command), stdout=stdout)

    def files(self):
        with os.scandir(self.tokens) as entries:
            return sum(not each.name.startswith(".") for each in entries)

    def wait_delivered(self, seconds=120):
        def all_there():
            if self.child.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.child.returncode}")
            return self.files() == self.workspaces
        wait_for(all_there, seconds, f"{self.workspaces} files")


class Figure:
    """One line of the result. `goal` is the most that is allowed; none: told, not judged."""

    def __init__(self, name, value, unit, goal=None, least=False):
        self.name, self.value, self.unit, self.goal, self.least = name, value, unit, goal, least

    @property
    def missed(self):
        if self.goal is None:
            return False
        return self.value < self.goal if self.least else self.value > self.goal

    def __str__(self):
        text = f"  {self.name:<58} {self.value:>10.4g} {self.unit:<8}"
        if self.goal is not None:
            text += f" goal {'≥' if self.least else '≤'} {self.goal:g}"
            text += "  MISSED" if self.missed else "  ok"
        return text.rstrip()
