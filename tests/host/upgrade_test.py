"""The package's later life: an upgrade, a removal, a purge."""

import unittest

import base
from machine import LIMIT, Reader
from world import BUILD, CONFIGURATION, PACKAGE, SECRET, HostTest, World


class An_upgrade(HostTest):
    @classmethod
    def setUpClass(cls):
        cls.world = World(base.package_of(BUILD, "0.0.9"))
        cls.addClassCleanup(cls.world.close)
        cls.world.call("systemctl", "enable", "--now", "tokensyncd")
        cls.world.delivered("alpha", "beta")

    def version(self):
        return self.world.call("dpkg-query", "-W", "-f", "${Version}", "tokensyncd").stdout

    def test_keeps_what_was_configured_known_and_delivered(self):
        self.assertEqual(self.version(), "0.0.9-1")
        self.world.rotate("alpha")
        self.world.delivered("alpha")
        self.world.wait(lambda: self.world.generation("alpha") == 2, "generation 2")
        kept = {name: self.world.path(name).read_text() for name in (CONFIGURATION, SECRET)}
        inode, process = self.world.file("alpha").stat().st_ino, self.world.show("MainPID")

        with Reader(self.world.file("alpha")) as reader:
            self.world.install(PACKAGE)
            self.world.call("tokensyncd", "status", "--wait", f"{LIMIT}s")

        self.assertNotEqual(self.version(), "0.0.9-1")
        self.assertTrue(self.world.running())
        self.assertNotEqual(self.world.show("MainPID"), process)
        self.assertEqual((reader.missing, reader.seen), (0, {self.world.token("alpha")}))
        self.assertGreater(reader.reads, 100)
        self.assertEqual(self.world.generation("alpha"), 2)
        self.assertEqual(self.world.file("alpha").stat().st_ino, inode, "written without a need")
        self.assertEqual({name: self.world.path(name).read_text() for name in kept}, kept)


class A_stopped_service(HostTest):
    def test_stays_stopped_over_an_upgrade_and_a_broken_one_breaks_nothing(self):
        self.world.install(base.package_of(BUILD, "9.0.0"))
        self.assertEqual(self.world.show("ActiveState"), "inactive")
        self.world.call("systemctl", "start", "tokensyncd")
        self.world.path(CONFIGURATION).write_text("version: 1\n")
        self.world.install(base.package_of(BUILD, "9.0.1"))
        self.assertEqual(self.world.show("ExecMainStatus"), "78")
        self.assertEqual(self.world.call("dpkg", "--audit").stdout, "")


class A_removal(HostTest):
    KEPT = (CONFIGURATION, SECRET, "/var/lib/tokensyncd/state.db", "/var/log/tokensyncd/audit.jsonl",
            "/run/tokensyncd/tokens/alpha")

    def test_keeps_what_there_is_and_a_purge_only_what_a_person_wrote(self):
        self.world.call("systemctl", "enable", "--now", "tokensyncd", "tokensyncd-rotate@alpha.timer")
        self.world.delivered("alpha", "beta")
        self.world.call("apt-get", "remove", "-qy", "tokensyncd")
        self.assertFalse(self.world.running())
        self.assertEqual(self.world.show("ActiveState", "tokensyncd-rotate@alpha.timer"), "inactive")
        for name in self.KEPT:
            self.assertTrue(self.world.path(name).exists(), name)

        self.world.install(PACKAGE)
        self.world.call("systemctl", "start", "tokensyncd")
        self.world.delivered("alpha")
        self.assertEqual(self.world.generation("alpha"), 1)

        self.world.call("apt-get", "purge", "-qy", "tokensyncd")
        left = self.world.call("find", "/etc", "/run", "/usr", "/var", "-path", "*tokensyncd*", "-not", "-path",
                               "/var/lib/systemd/*").stdout.split()
        self.assertEqual(sorted(left), ["/etc/tokensyncd", SECRET, CONFIGURATION])
        self.assertEqual(self.world.call("systemctl", "--failed", "--no-legend").stdout, "")


if __name__ == "__main__":
    unittest.main()
