"""The service under a real systemd, from its start to its end."""

from machine import Reader
from world import CONFIGURATION, HostTest

OWN = "tokensyncd:tokensyncd"
IN_SYNC = "2 workspaces in sync"


class A_service(HostTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.systemctl("start", "tokensyncd")
        cls.world.delivered("alpha", "beta")

    def test_is_started_when_it_listens_and_its_state_is_there(self):
        self.world.systemctl("restart", "tokensyncd")
        self.world.fetch("http://127.0.0.1:9464/livez")
        self.assertEqual(self.world.stat("/run/tokensyncd/control.sock"), f"{OWN} 660")
        self.assertEqual(self.world.stat("/var/lib/tokensyncd/state.db"), f"{OWN} 600")

    def test_tells_its_state_in_a_sentence(self):
        self.world.wait(lambda: self.world.show("StatusText") == IN_SYNC, "the sentence")

    def test_delivers_tokens_with_owner_and_mode(self):
        for each in ("alpha", "beta"):
            self.assertEqual(self.world.stat(f"/run/tokensyncd/tokens/{each}"), f"{OWN} 644")

    def test_delivers_a_rotation(self):
        with Reader(self.world.file("alpha")) as reader:
            before = self.world.token("alpha")
            self.world.rotate("alpha")
            self.world.delivered("alpha")
        self.assertEqual(reader.missing, 0)
        self.assertEqual(reader.seen - {before, self.world.token("alpha")}, set())

    def test_takes_a_good_configuration_by_reload(self):
        before = self.world.show("MainPID")
        self.addCleanup(self.world.configure)
        self.world.configure(("alpha", "beta", "gamma"))
        self.world.systemctl("reload", "tokensyncd")
        self.world.delivered("gamma")
        self.assertEqual(self.world.show("MainPID"), before)

    def test_refuses_a_bad_one_aloud_and_keeps_what_it_had(self):
        before = self.world.show("MainPID")
        self.addCleanup(self.world.configure)
        self.world.path(CONFIGURATION).write_text("version: 1\npartners: {}\n")
        reloaded = self.world.systemctl("reload", "tokensyncd", check=False)
        self.assertNotEqual(reloaded.returncode, 0)
        self.assertRegex(self.said(), rf"{CONFIGURATION}:2:1: unknown key `partners`")
        self.assertTrue(self.world.running())
        self.assertEqual(self.world.show("MainPID"), before)
        self.world.rotate("beta")
        self.world.delivered("beta")

    def survives(self, signal):
        before = self.world.show("MainPID")
        with Reader(self.world.file("alpha")) as reader:
            self.world.systemctl("kill", "--kill-whom=main", f"--signal={signal}", "tokensyncd")
            self.world.wait_restarted(before)
            self.world.wait(lambda: self.world.show("StatusText") == IN_SYNC, "its sentence")
        self.assertEqual((reader.missing, len(reader.seen)), (0, 1))
        self.assertGreater(reader.reads, 100)

    def test_comes_back_after_kill_9_and_readers_miss_nothing(self):
        self.survives("KILL")

    def test_is_ended_by_the_watchdog_when_it_hangs_and_comes_back(self):
        self.assertEqual(self.world.show("WatchdogUSec"), "30s")
        # Shorter, so that the test is.
        self.world.drop_in("watchdog.conf", "[Service]\nWatchdogSec=6s\n")
        self.world.systemctl("restart", "tokensyncd")
        self.world.delivered("alpha")
        self.survives("STOP")
        self.assertIn("Watchdog timeout", self.said())

    def test_stops_cleanly_and_leaves_the_tokens(self):
        with Reader(self.world.file("beta")) as reader:
            self.world.systemctl("stop", "tokensyncd")
            self.assertEqual(self.world.show("Result"), "success")
            self.assertEqual(self.world.show("ExecMainStatus"), "0")
            self.world.systemctl("start", "tokensyncd")
        self.assertEqual((reader.missing, len(reader.seen)), (0, 1))

    def test_goes_on_with_its_audit_log_when_logrotate_has_moved_it(self):
        audit = self.world.path("/var/log/tokensyncd/audit.jsonl")
        self.world.call("logrotate", "--force", "/etc/logrotate.d/tokensyncd")
        self.world.call("tokensyncd", "sync", "alpha")
        self.world.wait(lambda: audit.is_file() and '"command":"sync"' in audit.read_text(), "a line")
        self.assertEqual(self.world.stat("/var/log/tokensyncd/audit.jsonl"), f"{OWN} 640")
        moved = self.world.path("/var/log/tokensyncd/audit.jsonl.1")
        self.assertIn("token.first_seen", moved.read_text())

    def test_names_the_login_of_who_gave_a_command(self):
        self.world.call("sh", "-c", "echo 4711 >/proc/self/loginuid; exec tokensyncd sync beta")
        audit = self.world.path("/var/log/tokensyncd/audit.jsonl")
        self.world.wait(lambda: '"login_uid":4711' in audit.read_text(), "the login")

    def test_completes_the_workspaces_of_the_daemon_that_runs(self):
        asked = self.world.call("bash", "-c", """
            . /usr/share/bash-completion/completions/tokensyncd
            COMP_WORDS=(tokensyncd sync a) COMP_CWORD=2
            _tokensyncd && echo "${COMPREPLY[*]}" """)
        self.assertEqual(asked.stdout, "alpha\n")


class A_regular_rotation(HostTest):
    ROTATE = "tokensyncd-rotate@alpha.service"

    def setUp(self):
        super().setUp()
        self.world.systemctl("start", "tokensyncd")
        self.world.delivered("alpha", "beta")

    def older_than(self, age):
        self.world.drop_in("age.conf", f"[Service]\nEnvironment=OLDER_THAN={age}\n",
                           "tokensyncd-rotate@.service")

    def test_leaves_a_young_token_alone(self):
        self.older_than("30d")
        before = self.world.token("alpha")
        self.world.systemctl("start", self.ROTATE)
        self.assertIn("not rotated, because it is younger than --if-older-than", self.said(self.ROTATE))
        self.assertEqual(self.world.token("alpha"), before)

    def test_replaces_an_old_one_and_delivers_it(self):
        self.older_than("1ms")
        before, generation = self.world.token("alpha"), self.world.generation("alpha")
        self.world.systemctl("start", self.ROTATE)
        self.assertNotEqual(self.world.token("alpha"), before)
        self.assertEqual(self.world.file("alpha").read_text(), self.world.token("alpha"))
        self.assertEqual(self.world.generation("alpha"), generation + 1)

    def test_does_nothing_where_no_daemon_runs(self):
        self.older_than("1ms")
        before = self.world.token("alpha")
        self.world.systemctl("stop", "tokensyncd")
        self.world.systemctl("start", self.ROTATE)
        self.assertEqual(self.world.token("alpha"), before)
        self.assertFalse(self.world.running())

    def test_is_begun_by_its_timer(self):
        self.older_than("1ms")
        now = "[Timer]\nOnCalendar=\nOnActiveSec=0\nRandomizedDelaySec=0\n"
        self.world.drop_in("now.conf", now, "tokensyncd-rotate@beta.timer")
        before = self.world.token("beta")
        self.world.systemctl("start", "tokensyncd-rotate@beta.timer")
        self.world.wait(lambda: self.world.token("beta") != before, "the timer's rotation")
        self.world.delivered("beta")
