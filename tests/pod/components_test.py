#!/usr/bin/env python3
"""What the components of kubernetes/ add to workloads of each kind, and from a remote repository."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from manifests import KUBECTL, ROOT, pods, rendered
from policy import ours, restricted
from schemas import schema_breaches

LOCAL = "../../../kubernetes"  # from a folder in build/pod
JOBS = ("Job", "CronJob")
KINDS = ("Deployment", "StatefulSet", "DaemonSet", *JOBS)


def workload(kind, form):
    """One of a kind and a form, as small as Kubernetes accepts it."""
    restricted_alike = {
        "securityContext": {"runAsNonRoot": True, "readOnlyRootFilesystem": True,
                            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                            "seccompProfile": {"type": "RuntimeDefault"}},
        "resources": {"limits": {"memory": "64Mi"}}}
    template = {"metadata": {"labels": {"app": "any"}},
                "spec": {"containers": [{"name": "any", "image": "any", **restricted_alike}]}}
    spec = {"template": template}
    if kind in JOBS:
        template["spec"]["restartPolicy"] = "OnFailure"
    else:
        spec["selector"] = {"matchLabels": {"app": "any"}}
    if kind == "StatefulSet":
        spec["serviceName"] = "any"
    if kind == "CronJob":
        spec = {"schedule": "0 6 * * *", "jobTemplate": {"spec": spec}}
    return {"apiVersion": "batch/v1" if kind in JOBS else "apps/v1", "kind": kind,
            "metadata": {"name": f"any-{form}", "labels": {"tokensyncd": form}}, "spec": spec}


def with_components(where=LOCAL, suffix=""):
    """A workload of each kind and form, as rendered with the base and both components of a place."""
    workloads = [workload(kind, form) for kind in KINDS for form in ("sidecar", "init", "none")]
    with tempfile.TemporaryDirectory(dir=KUBECTL.parents[1]) as directory:
        (pathlib.Path(directory) / "workloads.yaml").write_text(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": workloads}))
        (pathlib.Path(directory) / "kustomization.yaml").write_text(json.dumps({
            "namespace": "shop",
            "resources": [f"{where}/base{suffix}", "workloads.yaml"],
            "components": [f"{where}/components/{form}{suffix}" for form in ("sidecar", "init")]}))
        return rendered(directory)


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.manifests = with_components()
        cls.pods = dict(pods(cls.manifests))

    def test_are_all_there_and_valid(self):
        self.assertEqual(len(self.pods), 3 * len(KINDS))
        self.assertEqual(schema_breaches(self.manifests), [])
        for name, pod in self.pods.items():
            with self.subTest(name):
                self.assertEqual([*restricted(pod["spec"]), *ours(pod["spec"])], [])

    def test_get_the_same(self):
        for form in ("sidecar", "init"):
            wanted = self.pods[f"Deployment any-{form}"]
            self.assertEqual([each["name"] for each in wanted["spec"]["initContainers"]], ["tokensyncd"])
            for kind in KINDS:
                with self.subTest(kind=kind, form=form):
                    pod = self.pods[f"{kind} any-{form}"]
                    for part in ("initContainers", "volumes"):
                        self.assertEqual(pod["spec"][part], wanted["spec"][part])
                    self.assertEqual(pod["metadata"], wanted["metadata"])

    def test_without_one_of_the_labels_stay_as_they_are(self):
        for kind in KINDS:
            with self.subTest(kind):
                as_it_was, = dict(pods([workload(kind, "none")])).values()
                self.assertEqual(self.pods[f"{kind} any-none"], as_it_was)


class Remote(unittest.TestCase):
    """docs/kubernetes.md, "From a repository": kustomize clones it, here from a folder."""

    def test_base_and_components_render_as_local_ones_do(self):
        with tempfile.TemporaryDirectory(dir=KUBECTL.parents[1]) as directory:
            shutil.copytree(ROOT / "kubernetes", pathlib.Path(directory) / "kubernetes", symlinks=True)
            for command in (["init", "-q"], ["add", "."],
                            ["-c", "user.name=any", "-c", "user.email=any", "commit", "-qm", "any"],
                            ["tag", "v0.1.0"], ["rm", "-qr", "."],
                            ["-c", "user.name=any", "-c", "user.email=any", "commit", "-qm", "later"]):
                subprocess.run(["git", "-C", directory, *command], check=True)
            remote = with_components(f"file://{directory}//kubernetes", "?ref=v0.1.0&timeout=2m")
        self.assertEqual(remote, with_components())


if __name__ == "__main__":
    unittest.main()
