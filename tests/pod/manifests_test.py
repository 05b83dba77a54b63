#!/usr/bin/env python3
"""Whether the manifests of kubernetes/ are what Kubernetes takes, and as careful as they say."""

import copy
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from manifests import KUBECTL, KUSTOMIZATIONS, ROOT, containers, image_settings, pods, referred_to, rendered
from policy import ours, restricted
from schemas import schema_breaches

MANIFESTS = {name: rendered(name) for name in KUSTOMIZATIONS}
BROUGHT_BY_THE_OPERATOR = {"tokensyncd-partner", "vault-ca"}


def every_pod():
    return [(name, pod) for all_of_it in MANIFESTS.values() for name, pod in pods(all_of_it)]


def sidecar():
    return copy.deepcopy(dict(every_pod())["Deployment application"])


class Schemas(unittest.TestCase):
    def test_takes_each_manifest(self):
        for name, manifests in MANIFESTS.items():
            with self.subTest(name):
                self.assertGreater(len(manifests), 0)
                self.assertEqual(schema_breaches(manifests), [])

    def test_notices_what_is_wrong(self):
        deployment = next(each for each in MANIFESTS["example"] if each["kind"] == "Deployment")
        monitor = next(each for each in MANIFESTS["monitoring"] if each["kind"] == "PodMonitor")
        broken = []
        for manifest, path, value in (
                (deployment, ("spec", "template", "spec", "initContainers", 0, "restartpolicy"), "A"),
                (deployment, ("spec", "template", "spec", "volumes", 0, "projected"), "text"),
                (deployment, ("spec", "selector"), None),
                (deployment, ("kind",), "Deploymnt"),
                (monitor, ("spec", "podMetricsEndpoints", 0, "interval"), "15 s"),
                (monitor, ("spec", "selectr"), {})):
            inner = wrong = copy.deepcopy(manifest)
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            wrong["metadata"]["name"] = ".".join(map(str, path))
            broken.append(wrong)
        found = [line.split(":")[0] for line in schema_breaches(broken)]
        self.assertEqual(found, [f"{it['kind']} {it['metadata']['name']}" for it in broken])


class Policy(unittest.TestCase):
    def test_each_pod_is_restricted(self):
        self.assertEqual(len(every_pod()), 3)
        for name, pod in every_pod():
            with self.subTest(name):
                self.assertEqual([*restricted(pod["spec"]), *ours(pod["spec"])], [])

    def test_notices_what_is_wrong(self):
        breaks = {
            "privileged": lambda it: it["securityContext"].update(privileged=True),
            "allowPrivilegeEscalation isn't": lambda it: it["securityContext"].pop(
                "allowPrivilegeEscalation"),
            "doesn't drop ALL": lambda it: it["securityContext"]["capabilities"].update(drop=["CHOWN"]),
            "adds capabilities": lambda it: it["securityContext"]["capabilities"].update(add=["CHOWN"]),
            "runAsNonRoot isn't": lambda it: it["securityContext"].update(runAsNonRoot=False),
            "runs as root": lambda it: it["securityContext"].update(runAsUser=0),
            "no seccompProfile": lambda it: it["securityContext"].update(
                seccompProfile={"type": "Unconfined"}),
            "port of the host": lambda it: it["ports"][0].update(hostPort=9464),
            "its root can be written": lambda it: it["securityContext"].pop("readOnlyRootFilesystem"),
            "no limit of memory": lambda it: it["resources"].pop("limits"),
            "doesn't exist": lambda it: it["volumeMounts"][0].update(name="nowhere"),
            "is a subPath": lambda it: it["volumeMounts"][0].update(subPath="acme-sales"),
            "out of service": lambda it: it.update(readinessProbe={}),
        }
        for sentence, change in breaks.items():
            with self.subTest(sentence):
                pod = sidecar()
                change(pod["spec"]["initContainers"][0])
                self.assertIn(sentence, "\n".join([*restricted(pod["spec"]), *ours(pod["spec"])]))

    def test_notices_what_is_wrong_with_a_pod(self):
        spec = sidecar()["spec"]
        spec["hostPID"] = True
        spec["volumes"] += [{"name": "disk", "emptyDir": {}}, {"name": "node", "hostPath": {}}]
        spec["containers"][0]["volumeMounts"][1].pop("readOnly")
        self.assertEqual([*restricted(spec), *ours(spec)], [
            "hostPID is set", "volume node is a hostPath",
            "container application: may write to the tokens", "volume disk is on the node's disk"])


class Overlays(unittest.TestCase):
    """What docs/kubernetes.md tells users to write."""

    def rendered(self, text):
        with tempfile.TemporaryDirectory(dir=KUBECTL.parents[1]) as directory:
            (pathlib.Path(directory) / "kustomization.yaml").write_text(text)
            (pathlib.Path(directory) / "tokensyncd.yaml").write_text("theirs")
            return rendered(directory)

    def test_settings_are_replaced_and_names_still_meet(self):
        for base in ("example", "standalone"):
            with self.subTest(base):
                manifests = self.rendered(
                    f"namespace: timelines\n"
                    f"resources: [../../../kubernetes/{base}]\n"
                    f"configMapGenerator:\n"
                    f"  - {{name: tokensyncd, behavior: replace, files: [tokensyncd.yaml]}}\n")
                settings = [each for each in manifests if "tokensyncd.yaml" in each.get("data", {})]
                self.assertEqual([each["data"]["tokensyncd.yaml"] for each in settings], ["theirs"])
                for _, pod in pods(manifests):
                    self.assertIn(settings[0]["metadata"]["name"], set(referred_to(pod["spec"])))


class Init_containers_of_ones_own(unittest.TestCase):
    """docs/kubernetes.md says by which patches they come after `tokensyncd`."""

    def order(self, kind, patch):
        """The names of the init containers of the example's workload of a kind, once it is patched."""
        with tempfile.TemporaryDirectory(dir=KUBECTL.parents[1]) as directory:
            (pathlib.Path(directory) / "kustomization.yaml").write_text(json.dumps({
                "namespace": "shop",
                "resources": ["../../../kubernetes/example"],
                "patches": [{"target": {"kind": kind}, "patch": json.dumps(patch)}]}))
            found = dict(pods(rendered(directory)))
        (pod,) = (each for name, each in found.items() if name.startswith(kind))
        return [each["name"] for each in pod["spec"]["initContainers"]]

    @staticmethod
    def merge(kind, *containers):
        version = "batch/v1" if kind == "Job" else "apps/v1"
        return {"apiVersion": version, "kind": kind, "metadata": {"name": "any"},
                "spec": {"template": {"spec": {"initContainers": list(containers)}}}}

    def test_come_after_it_by_each_form_that_is_documented(self):
        mine = {"name": "migrate", "image": "x"}
        for kind in ("Deployment", "Job"):
            named = self.merge(kind, {"name": "tokensyncd"}, mine)
            added = [{"op": "add", "path": "/spec/template/spec/initContainers/-", "value": mine}]
            for form in (named, added):
                with self.subTest(kind=kind, form=form):
                    self.assertEqual(self.order(kind, form), ["tokensyncd", "migrate"])

    def test_come_before_it_by_the_form_that_the_docs_warn_of(self):
        self.assertEqual(self.order("Deployment", self.merge("Deployment", {"name": "migrate",
                                                                            "image": "x"})),
                         ["migrate", "tokensyncd"])

    def test_of_the_workload_itself_come_after_it(self):
        with tempfile.TemporaryDirectory(dir=KUBECTL.parents[1]) as directory:
            workload = self.merge("Deployment", {"name": "migrate", "image": "x"})
            workload["metadata"]["labels"] = {"tokensyncd": "sidecar"}
            workload["spec"]["template"]["spec"]["containers"] = [{"name": "any", "image": "x"}]
            (pathlib.Path(directory) / "workload.yaml").write_text(json.dumps(workload))
            (pathlib.Path(directory) / "kustomization.yaml").write_text(
                "resources: [../../../kubernetes/base, workload.yaml]\n"
                "components: [../../../kubernetes/components/sidecar]\n")
            (_, pod), = pods(rendered(directory))
        self.assertEqual([each["name"] for each in pod["spec"]["initContainers"]],
                         ["tokensyncd", "migrate"])


class Wiring(unittest.TestCase):
    """What no schema knows: that names meet."""

    def test_what_pods_refer_to_exists(self):
        for name, manifests in MANIFESTS.items():
            there = {each["metadata"]["name"] for each in manifests} | BROUGHT_BY_THE_OPERATOR
            for pod_name, pod in pods(manifests):
                with self.subTest(f"{name}: {pod_name}"):
                    self.assertEqual(set(referred_to(pod["spec"])) - there, set())

    def test_the_sidecar_starts_first_and_is_probed(self):
        daemon = sidecar()["spec"]["initContainers"][0]
        self.assertEqual(daemon["name"], "tokensyncd")
        self.assertEqual(daemon["restartPolicy"], "Always")
        ports = {port["name"]: port["containerPort"] for port in daemon["ports"]}
        self.assertEqual(ports, {"tokensyncd": 9464})
        for probe, path in (("startupProbe", "/startupz"), ("livenessProbe", "/livez")):
            self.assertEqual(daemon[probe]["httpGet"], {"path": path, "port": "tokensyncd"})

    def test_the_image_that_is_named_is_of_this_version(self):
        version = re.search(r"project\(tokensyncd VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        named = re.compile(r"(?:newTag: |tokensyncd:|ref=v|tokensyncd, version: )(\d+\.\d+\.\d+)")
        for file in (*ROOT.glob("kubernetes/*/kustomization.yaml"), ROOT / "docs/kubernetes.md"):
            with self.subTest(file.name):
                self.assertLessEqual(set(named.findall(file.read_text())), {version})
        self.assertIn(version, named.findall((ROOT / "docs/kubernetes.md").read_text()))

    def test_the_image_has_the_user_that_pods_give_it(self):
        user, command = image_settings()
        for name, pod in every_pod():
            with self.subTest(name):
                daemon = next(it for it in containers(pod["spec"]) if it["name"] == "tokensyncd")
                context = pod["spec"]["securityContext"] | daemon["securityContext"]
                self.assertEqual(f"{context['runAsUser']}:{context['runAsGroup']}", user)
        self.assertEqual(command, ["run"])

    def test_the_one_shot_form_ends(self):
        daemon = dict(every_pod())["Job report"]["spec"]["initContainers"][0]
        self.assertEqual(daemon["args"][0], "once")
        self.assertNotIn("restartPolicy", daemon)
        self.assertNotIn("startupProbe", daemon)

    def test_the_monitor_finds_each_daemon_that_stays(self):
        spec = next(each for each in MANIFESTS["monitoring"] if each["kind"] == "PodMonitor")["spec"]
        wanted = spec["selector"]["matchExpressions"][0]
        found = {name for name, pod in every_pod()
                 if pod["metadata"]["labels"].get(wanted["key"]) in wanted["values"]}
        self.assertEqual(found, {"Deployment application", "Deployment tokensyncd"})
        for name, pod in every_pod():
            if name in found:
                ports = [port["name"] for container in containers(pod["spec"])
                         for port in container.get("ports", [])]
                self.assertIn(spec["podMetricsEndpoints"][0]["port"], ports)

    def test_rules_are_those_of_metrics(self):
        run = subprocess.run([ROOT / "kubernetes/monitoring/generate", "--check"], check=False)
        self.assertEqual(run.returncode, 0)


if __name__ == "__main__":
    unittest.main()
