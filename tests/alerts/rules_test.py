#!/usr/bin/env python3
"""The rule files as Prometheus' and Alertmanager's own tools see them, and what those don't ask: that
each alert is tried firing and quiet, has a section in docs/alerts.md, and asks for metrics that exist.
"""

import functools
import pathlib
import re
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = ROOT / "metrics"
CASES = sorted((ROOT / "tests/alerts/cases").glob("*.yaml"))
SEVERITIES = ["info", "warning", "critical"]
METRIC = re.compile(r"\b(?:tokensyncd|process)_\w+(?=\{)")  # as series are written in the cases


def read(path):
    return yaml.safe_load(path.read_text())


@functools.cache
def alerts():
    return [rule for group in read(METRICS / "alerts.yaml")["groups"] for rule in group["rules"]
            if "alert" in rule]


def name_of(rule):
    return rule["alert"], rule["labels"]["severity"]


def tried():
    """What the cases expect of alerts, by name and severity: those that fire, and those that are quiet.
    Where nothing of a name fires that says something of its mildest severity alone; a severer one has
    to be quiet beside it."""
    firing, quiet = set(), set()
    for path in CASES:
        for test in read(path)["tests"]:
            for asked in test.get("alert_rule_test", []):
                here = {(asked["alertname"], expected["exp_labels"]["severity"])
                        for expected in asked["exp_alerts"]}
                firing |= here
                all_of_it = sorted((name_of(rule) for rule in alerts()
                                    if rule["alert"] == asked["alertname"]),
                                   key=lambda each: SEVERITIES.index(each[1]))
                quiet |= set(all_of_it) - here if here else set(all_of_it[:1])
    return firing, quiet


def anchors(document):
    """As they are made of headings: small letters, no punctuation, dashes for spaces."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def matcher_modes():
    """The options for each way in which this amtool can read matchers; Alertmanager has two since 0.27."""
    said = subprocess.run(["amtool", "--help"], capture_output=True, text=True, check=True)
    two = "--enable-feature" in said.stdout + said.stderr
    return [[f"--enable-feature={mode}"] for mode in ("classic-mode", "utf8-strict-mode")] if two else [[]]


class Rules(unittest.TestCase):
    def succeeds(self, *command):
        ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        return ran.stdout

    def test_promtool_takes_the_rules(self):
        self.succeeds("promtool", "check", "rules", METRICS / "alerts.yaml",
                      METRICS / "recording.yaml")

    def test_every_case_comes_out_as_it_says(self):
        self.succeeds("promtool", "test", "rules", *CASES)

    def test_each_alert_is_tried_firing_and_quiet(self):
        firing, quiet = tried()
        self.assertEqual({name_of(rule) for rule in alerts()} - firing, set(), "never fire")
        self.assertEqual({name_of(rule) for rule in alerts()} - quiet, set(), "are never quiet")

    def test_each_alert_has_its_texts_and_a_section_of_the_runbook(self):
        there = anchors(ROOT / "docs/alerts.md")
        for rule in alerts():
            said = rule["annotations"]
            self.assertEqual(set(said), {"summary", "description", "runbook_url"}, rule["alert"])
            published, _, there_is = said["runbook_url"].partition("{{ end }}")
            self.assertEqual(published, "{{ with $externalLabels.runbook_base_url }}{{ . }}/")
            path, _, anchor = there_is.partition("#")
            self.assertEqual((path, anchor), ("docs/alerts.md", rule["alert"].lower()))
            self.assertIn(anchor, there)
        sections = {anchor for anchor in there if anchor.startswith("tokensyncd")}
        self.assertEqual(sections, {rule["alert"].lower() for rule in alerts()})

    def test_the_cases_make_up_no_metric(self):
        documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/metrics.md").read_text(),
                                    re.MULTILINE))
        for path in CASES:
            for name in METRIC.findall(path.read_text()):
                base = re.sub(r"_(bucket|count)$", "", name)
                self.assertIn(base, documented, path)

    def test_alertmanager_takes_the_example_and_sends_each_alert_where_it_says(self):
        example = METRICS / "alertmanager.yaml"
        receivers = {"info": "news", "warning": "tickets", "critical": "pager"}
        for mode in matcher_modes():
            self.succeeds("amtool", *mode, "check-config", example)
            for name, severity in map(name_of, alerts()):
                said = self.succeeds("amtool", *mode, "config", "routes", "test",
                                     f"--config.file={example}", f"alertname={name}",
                                     f"severity={severity}")
                # Before its answer it may say which mode that is.
                self.assertEqual(said.splitlines()[-1], receivers[severity], name)


if __name__ == "__main__":
    unittest.main()
