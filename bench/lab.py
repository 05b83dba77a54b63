"""What the figures share: what they run beside the daemon, and what /proc says of it.

Only Python's standard library. Everything runs in a directory of its own that is removed at the
end, on ports that are free, and every process is ended by the one who started it.
"""

import contextlib
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess

import daemon
import process
import stand_ins
from http_call import answers, get
from process import BUILD, free_port, wait_for

API_PATH = "/partner/api/v1"
# 64 connections at each side and some more.
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))

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


def work_directory(on_disk=False):
    """A directory in memory, so that no figure waits for a disk; or, where the disk is part of the
    figure, below build/."""
    if not on_disk:
        return process.work_directory()
    below = BUILD / "bench-disk"
    below.mkdir(exist_ok=True)
    # On ext4 each directory in it then has inodes of its own: making a file is slow among those that
    # were freed a few minutes ago, which are the last round's.
    with contextlib.suppress(OSError):
        subprocess.run(["chattr", "+T", below], check=False, stderr=subprocess.DEVNULL)
    return process.work_directory(below)


@contextlib.contextmanager
def on_core(core):
    """This script itself on one core, where it is no disturbance to what is measured."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Measured:
    """What /proc says of a process and all its threads."""

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


class Process(Measured, process.Process):
    pass


class Sandbox(stand_ins.Api):
    """The stand-in for the Partner API, out of the daemon's way."""

    def __init__(self, directory, count=0, more=()):
        super().__init__(directory, count, more=more, core=SERVER_CORE)


class Nginx(process.Process):
    """Answers every workspace with 158 bytes over TLS 1.3, and counts its requests."""

    def __init__(self, directory, core=SERVER_CORE):
        self.port, self.count_port = free_port(), free_port()
        self.ca_file = stand_ins.make_certificates(directory / "tls")
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
        super().__init__([nginx, "-p", directory, "-c", config], core=core)
        self.count_url = f"http://127.0.0.1:{self.count_port}/"
        wait_for(lambda: answers(self.count_url), 10, "nginx", self)
        self.asked = 0
        self.requests()

    @property
    def api_url(self):
        return f"https://localhost:{self.port}{API_PATH}"

    def _stub_status(self):
        return int(get(self.count_url).splitlines()[2].split()[2])

    def requests(self):
        """Requests so far, by its own count, without those that asked for the count."""
        count = self._stub_status()
        if self.asked == 0:
            self.asked = count  # all so far were ours
        else:
            self.asked += 1
        return count - self.asked


class Daemon(Measured, daemon.Daemon):
    """`tokensyncd run` with one file sink."""

    def __init__(self, directory, api, workspaces, interval, *, connections=4, jitter="10%",
                 rate_limit="off", core=None, name=workspace_id, **sections):
        self.workspaces = workspaces
        super().__init__(directory, daemon.settings(
            api, {"rate_limit": rate_limit, "max_connections": connections},
            poll={"interval": interval, "jitter": jitter},
            workspaces=[{"id": name(i)} for i in range(workspaces)], **sections), core)

    def files(self):
        with os.scandir(self.tokens) as entries:
            return sum(not each.name.startswith(".") for each in entries)

    def wait_delivered(self, seconds=120):
        wait_for(lambda: self.files() == self.workspaces, seconds, f"{self.workspaces} files", self)


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
