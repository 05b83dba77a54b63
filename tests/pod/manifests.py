"""The manifests of kubernetes/, as kubectl renders them, and what is in them."""

import functools
import json
import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KUBECTL = ROOT / "build/pod/kubectl/kubectl"  # tests/pod/run puts it there
KUSTOMIZATIONS = ("example", "standalone", "monitoring")


@functools.cache
def rendered(name):
    """The manifests of kubernetes/NAME, to be copied before they are changed."""
    run = subprocess.run([KUBECTL, "kustomize", ROOT / "kubernetes" / name], check=True,
                         capture_output=True, text=True)
    return list(yaml.safe_load_all(run.stdout))


def named(manifests, kind, name):
    """The one of a kind and name."""
    for each in manifests:
        if each["kind"] == kind and each["metadata"]["name"] == name:
            return each
    raise KeyError(f"{kind} {name}")


def image_settings():
    """What the last stage of the Containerfile says of USER and CMD."""
    said = dict(line.split(" ", 1) for line in (ROOT / "kubernetes/Containerfile").read_text().splitlines()
                if line.startswith(("USER ", "CMD ")))
    return said["USER"], json.loads(said["CMD"])


def pods(manifests):
    """Each workload that makes pods: its name, and the template."""
    for each in manifests:
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
            spec = each["spec"].get("jobTemplate", each)["spec"]
            yield f"{each['kind']} {each['metadata']['name']}", spec["template"]


def containers(pod_spec):
    return [*pod_spec.get("initContainers", []), *pod_spec["containers"]]


def referred_to(spec):
    """Names of ConfigMaps and Secrets, claims and accounts."""
    if "serviceAccountName" in spec:
        yield spec["serviceAccountName"]
    for volume in spec.get("volumes", []):
        for source in (volume, *volume.get("projected", {}).get("sources", [])):
            if "configMap" in source:
                yield source["configMap"]["name"]
            if "secret" in source:
                yield source["secret"].get("name") or source["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield volume["persistentVolumeClaim"]["claimName"]
    for container in containers(spec):
        for variable in container.get("env", []):
            for source in variable.get("valueFrom", {}).values():
                yield source["name"]
