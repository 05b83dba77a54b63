"""A Debian that is booted, with systemd as its first process, in a root of its own."""

import contextlib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

import base

sys.path.insert(0, str(base.ROOT / "tests/support/python"))
from process import wait_for  # noqa: E402

LIMIT = 90  # seconds for what takes one or two where nothing else runs
ENVIRONMENT = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
               "DEBIAN_FRONTEND=noninteractive"]


def run(command, check=True, **more):
    """The finished process; where it had to succeed and didn't, what it said."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                          timeout=10 * LIMIT, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))}: {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


class Root:
    """A copy of the base root in memory, on which nothing runs. Nobody outside of this run sees its
    mounts (see `run`)."""

    def __init__(self, root):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=base.KEPT))
        run(["mount", "-t", "tmpfs", "-o", "mode=755", "tokensyncd-host", self.folder])
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        self.root = self.folder / "root"
        run(["mount", "-t", "overlay", "tokensyncd-host", "-o",
             f"lowerdir={root},upperdir={self.folder}/upper,workdir={self.folder}/work", self.root])

    def path(self, name):
        return self.root / name.lstrip("/")

    def call(self, *command, **more):
        return run(["chroot", self.root, *ENVIRONMENT, *command], **more)

    def close(self):
        run(["umount", "--lazy", self.root])
        run(["umount", "--lazy", self.folder])
        self.folder.rmdir()

    def write(self, name, text, mode=0o644):
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as out:
            out.write(text)
        pathlib.Path(out.name).chmod(mode)
        pathlib.Path(out.name).rename(target)

    def install(self, package):
        """By apt, as a person would, but with nothing to be had from elsewhere."""
        inside = f"/root/{package.name}"
        self.path(inside).write_bytes(package.read_bytes())
        return self.call("apt-get", "install", "-qy", inside)

    def stat(self, name):
        return self.call("stat", "-c", "%U:%G %a", name).stdout.strip()


class ControlGroups:
    """A control group of its own for a machine, below that of this process, in each hierarchy that
    systemd uses: two machines must not take each other's processes for their own."""

    def __init__(self, name):
        top = pathlib.Path("/sys/fs/cgroup")
        unified = top / "unified"
        hierarchies = {"name=systemd": top / "systemd", "": unified if unified.is_dir() else top}
        self.folders = []
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, hierarchy, ours = line.split(":", 2)
            mounted = hierarchies.get(hierarchy)
            if mounted and (mounted / "cgroup.procs").exists():
                self.folders.append(mounted / ours.lstrip("/") / name)
                self.folders[-1].mkdir()

    def holding(self, command):
        """`command`, so that it puts itself into them first."""
        move = "".join(f"echo 0 >{folder}/cgroup.procs; " for folder in self.folders)
        return ["sh", "-c", move + 'exec "$@"', "sh", *command]

    def close(self):
        for folder in self.folders:
            wait_for(lambda folder=folder: self._removed(folder), LIMIT, f"the end of {folder}")

    @staticmethod
    def _removed(folder):
        for each in sorted(folder.rglob("*/"), reverse=True):
            with contextlib.suppress(OSError):
                each.rmdir()
        with contextlib.suppress(OSError):
            folder.rmdir()
        return not folder.exists()


class Machine(Root):
    def __init__(self, root, binds=()):
        super().__init__(root)
        self.leader = None
        self.groups = ControlGroups(f"tokensyncd-host-{self.folder.name}")
        command = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
                   "--private-network", "--console=pipe", f"--directory={self.root}",
                   *(f"--bind-ro={outside}:{inside}" for outside, inside in binds)]
        self.console = open(self.folder / "console", "w+", encoding="utf-8", errors="replace")
        self.container = subprocess.Popen(
            self.groups.holding(command), stdin=subprocess.DEVNULL, stdout=self.console,
            stderr=subprocess.STDOUT, env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        try:
            wait_for(self._is_up, LIMIT, "the machine's systemd")
            self.systemctl("is-system-running", "--wait", check=False)
        except BaseException:
            self.close()
            raise

    def _is_up(self):
        if self.container.poll() is not None:
            self.console.seek(0)
            raise RuntimeError(f"systemd-nspawn ended: {self.console.read()}")
        children = pathlib.Path(f"/proc/{self.container.pid}/task/{self.container.pid}/children")
        for child in children.read_text().split():
            with contextlib.suppress(OSError):
                process = pathlib.Path(f"/proc/{child}")
                # The first process in there; its parent still sees the root that is outside.
                is_first = re.search(r"^NSpid:.*\t1$", (process / "status").read_text(), re.MULTILINE)
                if is_first and (process / "root/run/systemd/private").is_socket():
                    self.leader = child
        return self.leader is not None

    def path(self, name):
        """A file as the machine sees it: it has mounts of its own."""
        return pathlib.Path(f"/proc/{self.leader}/root") / name.lstrip("/")

    def call(self, *command, **more):
        # As little as in the machine: what is entered from outside could set the clock of all machines.
        return run(["setpriv", "--bounding-set=-sys_time,-sys_boot,-sys_module,-sys_rawio",
                    "nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net",
                    "--pid", "--cgroup", "--root", "--wdns=/", *ENVIRONMENT, *command], **more)

    def systemctl(self, *command, **more):
        return self.call("systemctl", *command, **more)

    def fetch(self, url, *more):
        """By HTTP inside the machine's network, with the curl that is outside."""
        return run(["nsenter", "--target", self.leader, "--net", "curl", "-sS", "--fail",
                    "--noproxy", "*", *more, url]).stdout

    def show(self, name, unit="tokensyncd.service"):
        return self.systemctl("show", "--value", "-p", name, unit).stdout.strip()

    def journal(self, *more):
        return self.call("journalctl", "--no-pager", *more).stdout

    def wait(self, condition, what):
        """Until `condition` holds; where it never does, with what the journal has last."""
        try:
            wait_for(condition, LIMIT, what)
        except TimeoutError as late:
            raise AssertionError(f"{late}\n{self.journal('--lines=30')}") from None

    def close(self):
        if self.leader is not None:
            os.kill(int(self.leader), signal.SIGKILL)  # which takes along all that runs in there
        else:
            self.container.kill()
        self.container.wait(LIMIT)
        self.console.close()
        self.groups.close()
        super().close()


class Reader:
    """Reads a file over and over; knows what it saw and how often it was missing."""

    def __init__(self, path):
        self.path, self.seen, self.missing, self.reads = path, set(), 0, 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self):
        while not self._ends.is_set():
            try:
                self.seen.add(self.path.read_text())
            except FileNotFoundError:
                self.missing += 1
            self.reads += 1
            time.sleep(0.0005)  # the machine's processes want the processor, too

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
