"""The package's later life: an upgrade, a removal, a purge."""

import base
from machine import LIMIT, Reader
from world import BUILD, CONFIGURATION, PACKAGE, SECRET, HostTest, World

OLD = "0.0.9"


def old_world():
    return World(base.package_as(OLD, BUILD, PACKAGE))


class An_upgrade(HostTest):
    make_world = staticmethod(old_world)

    def version(self):
        return self.world.call("dpkg-query", "-W", "-f", "${Version}", "tokensyncd").stdout

    def test_keeps_what_was_configured_known_and_delivered(self):
        self.assertTrue(self.version().startswith(f"{OLD}-1"), self.version())
        self.world.systemctl("enable", "--now", "tokensyncd")
        self.world.delivered("alpha", "beta")
        self.world.rotate("alpha")
        self.world.delivered("alpha")
        self.world.wait(lambda: self.world.generation("alpha") == 2, "generation 2")
        kept = {name: self.world.path(name).read_text() for name in (CONFIGURATION, SECRET)}
        inode, process = self.world.file("alpha").stat().st_ino, self.world.show("MainPID")

        with Reader(self.world.file("alpha")) as reader:
            self.world.install(PACKAGE)
            self.world.call("tokensyncd", "status", "--wait", f"{LIMIT}s")

        self.assertFalse(self.version().startswith(f"{OLD}-1"), self.version())
        self.assertTrue(self.world.running())
        self.assertNotEqual(self.world.show("MainPID"), process)
        self.assertEqual((reader.missing, reader.seen), (0, {self.world.token("alpha")}))
        self.assertGreater(reader.reads, 100)
        self.assertEqual(self.world.generation("alpha"), 2)
        self.assertEqual(self.world.file("alpha").stat().st_ino, inode, "written without a need")
        self.assertEqual({name: self.world.path(name).read_text() for name in kept}, kept)


class A_stopped_service(HostTest):
    make_world = staticmethod(old_world)

    def test_stays_stopped_and_one_that_cannot_start_again_leaves_the_package_whole(self):
        self.world.install(PACKAGE)
        self.assertEqual(self.world.show("ActiveState"), "inactive")
        self.world.systemctl("start", "tokensyncd")
        self.world.path(CONFIGURATION).write_text("version: 1\n")
        self.world.call("dpkg", "--install", f"/root/{PACKAGE.name}")
        self.assertEqual(self.world.show("ExecMainStatus"), "78")
        self.assertEqual(self.world.call("dpkg", "--audit").stdout, "")


class A_removal(HostTest):
    KEPT = (CONFIGURATION, SECRET, "/var/lib/tokensyncd/state.db",
            "/var/log/tokensyncd/audit.jsonl", "/run/tokensyncd/tokens/alpha")
    TIMER = "tokensyncd-rotate@alpha.timer"

    def test_keeps_what_there_is_and_a_purge_only_what_a_person_wrote(self):
        self.world.systemctl("enable", "--now", "tokensyncd", self.TIMER)
        self.world.delivered("alpha", "beta")
        self.world.rotate("alpha")
        self.world.delivered("alpha")
        self.world.call("apt-get", "remove", "-qy", "tokensyncd")
        self.assertFalse(self.world.running())
        self.assertEqual(self.world.show("ActiveState", self.TIMER), "inactive")
        for name in self.KEPT:
            self.assertTrue(self.world.path(name).exists(), name)

        self.world.install(PACKAGE)
        self.world.systemctl("start", "tokensyncd")
        self.world.delivered("alpha")
        self.assertEqual(self.world.generation("alpha"), 2)

        # A file system of its own, as logs have in places: it can be emptied, and not removed.
        self.world.systemctl("stop", "tokensyncd")
        self.world.call("mount", "-t", "tmpfs", "none", "/var/log/tokensyncd")
        self.world.call("touch", "/var/log/tokensyncd/audit.jsonl")
        self.world.call("apt-get", "purge", "-qy", "tokensyncd")
        self.assertEqual(self.world.call("ls", "-A", "/var/log/tokensyncd").stdout, "")
        self.world.call("umount", "/var/log/tokensyncd")
        self.world.call("rm", "-r", "/var/log/tokensyncd")  # what the mount had hidden
        left = self.world.call("find", "/etc", "/run", "/usr", "/var", "-path", "*/tokensyncd*",
                               "-not", "-path", "/var/lib/systemd/*").stdout.split()
        self.assertEqual(sorted(left), ["/etc/tokensyncd", SECRET, CONFIGURATION])
        self.assertEqual(self.world.systemctl("--failed", "--no-legend").stdout, "")
