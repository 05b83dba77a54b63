"""As much of a kubelet as it takes to run one of our pods on one machine: volumes as a kubelet lays
them out, containers by runc, which is what containerd and CRI-O run them with.

The pod's network is that of this process. Everything lies below one directory.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from manifests import containers
from seccomp import runtime_default

KERNEL = {"destination": "/proc", "type": "proc", "source": "proc"}, \
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "mode=755", "size=64k"]}, \
    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
     "options": ["nosuid", "noexec", "nodev", "ro"]}
MEBIBYTE = 1 << 20


def bytes_of(quantity):
    assert quantity.endswith("Mi"), quantity
    return int(quantity[:-2]) * MEBIBYTE


def put_files(directory, files, mode, group=0):
    """What a ConfigMap, Secret or projected volume holds, replaced as a whole: the files are links
    to `..data/NAME`, and `..data` is a link to a directory that a rename exchanges."""
    old = [each for each in directory.iterdir() if not each.is_symlink()]
    new = directory / f"..{time.time_ns()}"
    new.mkdir(mode=0o755)
    for name, text in files.items():
        (new / name).write_text(text)
        (new / name).chmod(mode)
        os.chown(new / name, 0, group)
    (directory / "..data_tmp").symlink_to(new.name)
    (directory / "..data_tmp").rename(directory / "..data")
    for name in files:
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")
    for each in old:
        shutil.rmtree(each)


class Container:
    def __init__(self, pod, spec, image):
        self.pod, self.spec, self.image = pod, spec, image
        self.bundle = pod.directory / spec["name"]
        self.log = self.bundle / "log"
        self.starts, self.process = 0, None
        self.bundle.mkdir()

    def start(self, args=None):
        self.starts += 1
        self.id = f"{self.pod.name}-{self.spec['name']}-{self.starts}"
        (self.bundle / "config.json").write_text(json.dumps(self._config(args)))
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*self.pod.runc, "run", "--bundle", self.bundle, self.id],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def run(self, args=None):
        """Until it ends: its exit code."""
        self.start(args)
        return self.process.wait(180)

    def execute(self, *command):
        """As `kubectl exec` does: exit code and output."""
        run = subprocess.run([*self.pod.runc, "exec", self.id, *command], text=True, check=False, timeout=120,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.returncode, run.stdout

    def signal(self, number):
        subprocess.run([*self.pod.runc, "kill", self.id, str(int(number))], check=True)

    def stop(self):
        """SIGTERM, and SIGKILL after the grace period: exit code and how long it took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            code = self.process.wait(30)
        return code, time.monotonic() - began

    def pid(self):
        state = subprocess.run([*self.pod.runc, "state", self.id], check=True, capture_output=True)
        return json.loads(state.stdout)["pid"]

    def probe(self, name):
        """Status and text of what the kubelet would ask; None while nobody answers."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.id} has ended with {self.process.returncode}:\n"
                                 + self.log.read_text())
        where = self.spec[name]["httpGet"]
        ports = {port["name"]: port["containerPort"] for port in self.spec["ports"]}
        return asked(f"http://127.0.0.1:{ports[where['port']]}{where['path']}")

    def _config(self, args):
        spec, context = self.spec, self.pod.context | self.spec["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}, "others aren't known here"
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, "others aren't known here"
        user = {"uid": context["runAsUser"], "gid": context["runAsGroup"],
                "additionalGids": [context["fsGroup"]] if "fsGroup" in context else []}
        entrypoint = spec.get("command", self.image.entrypoint)
        env = [f"{each['name']}={self.pod.value(each)}" for each in spec.get("env", [])]
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": user, "cwd": "/", "env": ["PATH=/usr/bin", *env],
                "args": [*entrypoint, *(args or spec.get("args", []))],
                "noNewPrivileges": not context["allowPrivilegeEscalation"], "capabilities": {}},
            "root": {"path": str(self.image.root), "readonly": context["readOnlyRootFilesystem"]},
            "mounts": [*KERNEL, *self.image.mounts, *self.pod.own_files(),
                       *(self.pod.mount(each) for each in spec["volumeMounts"])],
            "linux": {
                "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
                "cgroupsPath": f"/{self.pod.directory.parent.name}-{self.id}",
                "resources": {"memory": {"limit": bytes_of(spec["resources"]["limits"]["memory"])}},
                "seccomp": runtime_default(),
                "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]},
        }


class Image:
    """A root file system; with `host_directories` those of this machine show through."""

    def __init__(self, root, entrypoint=(), host_directories=()):
        self.root, self.entrypoint = root, list(entrypoint)
        self.mounts = [bound(name, name, "ro") for name in host_directories]


def bound(source, destination, how):
    return {"destination": destination, "source": str(source), "options": ["rbind", how]}


def asked(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return None, ""


class Pod:
    """One pod of a workload's template. `objects` are the ConfigMaps and Secrets, name to files."""

    def __init__(self, directory, template, objects, images, hosts=()):
        self.name, self.directory = directory.name, directory
        self.objects, self.hosts = objects, hosts
        self.spec = template["spec"]
        self.context = self.spec["securityContext"]
        self.runc = ["runc", "--root", str(directory / "runc")]
        directory.mkdir()
        self.volumes = {each["name"]: directory / f"volume-{each['name']}"
                        for each in self.spec["volumes"]}
        for volume in self.spec["volumes"]:
            self.lay_out(volume)
        self.containers = {
            each["name"]: Container(self, each, images[each["name"]])
            for each in containers(self.spec)}

    def value(self, variable):
        if "value" in variable:
            return variable["value"]
        (source,) = variable["valueFrom"].values()
        return self.objects[source["name"]][source["key"]]

    def own_files(self):
        hosts, resolver = self.directory / "hosts", self.directory / "resolv.conf"
        hosts.write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {each}\n" for each in self.hosts))
        resolver.write_text("nameserver 127.0.0.1\n")
        return [bound(hosts, "/etc/hosts", "ro"), bound(resolver, "/etc/resolv.conf", "ro")]

    def mount(self, mount):
        how = "ro" if mount.get("readOnly") else "rw"
        return bound(self.volumes[mount["name"]], mount["mountPath"], how)

    def lay_out(self, volume):
        """Makes a volume, or brings what it holds up to date."""
        directory = self.volumes[volume["name"]]
        group = self.context.get("fsGroup", 0)
        directory.mkdir(exist_ok=True)
        if "emptyDir" in volume:
            size = bytes_of(volume["emptyDir"]["sizeLimit"])
            # setgid as where a pod has an fsGroup; without it anybody may write, as in a cluster.
            mode = "2777" if group else "0777"
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode={mode},gid={group}",
                            "tmpfs", directory], check=True)
        elif "persistentVolumeClaim" in volume:
            os.chown(directory, 0, group)
            directory.chmod(0o2775)
        else:
            sources = volume.get("projected", {}).get("sources", [volume])
            files = {name: text for each in sources for name, text in self._files(each)}
            mode = volume[next(iter(volume.keys() - {"name"}))].get("defaultMode", 0o644)
            put_files(directory, files, mode | (0o440 if group else 0), group)

    def _files(self, source):
        if "serviceAccountToken" in source:
            yield source["serviceAccountToken"]["path"], self.objects["serviceAccountToken"]["token"]
            return
        of = source.get("configMap") or source["secret"]
        files = self.objects[of.get("name") or of["secretName"]]
        if "items" in of:
            yield from ((item["path"], files[item["key"]]) for item in of["items"])
        else:
            yield from files.items()

    def update(self, name):
        """What the kubelet does some time after a ConfigMap or Secret has changed."""
        self.lay_out(next(each for each in self.spec["volumes"] if each["name"] == name))

    def end(self):
        """Kills what runs, and what is just about to."""
        deadline = time.monotonic() + 60
        for container in self.containers.values():
            while container.process and container.process.poll() is None:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{container.id} can't be killed:\n{container.log.read_text()}")
                subprocess.run([*self.runc, "kill", container.id, "KILL"], check=False,
                               stderr=subprocess.DEVNULL)
                time.sleep(0.02)
