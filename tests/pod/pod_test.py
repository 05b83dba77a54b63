#!/usr/bin/env python3
"""The pods of kubernetes/, run as they are rendered, against a stand-in of the API.

usage: pod_test.py ARCHIVE [UNITTEST ARGUMENTS]   (as tests/pod/run does, TOKENSYNCD_BUILD set)

The stand-in answers as app.timelines.ai on port 443, found by DNS, so the shipped configuration is used
unchanged; the only thing that is added to the image is the authority that vouches for it.
"""

import copy
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from archive import Archive
from charts import IN_A_POD, WORKSPACES, chart_of_ones_own, template
from kubelet import Image, Pod, asked
from manifests import named, rendered
from servers import VAULT_HOST, Api, Names, Vault

from process import wait_for
from stand_ins import PARTNER_SECRET

ARCHIVE = pathlib.Path(sys.argv[1]).resolve()
CERTIFICATES = pathlib.Path("etc/ssl/certs")


def eventually(condition, what):
    wait_for(condition, 60, what)


class InAPod(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="tokensyncd-pod."))
        self.addCleanup(shutil.rmtree, self.work)
        # Unmounted before, deepest first; the mounts are this process's own.
        self.addCleanup(lambda: subprocess.run(
            f"umount -q {self.work}/*/volume-*", shell=True, check=False))
        self.pods = 0
        self.addCleanup(Names().stop)
        self.api = Api(self.work)
        self.addCleanup(self.api.stop)

    def pod(self, manifests, workload, more=None, change=lambda template, objects: None):
        """A pod of a rendered workload, not started; `change` may make it another one before."""
        kind, name = workload.split()
        objects = {each["metadata"]["name"]: dict(each["data"]) for each in manifests
                   if each["kind"] == "ConfigMap"}
        objects["tokensyncd-partner"] = {"partner-id": "acme", "partner-secret": PARTNER_SECRET}
        objects |= more or {}
        template = copy.deepcopy(named(manifests, kind, name)["spec"]["template"])
        change(template, objects)
        python = Image(self.python_root(), host_directories=["/usr"])
        images = {each["name"]: python for each in template["spec"]["containers"]}
        root, entrypoint = self.image()
        images["tokensyncd"] = Image(root, entrypoint)
        pod = Pod(self.work / f"{name}-{self.pods}", template, objects, images, hosts=[VAULT_HOST])
        self.pods += 1
        self.addCleanup(pod.end)
        return pod

    def image(self):
        root = self.work / "image"
        if not root.exists():
            self.entrypoint = Archive(ARCHIVE).unpack(root)["Entrypoint"]
            authority = subprocess.run(["openssl", "x509", "-noout", "-hash", "-in", self.api.ca_file],
                                       check=True, capture_output=True, text=True).stdout.strip()
            shutil.copy(self.api.ca_file, root / CERTIFICATES / f"{authority}.0")
        return root, self.entrypoint

    def python_root(self):
        """Stands for an image with Python: this machine's."""
        root = self.work / "python"
        if not root.exists():
            root.mkdir()
            for name in ("bin", "lib", "lib64"):
                (root / name).symlink_to(f"usr/{name}")
        return root

    def assert_holds(self, tokens, workspaces):
        for workspace in workspaces:
            self.assertEqual((tokens / workspace).read_text(), self.api.token(workspace))

    def assert_no_secret_in(self, *logs):
        self.assertGreater(len(self.api.seen), 0)
        for log in logs:
            text = log.read_text()
            for secret in {PARTNER_SECRET, *self.api.seen}:
                self.assertNotIn(secret, text, log)


class Sidecar(InAPod):
    def setUp(self):
        super().setUp()
        self.take(self.pod(rendered("example"), "Deployment application"))

    def take(self, pod):
        self.it, self.tokens = pod, pod.volumes["timelines-tokens"]
        self.daemon, self.application = (pod.containers[n] for n in ("tokensyncd", "application"))

    def said(self, what):
        return what in self.application.log.read_text()

    def start(self):
        self.daemon.start()
        eventually(lambda: self.daemon.probe("startupProbe")[0] == 200, "the startup probe is green")
        self.application.start()
        eventually(lambda: self.said("acme-sales: a token") and self.said("acme-support: a token"),
                   "the application has read both")

    def test_the_configuration_is_valid(self):
        self.assertEqual(self.daemon.run(["check"]), 0, self.daemon.log.read_text())

    def test_runs_in_a_chart_with_settings_from_its_values(self):
        (self.work / "chart").mkdir()
        chart = chart_of_ones_own(self.work / "chart")
        self.take(self.pod(template({"tokensyncd": IN_A_POD}, chart=chart), "Deployment application"))
        self.daemon.start()
        eventually(lambda: self.daemon.probe("startupProbe")[0] == 200, "the startup probe is green")
        self.assertEqual(self.application.run(), 0, self.application.log.read_text())
        self.assertIn(self.api.token("acme-sales"), self.application.log.read_text())

    def test_is_green_when_the_files_are_there_and_not_before(self):
        self.api.call("POST", "faults", workspace="acme-sales", hold="answer")
        self.daemon.start()
        eventually(lambda: (self.tokens / "acme-support").exists(), "one file")
        status, why = self.daemon.probe("startupProbe")
        self.assertEqual((status, "acme-sales/files" in why), (503, True), why)
        self.assertEqual(self.daemon.probe("livenessProbe")[0], 200)
        self.api.call("DELETE", "faults")
        self.api.call("POST", "release")
        eventually(lambda: self.daemon.probe("startupProbe")[0] == 200, "the startup probe is green")
        self.assert_holds(self.tokens, ["acme-sales", "acme-support"])

    def test_runs_as_restricted_as_the_manifest_says(self):
        self.start()
        process = pathlib.Path(f"/proc/{self.daemon.pid()}")
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines()
                      if ":\t" in line)
        self.assertEqual(status["Uid"].split(), ["65532"] * 4)
        self.assertEqual(status["Gid"].split(), ["65532"] * 4)
        self.assertEqual(status["Groups"].split(), [])
        self.assertEqual(status["NSpid"].split()[1:], ["1"])
        self.assertEqual((status["NoNewPrivs"], int(status["CapBnd"], 16)), ("1", 0))
        self.assertEqual(status["Seccomp"], "2")  # by a filter
        writable = {line.split()[4] for line in (process / "mountinfo").read_text().splitlines()
                    if line.split()[5].startswith("rw")}
        self.assertEqual(writable - {"/proc", "/dev"}, {"/run/tokensyncd", "/run/timelines"})

    def test_a_rotation_reaches_the_application(self):
        self.start()
        self.assert_holds(self.tokens, ["acme-sales", "acme-support"])
        self.api.rotate("acme-sales")
        code, said = self.daemon.execute("tokensyncd", "sync", "acme-sales")
        self.assertEqual(code, 0, said)
        eventually(lambda: self.said("acme-sales: a new token"), "the application has noticed")
        self.assert_holds(self.tokens, ["acme-sales", "acme-support"])
        self.assertFalse(self.said("acme-support: a new token"))
        self.assertEqual((self.tokens / "acme-sales").stat().st_mode & 0o777, 0o644)
        _, metrics = asked("http://127.0.0.1:9464/metrics")
        self.assertIn('tokensyncd_token_generation{workspace="acme-sales"} 2', metrics)
        self.assertEqual(asked("http://127.0.0.1:9464/status")[0], 404)
        self.assertEqual(asked("http://127.0.0.1:9464/")[0], 404)
        for page in ("status", ""):
            self.assertEqual(asked(f"http://127.0.0.1:9465/{page}")[0], 200, "for kubectl port-forward")
        code, said = self.daemon.execute("tokensyncd", "status", "--wait", "30s")
        self.assertEqual(code, 0, said)
        self.assert_no_secret_in(self.daemon.log, self.application.log)

    def test_a_group_may_be_all_that_reads(self):
        # As docs/kubernetes.md has it, "Who may read".
        def change(template, objects):
            template["spec"]["securityContext"]["fsGroup"] = 2000
            settings = next(each for each in objects.values() if "tokensyncd.yaml" in each)
            settings["tokensyncd.yaml"] = settings["tokensyncd.yaml"].replace('"0644"', '"0640"')
        self.take(self.pod(rendered("example"), "Deployment application", change=change))
        self.start()
        there = (self.tokens / "acme-sales").stat()
        self.assertEqual((there.st_mode & 0o777, there.st_uid, there.st_gid), (0o640, 65532, 2000))

    def test_a_new_workspace_needs_no_restart(self):
        self.start()
        self.it.objects["tokensyncd-workspaces"]["workspaces.yaml"] += "- id: acme-new\n"
        self.it.update("tokensyncd-config")
        eventually(lambda: self.said("acme-new: a token"), "the application has the new one")
        self.assert_holds(self.tokens, ["acme-new"])

    def test_another_start_writes_nothing_that_is_right(self):
        self.start()
        before = {path.name: path.stat().st_ino for path in self.tokens.iterdir()}
        self.daemon.signal(signal.SIGKILL)
        self.daemon.process.wait(30)
        self.daemon.start()
        eventually(lambda: self.daemon.probe("startupProbe")[0] == 200, "the startup probe is green")
        self.assertEqual({path.name: path.stat().st_ino for path in self.tokens.iterdir()}, before)

    def test_ends_well_when_asked_to(self):
        self.start()
        code, seconds = self.daemon.stop()
        self.assertEqual(code, 0, self.daemon.log.read_text())
        self.assertLess(seconds, 10)
        self.assert_holds(self.tokens, ["acme-sales", "acme-support"])


class OneShot(InAPod):
    def test_brings_the_tokens_and_ends(self):
        pod = self.pod(rendered("example"), "Job report")
        daemon, report = pod.containers["tokensyncd"], pod.containers["report"]
        self.assertEqual(daemon.run(), 0, daemon.log.read_text())
        self.assert_holds(pod.volumes["timelines-tokens"], ["acme-sales", "acme-support"])
        self.assertEqual(report.run(), 0, report.log.read_text())
        self.assertEqual(report.log.read_text().count(": a token of"), 2)
        self.assert_no_secret_in(daemon.log, report.log)

    def test_fails_where_the_api_knows_a_workspace_not_to_be_ours(self):
        self.api.call("PUT", "workspaces/acme-sales", owned=False)
        daemon = self.pod(rendered("example"), "Job report").containers["tokensyncd"]
        self.assertEqual(daemon.run(["once", "--timeout", "5s"]), 1, daemon.log.read_text())


class Standalone(InAPod):
    def setUp(self):
        super().setUp()
        self.vault = Vault(self.work)
        self.addCleanup(self.vault.stop)
        self.brought = {"vault-ca": {"ca.crt": self.vault.ca_file.read_text()},
                        "serviceAccountToken": {"token": self.vault.account_token}}
        self.it = self.pod(rendered("standalone"), "Deployment tokensyncd", self.brought)
        self.daemon = self.it.containers["tokensyncd"]

    def green(self):
        return asked("http://127.0.0.1:9464/readyz")[0] == 200

    def assert_vault_holds(self, *workspaces):
        for workspace in workspaces:
            self.assertEqual(self.vault.secret(workspace)["token"], self.api.token(workspace))

    def test_the_configuration_is_valid(self):
        self.assertEqual(self.daemon.run(["check", "--online"]), 0, self.daemon.log.read_text())

    def test_the_chart_is_valid_without_a_volume(self):
        manifests = template({"workspaces": WORKSPACES, "persistence": {"enabled": False}})
        daemon = self.pod(manifests, "Deployment tokensyncd", self.brought).containers["tokensyncd"]
        self.assertEqual(daemon.run(["check", "--online"]), 0, daemon.log.read_text())

    def test_keeps_vault_right_and_remembers_over_a_restart(self):
        self.daemon.start()
        eventually(self.green, "everything is in Vault")
        self.assert_vault_holds("acme-support", "acme-sales")
        self.assertEqual(self.daemon.probe("livenessProbe")[0], 200)
        self.assertEqual(self.daemon.stop()[0], 0)
        self.api.rotate("acme-sales")
        self.daemon.start()
        eventually(self.green, "what the state says is in sync")
        code, said = self.daemon.execute("tokensyncd", "sync")
        self.assertEqual(code, 0, said)
        eventually(lambda: self.vault.secret("acme-sales")["token"] == self.api.token("acme-sales"),
                   "Vault has the new token")
        self.assert_vault_holds("acme-support")
        _, metrics = asked("http://127.0.0.1:9464/metrics")
        self.assertIn('tokensyncd_token_generation{workspace="acme-sales"} 2', metrics)
        self.assert_no_secret_in(self.daemon.log)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
