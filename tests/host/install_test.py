"""The package on a machine before anybody has configured it; and where no systemd runs."""

import re
import unittest

import base
from machine import Machine, Root
from world import CONFIGURATION, EXAMPLES, PACKAGE


class A_new_machine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(base.base_root(PACKAGE))
        cls.addClassCleanup(cls.machine.close)
        cls.machine.install(PACKAGE)

    def tearDown(self):
        self.machine.systemctl("stop", "tokensyncd")
        self.machine.systemctl("reset-failed")
        self.machine.call("rm", "-f", CONFIGURATION)

    def test_has_the_user_and_directories_that_nobody_else_may_write(self):
        said = self.machine.call("getent", "passwd", "tokensyncd").stdout
        self.assertTrue(said.strip().endswith(":/usr/sbin/nologin"), said)
        for folder, expected in {"/etc/tokensyncd": "root:tokensyncd 750",
                                 "/run/tokensyncd": "tokensyncd:tokensyncd 755",
                                 "/run/tokensyncd/tokens": "tokensyncd:tokensyncd 755",
                                 "/var/lib/tokensyncd": "tokensyncd:tokensyncd 700",
                                 "/var/log/tokensyncd": "tokensyncd:tokensyncd 750"}.items():
            self.assertEqual(self.machine.stat(folder), expected, folder)

    def test_has_a_service_that_waits_to_be_enabled(self):
        enabled = self.machine.systemctl("is-enabled", "tokensyncd", check=False).stdout
        self.assertEqual(enabled.strip(), "disabled")
        self.assertEqual(self.machine.show("ActiveState"), "inactive")
        self.assertEqual(self.machine.systemctl("--failed", "--no-legend").stdout, "")

    def test_has_units_that_systemd_has_nothing_to_say_against(self):
        for unit in ("tokensyncd.service", "tokensyncd-rotate@alpha.service",
                     "tokensyncd-rotate@alpha.timer"):
            said = self.machine.call("systemd-analyze", "verify", "--man=no", unit)
            self.assertEqual(said.stdout + said.stderr, "", unit)

    def fails_once_with_78(self):
        started = self.machine.systemctl("start", "tokensyncd", check=False)
        self.assertNotEqual(started.returncode, 0)
        self.assertEqual(self.machine.show("ActiveState"), "failed")
        self.assertEqual(self.machine.show("ExecMainStatus"), "78")
        self.assertEqual(self.machine.show("NRestarts"), "0")
        return self.machine.journal("--unit", "tokensyncd")

    def test_fails_once_and_names_the_file_when_started_without_a_configuration(self):
        self.assertIn(CONFIGURATION, self.fails_once_with_78())

    def test_fails_once_and_names_the_secret_when_started_with_the_example_as_it_is(self):
        self.machine.call("install", "-m", "640", "-g", "tokensyncd", f"{EXAMPLES}/tokensyncd.yaml",
                          CONFIGURATION)
        self.assertIn("/etc/tokensyncd/partner-secret", self.fails_once_with_78())

    def test_shows_its_pages_and_examples_where_debian_has_them(self):
        for name in ("man/man1/tokensyncd.1.gz", "man/man5/tokensyncd.yaml.5.gz",
                     "bash-completion/completions/tokensyncd", "doc/tokensyncd/copyright",
                     "doc/tokensyncd/examples/hooks.conf",
                     "tokensyncd/tokensyncd.schema.json", "tokensyncd/tokensyncd-workspaces.schema.json"):
            self.assertTrue(self.machine.path(f"/usr/share/{name}").is_file(), name)
        schema = re.search(r"\$schema=(\S+)", self.machine.path(f"{EXAMPLES}/tokensyncd.yaml").read_text())
        self.assertTrue(self.machine.path(schema.group(1)).is_file(), "an editor finds it there")


class A_root_without_a_running_systemd(unittest.TestCase):
    def test_takes_and_loses_the_package(self):
        root = Root(base.base_root(PACKAGE))
        self.addCleanup(root.close)
        root.install(PACKAGE)
        self.assertEqual(root.stat("/etc/tokensyncd"), "root:tokensyncd 750")
        root.call("tokensyncd", "--version")
        root.call("dpkg", "--purge", "tokensyncd")
        left = root.call("find", "/etc", "/run", "/usr", "/var/lib", "/var/log",
                         "-name", "tokensyncd*", "-not", "-path", "/var/lib/dpkg/*").stdout
        self.assertEqual(left, "")
