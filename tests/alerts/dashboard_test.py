#!/usr/bin/env python3
"""What Grafana would not complain about, but people would: the form of metrics/dashboard.json. Its
queries are asked in live_test.py.
"""

import itertools
import re
import unittest

import dashboard

TYPES = {"row", "stat", "timeseries", "table", "state-timeline", "heatmap"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.all = dashboard.load()["panels"]

    def test_ids_and_titles_are_there_once(self):
        for key in ("id", "title"):
            values = [panel[key] for panel in self.all]
            self.assertEqual(len(values), len(set(values)), key)
        self.assertEqual({panel["type"] for panel in self.all}, TYPES)

    def test_nothing_overlaps_or_leaves_the_grid(self):
        for one, other in itertools.combinations(self.all, 2):
            self.assertFalse(overlap(one["gridPos"], other["gridPos"]),
                             f'{one["title"]} and {other["title"]}')
        for panel in self.all:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])

    def test_no_place_is_left_empty(self):
        width = sum(place["w"] * place["h"] for place in (panel["gridPos"] for panel in self.all))
        height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in self.all)
        self.assertEqual(width, 24 * height)

    def test_each_panel_says_what_it_shows_in_which_unit(self):
        for panel in dashboard.panels():
            self.assertTrue(panel["description"].endswith("."), panel["title"])
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
            self.assertEqual(panel["datasource"], SOURCE, panel["title"])

    def test_each_line_has_a_name_in_a_legend(self):
        for panel in dashboard.panels():
            if panel["type"] in ("timeseries", "heatmap"):
                legend = panel["options"]["legend"]
                self.assertTrue(legend.get("showLegend") or legend.get("show"), panel["title"])
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(letters, sorted(set(letters)), panel["title"])
            for target in panel["targets"]:
                self.assertTrue(target["legendFormat"] or panel["type"] == "table", panel["title"])
                for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                    self.assertRegex(target["expr"], rf"\b(by|process_\w+).*\b{label}\b")

    def test_each_query_asks_what_was_chosen_above(self):
        rows = [panel for panel in self.all if panel["type"] == "row"]
        for panel in dashboard.panels():
            row = [row["title"] for row in rows if row["gridPos"]["y"] < panel["gridPos"]["y"]][-1]
            for target in panel["targets"]:
                selectors = re.findall(r"{([^{}]*)}", target["expr"])
                self.assertTrue(selectors, panel["title"])
                for each in selectors:
                    self.assertIn('job=~"$job",instance=~"$instance"', each)
                    self.assertEqual("$workspace" in each, "$workspace" in row, panel["title"])


if __name__ == "__main__":
    unittest.main()
