"""P8: from exec to the first durable file, and to the thousandth; rate limit off, on a real disk.

inotify tells of each rename, which the daemon does after the file's fsync; the directory's follows
and isn't seen.
"""

import ctypes
import os
import select
import struct
import time

import lab

IN_MOVED_TO = 0x80
WORKSPACES = 1_000


class Arrivals:
    """Moments of renames into a directory."""

    def __init__(self, directory):
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.inotify_init1(os.O_CLOEXEC)
        if self.descriptor < 0 or libc.inotify_add_watch(
                self.descriptor, os.fsencode(directory), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def take(self, count, seconds):
        times, deadline = [], time.monotonic() + seconds
        while len(times) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise TimeoutError(f"{len(times)} of {count} files after {seconds} s")
            data, now, position = os.read(self.descriptor, 65536), time.monotonic_ns(), 0
            while position < len(data):
                (name_size,) = struct.unpack_from("12xI", data, position)
                position += 16 + name_size
                times.append(now)
        return times

    def close(self):
        os.close(self.descriptor)


def one(workspaces):
    with lab.work_directory(on_disk=True) as directory, lab.Nginx(directory) as nginx:
        (directory / "tokens").mkdir()
        arrivals = Arrivals(directory / "tokens")
        try:
            with lab.Daemon(directory, nginx, workspaces, "60s") as process:
                times = arrivals.take(workspaces, 60)
        finally:
            arrivals.close()
    return [(each - process.started_ns) / 1e6 for each in (times[0], times[-1])]


def run(rounds):
    first, all_of_them = [], []
    for _ in range(rounds or 9):
        first.append(one(1)[0])
        all_of_them.append(one(WORKSPACES)[1])
    return [lab.Figure("P8 exec to the first file", lab.median(first), "ms", 50),
            lab.Figure("P8 exec to 1,000 files", lab.median(all_of_them), "ms", 1000)]
