#!/usr/bin/env python3
"""The rules and the dashboard before the real thing: the daemon, a Prometheus that scrapes it while a
token is rotated, and an Alertmanager that passes on what Prometheus makes of it.
"""

import contextlib
import datetime
import json
import re
import signal
import time
import unittest

import dashboard
import world
from process import wait_for, work_directory
from stand_ins import PARTNER_SECRET, Vault

METRIC = re.compile(r"(?<![:\w])(?:tokensyncd|process)_\w+")
# Nobody here shows a certificate; the daemon's own tests have the series.
NOT_HERE = {"tokensyncd_certificate_expiration_timestamp_seconds"}
SAMPLE = re.compile(r"^(\w+)[{ ]", re.MULTILINE)


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            directory = enter(work_directory())
            cls.api = enter(world.Api(directory, 4))
            vault = enter(Vault())
            cls.daemon = enter(world.Daemon(directory, cls.api, vault, 4))
            cls.receiver = enter(world.Receiver())
            cls.alertmanager = enter(world.Alertmanager(directory, cls.receiver))
            cls.prometheus = enter(world.Prometheus(directory, cls.daemon, cls.alertmanager.port))
            cls.addClassCleanup(stack.pop_all().close)
        cls.daemon.wait_ready()
        cls.sees("count_over_time(up[1m]) > 2 and up == 1")
        # One that a poll finds, and one that an event announces.
        cls.api.rotate("ws-1")
        cls.sees('tokensyncd_token_generation{workspace="ws-1"} == 2')
        cls.api.rotate("ws-2")
        cls.daemon.event("ws-2")
        cls.sees('tokensyncd_token_generation{workspace="ws-2"} == 2')
        cls.sees("sum(tokensyncd_propagation_duration_seconds_count) == 4")

    @classmethod
    def wait(cls, condition, what):
        wait_for(condition, 60, what, cls.daemon, cls.prometheus, cls.alertmanager)

    @classmethod
    def sees(cls, expression):
        """Waits until Prometheus does."""
        cls.wait(lambda: cls.prometheus.query(expression), expression)

    def test_a_rotation_arrives_at_the_receiver(self):
        self.wait(lambda: self.receiver.alerts("/news", "TokensyncdTokenRotated"), "the alert")
        alert, = self.receiver.alerts("/news", "TokensyncdTokenRotated")
        self.assertEqual(alert["status"], "firing")
        self.assertEqual(alert["labels"], {
            "alertname": "TokensyncdTokenRotated", "severity": "info", "job": "tokensyncd",
            "instance": self.daemon.address})
        self.assertRegex(alert["annotations"]["description"],
                         r"Workspaces \(at most ten\): .*ws-1\b")

    def test_a_rotation_soon_after_the_news_of_another_is_told_as_well(self):
        labels = {"alertname": "TokensyncdTokenRotated", "severity": "info", "job": "tokensyncd",
                  "instance": "often-rotated"}

        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(work_directory())
            receiver = stack.enter_context(world.Receiver())
            alertmanager = stack.enter_context(world.Alertmanager(directory, receiver))
            for number in (1, 2, 3):
                alertmanager.fire([labels])
                self.wait(lambda: len(receiver.alerts("/news", labels["alertname"])) == number,
                          f"news of rotation {number}")
                now = datetime.datetime.now(datetime.timezone.utc)
                alertmanager.fire([labels], endsAt=now.isoformat())
                self.wait(lambda: not alertmanager.states([labels]), "the end of the alert")
                looks = alertmanager.looks_at_groups()
                self.wait(lambda: alertmanager.looks_at_groups() > looks, "a look at the group")

    def test_an_alert_keeps_others_of_the_same_trouble_quiet(self):
        files, vault = {"sink": "files"}, {"sink": "vault"}
        troubles = [  # what is known, what it keeps quiet, and what it doesn't
            [("SinkOutOfSync", "critical", files), ("SinkOutOfSync", "warning", files),
             ("SinkOutOfSync", "warning", vault)],
            [("Down", "critical", {}), ("StateUnwritable", "warning", {}),
             ("TokenRotated", "info", {})],
            [("ApiUnavailable", "critical", {}), ("NoSuccess", "warning", {}),
             ("WorkspaceGone", "warning", {})],
            [("WebhookSilent", "warning", {}), ("WebhookMissed", "warning", {}),
             ("ApiThrottled", "warning", {})],
            [("SinkOutOfSync", "warning", vault), ("VaultTokenExpiring", "warning", vault),
             ("HookFailing", "critical", vault)]]
        alerts = [{"alertname": "Tokensyncd" + name, "severity": severity, "job": "tokensyncd",
                   "instance": f"host-{number}", **more}
                  for number, three in enumerate(troubles) for name, severity, more in three]
        self.alertmanager.fire(alerts)
        expected = ["active", "suppressed", "active"] * len(troubles)
        self.wait(lambda: self.alertmanager.states(alerts) == expected, "quiet")

    def test_every_metric_of_rules_and_dashboard_is_in_the_scrape(self):
        there = set(SAMPLE.findall(self.daemon.metrics()))
        for file in ("alerts.yaml", "recording.yaml", "dashboard.json"):
            asked = set(METRIC.findall((world.METRICS / file).read_text()))
            self.assertGreater(len(asked), 5, file)
            self.assertEqual(asked - there - NOT_HERE, set(), file)

    def test_it_is_scraped_in_openmetrics(self):
        name = "tokensyncd_schedule_lag_seconds"
        there, = self.prometheus.ask("metadata", metric=name)[name]
        self.assertEqual(there["unit"], "seconds", "which the older text format doesn't say")

    def test_every_query_of_the_dashboard_has_data(self):
        for panel in dashboard.panels():
            for target in panel["targets"]:
                if NOT_HERE & set(METRIC.findall(target["expr"])):
                    continue
                with self.subTest(panel["title"], expr=target["expr"]):
                    self.sees(dashboard.filled(target["expr"], "ws-1"))
        for variable in dashboard.load()["templating"]["list"]:
            if variable["type"] == "query":
                series, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                             variable["query"]["query"]).groups()
                self.sees(f'count by ({label}) ({dashboard.filled(series, "ws-1")})')

    def test_the_dashboard_marks_a_rotation_however_seldom_it_is_scraped(self):
        note, = dashboard.load()["annotations"]["list"]
        marks = dashboard.filled(note["expr"], "ws-1", interval="1s")  # a scrape a step
        begin = time.time()
        self.api.rotate("ws-4")
        self.wait(lambda: self.prometheus.ask("query_range", query=marks, step="1s", start=begin,
                                              end=time.time())["result"], "a mark")

    def test_every_rule_is_evaluated_without_an_error(self):
        self.sees("tokensyncd:source_answers:increase5m > 0")
        self.sees("job:tokensyncd_workspaces:sum > 0")
        groups = self.prometheus.ask("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreater(len(rules), 20)
        for rule in rules:
            self.assertEqual((rule["health"], rule.get("lastError")), ("ok", None), rule["name"])
            self.prometheus.query(rule["query"])  # fails where Prometheus has doubts

    def test_a_sink_that_fails_is_on_its_way_to_an_alert(self):
        aside = self.daemon.directory / "aside"
        pending = 'ALERTS{alertname="TokensyncdSinkOutOfSync",severity="critical",sink="files"}'
        self.daemon.tokens.rename(aside)
        with contextlib.ExitStack() as stack:
            stack.callback(aside.rename, self.daemon.tokens)
            self.api.rotate("ws-3")
            self.sees(pending)
            self.sees("tokensyncd:sink_failures:increase15m > 0")
        self.sees(f"absent({pending})")

    def reload(self, configuration):
        self.daemon.configure(configuration)
        self.daemon.child.send_signal(signal.SIGHUP)

    def test_a_refused_reload_says_what_a_restart_would_do(self):
        sound = self.daemon.configuration
        self.addCleanup(self.reload, sound)
        for reason, change in {"invalid": {"nonsense": 1},
                               "restart": {"state": {"type": "sqlite", "file": "other.db"}}}.items():
            self.reload(sound | change)
            self.sees(f'ALERTS{{alertname="TokensyncdConfigRefused",reason="{reason}"}}')
            self.sees("sum(tokensyncd_config_refused) == 1")
        self.reload(sound)
        self.sees('absent(ALERTS{alertname="TokensyncdConfigRefused"})')

    @classmethod
    def tearDownClass(cls):
        """No token of any time was told to anybody."""
        cls.wait(lambda: cls.receiver.messages, "a message")
        cls.api.tokens |= set(cls.api.say("GET", "tokens").values())
        assert len(cls.api.tokens) >= 7, "four workspaces, and three rotations at least"
        told = {"metrics": cls.daemon.metrics(), "messages": json.dumps(cls.receiver.messages),
                "log": cls.daemon.log.read_text(), "audit": cls.daemon.audit.read_text()}
        for name, text in told.items():
            assert "ws-1" in text, f"{name} tells nothing"
            found = sum(secret in text for secret in {PARTNER_SECRET, *cls.api.tokens})
            assert not found, f"{found} secrets are in {name}"


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # of connections that end with the process
