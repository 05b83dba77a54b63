"""P7: how often an idle daemon wakes up: 10 workspaces at 60 s, over two minutes, all threads."""

import time

import lab

SECONDS = 120


def run(_rounds):
    with lab.work_directory() as directory, lab.Nginx(directory) as nginx:
        with lab.Daemon(directory, nginx, 10, "60s") as process:
            process.wait_delivered()
            time.sleep(5)
            requests, switches = nginx.requests(), process.voluntary_switches()
            time.sleep(SECONDS)
            switches = process.voluntary_switches() - switches
            requests = nginx.requests() - requests
    return [lab.Figure(f"P7 voluntary context switches in {SECONDS} s", switches, ""),
            lab.Figure("P7 checks in that time", requests, ""),
            lab.Figure("P7 wake-ups a check", switches / requests, "", 2)]
