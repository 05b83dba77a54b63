"""P1, P2: what a check costs beside wrk, which does nothing but ask.

Both ask nginx for the same 158 bytes with the same headers over 64 kept TLS 1.3 connections, in
turn. The daemon also verifies the certificate (once a connection), compares what came with what it
knows, and keeps its schedule, metrics and times. CPU is /proc's for all threads, requests are
nginx's own count, over the same seconds.
"""

import shutil
import subprocess
import time

import lab

CONNECTIONS = 64
WORKSPACES = 20_000  # every 100 ms: more than a core can do, so that rounds are saturated
SECONDS = 5
# As long as the proof that the daemon sends.
PROOF = "Bearer " + "x" * 210


def measure(process, nginx):
    time.sleep(1)
    requests, cpu, began = nginx.requests(), process.cpu_ns(), time.monotonic()
    time.sleep(SECONDS)
    cpu, requests = process.cpu_ns() - cpu, nginx.requests() - requests
    elapsed = time.monotonic() - began
    if requests <= 0:
        raise RuntimeError("nginx counted no request")
    return cpu / requests / 1000, requests / elapsed


def wrk(nginx):
    url = f"{nginx.api_url}/workspaces/{lab.workspace_id(0)}/api-token"
    headers = ["-H", f"Authorization: {PROOF}", "-H", "X-TL-Partner-Id: acme",
               "-H", "Accept: application/json", "-H", "Accept-Encoding: identity",
               "-H", "User-Agent: tokensyncd/0.0.0"]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS + 30}s", *headers, url]
    with lab.Process(command, stdout=subprocess.DEVNULL, core=lab.CLIENT_CORE) as process:
        return measure(process, nginx)


def daemon(directory, nginx):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    with lab.Daemon(directory, nginx, WORKSPACES, "100ms", connections=CONNECTIONS,
                    core=lab.CLIENT_CORE) as process:
        process.wait_delivered()
        return measure(process, nginx)


def run(rounds):
    ratios, speeds = [], []
    with lab.work_directory() as directory, lab.Nginx(directory) as nginx:
        for number in range(rounds or 5):
            wrk_cpu, wrk_speed = wrk(nginx)
            cpu, speed = daemon(directory / "daemon", nginx)
            ratios.append(cpu / wrk_cpu)
            speeds.append(speed / wrk_speed)
            print(f"    round {number + 1}: wrk {wrk_cpu:.1f} µs, {wrk_speed:,.0f}/s; "
                  f"tokensyncd {cpu:.1f} µs, {speed:,.0f}/s; × {ratios[-1]:.2f}", flush=True)
    return [lab.Figure("P1 CPU per check, wrk's per request = 1", lab.median(ratios), "×", 1.5),
            lab.Figure("P2 checks a second, wrk's requests = 1", lab.median(speeds), "×", 0.65,
                       least=True)]
