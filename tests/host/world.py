"""A machine with the package, a stand-in for the API and a configuration, and what tests ask."""

import json
import os
import pathlib
import secrets
import unittest

import base
from machine import Machine

BUILD = pathlib.Path(os.environ["TOKENSYNCD_BUILD"])
PACKAGE = max(BUILD.glob("tokensyncd_*.deb"), key=lambda path: path.stat().st_mtime)
EXAMPLES = "/usr/share/doc/tokensyncd/examples"
DROP_INS = "/etc/systemd/system/tokensyncd.service.d"
CONFIGURATION = "/etc/tokensyncd/tokensyncd.yaml"
SECRET = "/etc/tokensyncd/partner-secret"

STAND_IN = """[Service]
Environment=LD_LIBRARY_PATH=/opt/stand-in
RuntimeDirectory=stand-in
RuntimeDirectoryMode=0755
StandardOutput=truncate:/run/stand-in.json
ExecStart=/opt/stand-in/tokensyncd-sandbox --certificates /run/stand-in/tls --with-tokens \
  --partner-secret-file /root/partner-secret --workspaces alpha,beta,gamma \
  --set 'rotated_at_on_get="last"'
"""


class World(Machine):
    """Workspaces alpha and beta, in files; gamma exists and isn't configured."""

    def __init__(self, package=PACKAGE):
        super().__init__(base.base_root(PACKAGE), [(base.stand_in(BUILD), "/opt/stand-in")])
        self.secret = "canary-" + secrets.token_hex(24)
        self.canaries = {self.secret}
        try:
            self._furnish(package)
        except BaseException:
            self.close()
            raise

    def _furnish(self, package):
        self.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.write("/root/partner-secret", self.secret, 0o600)
        self.write("/etc/systemd/system/stand-in.service", STAND_IN)
        self.systemctl("daemon-reload")
        self.systemctl("start", "stand-in")
        ready = self.path("/run/stand-in.json")
        self.wait(lambda: ready.is_file() and ready.read_text().endswith("\n"), "the stand-in")
        self.api = json.loads(ready.read_text())
        self.install(package)
        self.write(SECRET, self.secret, 0o640)
        self.call("chgrp", "tokensyncd", SECRET)
        self.configure()

    def configure(self, workspaces=("alpha", "beta"), secret_file="partner-secret", sinks=None):
        sinks = sinks or {"files": {"type": "file", "path": "/run/tokensyncd/tokens/{workspace}",
                                    "mode": "0644"}}
        self.write(CONFIGURATION, json.dumps({  # which is YAML, too
            "version": 1,
            "partner": {"id": "acme", "secret_file": secret_file, "api_url": self.api["api_url"],
                        "tls": {"ca_file": self.api["ca_file"]}},
            "poll": {"interval": "1s"},
            "workspaces": [{"id": each, "sinks": list(sinks)} for each in workspaces],
            "sinks": sinks,
            "audit": {"file": "/var/log/tokensyncd/audit.jsonl"},
        }, indent=1))

    def drop_in(self, name, text, unit="tokensyncd.service"):
        self.write(f"/etc/systemd/system/{unit}.d/{name}", text)
        self.systemctl("daemon-reload")

    def example(self, name):
        return self.path(f"{EXAMPLES}/{name}").read_text()

    def control(self, path, *more):
        return json.loads(self.fetch(self.api["control_url"] + path, *more))

    def token(self, workspace):
        """The one that the API holds to be right now."""
        said = self.control(f"/control/workspaces/{workspace}")
        self.canaries.update(filter(None, (said["token"], said.get("previous_token"))))
        return said["token"]

    def rotate(self, workspace):
        """As in the vendor's web page."""
        before = self.token(workspace)
        self.control(f"/control/workspaces/{workspace}/rotate", "-X", "POST")
        assert self.token(workspace) != before

    def file(self, workspace):
        return self.path(f"/run/tokensyncd/tokens/{workspace}")

    def delivered(self, *workspaces):
        """Waits until these have their token of now in their files."""
        for each in workspaces:
            self.wait(lambda each=each: self.file(each).is_file() and
                      self.file(each).read_text() == self.token(each), f"{each}'s token")

    def generation(self, workspace):
        """As the daemon says."""
        said = json.loads(self.call("tokensyncd", "status", "--json", check=False).stdout)
        return next(each["generation"] for each in said["workspaces"] if each["id"] == workspace)

    def running(self):
        return self.show("ActiveState") == "active"

    def wait_restarted(self, before):
        """Until another process than `before` has said that it is ready."""
        self.wait(lambda: self.running() and self.show("MainPID") not in ("0", before), "a restart")


class HostTest(unittest.TestCase):
    """A world for each class; afterwards no secret that was in it is in its journal."""

    make_world = World

    @classmethod
    def setUpClass(cls):
        cls.world = cls.make_world()
        cls.addClassCleanup(cls.world.close)

    @classmethod
    def tearDownClass(cls):
        for workspace in ("alpha", "beta", "gamma"):
            cls.world.token(workspace)
        journal = cls.world.journal("--output=export", "--all")
        assert "_SYSTEMD_UNIT=tokensyncd.service" in journal, "the journal doesn't know the service"
        found = [each for each in cls.world.canaries if each in journal]
        assert not found, f"{len(found)} of {len(cls.world.canaries)} secrets are in the journal"

    def setUp(self):
        self.begun = self.world.call("date", "+%s.%N").stdout.strip()

    def said(self, unit="tokensyncd.service"):
        """What the journal has of a unit, and of systemd about it, since this test began."""
        return self.world.journal("--unit", unit, "--since", "@" + self.begun)
