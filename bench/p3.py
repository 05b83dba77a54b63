"""P3: memory with 1, 1,000 and 100,000 workspaces, after two rounds of checks."""

import time

import lab

VMRSS_GOALS = {1: 16, 1_000: 18, 100_000: 52}


def measure(workspaces, interval):
    with lab.work_directory() as directory, lab.Nginx(directory) as nginx:
        with lab.Daemon(directory, nginx, workspaces, interval) as process:
            process.wait_delivered(300)
            # All files are there: one more round, by the server's count, and the last writes.
            seen = nginx.requests()
            lab.wait_for(lambda: nginx.requests() >= seen + workspaces, 120, "a second round")
            time.sleep(1)
            return process.status("RssAnon") / 1024, process.status("VmRSS") / 1024


def run(_rounds):
    figures, resident = [], {}
    for workspaces, goal in VMRSS_GOALS.items():
        anonymous, resident[workspaces] = measure(
            workspaces, "10s" if workspaces > 1_000 else "1s")
        name = f"with {workspaces:,} workspace{'s' if workspaces > 1 else ''}"
        figures.append(lab.Figure(f"P3 RssAnon {name}", anonymous, "MiB",
                                  5 if workspaces == 1 else None))
        figures.append(lab.Figure(f"P3 VmRSS {name}", resident[workspaces], "MiB", goal))
    each = (resident[100_000] - resident[1_000]) * 1024 * 1024 / 99_000
    figures.append(lab.Figure("P3 for each further workspace", each, "bytes", 256))
    return figures
