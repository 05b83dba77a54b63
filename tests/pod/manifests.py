"""The manifests of kubernetes/, as kubectl renders them, and what is in them."""

import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KUBECTL = ROOT / "build/pod/kubectl/kubectl"  # tests/pod/run puts it there
KUSTOMIZATIONS = ("example", "standalone", "monitoring")


def rendered(name):
    """The manifests of kubernetes/NAME."""
    run = subprocess.run([KUBECTL, "kustomize", ROOT / "kubernetes" / name], check=True,
                         capture_output=True, text=True)
    return list(yaml.safe_load_all(run.stdout))


def named(manifests, kind, name):
    """The one of a kind and name."""
    for each in manifests:
        if each["kind"] == kind and each["metadata"]["name"] == name:
            return each
    raise KeyError(f"{kind} {name}")


def pods(manifests):
    """Each workload that makes pods: its name, and the template."""
    for each in manifests:
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield f"{each['kind']} {each['metadata']['name']}", each["spec"]["template"]


def containers(pod_spec):
    return [*pod_spec.get("initContainers", []), *pod_spec["containers"]]
