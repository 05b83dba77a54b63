"""The drop-ins that are shipped as examples, taken as they say themselves."""

import re
import unittest

from world import CONFIGURATION, DROP_INS, EXAMPLES, SECRET, HostTest

APP = """[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecReload=/bin/sh -c 'echo reloaded >>/run/%N.reloads'
"""
# Has the token from its environment, which a reload doesn't change.
FROM_ENVIRONMENT = """[Service]
EnvironmentFile=-/run/tokensyncd/tokens/env-alpha
ExecStart=/bin/sh -c 'printenv TIMELINES_TOKEN >/run/%N.token; exec sleep infinity'
ExecReload=/bin/true
"""


class A_credential(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.call("rm", SECRET)
        cls.world.call("install", "-D", "-m", "600", "/root/partner-secret",
                       "/etc/credstore/partner-secret")
        named = re.search(r"secret_file: (.*)", cls.world.example("credentials.conf"))
        cls.world.configure(secret_file=named.group(1))

    def serves_the_service_and_commands(self):
        self.world.systemctl("restart", "tokensyncd")
        self.world.rotate("alpha")
        self.world.delivered("alpha", "beta")
        self.world.call("tokensyncd", "status", "--wait", "30s")
        self.world.systemctl("reload", "tokensyncd")
        self.world.call("runuser", "-u", "tokensyncd", "--", "tokensyncd", "check")

    def test_brings_the_partner_secret_to_the_service_and_to_commands(self):
        self.world.call("install", "-D", "-m", "644", f"{EXAMPLES}/credentials.conf",
                        f"{DROP_INS}/credentials.conf")
        self.world.systemctl("daemon-reload")
        self.serves_the_service_and_commands()

    def test_may_be_encrypted(self):
        self.world.call("mkdir", "-p", "/etc/credstore.encrypted")
        self.world.call("systemd-creds", "encrypt", "--with-key=host", "/etc/credstore/partner-secret",
                        "/etc/credstore.encrypted/partner-secret")
        plain = self.world.example("credentials.conf")
        encrypted = plain.replace("\nLoadCredential=", "\n#").replace("#LoadCredentialEncrypted=",
                                                                      "LoadCredentialEncrypted=")
        self.assertNotEqual(encrypted, plain)
        self.world.drop_in("credentials.conf", encrypted)
        self.serves_the_service_and_commands()


class A_reload_that_systemd_follows(HostTest):
    """Type=notify-reload: the reload is over when the daemon says so (systemd.service(5))."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        version = int(cls.world.systemctl("--version").stdout.split()[1])
        if version < 253:
            raise unittest.SkipTest(f"systemd {version} has no Type=notify-reload")
        cls.world.call("install", "-D", "-m", "644", f"{EXAMPLES}/notify-reload.conf",
                       f"{DROP_INS}/notify-reload.conf")
        cls.world.systemctl("daemon-reload")
        cls.world.systemctl("restart", "tokensyncd")

    def setUp(self):
        self.assertEqual(self.world.show("Type"), "notify-reload")
        self.before = self.world.show("MainPID")
        self.addCleanup(self.world.configure)

    def tearDown(self):
        self.assertEqual(self.world.show("MainPID"), self.before)
        self.assertEqual(self.world.show("ActiveState"), "active")

    def test_is_over_when_the_configuration_is_in_force(self):
        self.world.configure(("alpha", "beta", "gamma"))
        self.world.systemctl("reload", "tokensyncd")
        self.world.call("tokensyncd", "status", "gamma", "--quiet", "--wait", "30s")
        self.world.delivered("gamma")

    def test_is_over_as_well_when_the_configuration_is_refused(self):
        self.world.path(CONFIGURATION).write_text("version: 1\npartners: {}\n")
        self.world.systemctl("reload", "tokensyncd")
        self.assertIn("configuration refused", self.world.call("tokensyncd", "status").stdout)


class A_hook(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for unit in ("app", "other"):
            cls.world.write(f"/etc/systemd/system/{unit}.service", APP)
        for unit in ("restarted", "tried"):
            cls.world.write(f"/etc/systemd/system/{unit}.service", FROM_ENVIRONMENT)
        rules = cls.world.example("60-tokensyncd.rules")
        cls.world.write("/etc/polkit-1/rules.d/60-tokensyncd.rules", rules.replace(
            '["app.service"]', '["app.service", "restarted.service", "tried.service"]'))
        cls.world.systemctl("daemon-reload")
        cls.world.systemctl("start", "app", "other", "restarted", "tried")
        cls.world.configure(sinks={
            **{unit: {"type": "file", "path": f"/run/tokensyncd/tokens/{unit}-{{workspace}}",
                      "on_change": {"command": ["systemctl", "reload", unit]}}
               for unit in ("app", "other")},
            "env": {"type": "file", "path": "/run/tokensyncd/tokens/env-{workspace}", "format": "env",
                    "on_change": {"command": ["systemctl", "restart", "restarted"],
                                  "debounce": "0s"}}})
        cls.world.systemctl("start", "tokensyncd")

    def test_reloads_the_unit_that_the_rule_names(self):
        reloads = self.world.path("/run/app.reloads")
        self.world.wait(reloads.is_file, "a reload")
        before = reloads.read_text()
        self.world.rotate("alpha")
        self.world.wait(lambda: len(reloads.read_text()) > len(before), "another reload")

    def test_is_refused_another_unit(self):
        def said():
            return self.world.journal("--unit", "tokensyncd")
        self.world.wait(lambda: "other.service" in said(), "the failed hook")
        self.assertRegex(said(), r"(?i)access denied|interactive authentication required")
        self.assertFalse(self.world.path("/run/other.reloads").exists())

    def test_restarts_who_has_the_token_from_its_environment(self):
        token = self.world.path("/run/restarted.token")
        file = self.world.path("/run/tokensyncd/tokens/env-alpha")

        def is_new():
            return (file.is_file() and token.is_file() and token.read_text().strip()
                    and f"TIMELINES_TOKEN={token.read_text()}" in file.read_text())
        self.world.wait(is_new, "a restart with the token")
        before = token.read_text()
        self.world.rotate("alpha")
        self.world.wait(lambda: is_new() and token.read_text() != before,
                        "a restart with the new token")

    def asked(self, verb, unit):
        return self.world.call("runuser", "-u", "tokensyncd", "--", "systemctl",
                               "--no-ask-password", verb, unit, check=False).returncode

    def test_may_use_each_verb_of_the_rule(self):
        for verb in ("reload", "restart", "try-restart", "reload-or-restart", "try-reload-or-restart"):
            self.assertEqual(self.asked(verb, "tried"), 0, verb)
            self.assertNotEqual(self.asked(verb, "other"), 0, verb)

    def test_is_refused_what_the_rule_does_not_name(self):
        self.assertNotEqual(self.asked("stop", "app"), 0)
        self.assertEqual(self.world.show("ActiveState", "app.service"), "active")


class More_rights(HostTest):
    def files_with(self, owner, lines):
        """The owner of a sink's file once these lines of hooks.conf are taken."""
        wanted = self.world.example("hooks.conf")
        for line in lines:
            self.assertIn(f"\n#{line}\n", wanted)
            wanted = wanted.replace(f"#{line}", line)
        self.world.drop_in("hooks.conf", wanted)
        self.world.configure(sinks={
            "files": {"type": "file", "path": "/run/tokensyncd/tokens/{workspace}", **owner}})
        self.world.systemctl("restart", "tokensyncd")
        self.world.call("tokensyncd", "status", "--wait", "20s")
        return self.world.stat("/run/tokensyncd/tokens/alpha")

    def test_have_files_belong_to_another_group_or_user(self):
        self.world.call("useradd", "app")
        self.assertEqual(self.files_with({"group": "app"}, ["SupplementaryGroups=app"]),
                         "tokensyncd:app 640")
        self.assertEqual(self.files_with({"owner": "app"}, ["CapabilityBoundingSet=CAP_CHOWN",
                                                            "AmbientCapabilities=CAP_CHOWN"]),
                         "app:tokensyncd 600")
