"""What programs run in: processes that end with who started them, a place for their files, free ports,
and waiting.
"""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TOKENSYNCD_BUILD", ROOT / "build/release"))


_held_ports = []


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def free_port():
    """A port that nobody has, as tests/support/free_port.hpp finds it, and with the same names: it
    stays this process's until it ends."""
    first = random.randrange(11_000)
    for i in range(11_000):
        port = 10_000 + 2 * ((first + i) % 11_000)
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0tokensyncd-tests-port-{port}")
        except OSError:
            holder.close()
            continue
        _held_ports.append(holder)
        if _is_free(port) and _is_free(port + 1):
            return port
    raise OSError("no free port")


def wait_for(condition, seconds, what, *needed):
    """Until `condition` holds. Fails at once when one of the `needed` processes has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        for each in needed:
            each.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


@contextlib.contextmanager
def work_directory(below=None):
    """A directory that is removed at the end; in memory, where nothing else is said."""
    if below is None and os.path.isdir("/dev/shm"):
        below = "/dev/shm"
    path = pathlib.Path(tempfile.mkdtemp(prefix="tokensyncd.", dir=below))
    path.chmod(0o755)  # nginx's worker may be another user
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """A child. What it says on stderr goes to the end of the file `log`, if there is one."""

    def __init__(self, command, *, log=None, stdout=None, core=None):
        if core is not None:
            command = ["taskset", "-c", core, *command]
        self.log = log
        with contextlib.ExitStack() as stack:
            stderr = stack.enter_context(log.open("ab")) if log else None
            self.started_ns = time.monotonic_ns()
            self.child = subprocess.Popen(list(map(str, command)), stdout=stdout, stderr=stderr)

    @property
    def pid(self):
        return self.child.pid

    def check(self):
        """An error, with the end of what it has said, where it has ended already."""
        if self.child.poll() is not None:
            said = self.log.read_text(errors="replace")[-2000:] if self.log else ""
            raise RuntimeError(f"{self.child.args[0]} ended early with {self.child.returncode}: {said}")

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(20)
        if self.child.stdout:
            self.child.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
