#!/usr/bin/env python3
"""Whether the chart of kubernetes/helm is what Kubernetes takes, and the same as kustomize's manifests."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

from charts import APPLICATION, CHART, IN_A_POD, WORKSPACES, chart_of_ones_own, helm, template
from manifests import ROOT, named, pods, referred_to, rendered
from policy import ours, restricted
from schemas import schema_breaches

LEAST = {"workspaces": WORKSPACES}
MONITORED = {"monitoring": {"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}}
BROUGHT_BY_THE_OPERATOR = {"tokensyncd-partner", "vault-ca", "default"}
OURS = {"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version",
        "helm.sh/chart", "checksum/tokensyncd"}


def without_ours(value):
    """A manifest without the labels and annotations that only Helm's have."""
    if isinstance(value, dict):
        kept = {key: without_ours(each) for key, each in value.items() if key not in OURS}
        return {key: each for key, each in kept.items() if key != "annotations" or each}
    return [without_ours(each) for each in value] if isinstance(value, list) else value


def settings_of(manifests):
    """The ConfigMap; kustomize's has a hash in its name."""
    return next(each for each in manifests if "tokensyncd.yaml" in each.get("data", {}))


def comparable(manifests):
    """Manifests by kind and name: names of ConfigMaps as Helm's, without labels of their own."""
    text = json.dumps(manifests).replace(settings_of(manifests)["metadata"]["name"], "tokensyncd")
    found = without_ours(json.loads(text.replace("-standalone-workspaces", "-workspaces")))
    for each in found:
        each["metadata"].pop("labels", None)
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pod_of(manifests, kind="Deployment", name="tokensyncd"):
    return named(manifests, kind, name)["spec"]["template"]


class Judged(unittest.TestCase):
    def assert_right(self, manifests, brought=frozenset()):
        """Schemas, policy, and that names meet."""
        self.assertEqual(schema_breaches(manifests), [])
        there = {each["metadata"]["name"] for each in manifests} | BROUGHT_BY_THE_OPERATOR | brought
        for name, pod in pods(manifests):
            with self.subTest(name):
                self.assertEqual([*restricted(pod["spec"]), *ours(pod["spec"])], [])
                self.assertEqual(set(referred_to(pod["spec"])) - there, set())


class Standalone(Judged):
    def test_is_by_default_what_kustomize_has(self):
        self.maxDiff = None
        self.assertEqual(comparable(template(LEAST)), comparable(rendered("standalone")))

    def test_monitors_as_kustomize_does(self):
        manifests = template(LEAST | MONITORED)
        self.assert_right(manifests)
        for kind in ("PodMonitor", "PrometheusRule"):
            self.assertEqual(named(manifests, kind, "tokensyncd")["spec"],
                             named(rendered("monitoring"), kind, "tokensyncd")["spec"])

    def test_names_that_yaml_takes_for_something_else_stay_text(self):
        for release in ("12345678", "1e3", "0x10", "true", "null"):
            with self.subTest(release):
                manifests = template(LEAST | MONITORED | {"fullnameOverride": "no", "partnerSecretName": "2024.01",
                                     "serviceAccount": {"name": "123"}, "vault": {"caConfigMap": "1e3"},
                                     "persistence": {"existingClaim": "456"}}, release=release)
                self.assert_right(manifests, {"2024.01", "123", "1e3", "456"})
                labels = named(manifests, "Deployment", "no")["spec"]["selector"]["matchLabels"]
                self.assertEqual(labels["app.kubernetes.io/instance"], release)
                pod = pod_of(manifests, "Deployment", "no")
                self.assertLessEqual(labels.items(), pod["metadata"]["labels"].items())

    def test_has_nothing_optional_that_is_off(self):
        manifests = template(LEAST | {
            "persistence": {"enabled": False}, "networkPolicy": {"enabled": False},
            "serviceAccount": {"create": False}, "vault": {"caConfigMap": "", "audience": ""}})
        self.assert_right(manifests)
        self.assertEqual(sorted(each["kind"] for each in manifests), ["ConfigMap", "ConfigMap", "Deployment"])
        spec = pod_of(manifests)["spec"]
        self.assertEqual(spec["serviceAccountName"], "default")
        config, _, state = spec["volumes"]
        self.assertEqual(len(config["projected"]["sources"]), 3)
        self.assertEqual(state["emptyDir"], {"medium": "Memory", "sizeLimit": "64Mi"})

    def test_takes_each_value(self):
        digest = "sha256:" + 64 * "0"
        tolerated = {"key": "dedicated", "operator": "Exists"}
        affine = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "DoesNotExist"}]}]}}}
        away = {"ports": [{"protocol": "TCP", "port": 3128}]}
        manifests = template(LEAST | {
            "image": {"repository": "theirs/it", "digest": digest, "pullPolicy": "Always"},
            "imagePullSecrets": [{"name": "pull"}], "partnerSecretName": "partner", "port": 9500,
            "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"disk": "fast"},
            "tolerations": [tolerated], "affinity": affine, "podLabels": {"team": "a", "tokensyncd": "no"},
            "podAnnotations": {"note": "b"}, "extraPorts": [{"name": "webhook", "containerPort": 8443}],
            "extraConfig": [{"secret": {"name": "approle"}}],
            "serviceAccount": {"name": "account", "annotations": {"note": "c"}},
            "persistence": {"size": "1Gi", "storageClass": "fast"},
            "networkPolicy": {"extraEgress": [away]},
            "monitoring": {"podMonitor": {"enabled": True, "labels": {"release": "d"}},
                           "prometheusRule": {"enabled": True, "labels": {"release": "e"},
                                              "runbookBaseUrl": "https://docs.example/"}}})
        self.assert_right(manifests, {"approle", "partner"})
        pod = pod_of(manifests)
        spec, (daemon,) = pod["spec"], pod["spec"]["containers"]
        self.assertEqual((daemon["image"], daemon["imagePullPolicy"]), (f"theirs/it@{digest}", "Always"))
        self.assertEqual([port["containerPort"] for port in daemon["ports"]], [9500, 8443])
        settings = yaml.safe_load(named(manifests, "ConfigMap", "tokensyncd")["data"]["tokensyncd.yaml"])
        self.assertEqual(settings["admin"]["listen"], ["0.0.0.0:9500", "127.0.0.1:9465"])
        self.assertEqual(daemon["resources"], {"limits": {"memory": "1Gi"}})
        self.assertEqual((spec["imagePullSecrets"], spec["nodeSelector"], spec["tolerations"], spec["affinity"]),
                         ([{"name": "pull"}], {"disk": "fast"}, [tolerated], affine))
        self.assertEqual((pod["metadata"]["labels"]["team"], pod["metadata"]["labels"]["tokensyncd"]),
                         ("a", "standalone"))
        self.assertEqual(pod["metadata"]["annotations"]["note"], "b")
        self.assertLessEqual({"approle", "partner", "account"}, set(referred_to(spec)))
        account = named(manifests, "ServiceAccount", "account")
        self.assertEqual(account["metadata"]["annotations"], {"note": "c"})
        claim = named(manifests, "PersistentVolumeClaim", "tokensyncd-state")["spec"]
        self.assertEqual((claim["storageClassName"], claim["resources"]["requests"]["storage"]), ("fast", "1Gi"))
        policy = named(manifests, "NetworkPolicy", "tokensyncd")["spec"]
        self.assertEqual([port["port"] for port in policy["ingress"][0]["ports"]], [9500, 8443])
        self.assertEqual(policy["egress"][-1], away)
        for kind, label in (("PodMonitor", "d"), ("PrometheusRule", "e")):
            self.assertEqual(named(manifests, kind, "tokensyncd")["metadata"]["labels"]["release"], label)
        runbooks = re.findall(r'"runbook_url": "([^"]*)', json.dumps(manifests))
        self.assertGreater(len(runbooks), 0)
        for url in runbooks:
            self.assertRegex(url, r"^https://docs\.example/docs/alerts\.md#\w+$")

    def test_takes_a_claim_that_is_there(self):
        manifests = template(LEAST | {"persistence": {"existingClaim": "theirs"}})
        self.assert_right(manifests, {"theirs"})
        self.assertNotIn("PersistentVolumeClaim", [each["kind"] for each in manifests])

    def test_meets_its_names_in_a_release_of_any_name(self):
        for release in ("timelines", 53 * "r"):
            manifests = template(LEAST | MONITORED, release=release)
            self.assert_right(manifests)
            for each in manifests:
                self.assertLessEqual(len(each["metadata"]["name"]), 63)
                self.assertEqual(each["metadata"]["labels"]["app.kubernetes.io/instance"], release)
            deployment = next(each for each in manifests if each["kind"] == "Deployment")["spec"]
            self.assertLessEqual(deployment["selector"]["matchLabels"].items(),
                                 deployment["template"]["metadata"]["labels"].items())

    def test_takes_another_name(self):
        manifests = template(LEAST | {"fullnameOverride": "tokens"})
        self.assert_right(manifests)
        self.assertEqual({each["metadata"]["name"] for each in manifests},
                         {"tokens", "tokens-workspaces", "tokens-state"})

    def test_settings_replace_the_pod_and_workspaces_do_not(self):
        before = pod_of(template(LEAST))
        self.assertEqual(pod_of(template({"workspaces": [{"id": "acme-new"}]})), before)
        settings = yaml.safe_load(settings_of(template(LEAST))["data"]["tokensyncd.yaml"])
        changed = pod_of(template(LEAST | {"settings": settings | {"log": {"level": "debug"}}}))
        self.assertNotEqual(changed, before)
        self.assertEqual(without_ours(changed), without_ours(before))


class Of_a_chart_of_ones_own(Judged):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.chart = chart_of_ones_own(folder.name)

    def rendered(self, release="tokensyncd", *more, **values):
        own = {"standalone": {"enabled": False}, "workspaces": WORKSPACES} | values
        return template({"tokensyncd": own}, *more, chart=self.chart, release=release)

    def test_a_pod_gets_what_kustomize_gives_it(self):
        manifests = self.rendered()
        for workload in (("Deployment", "application"), ("Job", "report")):
            wanted = comparable(rendered("example"))[workload]["spec"]["template"]
            found = pod_of(manifests, *workload)
            added = {volume["name"]: volume for volume in found["spec"]["volumes"]}
            self.assertEqual(added, {volume["name"]: volume for volume in wanted["spec"]["volumes"]
                                     if volume["name"] != "application"})
            self.assertEqual(found["spec"]["initContainers"], wanted["spec"]["initContainers"])
        labels = pod_of(manifests, "Deployment", "application")["metadata"]["labels"]
        self.assertEqual(labels["tokensyncd"], "sidecar")
        self.assertEqual(settings_of(manifests)["data"], settings_of(rendered("example"))["data"])

    def test_is_right_in_a_release_of_another_name_and_has_nothing_of_the_standalone(self):
        manifests = self.rendered("shop", enabled=True, **MONITORED)
        self.assert_right(manifests)
        self.assertEqual(sorted(each["kind"] for each in manifests), [
            "ConfigMap", "ConfigMap", "Deployment", "Job", "PodMonitor", "PrometheusRule"])

    def test_values_reach_the_container(self):
        manifests = self.rendered(port=9500, resources={"limits": {"memory": "1Gi"}}, image={"tag": "2"},
                                  partnerSecretName="partner", extraConfig=[{"configMap": {"name": "ca"}}])
        self.assert_right(manifests, {"partner", "ca"})
        daemon = pod_of(manifests, "Deployment", "application")["spec"]["initContainers"][0]
        self.assertEqual((daemon["ports"][0]["containerPort"], daemon["resources"], daemon["image"]),
                         (9500, {"limits": {"memory": "1Gi"}}, "registry.example/tokensyncd:2"))

    def test_settings_replace_the_pod_and_workspaces_do_not(self):
        def pod(**values):
            return pod_of(self.rendered(**values), "Deployment", "application")
        self.assertEqual(pod(workspaces=[{"id": "acme-new"}]), pod())
        self.assertNotEqual(pod(settings=IN_A_POD["settings"]), pod())

    def test_refuses_what_could_never_start(self):
        with self.assertRaisesRegex(ValueError, "set its value standalone.enabled to false"):
            self.rendered(standalone={"enabled": True})
        with self.assertRaisesRegex(ValueError, "tokensyncd.sidecar needs Kubernetes 1.29"):
            self.rendered("shop", "--kube-version", "1.28.0")


class Values(unittest.TestCase):
    def test_that_are_wrong_are_refused_with_the_reason(self):
        settings = IN_A_POD["settings"]
        partner = settings["partner"]
        vault = {"type": "vault", "addresses": ["https://vault:8200"], "path": "{workspace}",
                 "auth": {"method": "token", "token": "hvs.secret"}}
        for values, reason in (
                ({}, "workspaces is empty: name at least one"),
                ({"workspace": WORKSPACES}, "'workspace' not allowed"),
                ({"workspaces": "acme"}, "at '/workspaces': got string, want array"),
                ({"workspaces": [{"id": "acme", "token": "secret"}]}, "'token' not allowed"),
                ({"partnerSecret": "secret"}, "'partnerSecret' not allowed"),
                ({"partnerSecretName": "A Secret"}, "at '/partnerSecretName': 'A Secret' does not match"),
                ({"serviceAccount": {"name": "A_B"}}, "at '/serviceAccount/name': 'A_B' does not match"),
                ({"vault": {"caConfigMap": "A_B"}}, "at '/vault/caConfigMap': 'A_B' does not match"),
                ({"persistence": {"existingClaim": "A_B"}}, "at '/persistence/existingClaim': 'A_B' does not match"),
                ({"persistence": {"storageClass": "A B"}}, "at '/persistence/storageClass': 'A B' does not match"),
                ({"image": {"repository": "https://a"}}, "at '/image/repository': 'https://a' does not match"),
                ({"image": {"tag": "a b"}}, "at '/image/tag': 'a b' does not match"),
                ({"image": {"tag": 1.0}}, "at '/image/tag': got number, want string"),
                ({"image": {"digest": "latest"}}, "at '/image/digest': 'latest' does not match"),
                ({"standalone": {"enabled": "false"}}, "at '/standalone/enabled': got string, want boolean"),
                ({"port": 70000}, "at '/port': maximum"),
                ({"monitoring": {"prometheusRule": {"runbookBaseUrl": 'https://a/"b'}}},
                 "at '/monitoring/prometheusRule/runbookBaseUrl'"),
                ({"podLabels": {"a": 1}}, "at '/podLabels/a': got number, want string"),
                ({"extraConfig": [{"hostPath": {"path": "/"}}]}, "'hostPath' not allowed"),
                ({"monitoring": {"enabled": True}}, "at '/monitoring': additional properties 'enabled'"),
                ({"settings": settings | {"partner": partner | {"secret": "s"}}},
                 "at '/settings/partner': additional properties 'secret' not allowed"),
                ({"settings": settings | {"sinks": {"vault": vault}}}, "'token' not allowed"),
                ({"settings": settings | {"workspace_files": ["mine.yaml"]}}, "value must be 'workspaces.yaml'"),
                ({"settings": settings | {"sinks": {"files": settings["sinks"]["files"] | {"mode": 0o644}}}},
                 "at '/settings/sinks/files/mode': got number, want string")):
            with self.subTest(reason):
                with self.assertRaises(ValueError) as refused:
                    template((LEAST if values else {}) | values)
                self.assertIn(reason, str(refused.exception))

    def test_each_key_is_in_the_schema_and_has_a_default(self):
        def same(values, schema, at):
            known = schema.get("properties", {})
            if not known or values == {}:
                return
            self.assertEqual(values.keys(), known.keys() - (set() if at else {"global", "enabled"}), at)
            for key, value in values.items():
                same(value, known[key], f"{at}/{key}")
        same(yaml.safe_load((CHART / "values.yaml").read_text()),
             json.loads((CHART / "values.schema.json").read_text()), "")

    def test_the_schema_has_the_settings_of_this_version(self):
        run = subprocess.run([ROOT / "kubernetes/helm/generate", "--check"], check=False)
        self.assertEqual(run.returncode, 0)


class Docs(unittest.TestCase):
    """docs/kubernetes.md, "Helm"."""

    def test_show_values_and_includes_that_work(self):
        section = (ROOT / "docs/kubernetes.md").read_text().split("\n## Helm\n")[1].split("\n## ")[0]
        blocks = re.findall(r"```yaml\n# (\S+).*?\n(.*?)```", section, re.DOTALL)
        standalone, in_a_pod = (yaml.safe_load(text) for name, text in blocks if name == "values.yaml")
        self.assertEqual(without_ours(pod_of(template(standalone))), without_ours(pod_of(template(LEAST))))
        self.assertEqual(yaml.safe_load(settings_of(template(standalone))["data"]["tokensyncd.yaml"]),
                         yaml.safe_load(settings_of(template(LEAST))["data"]["tokensyncd.yaml"]))
        with tempfile.TemporaryDirectory() as folder:
            chart = chart_of_ones_own(folder)
            self.assertEqual(template(in_a_pod, chart=chart), template(
                {"tokensyncd": {"standalone": {"enabled": False}, "workspaces": WORKSPACES}}, chart=chart))
        told, = (text for name, text in blocks if name == "templates/application.yaml,")
        self.assertEqual([line for line in told.splitlines() if "include" in line],
                         [line for line in APPLICATION.splitlines() if "include" in line])


class Chart(unittest.TestCase):
    def test_has_the_version_of_the_project(self):
        version = re.search(r"project\(tokensyncd VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        self.assertEqual((chart["version"], chart["appVersion"]), (version, version))

    def test_lint_finds_nothing(self):
        for values in ({}, LEAST | MONITORED, IN_A_POD):
            with self.subTest(values):
                code, out, err = helm("lint", "--strict", CHART, values=values)
                self.assertEqual((code, re.findall(r"\[(?:WARNING|ERROR)\].*", out)), (0, []), err)

    def test_is_whole_in_a_package(self):
        values = LEAST | MONITORED
        with tempfile.TemporaryDirectory() as folder:
            code, _, err = helm("package", CHART, "--destination", folder)
            self.assertEqual(code, 0, err)
            package, = pathlib.Path(folder).iterdir()
            self.assertEqual(template(values, chart=package), template(values))


if __name__ == "__main__":
    unittest.main()
