"""The drop-ins that are shipped as examples, taken as they say themselves."""

import unittest

from world import DROP_INS, EXAMPLES, SECRET, HostTest

APP = """[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecReload=/bin/sh -c 'echo reloaded >>/run/%N.reloads'
"""


class A_credential(HostTest):
    def test_brings_the_partner_secret_to_the_service_and_to_commands(self):
        self.world.call("rm", SECRET)
        self.world.call("install", "-D", "-m", "600", "/root/partner-secret", "/etc/credstore/partner-secret")
        self.world.call("install", "-D", "-m", "644", f"{EXAMPLES}/credentials.conf",
                        f"{DROP_INS}/credentials.conf")
        self.world.call("systemctl", "daemon-reload")
        named = next(line.split("secret_file: ")[1] for line in self.world.example("credentials.conf").splitlines()
                     if "secret_file: " in line)
        self.world.configure(secret_file=named)
        self.world.call("systemctl", "start", "tokensyncd")
        self.world.delivered("alpha", "beta")
        self.world.call("tokensyncd", "status", "--wait", "30s")
        self.world.call("systemctl", "reload", "tokensyncd")
        self.world.call("runuser", "-u", "tokensyncd", "--", "tokensyncd", "check")


class A_hook(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for unit in ("app", "other"):
            cls.world.write(f"/etc/systemd/system/{unit}.service", APP)
        cls.world.call("install", "-m", "644", f"{EXAMPLES}/60-tokensyncd.rules", "/etc/polkit-1/rules.d/")
        cls.world.call("systemctl", "daemon-reload")
        cls.world.call("systemctl", "start", "app", "other")
        cls.world.configure(sinks={
            unit: {"type": "file", "path": f"/run/tokensyncd/tokens/{unit}-{{workspace}}",
                   "on_change": {"command": ["systemctl", "reload", unit]}} for unit in ("app", "other")})
        cls.world.call("systemctl", "start", "tokensyncd")

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

    def test_is_refused_anything_but_a_reload(self):
        asked = self.world.call("runuser", "-u", "tokensyncd", "--", "systemctl", "--no-ask-password",
                                "stop", "app", check=False)
        self.assertNotEqual(asked.returncode, 0)
        self.assertEqual(self.world.show("ActiveState", "app.service"), "active")


class A_group(HostTest):
    def test_gets_the_files_once_the_drop_in_makes_the_daemon_a_member(self):
        self.world.call("groupadd", "app")
        wanted = self.world.example("hooks.conf").replace("#SupplementaryGroups=app", "SupplementaryGroups=app")
        self.world.drop_in("hooks.conf", wanted)
        self.world.configure(sinks={"files": {"type": "file", "group": "app",
                                              "path": "/run/tokensyncd/tokens/{workspace}"}})
        self.world.call("systemctl", "start", "tokensyncd")
        self.world.delivered("alpha", "beta")
        self.assertEqual(self.world.stat("/run/tokensyncd/tokens/alpha"), "tokensyncd:app 640")


if __name__ == "__main__":
    unittest.main()
